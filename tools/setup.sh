#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that a group of targets needs: tools/setup.sh build|test|check|bench ...
# Says nothing when nothing is missing; otherwise prints the list and makes one apt-get call. A name with
# a "?" behind it is wanted but not required: where Debian does not offer it, what needs it is skipped.
set -eu

build='gcc make pkg-config libc6-dev zlib1g-dev libyaml-dev libzip-dev libpng-dev libwebp-dev libjpeg62-turbo-dev
    libtiff-dev liblapack3 libsqlite3-0? libodbc2? libmatio11? dataset-fashion-mnist python-matplotlib-data?'
test="$build libcmocka-dev clang locales libclang-rt-14-dev? gcc-aarch64-linux-gnu? libc6-dev-arm64-cross? qemu-user? libjansson-dev?
    python3 python3-numpy? python3-torch? python3-skimage? python3-sklearn? python3-pil? python3-tifffile? python3-pydicom? g++? libdcmtk-dev? dcmtk? ffmpeg?
    sqlite3? libsqlite3-dev? libmatio-dev? unixodbc? unixodbc-dev? libsqliteodbc? odbc-postgresql? postgresql?"
check="$build clang clang-format clang-tidy"
bench="$build g++ python3 python3-dev python3-venv"

wanted=
for group in "$@"; do
    case $group in
    build) wanted="$wanted $build" ;;
    test) wanted="$wanted $test" ;;
    check) wanted="$wanted $check" ;;
    bench) wanted="$wanted $bench" ;;
    *) echo "setup: expected build, test, check or bench, got \"$group\"" >&2; exit 2 ;;
    esac
done

if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-query >/dev/null 2>&1; then
    # Another distribution: we cannot tell what is there, so we only complain if the tools are not.
    if command -v "${CC:-gcc}" >/dev/null 2>&1 && command -v pkg-config >/dev/null 2>&1 &&
        pkg-config --exists zlib yaml-0.1 libzip libpng libwebp libjpeg libtiff-4; then exit 0; fi
    echo "setup: this is not Debian or Ubuntu. Please install what these Debian packages hold:" >&2
    printf '%s\n' $wanted | tr -d '?' | sort -u | sed 's/^/  /' >&2
    exit 6
fi

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
is_offered() { [ -n "$(apt-cache madison "$1" 2>/dev/null)" ]; }

missing=
for name in $(printf '%s\n' $wanted | sort -u); do
    is_installed "${name%'?'}" || missing="$missing $name"
done
[ -n "$missing" ] || exit 0

root=
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "setup: missing:$(echo "$missing" | tr -d '?'); run as root, or install sudo" >&2
        exit 6
    fi
    root=sudo
fi

updated=
ask=
for name in $missing; do
    # No lists yet, or old ones: an optional package that an existing list lacks is no reason to ask again.
    if [ -z "$updated" ] && ! is_offered "${name%'?'}" && { [ "$name" = "${name%'?'}" ] || ! is_offered make; }; then
        $root apt-get update -qq
        updated=yes
    fi
    if is_offered "${name%'?'}"; then
        ask="$ask ${name%'?'}"
    elif [ "$name" != "${name%'?'}" ]; then
        echo "setup: ${name%'?'} is not offered here; what needs it is skipped" >&2
    else
        echo "setup: the package $name is missing, and apt-get does not offer it" >&2
        exit 6
    fi
done
[ -n "$ask" ] || exit 0

install() { $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $ask; }
echo "setup: installing$ask" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! install >"$log" 2>&1; then
    # The lists may be older than the archive: once more with new ones.
    [ -n "$updated" ] || $root apt-get update -qq
    if [ -n "$updated" ] || ! install >"$log" 2>&1; then
        tail -20 "$log" >&2
        echo "setup: apt-get could not install$ask" >&2
        exit 6
    fi
fi

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tools/setup.sh under every kind of user, with a made-up dpkg, apt and sudo: optional packages stop nothing, required ones are
# told to whoever may install them. And `make install` into a folder of one's own, which may move; `make uninstall`.
. tests/lib.sh
case $HOURGLASS in
"$PWD/build/gcc/hourglass" | "$PWD/build/hourglass") ;;
*)
    skip "what is installed is the release command"
    finish
    ;;
esac

# ---- setup: $work/installed and $work/offered list packages; $work/broken those that apt-get cannot install ----
mkdir "$work/bin"
stub() { printf '#!/bin/sh\n%s\n' "$2" >"$work/bin/$1" && chmod +x "$work/bin/$1"; }
for name in sh env true cp sort tr sed grep cat mktemp rm tail gcc; do ln -s "$(type -P $name)" "$work/bin/$name"; done
export STUBS=$work
stub dpkg-query 'for name; do :; done; grep -qx "$name" "$STUBS/installed" && echo installed'
stub apt-cache 'grep -qx "$2" "$STUBS/offered" && echo "$2 | 1 | here"; true'
stub apt-get 'echo "apt-get $*" >>"$STUBS/calls"
case "$*" in *update) cp "$STUBS/archive" "$STUBS/offered"; exit ;; esac
for name; do case $name in -* | install | DPkg*) continue ;; esac; grep -qx "$name" "$STUBS/broken" && echo "E: $name is broken" && exit 100; ask="$ask $name"; done
printf "%s\n" $ask >>"$STUBS/installed"'
stub sudo '[ -e "$STUBS/may_sudo" ] || exit 1
[ "$1" = -n ] && shift; exec "$@"'
stub id 'cat "$STUBS/uid"'
everything=$(sed -n "/^compile='/,/^test=/p" tools/setup.sh | tr "'\"" '\n\n' | tr ' ' '\n' | grep '^[a-z].*[a-z0-9?]$' | grep -vE '^(compile|build|test)=')
required=$(grep -v '?' <<<"$everything") optional=$(grep '?' <<<"$everything" | tr -d '?')
begin() { # begin UID: a user of a system with all required packages, none of the optional, all offered
    echo "$1" >"$work/uid"
    echo "$required" >"$work/installed"
    printf '%s\n' make $required $optional >"$work/offered"
    cp "$work/offered" "$work/archive"
    : >"$work/broken" >"$work/calls"
    rm -f "$work/may_sudo"
}
: >"$work/calls"
setup() { PATH=$work/bin "$work/bin/sh" tools/setup.sh build >"$work/out" 2>&1 </dev/null; }
lack() { sed -i "/^$1\$/d" "$work/installed"; }

begin 1000
expect "without sudo and optional packages: goes on" setup
expect "and tells one line for an administrator" grep -q "would type: apt-get install -y --no-install-recommends libcurl4 libmatio11 libmosquitto1 libodbc2 librdkafka1 libsndfile1 libsqlite3-0 python" "$work/out"
expect "and calls nothing" [ ! -s "$work/calls" ]
begin 1000
lack libzip-dev
setup
expect "without sudo and a required package: exit status 6" [ $? = 6 ]
expect "and the line: $(tail -1 "$work/out")" grep -q "^apt-get install -y --no-install-recommends libzip-dev libcurl4 libmatio11" "$work/out"
begin 1000
touch "$work/may_sudo"
lack libzip-dev
expect "with sudo: installs" setup
expect "all of them" grep -qx libzip-dev "$work/installed"
expect "optional ones too" grep -qx libmatio11 "$work/installed"
begin 0
lack libzip-dev
printf '%s\n' libodbc2 >"$work/broken"
expect "as root, an optional package that cannot be installed: goes on" setup
expect "with those that are required" grep -qx libzip-dev "$work/installed"
expect "and says which is left out" grep -q "could not be installed.*libodbc2" "$work/out"
begin 0
lack libzip-dev
printf '%s\n' libzip-dev >"$work/broken"
setup
expect "as root, a required package that cannot be installed: exit status 6" [ $? = 6 ]
expect "with what apt-get said" grep -q "E: libzip-dev is broken" "$work/out"
begin 0
: >"$work/offered"
expect "as root, without lists" setup
expect "fetches them first" grep -q update "$work/calls"
begin 0
sed -i /libmatio11/d "$work/offered" "$work/archive"
expect "an optional package that is not offered: goes on" setup
expect "and says so" grep -q "libmatio11" "$work/out"

# ---- make install, as it is typed ----
into() { env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make CC=gcc SAN= "$@" >"$work/out" 2>&1 || bad "make $*: $(tail -3 "$work/out")"; }
into install PREFIX="$work/own"
mv "$work/own" "$work/moved"
export PKG_CONFIG_PATH=$work/moved/lib/pkgconfig
awk 'BEGIN { printf "P6\n48 32\n255\n"; for (i = 0; i < 4608; i++) printf "%c", int(40 + i / 48 % 60 + 20 * rand()) }' >"$work/noisy.ppm"
gcc examples/denoise_frame.c -o "$work/denoise_frame" $(pkg-config --cflags --libs hourglass) || bad "a program against what was installed"
(cd "$work" && ./denoise_frame <noisy.ppm >one.ppm && ./moved/bin/hourglass denoise -q source=noisy.ppm out=two.ppm) || bad "denoise from a folder that moved"
expect "a program and the command find the model that ships, wherever they were moved" cmp -s "$work/one.ppm" "$work/two.ppm"
if [ -e build/hourglass-dicom.so ]; then
    expect "the command finds its plug-in there" grep -q "^DCMTK  *[0-9]" <("$work/moved/bin/hourglass" checks)
fi
expect "and there are a man page and completions" [ -s "$work/moved/share/man/man1/hourglass.1" -a -s "$work/moved/share/zsh/site-functions/_hourglass" ]
into uninstall PREFIX="$work/moved"
expect "make uninstall leaves nothing: $(find "$work/moved" ! -type d)" [ -z "$(find "$work/moved" ! -type d)" ]
into install DESTDIR="$work/package" PREFIX=/usr
expect "a package's pkg-config file has the prefix it will have" grep -q '^prefix=/usr$' "$work/package/usr/lib/pkgconfig/hourglass.pc"

# ---- several goals of one make, where cleaning takes a while ----
tree=$work/tree
mkdir -p "$tree/tools/draw" "$tree/tools/traffic" "$tree/include" "$tree/src/base" "$tree/cli" "$work/slow"
cp Makefile "$tree" && cp include/hourglass.h "$tree/include" && cp src/base/banned.h "$tree/src/base"
echo 'int main(void) { return 0; }' | tee "$tree/cli/main.c" "$tree/tools/draw/draw_parts.c" "$tree/tools/traffic/draw_traffic.c" | sed 's/main/hg__none/; s/int/int hg__none(void); &/' >"$tree/src/base/none.c"
stub ../tree/tools/setup.sh '[ "$1" = missing ] || { mkdir -p build && echo demo >build/demo; }'
stub ../tree/tools/demo.sh 'cat build/demo'
stub ../slow/rm 'sleep 1; PATH=/usr/bin:/bin; exec rm "$@"'
PATH=$work/slow:$PATH make -j2 -C "$tree" clean demo >"$work/out" 2>&1
expect "make clean demo, one after the other: $(tail -1 "$work/out")" [ "$(grep -c '^demo$' "$work/out")" = 1 ]
expect "and what was built is there" [ -x "$tree/build/hourglass" ]
finish

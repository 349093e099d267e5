# SPDX-License-Identifier: Apache-2.0
# faults.sh - a command under faults, for test_faults*.sh: read with `.` behind lib.sh.
#
# Every n-th allocation and every n-th call of open, read, write, fsync and rename fails, once (n) and from
# then on (n+): an error and its exit status, no crash, no leak (with SAN=address), files that
# were there untouched, no half-written file left; with WANT=file what comes of it is that file or an error.
# Stops at the 16th success in a row (ENOUGH; under a sanitizer at the 12th: that the first ten calls fail, looks at what data= is, never
# matters).
# FAULT_STEP=1 tries every n in both ways, otherwise n+ goes in larger steps, and so does everything under a sanitizer; IO_STEP is that
# of I/O, else 1.
STEP=${FAULT_STEP:-1} STEP_EVER=${FAULT_STEP:-5}
LIMIT=${FAULT_LIMIT:-4000} ENOUGH=24
is_sanitized && STEP=${FAULT_STEP:-13} STEP_EVER=${FAULT_STEP:-41} IO_STEP=${FAULT_STEP:-3} ENOUGH=20
# Thousands of runs that sync their files: in memory where there is room, and with the command as it is now.
if [ -d /dev/shm ] && [ -w /dev/shm ]; then rm -rf "$work" && work=$(mktemp -d /dev/shm/hourglass-XXXXXX); fi
cp "$HOURGLASS" "$work/hourglass"
cp "$plain" "$work/plain"
HOURGLASS=$work/hourglass plain=$work/plain
cd "$work" || exit 1
mkdir -p in tree
echo "old" >old

{
    echo "a,b,c,d,e"
    awk 'BEGIN { for (i = 0; i < 24; i++) printf "%.4f,%.4f,%.4f,%.4f,%.4f\n", sin(i) / 2 + 0.5, cos(i) / 2 + 0.5, i / 24, sin(3 * i) / 3 + 0.4, 0.5 }'
} >in/x.csv
gzip -c in/x.csv >in/x.csv.gz
awk 'NR == 1 { print $0 ",y" } NR > 1 { print $0 "," (NR % 6 == 0) }' in/x.csv >in/labels.csv
small="epochs=1 batch=16 model=ae latent=2 threads=2"
"$plain" train -q data=in/x.csv $small project=in name=run 2>err || { bad "the model to test with: $(cat err)"; finish; }
model=in/run/weights/best.safetensors
"$plain" encode -q model=$model data=in/x.csv out=in/z.npy 2>err || bad "codes to test with: $(cat err)"
"$plain" reconstruct -q model=$model data=in/x.csv out=in/y.npy 2>err || bad "rows to test with: $(cat err)"
mkdir in/pictures
for name in a b; do { printf 'P6\n20 16\n255\n'; tail -c 9000 "$HOURGLASS" | head -c 960; } >in/pictures/$name.ppm; done
{ printf 'YUV4MPEG2 W20 H16 F25:1\nFRAME\n'; tail -c 9000 "$HOURGLASS" | head -c 480; } >in/x.y4m
"$plain" train -q data=in/pictures model="keep 1, conv 4 relu | conv input, add 1" noise="gaussian 25" crop=16 epochs=1 val=0 \
    samples=0 pca=false project=in name=clean 2>err || bad "a model of pictures to test with: $(cat err)"
clean=in/clean/weights/best.safetensors
{
    echo "size,kind,state"
    awk 'BEGIN { for (i = 0; i < 60; i++) printf "%.3f,%s,%s\n", i % 10 == 5 ? 9 : sin(i), i % 3 ? "a" : "b", i % 10 == 5 ? "bad" : "normal" }'
} >in/t.csv
"$plain" train -q data=in/t.csv label=state steps=20 batch=16 project=in name=table 2>err || bad "a model of a table to test with: $(cat err)"
table=in/table/weights/best.safetensors
before=$(cat in/x.csv in/z.npy in/y.npy $model in/run/*.* in/pictures/* | sha256sum)

# One run with one fault. 0: all is well and it failed; 1: all is well and it succeeded; 2: something is wrong.
one() { # one VARIABLE VALUE OUT command...
    variable=$1 value=$2 out=$3
    shift 3
    if [ "$out" != - ]; then
        cp "${OLD:-old}" "tree/$out"
    elif left=(tree/*) && [ -e "${left[0]}" ]; then
        rm -rf tree && mkdir tree
    fi
    export "$variable=$value"
    if [ -n "${FEED-}" ]; then # through a pipe
        timeout 120 "$HOURGLASS" "$@" >stdout 2>stderr < <(cat "$FEED")
    else
        timeout 120 "$HOURGLASS" "$@" >stdout 2>stderr
    fi
    status=$?
    export -n "$variable"
    why= said=
    read -r -d '' said <stderr # whole, without a process of its own
    if [ $status -ge 124 ] || [[ $said =~ AddressSanitizer|LeakSanitizer|UndefinedBehavior|"runtime error" ]]; then
        why="exit $status: $(grep -vE '^ *$' stderr | head -30)"
    elif [ $status != 0 ] && [ -z "$said" ]; then
        why="exit $status without a sentence"
    elif [ $status != 0 ] && [ "$out" != - ] && ! cmp -s "tree/$out" "${OLD:-old}"; then
        why="exit $status, and $out is not the old one any more"
    fi
    if [ $status = 0 ] && [ -n "${WANT-}" ] && ! cmp -s "tree/$out" "$WANT"; then why="exit 0, and $out is not $WANT"; fi
    for file in tree/*.tmp* tree/*/*.tmp* tree/*/*/*.tmp*; do
        [ -e "$file" ] && why="exit $status, and left $file"
    done
    for file in tree/*.safetensors tree/*/weights/*.safetensors; do
        [ -e "$file" ] && [[ $file != tree/latest/* ]] || continue # latest is a link to another of them
        [ "$file" = "tree/$out" ] && cmp -s "$file" old && continue
        "$plain" verify model="$file" >verify 2>&1 || why="exit $status, and $file is broken: $(cat verify)"
    done
    [ -z "$why" ] || return 2
    [ $status = 0 ]
}

tortured() { # tortured NAME OUT command...
    name=$1 out=$2
    shift 2
    rm -rf tree
    mkdir tree
    began=$SECONDS runs=0
    for variable in HG_FAIL_ALLOC HG_FAIL_IO; do
        for ever in "" +; do
            n=1 successes=0 failures=0 broken=0 step=${ever:+$STEP_EVER}
            step=${step:-$STEP}
            [ $variable = HG_FAIL_IO ] && step=${IO_STEP:-1}
            while [ $successes -lt "$ENOUGH" ] && [ $n -le "$LIMIT" ] && [ $broken -lt 3 ]; do
                runs=$((runs + 1))
                one $variable "$n$ever" "$out" "$@"
                case $? in
                0) successes=$((successes + 1)) ;;
                1) failures=$((failures + 1)) successes=0 ;;
                *) broken=$((broken + 1)) successes=0; bad "$name, $variable=$n$ever: $why" ;;
                esac
                if [ $successes -gt 0 ]; then n=$((n + 1)); else n=$((n + step)); fi
            done
            [ $failures -gt 0 ] || [ $broken -gt 0 ] || bad "$name: $variable changed nothing"
            if [ $successes -ge "$ENOUGH" ]; then ok; elif [ $broken = 0 ]; then bad "$name: $variable=$n$ever still fails"; fi
            echo "$name, $variable=n$ever: $failures failed as they should"
        done
    done
    echo "$name: $runs runs, $((SECONDS - began)) s"
}

# At the end of a script.
end_of_faults() {
    expect "what is read is never written" [ "$before" = "$(cat in/x.csv in/z.npy in/y.npy $model in/run/*.* in/pictures/* | sha256sum)" ]
    finish
}

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A model of parts: same seed, same bits over thread counts, instruction sets and compilers, of what is trained (a step), what is fitted
# afterwards (how parts lie in their place, clues, what is usual, thresholds), of scores, maps, regions and figures.
. tests/lib.sh
draw=${HOURGLASS%/*}/draw_parts
[ -x "$draw" ] || draw=$PWD/build/gcc/draw_parts
[ -x "$draw" ] || { skip "no $draw"; finish; }
commands="$HOURGLASS"
[ -z "${SAN-}" ] && [ -x build/clang/hourglass ] && [ "${CC:-gcc}" = gcc ] && commands="$commands $PWD/build/clang/hourglass"
threads_list="1 3"
is_sanitized && threads_list=3 # and each set of instructions by one kind of parts
case $commands in /*) ;; *) commands=$PWD/$commands ;; esac

# In colour and brought into their place; grey, where any place is like any other.
"$draw" kind=bracket n=5 good=1 broken=1 size=40 seed=2 out="$work/bracket" || bad "bracket: not drawn"
"$draw" kind=tile n=5 good=1 broken=1 size=32 seed=2 out="$work/tile" || bad "tile: not drawn"
cd "$work" || exit 1

short() { sha256sum | cut -c 1-16; }
hashes() { # hashes DATA COMMAND THREADS: into got, for each thing that is to agree one; the model is the whole file
    got="$1 was not learned"
    rm -rf run maps
    "$2" train -q data="$1" steps=1 batch=1 crop=16 val=0.4 seed=5 threads="$3" project=. name=run 2>err || { bad "train: $(cat err)"; return; }
    best=run/weights/best.safetensors
    "$2" predict -q model=$best data="$1" out=scores.csv maps=maps maps_as=npy regions=regions.csv fpr=0.4 threads="$3" 2>err ||
        bad "predict: $(cat err)"
    "$2" val model=$best data="$1" --json resamples=20 threads="$3" >figures.json 2>err || bad "val: $(cat err)"
    got="model:$(short <$best) scores:$(short <scores.csv) maps:$(cat maps/test/*/*.npy | short) regions:$(short <regions.csv) figures:$(short <figures.json)"
}

for data in bracket tile; do
    want=
    for command in $commands; do
        some=$threads_list
        [ "$command" = "${commands%% *}" ] || some=3 # one thread is the same with every compiler
        for isa in ref avx2 avx512; do
            is_sanitized && case $data-$isa in tile-ref | bracket-avx*) ;; *) continue ;; esac
            export HG_ISA=$isa
            if ! "$command" checks >/dev/null 2>err; then
                skip "HG_ISA=$isa: $(cat err)"
                continue
            fi
            # The reference takes longest: with one thread by this compiler, with three by the other.
            for threads in $some; do
                [[ $commands == *" "* && $isa-$threads-$some == "ref-3-1 3" ]] && continue
                hashes $data "$command" $threads
                want=${want:-$got}
                expect "$data, $command, $isa, $threads threads: $got, not $want" [ "$got" = "$want" ]
            done
        done
    done
    expect "$data: figures and maps are there" eval '[ -s figures.json ] && grep -q nearest_patch figures.json && ls maps/test/*/*.npy >list'
    echo "$data $want"
done
finish

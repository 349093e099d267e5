#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Same seed, same bits: one hash of the best weights after 3 epochs over thread counts, instruction sets,
# compilers, straight or killed with `kill -9` at a random moment and resumed.
. tests/lib.sh
rows="fraction=0.015 val=0.005" unet_batch=16
is_sanitized && rows="fraction=0.003 val=0.003" unet_batch=4
options="data=fashion model=ae epochs=3 $rows seed=5 pca=false samples=0 project=$work exist_ok=true"
threads_list="1 2 3 8" isa_list="ref avx2 avx512" commands="$HOURGLASS"
[ -z "${SAN-}" ] && [ -x build/clang/hourglass ] && [ "${CC:-gcc}" = gcc ] && commands="$commands $PWD/build/clang/hourglass"
is_sanitized && threads_list="1 3"
RANDOM=${SEED:=$$}
echo "SEED=$SEED"

for command in $commands; do
    for isa in $isa_list; do
        # More of them do the same with every compiler, and by the reference, which takes longest; bits.c tries all with each.
        some=$threads_list
        [ "$command" = "$HOURGLASS" ] && [ $isa != ref ] || some="1 3"
        if ! HG_ISA=$isa "$command" checks >/dev/null 2>"$work/err"; then
            skip "HG_ISA=$isa: $(cat "$work/err")"
            continue
        fi
        for threads in $some; do
            name=${command#"$PWD"/} && name=$(echo "$name" | tr / -)-$isa-$threads
            began=$(milliseconds)
            # shellcheck disable=SC2086
            HG_ISA=$isa "$command" train -q $options threads=$threads name="$name" 2>"$work/err" || { bad "$name: $(cat "$work/err")"; continue; }
            took=$(($(milliseconds) - began))
            got=$(hash_of "$work/$name/weights/best.safetensors")
            want=${want:-$got}
            expect "$name: $got, not $want" [ "$got" = "$want" ]
            rm -rf "${work:?}/$name"

            # What a killed run begins again with is the same with every compiler.
            [ "$command" = "$HOURGLASS" ] || continue
            HG_ISA=$isa "$command" train -q $options threads=$threads name="$name-killed" 2>/dev/null &
            victim=$!
            at=$((RANDOM % (took + 1)))
            sleep "$((at / 1000)).$(printf %03d $((at % 1000)))"
            signal_job 9
            wait $victim 2>/dev/null
            again="resume=$work/$name-killed"
            [ -s "$work/$name-killed/weights/last.safetensors" ] || again="$options threads=$threads name=$name-killed"
            HG_ISA=$isa "$command" train -q $again 2>"$work/err" || bad "$name killed after $at ms: $(cat "$work/err")"
            got=$(hash_of "$work/$name-killed/weights/best.safetensors")
            expect "$name killed after $at ms and resumed: $got, not $want" [ "$got" = "$want" ]
            rm -rf "$work/$name-killed"
        done
    done
done 2> >(grep -v Killed >&2)
echo "hash $want"

# Images: batch norm, whose statistics all chunks share, and a U-Net; a step or two each.
images="data=fashion epochs=1 val=0 seed=5 pca=false samples=0 project=$work exist_ok=true"
norm="conv 6 s2 bias=0, batchnorm relu, dense 8 | dense like, batchnorm relu, deconv input k4 s2 sigmoid"
compare_images() { # compare_images NAME MODEL STEPS BATCH [key=value]
    want=
    for command in $commands; do
        for isa in $isa_list; do
            HG_ISA=$isa "$command" checks >/dev/null 2>&1 || continue
            for threads in 1 3; do
                # The reference takes longest: with one thread by this compiler, with three by the other.
                [[ $commands == *" "* && $isa = ref ]] && [ $threads = "$([ "$command" = "$HOURGLASS" ] && echo 3 || echo 1)" ] && continue
                # shellcheck disable=SC2086
                HG_ISA=$isa "$command" train -q $images model="$2" steps="$3" batch="$4" ${5-} threads=$threads name=images 2>"$work/err" || bad "$1: $(cat "$work/err")"
                got=$(hash_of "$work/images/weights/last.safetensors")
                want=${want:-$got}
                expect "$1, $command, $isa, $threads threads: $got, not $want" [ "$got" = "$want" ]
                rm -rf "$work/images"
            done
        done
    done
}
compare_images "batch norm" "$norm" 3 16
compare_images vq "conv 6 s2 relu, conv 6 s2, vq 9 | conv 6 relu, deconv 6 k4 s2 relu, deconv input k4 s2 sigmoid" 3 16
compare_images fsq "dense 24, fsq 8 5 5 | dense input sigmoid" 3 16
compare_images unet unet 1 $unet_batch
compare_images "fast unet" unet 1 $unet_batch fast=true
isa_list="$isa_list avx512bf16"
compare_images "unet in bf16" unet 1 $unet_batch precision=bf16

# The model that ships is made anew, bit for bit, by models/README.md's command for as long as these steps of the same kind
# end in these weights. A change that is meant to give others must train that model again.
mkdir "$work/pair"
for i in 1 2; do
    { printf 'P6\n48 40\n255\n'; awk -v i=$i 'BEGIN { for (p = 0; p < 48 * 40 * 3; p++) printf "%c", 33 + (p * (i + 6) + int(p / 144) * 5) % 90 }'; } >"$work/pair/$i.ppm"
done
"$HOURGLASS" train -q data="$work/pair" model=unet noise="gaussian 0-55" steps=4 batch=4 crop=32 lr=1e-3 val=0 samples=0 pca=false fast=false \
    project="$work" name=ships 2>"$work/err" || bad "steps as of the model that ships: $(cat "$work/err")"
shipped=$work/ships/weights/best.safetensors
got=$(tail -c +$(($(od -An -tu8 -N8 "$shipped") + 9)) "$shipped" | sha256sum | cut -c 1-16)
expect "the weights are not those that the model that ships began with: $got" [ "$got" = 4eab6ed4fe6578a0 ]
finish

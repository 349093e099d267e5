#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The portable part, cross-compiled for 64-bit Arm and run under qemu, trains to the bits of this machine; and
# so does every instruction set and thread count here.
. tests/lib.sh
native=build/${CC:-gcc}${SAN:+-${SAN%%,*}}/tests/bits
unset MAKEFLAGS MAKELEVEL
make "$native" ${SAN:+SAN=$SAN} CC="${CC:-gcc}" || bad "tests/bits.c does not build"
want=$(HG_ISA=ref "$native" 1)
echo "ref, 1 thread: $want"
[ -n "$want" ] && ok || bad "no hash from $native"
for isa in ref avx2 avx512 avx512bf16; do
    grep -qw "$(case $isa in ref) echo fpu ;; avx2) echo avx2 ;; avx512) echo avx512bw ;; *) echo avx512_bf16 ;; esac)" /proc/cpuinfo || { skip "$isa: not on this processor"; continue; }
    for threads in 1 2 3 8; do
        got=$(HG_ISA=$isa "$native" $threads)
        expect "$isa, $threads threads: $got" [ "$got" = "$want" ]
    done
done
if is_sanitized; then
    : # once is enough
elif ! command -v aarch64-linux-gnu-gcc >/dev/null || ! command -v qemu-aarch64 >/dev/null; then
    skip "no aarch64-linux-gnu-gcc or no qemu-aarch64"
elif make build/aarch64/bits; then
    got=$(qemu-aarch64 build/aarch64/bits 2)
    expect "aarch64: $got" [ "$got" = "$want" ]
else
    bad "the portable part does not build for aarch64"
fi
finish

// SPDX-License-Identifier: Apache-2.0
// fuzz_npz.c - any bytes as a .npz archive: rows, or one sentence.
#include "open_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    open_both_ways(bytes, size, "fuzz.npz");
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
// fuzz_idx.c - any bytes as an IDX file: rows, or one sentence.
#include "open_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    open_both_ways(bytes, size, "fuzz.idx");
    return 0;
}

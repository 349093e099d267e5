// SPDX-License-Identifier: Apache-2.0
// fuzz_csv.c - any bytes as a CSV file: rows, or one sentence.
#include "open_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    open_both_ways(bytes, size, "fuzz.csv");
    return 0;
}

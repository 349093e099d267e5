// SPDX-License-Identifier: Apache-2.0
// fuzz_table_csv.c - any bytes as a table: rows, or sentences.
#include "table_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    read_as_table(bytes, size);
    return 0;
}

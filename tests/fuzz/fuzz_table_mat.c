// SPDX-License-Identifier: Apache-2.0
// fuzz_table_mat.c - any bytes as a MATLAB file of version 4 or 5: rows, or sentences. What is of version 7.3 goes to a helper process, at
// a fork each, and is not what this looks for.
#include "table/mat.h"
#include "table_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    const bool whole = size >= HG_MAT_HEADER;
    const bool is_5 = whole && (hg__mat_has_mark(bytes, 1) || bytes[7] == '5');
    if (is_5 || hg__mat_4_sniff(bytes, size)) read_as_table(bytes, size);
    return 0;
}

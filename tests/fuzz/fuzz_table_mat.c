// SPDX-License-Identifier: Apache-2.0
// fuzz_table_mat.c - any bytes as a table, which the seeds make .mat files: rows, or sentences.
#include "table_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    const bool is_hdf5 =
        size > 7 && bytes[7] == '7'; // version 7.3: libhdf5 has fuzz targets of its own
    if (!is_hdf5) read_as_table(bytes, size);
    return 0;
}

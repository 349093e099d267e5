// SPDX-License-Identifier: Apache-2.0
// fuzz_table_zeek.c - any bytes as a Zeek log: rows, or sentences. The first lines are made to look like one.
#include "table_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const char first[] =
        "#separator \\x09\n#fields\ta\tb   c\n#types\tcount\tstring   bool\n";
    if (size > 0 && *bytes == '#') {
        read_as_table(bytes, size);
        return 0;
    }
    uint8_t *all = malloc(sizeof first - 1 + size);
    if (!all) abort();
    memcpy(all, first, sizeof first - 1);
    memcpy(all + sizeof first - 1, bytes, size);
    read_as_table(all, sizeof first - 1 + size);
    free(all);
    return 0;
}

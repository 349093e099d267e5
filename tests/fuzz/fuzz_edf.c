// SPDX-License-Identifier: Apache-2.0
// fuzz_edf.c - any bytes as EDF or BDF. What tells the format by its first bytes is put there.
#include "recording_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    enum { HEAD = 256 };
    const hg__recording_options plain = {.bridge = 3};
    if (size < HEAD) {
        read_as_recording(bytes, size, &plain);
        return 0;
    }
    uint8_t *all = malloc(size);
    if (!all) abort();
    memcpy(all, bytes, size);
    if (*all != 0xff) {
        memset(all, ' ', 8);
        *all = '0';
    }
    all[170] = all[173] = all[178] = '.';
    read_as_recording(all, size, &plain);
    free(all);
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
// fuzz_ts.c - any bytes as series of instances. A first line is made to look like .ts or .arff.
#include "recording_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const char first[] = "@problemName x\n";
    const hg__recording_options plain = {0}, labels = {.label = "class", .normal = "a"};
    uint8_t *all = malloc(sizeof first - 1 + size);
    if (!all) abort();
    const size_t before =
        size > 0 && (*bytes == '@' || *bytes == '%' || *bytes == '#') ? 0 : sizeof first - 1;
    memcpy(all, first, before);
    memcpy(all + before, bytes, size);
    read_as_recording(all, before + size, &plain);
    read_as_recording(all, before + size, &labels);
    free(all);
    return 0;
}

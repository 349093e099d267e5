// SPDX-License-Identifier: Apache-2.0
// fuzz_noise.c - any text as a noise: a sentence, or steps that spoil a small image without leaving their memory.
#include <stdlib.h>
#include <string.h>

#include "data/noise.h"

// NOLINTNEXTLINE(readability-identifier-naming): the name is the fuzzer's
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    enum { H = 9, W = 7, C = 3 };
    char text[512];
    hg__noise n;
    hg_error err = {0};
    if (size >= sizeof text) return 0;
    memcpy(text, bytes, size);
    text[size] = '\0';
    if (hg__noise_parse(&n, text, &err) < 0) {
        if (!err.message[0]) abort();
        return 0;
    }
    if (hg__noise_check(&n, H, W, C, &err) < 0) abort(); // every step takes colour images
    float x[H * W * C];
    for (int i = 0; i < H * W * C; i++) x[i] = (float)(i % 11) / 10;
    float *scratch = malloc((hg__noise_scratch(&n, H, W, C) + 1) * sizeof *scratch);
    if (!scratch) return 0;
    const hg__noise_place at = {H, W, C, 1, size, size};
    (void)hg__noise_apply(&n, &at, x, scratch, &err);
    free(scratch);
    return 0;
}

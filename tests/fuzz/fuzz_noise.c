// SPDX-License-Identifier: Apache-2.0
// fuzz_noise.c - any text as a noise: a sentence, or steps that corrupt a small image without leaving their memory.
#include <stdlib.h>
#include <string.h>

#include "corrupt/noise.h"

// NOLINTNEXTLINE(readability-identifier-naming): the name is the fuzzer's
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { H = 9, W = 7, C = 3, N = H * W * C };

// Corrupts an image, or a row of a table, where that can be; else there must be a sentence.
static void corrupt(const hg__noise *n, const hg__noise_place *at) {
    hg_error err = {0};
    float x[N], clean[N];
    if (hg__noise_check(n, at->height, at->width, at->channels, &err) < 0) {
        if (!err.message[0]) abort();
        return;
    }
    for (int i = 0; i < N; i++) x[i] = clean[i] = (float)(i % 11) / 10;
    const size_t count = hg__noise_scratch(n, at->height, at->width, at->channels);
    float *scratch = malloc((count + 1) * sizeof *scratch);
    if (!scratch) return;
    (void)hg__noise_apply(n, at, x, clean, scratch, &err);
    free(scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const float donor[N];
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
    hg__noise_place at = {
        .height = H, .width = W, .channels = C, .epoch = 1, .seed = size, .row = size};
    corrupt(&n, &at);
    at.height = at.channels = 1;
    at.width = N;
    at.donor = donor;
    corrupt(&n, &at);
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
// sound_case.h - clips of sound for tests, read without any of the library.
#ifndef HG_TESTS_SOUND_CASE_H
#define HG_TESTS_SOUND_CASE_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

// Of MLPerf Tiny's anomaly detection.
static inline const char *clip_folder(void) {
    static char path[1024];
    const char *data = getenv("HG_DATA");
    snprintf(path, sizeof path, "%s/mlperf-tiny-ad01", data ? data : "../shared/data");
    return path;
}

// The samples of a WAV file of 16 bits and one channel with a header of 44 bytes; NULL: no such file.
static inline float *read_clip(const char *path, int32_t *count) {
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    uint8_t head[44];
    if (fread(head, 1, sizeof head, file) != sizeof head) abort();
    if (memcmp(head + 36, "data", 4) != 0) abort();
    *count = (head[40] | head[41] << 8 | head[42] << 16 | head[43] << 24) / 2;
    float *x = hg__alloc((size_t)*count, sizeof *x, NULL);
    for (int32_t i = 0; i < *count; i++) {
        uint8_t two[2];
        if (fread(two, 1, 2, file) != 2) abort();
        x[i] = (float)(int16_t)(two[0] | two[1] << 8) / 32768;
    }
    fclose(file);
    return x;
}
#endif

// SPDX-License-Identifier: Apache-2.0
// recorrupt.c - noise of a measured strength and correlation, added to a noisy picture and taken from it.
#include "corrupt/recorrupt.h"

#include "backend/kernels.h"
#include "base/int.h"
#include "base/real.h"
#include "base/rng.h"
#include "corrupt/noise_type.h"

enum {
    REACH = 6, // pixels, of the filter at its widest: blur 2, 3 sigma
    AROUND = 3 // of the mean that says how bright it is
};
static const float share = 0.5F; // a

size_t hg__noise_pair_scratch(int32_t height, int32_t width) {
    const size_t h = (size_t)height + 2 * (size_t)REACH, w = (size_t)width + 2 * (size_t)REACH;
    return 3 * hg__round_up_size(h * w, 16);
}

// The taps of white noise's filter, so that its variance stays 1.
static int32_t make_filter(double blur, float tap[2 * REACH + 1]) {
    const int32_t r = blur > 0 ? hg__min((int32_t)(3 * blur + 1), REACH) : 0;
    double weight[2 * REACH + 1] = {0}, squares = 0;
    for (int32_t k = -r; k <= r; k++) {
        weight[k + r] = r ? 1 / (1 + hg__expm1(k * k / (2 * blur * blur))) : 1;
        squares += weight[k + r] * weight[k + r];
    }
    const double scale = 1 / (double)__builtin_sqrt(squares);
    for (int32_t k = 0; k <= 2 * r; k++) tap[k] = (float)(weight[k] * scale);
    return r;
}

// z (height + 2 r, width + 2 r), white, becomes (height, width), correlated, from its beginning on. half: as large as z.
static void correlate(float *z, int32_t height, int32_t width, int32_t r, const float *tap,
                      float *half) {
    const int32_t wide = width + 2 * r;
    for (int32_t i = 0; i < height + 2 * r; i++) {
        float *to = half + (ptrdiff_t)i * width;
        const float *from = z + (ptrdiff_t)i * wide;
        for (int32_t j = 0; j < width; j++) to[j] = 0;
        for (int32_t k = 0; k <= 2 * r; k++) {
            for (int32_t j = 0; j < width; j++) to[j] += tap[k] * from[j + k];
        }
    }
    for (int32_t i = 0; i < height; i++) {
        float *to = z + (ptrdiff_t)i * width;
        for (int32_t j = 0; j < width; j++) to[j] = 0;
        for (int32_t k = 0; k <= 2 * r; k++) {
            const float *from = half + (ptrdiff_t)(i + k) * width;
            for (int32_t j = 0; j < width; j++) to[j] += tap[k] * from[j];
        }
    }
}

// mean (height, width): of y's channel over a square, cut off at the edges. half: as large.
static void find_mean(const float *y, int32_t height, int32_t width, int32_t pixel, float *mean,
                      float *half) {
    for (int32_t i = 0; i < height; i++) {
        for (int32_t j = 0; j < width; j++) {
            const int32_t from = hg__max(j - AROUND, 0), end = hg__min(j + AROUND + 1, width);
            float sum = 0;
            for (int32_t k = from; k < end; k++) sum += y[((ptrdiff_t)i * width + k) * pixel];
            half[(ptrdiff_t)i * width + j] = sum / (float)(end - from);
        }
    }
    for (int32_t i = 0; i < height; i++) {
        const int32_t from = hg__max(i - AROUND, 0), end = hg__min(i + AROUND + 1, height);
        float *to = mean + (ptrdiff_t)i * width;
        for (int32_t j = 0; j < width; j++) to[j] = 0;
        for (int32_t k = from; k < end; k++) {
            for (int32_t j = 0; j < width; j++) to[j] += half[(ptrdiff_t)k * width + j];
        }
        for (int32_t j = 0; j < width; j++) to[j] /= (float)(end - from);
    }
}

static void make_channel(const hg__noise_level *l, const hg__noise_place *at, int32_t c,
                         const float *y, float *x, float *target, float *scratch) {
    const int32_t h = at->height, w = at->width, pixel = at->channels;
    float tap[2 * REACH + 1];
    const int32_t r = make_filter(l->blur, tap);
    const size_t room =
        hg__round_up_size(((size_t)h + 2 * (size_t)REACH) * ((size_t)w + 2 * (size_t)REACH), 16);
    float *z = scratch, *half = scratch + room;
    const uint64_t key = at->seed ^ (at->row >> 32) * 0x9E3779B97F4A7C15ULL;
    const uint32_t counter[3] = {(uint32_t)HG_STREAM_BLIND << 16 | 0x8000U | (uint32_t)c, at->epoch,
                                 (uint32_t)at->row};
    hg__kernels_pick()->normal(z, key, counter, (h + 2 * r) * (w + 2 * r));
    correlate(z, h, w, r, tap, half);
    find_mean(y + c, h, w, pixel, half, half + room);
    for (ptrdiff_t i = 0; i < (ptrdiff_t)h * w; i++) {
        const float variance = (float)hg__noise_variance(l, (double)half[i]);
        const float noise = z[i] * __builtin_sqrtf(variance), before = y[i * pixel + c];
        target[i * pixel + c] = before - noise / share;
        x[i * pixel + c] = before + share * noise;
    }
}

void hg__noise_pair_make(const hg__noise_level *l, const hg__noise_place *at, bool is_grey,
                         const float *y, float *x, float *target, float *scratch) {
    const int32_t C = at->channels;
    for (int32_t c = 0; c < (is_grey ? 1 : C); c++) make_channel(l, at, c, y, x, target, scratch);
    for (ptrdiff_t i = 0; is_grey && i < (ptrdiff_t)at->height * at->width; i++) {
        for (int32_t c = 1; c < C; c++) {
            x[i * C + c] = x[i * C];
            target[i * C + c] = target[i * C];
        }
    }
}

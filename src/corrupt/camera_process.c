// SPDX-License-Identifier: Apache-2.0
// camera_process.c - what cameras do to luma and chroma: smoothed, sharpened; and pictures made larger and smaller.
#include <string.h>

#include "corrupt/camera.h"

// ---- luma: neighbours that differ little count (Tukey's biweight) ------------------------------------------------

// LANES pixels side by side: what loops of known length keep in registers.
enum { LANES = 8 };

static void smooth_lanes(const float *restrict at, float *restrict to, ptrdiff_t line, int32_t R,
                         float inverse) {
    float sum[LANES] = {0}, weight[LANES] = {0};
    for (int32_t dy = -R; dy <= R; dy++) {
        for (int32_t dx = -R; dx <= R; dx++) {
            const float *beside = at + dy * line + dx;
            for (int32_t k = 0; k < LANES; k++) {
                const float d = (beside[k] - at[k]) * inverse, room = 1 - d * d;
                const float w = 0.5F * (room + __builtin_fabsf(room)); // 0 where it is below
                weight[k] += w * w;
                sum[k] += w * w * beside[k];
            }
        }
    }
    for (int32_t k = 0; k < LANES; k++) to[k] = sum[k] / weight[k];
}

// y (height, width) -> spare, but for `radius` pixels at the border; then back.
static void smooth_luma(const hg__camera *c, const hg__planes *p, float *spare) {
    const int32_t R = c->luma_radius, W = p->width, n = W - 2 * R;
    float *const luma = p->plane[0];
    const float inverse = 1 / c->luma;
    for (int32_t y = R; y < p->height - R; y++) {
        const float *at = luma + (ptrdiff_t)y * W + R;
        float *to = spare + (ptrdiff_t)y * W + R;
        for (int32_t x = 0; x < n; x += LANES) {
            const int32_t first = x + LANES < n ? x : n - LANES; // margins make lines long enough
            smooth_lanes(at + first, to + first, W, R, inverse);
        }
    }
    for (int32_t y = R; y < p->height - R; y++) {
        const ptrdiff_t line = (ptrdiff_t)y * W + R;
        memcpy(luma + line, spare + line, (size_t)n * sizeof *luma);
    }
}

// ---- blurs ------------------------------------------------------------------------------------------------------

// to (height, width) = from (1 2 1) / 4 across and down, of places that are `step` apart; the border stays. `to` may be `from`.
typedef struct blur {
    const float *from;
    float *to, *between;
    int32_t height, width, step;
} blur;

static void mix(const float *restrict at, ptrdiff_t step, float *restrict to, ptrdiff_t n) {
    ptrdiff_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (ptrdiff_t k = i; k < i + LANES; k++) {
            to[k] = 0.25F * (at[k - step] + at[k + step]) + 0.5F * at[k];
        }
    }
    for (; i < n; i++) to[i] = 0.25F * (at[i - step] + at[i + step]) + 0.5F * at[i];
}

static void run_blur(const blur *b) {
    const ptrdiff_t W = b->width, s = b->step, edge = s * W;
    const size_t bytes = (size_t)edge * sizeof(float);
    for (ptrdiff_t y = 0; y < b->height; y++) {
        const float *at = b->from + y * W;
        float *to = b->between + y * W;
        memcpy(to, at, (size_t)W * sizeof *to);
        mix(at + s, s, to + s, W - 2 * s);
    }
    const float *between = b->between;
    memcpy(b->to, between, bytes);
    mix(between + edge, edge, b->to + edge, b->height * W - 2 * edge);
    const ptrdiff_t last = b->height * W - edge;
    memcpy(b->to + last, between + last, bytes);
}

// Passes of 1, then of 2 pixels' reach: of a standard deviation of 1.6 to 2.2 pixels.
// NOLINTNEXTLINE(readability-non-const-parameter): written through the struct
static void smooth_chroma(const hg__camera *c, const hg__planes *p, float *chroma, float *spare) {
    static const int32_t step[] = {1, 2, 2, 1};
    const size_t n = (size_t)p->height * (size_t)p->width;
    blur b = {chroma, spare, spare + n, p->height, p->width, 1};
    for (int32_t i = 0; i < c->chroma_passes; i++) {
        b.step = step[i];
        run_blur(&b);
        b.from = spare;
    }
    for (size_t i = 0; i < n; i++) chroma[i] += c->chroma * (spare[i] - chroma[i]);
}

static void sharpen(const hg__camera *c, const hg__planes *p, float *spare) {
    const size_t n = (size_t)p->height * (size_t)p->width;
    float *const luma = p->plane[0];
    run_blur(&(blur){luma, spare, spare + n, p->height, p->width, 1});
    for (size_t i = 0; i < n; i++) luma[i] += c->sharpen * (luma[i] - spare[i]);
}

void hg__camera_process(const hg__camera *c, hg__planes *p, float *spare) {
    if (c->luma > 0) smooth_luma(c, p, spare);
    for (int32_t k = 1; k < 3 && c->chroma > 0; k++) smooth_chroma(c, p, p->plane[k], spare);
    sharpen(c, p, spare);
}

// ---- size -------------------------------------------------------------------------------------------------------

enum { MOST_TAPS = 6 };

// Where a place lies in `from`, and the weights around it.
static int32_t find_taps(const hg__resample *r, int32_t i, int32_t at[MOST_TAPS],
                         float weight[MOST_TAPS]) {
    const double wide = r->scale > 1 ? r->scale : 1;
    const double centre = (i + 0.5 - r->shift) * r->scale - 0.5;
    // far enough below 0 for a cast to round down
    const int32_t first = (int32_t)(centre - wide + 4096) - 4095;
    double all = 0, w[MOST_TAPS];
    int32_t taps = 0;
    for (int32_t k = first; k < first + MOST_TAPS; k++) {
        const double far = k > centre ? k - centre : centre - k;
        if (far >= wide) continue;
        all += w[taps] = 1 - far / wide;
        at[taps++] = hg__noise_mirror(k, r->n);
    }
    for (int32_t k = 0; k < taps; k++) weight[k] = (float)(w[k] / all);
    return taps;
}

void hg__camera_resample(const hg__resample *r) {
    int32_t at[MOST_TAPS];
    float weight[MOST_TAPS];
    for (int32_t i = 0; i < r->m; i++) {
        const int32_t taps = find_taps(r, i, at, weight);
        float *to = r->to + (ptrdiff_t)i * r->to_step;
        for (int32_t l = 0; l < r->lines; l++) {
            const float *from = r->from + (ptrdiff_t)l * r->from_line;
            float sum = 0;
            for (int32_t k = 0; k < taps; k++) {
                sum += weight[k] * from[(ptrdiff_t)at[k] * r->from_step];
            }
            to[(ptrdiff_t)l * r->to_line] = sum;
        }
    }
}

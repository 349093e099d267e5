// SPDX-License-Identifier: Apache-2.0
// psnr.c - PSNR and SSIM of an image against the one it should be.
#include "restore/psnr.h"

#include <math.h>

#include "base/mem.h"

double hg__psnr(const hg__frame *f, const float *x, const float *y) {
    const size_t line = (size_t)f->width * (size_t)f->channels;
    double sum = 0;
    for (int32_t i = 0; i < f->height; i++) {
        const float *a = x + (size_t)i * line, *b = y + (size_t)i * line;
        double of_line = 0;
        for (size_t j = 0; j < line; j++) {
            const double d = (double)a[j] - (double)b[j];
            of_line += d * d;
        }
        sum += of_line;
    }
    return 10 * log10((double)hg__frame_samples(f) / sum);
}

// ---- SSIM ---------------------------------------------------------------------------------------

// The window is a product of two: each line of windows is first summed over its 11 lines (into `down`), then along
// the line. Weighted sums of x, y, x^2, y^2 and xy, in double.
enum { TAPS = 11, RADIUS = 5, MOMENTS = 5 };

typedef struct similarity {
    const hg__frame *f;
    const float *x, *y;  // (height, width, channels)
    double window[TAPS]; // sums to 1
    double *down;        // (threads, MOMENTS, width * channels)
    double *sum;         // (height - 10): each line's SSIM, summed
} similarity;

static void sum_down(const similarity *s, size_t first, double *down) {
    const size_t line = (size_t)s->f->width * (size_t)s->f->channels;
    double *restrict mx = down, *restrict my = mx + line, *restrict mxx = my + line;
    double *restrict myy = mxx + line, *restrict mxy = myy + line;
    for (size_t j = 0; j < MOMENTS * line; j++) down[j] = 0;
    for (size_t k = 0; k < TAPS; k++) {
        const float *restrict x = s->x + (first + k) * line, *restrict y =
                                                                 s->y + (first + k) * line;
        const double w = s->window[k];
        for (size_t j = 0; j < line; j++) {
            const double a = (double)x[j], b = (double)y[j], wa = w * a, wb = w * b;
            mx[j] += wa;
            my[j] += wb;
            mxx[j] += wa * a;
            myy[j] += wb * b;
            mxy[j] += wa * b;
        }
    }
}

static double similarity_at(const similarity *s, const double *down, size_t at) {
    const double c1 = 0.01 * 0.01, c2 = 0.03 * 0.03;
    const size_t channels = (size_t)s->f->channels, line = (size_t)s->f->width * channels;
    double m[MOMENTS] = {0};
    for (size_t k = 0; k < TAPS; k++) {
        for (size_t i = 0; i < MOMENTS; i++) {
            m[i] += s->window[k] * down[i * line + at + k * channels];
        }
    }
    const double xx = m[2] - m[0] * m[0], yy = m[3] - m[1] * m[1], xy = m[4] - m[0] * m[1];
    return (2 * m[0] * m[1] + c1) * (2 * xy + c2) /
           ((m[0] * m[0] + m[1] * m[1] + c1) * (xx + yy + c2));
}

static void line_task(void *context, int32_t task, int32_t thread) {
    const similarity *s = context;
    const size_t channels = (size_t)s->f->channels, line = (size_t)s->f->width * channels;
    double *down = s->down + (size_t)thread * MOMENTS * line, sum = 0;
    sum_down(s, (size_t)task, down);
    for (size_t j = 0; j < line - (TAPS - 1) * channels; j++) sum += similarity_at(s, down, j);
    s->sum[task] = sum;
}

int hg__ssim(hg__pool *pool, const hg__frame *f, const float *x, const float *y, double *ssim,
             hg_error *err) {
    *ssim = (double)NAN;
    if (f->height < TAPS || f->width < TAPS) return HG_OK;
    const int32_t lines = f->height - TAPS + 1;
    const size_t line = (size_t)f->width * (size_t)f->channels;
    similarity s = {.f = f, .x = x, .y = y};
    double total = 0;
    for (int32_t k = 0; k < TAPS; k++) {
        s.window[k] = exp(-(k - RADIUS) * (k - RADIUS) / (2 * 1.5 * 1.5));
        total += s.window[k];
    }
    for (int32_t k = 0; k < TAPS; k++) s.window[k] /= total;
    s.down = hg__alloc((size_t)hg__pool_threads(pool), MOMENTS * line * sizeof *s.down, err);
    if (s.down) s.sum = hg__alloc((size_t)lines, sizeof *s.sum, err);
    if (s.sum) {
        hg__pool_run(pool, line_task, &s, lines);
        total = 0;
        for (int32_t i = 0; i < lines; i++) total += s.sum[i];
        *ssim = total / ((double)lines * (double)(line - (TAPS - 1) * (size_t)f->channels));
    }
    const bool done = s.sum != NULL;
    hg__free(s.sum);
    hg__free(s.down);
    return done ? HG_OK : HG_ERR_MEMORY;
}

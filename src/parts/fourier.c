// SPDX-License-Identifier: Apache-2.0
// fourier.c - radix 2, decimation in time (Cooley & Tukey, 1965), along lines: each butterfly is between two whole lines, so that
// the inner loop has no stride. Then the square is transposed, and the same done once more.
#include "parts/fourier.h"

static void swap_lines(double *a, double *b, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const double x = a[i];
        a[i] = b[i];
        b[i] = x;
    }
}

// Lines a and b of re and im become a + t b and a - t b.
static void cross(double *re, double *im, size_t a, size_t b, size_t n, const double t[2]) {
    double *ar = re + a * n, *ai = im + a * n, *br = re + b * n, *bi = im + b * n;
    for (size_t i = 0; i < n; i++) {
        const double x = t[0] * br[i] - t[1] * bi[i], y = t[0] * bi[i] + t[1] * br[i];
        br[i] = ar[i] - x;
        bi[i] = ai[i] - y;
        ar[i] += x;
        ai[i] += y;
    }
}

static void transpose(double *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++) {
            const double held = x[i * n + j];
            x[i * n + j] = x[j * n + i];
            x[j * n + i] = held;
        }
    }
}

static void run_lines(const hg__turns *t, double *re, double *im, bool back) {
    const size_t n = (size_t)t->size;
    for (size_t i = 0; i < n; i++) {
        const size_t j = (size_t)t->mirror[i];
        if (i >= j) continue;
        swap_lines(re + i * n, re + j * n, n);
        swap_lines(im + i * n, im + j * n, n);
    }
    for (size_t half = 1; half < n; half *= 2) {
        for (size_t first = 0; first < n; first += 2 * half) {
            for (size_t k = 0; k < half; k++) {
                const double *turn = t->turn + 2 * (k * (n / 2 / half));
                const double by[2] = {turn[0], back ? -turn[1] : turn[1]};
                cross(re, im, first + k, first + k + half, n, by);
            }
        }
    }
    transpose(re, n);
    transpose(im, n);
}

void hg__fourier_run(const hg__turns *t, double *x, bool back) {
    double *im = x + (size_t)t->size * (size_t)t->size;
    run_lines(t, x, im, back);
    run_lines(t, x, im, back);
}

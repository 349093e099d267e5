// SPDX-License-Identifier: Apache-2.0
// spectrum.c - n real numbers as n / 2 complex ones: the even are the real parts, the odd the imaginary ones. Their transform (radix 2,
// decimation in time: Cooley & Tukey, 1965) is that of the even plus j times that of the odd, which symmetry takes apart again:
//
//   E[k] = (Z[k] + conj Z[m - k]) / 2     O[k] = (Z[k] - conj Z[m - k]) / 2j     X[k] = E[k] + e^(-2 pi j k / n) O[k]     m = n / 2
#include "signal/spectrum.h"

#include <math.h>

#include "base/mem.h"
#include "base/real.h"

// z (m, 2): of each four, in the order of reversed bits, their transform.
static void run_fours(double *z, size_t m) {
    for (double *at = z; at < z + 2 * m; at += 8) {
        const double a = at[0] + at[2], ai = at[1] + at[3], b = at[0] - at[2], bi = at[1] - at[3];
        const double c = at[4] + at[6], ci = at[5] + at[7], d = at[4] - at[6], di = at[5] - at[7];
        at[0] = a + c;
        at[1] = ai + ci;
        at[2] = b + di;
        at[3] = bi - d;
        at[4] = a - c;
        at[5] = ai - ci;
        at[6] = b - di;
        at[7] = bi + d;
    }
}

// low and high (half, 2) become low + t high and low - t high.
static void join(double *low, double *high, size_t half, const double *turn, size_t stride) {
    for (size_t k = 0; k < half; k++, low += 2, high += 2, turn += stride) {
        const double x = turn[0] * high[0] - turn[1] * high[1];
        const double y = turn[0] * high[1] + turn[1] * high[0];
        high[0] = low[0] - x;
        high[1] = low[1] - y;
        low[0] += x;
        low[1] += y;
    }
}

// From the transform of n / 2 complex numbers, z (m + 1, 2), to that of the n real ones.
static void take_apart(double *z, size_t m, const double *turn) {
    const double first = z[0], second = z[1];
    for (size_t k = 1; k <= m / 2; k++) {
        double *a = z + 2 * k, *b = z + 2 * (m - k);
        const double even = (a[0] + b[0]) / 2, even_i = (a[1] - b[1]) / 2;
        const double odd = (a[1] + b[1]) / 2, odd_i = (b[0] - a[0]) / 2;
        const double x = turn[2 * k] * odd - turn[2 * k + 1] * odd_i;
        const double y = turn[2 * k] * odd_i + turn[2 * k + 1] * odd;
        b[0] = even - x;
        b[1] = y - even_i;
        a[0] = even + x;
        a[1] = even_i + y;
    }
    z[0] = first + second;
    z[1] = 0;
    z[2 * m] = first - second;
    z[2 * m + 1] = 0;
}

void hg__fourier_real(const hg__turns *t, const double *x, double *to) {
    const size_t n = (size_t)t->size, m = n / 2;
    for (size_t i = 0; i < m; i++) {
        const size_t from = (size_t)t->mirror[i] / 2; // bits reversed within m
        to[2 * i] = x[2 * from];
        to[2 * i + 1] = x[2 * from + 1];
    }
    size_t half = 1;
    if (m >= 4) {
        run_fours(to, m);
        half = 4;
    }
    for (; half < m; half *= 2) {
        for (size_t first = 0; first < m; first += 2 * half) {
            join(to + 2 * first, to + 2 * (first + half), half, t->turn, n / half);
        }
    }
    take_apart(to, m, t->turn);
}

int hg__spectrum_init(hg__spectrum *s, int32_t size, hg_error *err) {
    *s = (hg__spectrum){0};
    const int code = hg__turns_init(&s->turns, size, err);
    if (code < 0) return code;
    s->window = hg__alloc((size_t)size, sizeof *s->window, err);
    s->piece = hg__alloc((size_t)size, sizeof *s->piece, err);
    s->line = hg__alloc((size_t)size + 2, sizeof *s->line, err);
    if (!s->window || !s->piece || !s->line) {
        hg__spectrum_clear(s);
        return HG_ERR_MEMORY;
    }
    for (int32_t i = 0; i < size; i++) {
        s->window[i] = 0.5 - 0.5 * hg__cos_turn((double)i / size);
    }
    return HG_OK;
}

void hg__spectrum_clear(hg__spectrum *s) {
    hg__turns_clear(&s->turns);
    hg__free(s->window);
    hg__free(s->piece);
    hg__free(s->line);
    *s = (hg__spectrum){0};
}

bool hg__spectrum_run(hg__spectrum *s, const float *x, double *power) {
    const size_t n = (size_t)s->turns.size;
    double nothing = 0; // becomes NaN with the first that is not finite
    for (size_t i = 0; i < n; i++) {
        const double value = (double)x[i];
        nothing += value * 0;
        s->piece[i] = s->window[i] * value;
    }
    if (isnan(nothing)) return false;
    hg__fourier_real(&s->turns, s->piece, s->line);
    for (size_t k = 0; k <= n / 2; k++) {
        power[k] = s->line[2 * k] * s->line[2 * k] + s->line[2 * k + 1] * s->line[2 * k + 1];
    }
    return true;
}

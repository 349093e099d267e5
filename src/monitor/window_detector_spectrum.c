// SPDX-License-Identifier: Apache-2.0
// window_detector_spectrum.c - how loud each frequency of each channel is in a window, held against how loud it usually is.
//
//   of a channel:  ln(|FFT(Hann . (x - mean))|^2 / n + 0.001),  n / 2 + 1 frequencies
//
// Four channels go through a transform side by side, a vector of them at each place: of one window, or of one and the next. The transform is
// that of signal/spectrum.c, in float: what is missing of its digits is far below the 0.001.
#include <math.h>
#include <string.h>

#include "base/log2.h"
#include "base/mem.h"
#include "monitor/window_features.h"
#include "signal/spectrum.h"

enum { LANES = 4 };
typedef float lanes __attribute__((vector_size(16)));
static const float least_power = 1e-3F;
static const double least_deviation = 0.1;

typedef struct spectrum {
    hg__window_features features;
    hg__spectrum fourier; // its tables
    float *turn;          // owned, (n / 2, 2): cosine and sine of -2 pi k / n
    float *window;        // owned, (n)
    lanes *x;             // owned, (n)
    lanes *z;             // owned, (n / 2 + 1, 2): real and imaginary parts
} spectrum;

static void free_state(void *state) {
    spectrum *s = state;
    if (!s) return;
    hg__window_features_clear(&s->features);
    hg__spectrum_clear(&s->fourier);
    hg__free(s->turn);
    hg__free(s->window);
    hg__free(s->x);
    hg__free(s->z);
    hg__free(s);
}

static int32_t lines_of(const hg__window_detector *d) {
    return d->view.length / 2 + 1;
}

static int make_state(hg__window_detector *d, hg_error *err) {
    const size_t n = (size_t)d->view.length;
    spectrum *s = d->state = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    HG_TRY(hg__spectrum_init(&s->fourier, d->view.length, err));
    s->turn = hg__alloc(n, sizeof *s->turn, err);
    if (s->turn) s->window = hg__alloc(n, sizeof *s->window, err);
    if (s->window) s->x = hg__alloc(n, sizeof *s->x, err);
    if (s->x) s->z = hg__alloc(n + 2, sizeof *s->z, err);
    if (!s->turn || !s->window || !s->x || !s->z) return HG_ERR_MEMORY;
    const double *turn = s->fourier.turns.turn, *window = s->fourier.window;
    for (size_t i = 0; i < n; i++) {
        s->turn[i] = (float)turn[i];
        s->window[i] = (float)window[i];
    }
    return HG_OK;
}

// ---- the transform, as in signal/spectrum.c -----------------------------------------------------

// z (m, 2): of each four, in the order of reversed bits, their transform.
static void run_fours(lanes *z, size_t m) {
    for (lanes *at = z; at < z + 2 * m; at += 8) {
        const lanes a = at[0] + at[2], ai = at[1] + at[3], b = at[0] - at[2], bi = at[1] - at[3];
        const lanes c = at[4] + at[6], ci = at[5] + at[7], d = at[4] - at[6], di = at[5] - at[7];
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

static void join(lanes *low, lanes *high, size_t half, const float *turn, size_t stride) {
    for (size_t k = 0; k < half; k++, low += 2, high += 2, turn += stride) {
        const lanes x = turn[0] * high[0] - turn[1] * high[1];
        const lanes y = turn[0] * high[1] + turn[1] * high[0];
        const lanes real = low[0], imaginary = low[1];
        low[0] = real + x;
        low[1] = imaginary + y;
        high[0] = real - x;
        high[1] = imaginary - y;
    }
}

// s->x (n) -> s->z (n / 2, 2): the transform of n / 2 complex numbers.
static void transform(const spectrum *s, size_t n) {
    const hg__turns *t = &s->fourier.turns;
    const size_t m = n / 2;
    for (size_t i = 0; i < m; i++) {
        const size_t from = (size_t)t->mirror[i] / 2; // bits reversed within m
        s->z[2 * i] = s->x[2 * from];
        s->z[2 * i + 1] = s->x[2 * from + 1];
    }
    run_fours(s->z, m);
    for (size_t half = 4; half < m; half *= 2) {
        for (size_t first = 0; first < m; first += 2 * half) {
            join(s->z + 2 * first, s->z + 2 * (first + half), half, s->turn, n / half);
        }
    }
}

static lanes power_of(lanes real, lanes imaginary, float over) {
    return (real * real + imaginary * imaginary) * over + least_power;
}

// s->z -> s->x: the power of the n / 2 + 1 frequencies over n.
static void take_powers(const spectrum *s, size_t n) {
    const size_t m = n / 2;
    const float over = 1 / (float)n;
    const lanes zero = {0}, *z = s->z;
    for (size_t k = 1; k <= m / 2; k++) {
        const lanes *a = z + 2 * k, *b = z + 2 * (m - k);
        const lanes even = (a[0] + b[0]) * 0.5F, even_i = (a[1] - b[1]) * 0.5F;
        const lanes odd = (a[1] + b[1]) * 0.5F, odd_i = (b[0] - a[0]) * 0.5F;
        const lanes x = s->turn[2 * k] * odd - s->turn[2 * k + 1] * odd_i;
        const lanes y = s->turn[2 * k] * odd_i + s->turn[2 * k + 1] * odd;
        s->x[m - k] = power_of(even - x, y - even_i, over);
        s->x[k] = power_of(even + x, even_i + y, over);
    }
    s->x[0] = power_of(z[0] + z[1], zero, over);
    s->x[m] = power_of(z[0] - z[1], zero, over);
}

// ---- windows ------------------------------------------------------------------------------------

// The numbers at from[k], `step` apart, less their mean and under the Hann window: s->x (n).
static void take_lanes(const spectrum *s, const float *const from[LANES], size_t step, size_t n) {
    const bool is_row = from[1] == from[0] + 1 && from[2] == from[0] + 2 && from[3] == from[0] + 3;
    lanes sum = {0};
    for (size_t t = 0; t < n; t++) {
        lanes x;
        if (is_row) {
            memcpy(&x, from[0] + t * step, sizeof x);
        } else {
            for (int32_t k = 0; k < LANES; k++) x[k] = from[k][t * step];
        }
        s->x[t] = x;
        sum += x;
    }
    const lanes mean = sum / (float)n;
    for (size_t t = 0; t < n; t++) s->x[t] = (s->x[t] - mean) * s->window[t];
}

// The logarithms of s->x (lines): those of lane k are to[k][0] ... to[k][lines - 1].
static void give_lanes(const spectrum *s, int32_t lines, float *const to[LANES]) {
    float *value = (float *)s->x; // (lines, LANES)
    for (int32_t i = 0; i < lines * LANES; i++) value[i] = hg__ln(value[i]);
    for (int32_t i = 0; i < lines; i++, value += LANES) {
        for (int32_t k = 0; k < LANES; k++) to[k][i] = value[k];
    }
}

// value (w->count, C, lines). Lanes beyond the last channel of the last window are that channel once more.
static void look(hg__window_detector *d, const hg__seen_windows *w, float *value) {
    const spectrum *s = d->state;
    const size_t C = (size_t)d->view.channels, n = (size_t)d->view.length;
    const size_t all = (size_t)w->count * C, lines = n / 2 + 1;
    for (size_t first = 0; first < all; first += LANES) {
        const float *from[LANES];
        float *to[LANES];
        for (size_t k = 0; k < LANES; k++) {
            const size_t at = first + k < all ? first + k : all - 1;
            from[k] = w->x + at / C * w->pitch + at % C;
            to[k] = value + at * lines;
        }
        take_lanes(s, from, C, n);
        transform(s, n);
        take_powers(s, n);
        give_lanes(s, (int32_t)lines, to);
    }
}

// ---- the type -----------------------------------------------------------------------------------

static int fit(hg__window_detector *d, const hg__window_data *data, hg_model *m, hg_error *err) {
    HG_TRY(make_state(d, err));
    spectrum *s = d->state;
    return hg__window_features_fit(&s->features, lines_of(d) * d->view.channels, least_deviation,
                                   look, d, data, m, err);
}

static int load(hg__window_detector *d, const hg_model *m, const char *where, hg_error *err) {
    HG_TRY(make_state(d, err));
    spectrum *s = d->state;
    return hg__window_features_load(&s->features, lines_of(d) * d->view.channels, d, m, where, err);
}

static void measure(hg__window_detector *d, const hg__seen_windows *w, const hg__window_said *to) {
    spectrum *s = d->state;
    hg__window_features_measure(&s->features, look, d, w, to->far);
}

const hg__window_detector_type hg__window_spectrum = {
    .fit = fit, .load = load, .measure = measure, .free = free_state};

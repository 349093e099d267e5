// SPDX-License-Identifier: Apache-2.0
// window_detector_spectral_residual.c - the spectral residual: how much a window's last step stands out where what is usual of its spectrum is
// taken away.
//
//   of a channel of n steps:  F = FFT(x);  R = ln |F| - its mean over 3 neighbouring frequencies;  S = |inverse FFT of e^R, with F's phases|
//   score:  (S of the last step - its mean over the 21 steps before) / that mean, 0 at least;  of all channels the mean
//
// Ren et al., "Time-series anomaly detection service at Microsoft", KDD 2019. As there the last step is not left at the edge: 5 steps
// follow it that are estimated, by the six before the last and not by it, as in the authors' code (microsoft/anomalydetector). Since e^R with F's phases is F over the geometric mean of 3
// magnitudes, neither phases nor e^R are needed. Frequencies go round: beside the last is the first.
#include <math.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/real.h"
#include "monitor/window_detector.h"
#include "signal/spectrum.h"

enum { ESTIMATED = 5, BEFORE = 21, LEAST = 16 };
static const double least_magnitude = 1e-8;

typedef struct residual {
    hg__turns turns;
    double *x;        // owned, (n): one channel, what is estimated behind it
    double *line;     // owned, (n / 2 + 1, 2): its transform
    double *log;      // owned, (n / 2 + 1): ln |F|
    double *saliency; // owned, (n)
} residual;

static void free_state(void *state) {
    residual *s = state;
    if (!s) return;
    hg__turns_clear(&s->turns);
    hg__free(s->x);
    hg__free(s->line);
    hg__free(s->log);
    hg__free(s->saliency);
    hg__free(s);
}

static int load(hg__window_detector *d, const hg_model *m, const char *where, hg_error *err) {
    const size_t n = (size_t)d->view.length;
    (void)m, (void)where; // it learns nothing
    residual *s = d->state = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    HG_TRY(hg__turns_init(&s->turns, d->view.length, err));
    s->x = hg__alloc(n, sizeof *s->x, err);
    if (s->x) s->line = hg__alloc(n + 2, sizeof *s->line, err);
    if (s->line) s->log = hg__alloc(n / 2 + 1, sizeof *s->log, err);
    if (s->log) s->saliency = hg__alloc(n, sizeof *s->saliency, err);
    return s->saliency ? HG_OK : HG_ERR_MEMORY;
}

// The last n - ESTIMATED steps, then where the mean slope leads to: of the lines to the step before the last from each of five before it.
static void extend(residual *s, const float *x, int32_t n, int32_t step) {
    const int32_t kept = n - ESTIMATED;
    double slope = 0;
    for (int32_t t = 0; t < kept; t++) {
        s->x[t] = (double)x[(size_t)(t + ESTIMATED) * (size_t)step];
    }
    const double *known = s->x + kept - 2; // the last that is known before the one in question
    for (int32_t i = 1; i <= ESTIMATED; i++) slope += (known[0] - known[-i]) / i;
    const double next = known[1 - ESTIMATED] + slope; // 5 times the mean of 5 slopes
    for (int32_t t = kept; t < n; t++) s->x[t] = next;
}

// s->line becomes F over the geometric mean of three magnitudes.
static void whiten(residual *s, int32_t n) {
    const int32_t half = n / 2;
    for (int32_t k = 0; k <= half; k++) {
        const double re = s->line[2 * k], im = s->line[2 * k + 1];
        s->log[k] = hg__log(sqrt(re * re + im * im) + least_magnitude);
    }
    for (int32_t k = 0; k <= half; k++) {
        // a real signal's spectrum is the same on both sides of 0 and of n / 2
        const double before = s->log[k ? k - 1 : 1], behind = s->log[k < half ? k + 1 : half - 1];
        const double mean = (before + s->log[k] + behind) / 3, e = 1 + hg__expm1(fabs(mean));
        const double factor = mean > 0 ? 1 / e : e;
        s->line[2 * k] *= factor;
        s->line[2 * k + 1] *= factor;
    }
}

// The inverse transform of a spectrum of real numbers, but for the factor 1 / n: by the sum of its real and imaginary parts' transform
// (Hartley's), whose two sides are the even and the odd part of what is wanted.
static void invert(residual *s, int32_t n) {
    const int32_t half = n / 2;
    for (int32_t k = 0; k <= half; k++) {
        const double re = s->line[2 * k], im = s->line[2 * k + 1];
        s->x[k] = re - im;
        if (k > 0 && k < half) s->x[n - k] = re + im;
    }
    hg__fourier_real(&s->turns, s->x, s->line);
    for (int32_t t = 0; t <= half; t++) {
        const double re = s->line[2 * t], im = s->line[2 * t + 1];
        s->saliency[t] = fabs(re - im);
        if (t > 0 && t < half) s->saliency[n - t] = fabs(re + im);
    }
}

static double score_of(residual *s, const float *x, int32_t n, int32_t step) {
    const int32_t last = n - ESTIMATED - 1, before = hg__min(BEFORE, last);
    double mean = 0;
    extend(s, x, n, step);
    hg__fourier_real(&s->turns, s->x, s->line);
    whiten(s, n);
    invert(s, n);
    for (int32_t t = last - before; t < last; t++) mean += s->saliency[t];
    mean /= before;
    const double over = (s->saliency[last] - mean) / (mean + least_magnitude);
    return over > 0 ? over : 0;
}

static void measure(hg__window_detector *d, const hg__seen_windows *w, const hg__window_said *to) {
    const int32_t n = d->view.length, C = d->view.channels;
    const float *x = w->x;
    for (int32_t i = 0; i < w->count; i++, x += w->pitch) {
        double sum = 0;
        for (int32_t c = 0; c < C && n >= LEAST; c++) sum += score_of(d->state, x + c, n, C);
        to->far[i] = (float)(sum / C);
    }
}

const hg__window_detector_type hg__window_spectral_residual = {
    .load = load, .measure = measure, .free = free_state, .is_of_end = true, .takes_power = true};

// SPDX-License-Identifier: Apache-2.0
// window_detector_moving_z.c - the moving z-score: how far a window's last step lies from the mean of those before it, in their deviations.
//
//   of a channel:  ((x[n - 1] - mean of x[0] .. x[n - 2]) / (their standard deviation + 0.01))^2;  of all channels the mean
//
// Values are in deviations of training, so that one that hardly moves is not odd for a trifle.
#include <math.h>

#include "monitor/window_detector.h"

static const double least_deviation = 0.01;

// x (n, step apart): one channel.
static double score_of(const float *x, int32_t n, int32_t step) {
    const int32_t before = n - 1;
    double mean = 0, square = 0;
    for (int32_t t = 0; t < before; t++) mean += (double)x[(size_t)t * (size_t)step];
    mean /= before;
    for (int32_t t = 0; t < before; t++) {
        const double r = (double)x[(size_t)t * (size_t)step] - mean;
        square += r * r;
    }
    const double last = (double)x[(size_t)before * (size_t)step];
    const double z = (last - mean) / (sqrt(square / before) + least_deviation);
    return z * z;
}

static int load(hg__window_detector *d, const hg_model *m, const char *where, hg_error *err) {
    (void)d, (void)m, (void)where, (void)err; // it learns nothing
    return HG_OK;
}

static void measure(hg__window_detector *d, const hg__seen_windows *w, const hg__window_said *to) {
    const int32_t n = d->view.length, C = d->view.channels;
    const float *x = w->x;
    for (int32_t i = 0; i < w->count; i++, x += w->pitch) {
        double sum = 0;
        for (int32_t c = 0; c < C; c++) sum += score_of(x + c, n, C);
        to->far[i] = (float)(sum / C);
    }
}

static void free_state(void *state) {
    (void)state; // it has none
}

const hg__window_detector_type hg__window_moving_z = {
    .load = load, .measure = measure, .free = free_state, .is_of_end = true};

// SPDX-License-Identifier: Apache-2.0
// window_detector_principal.c - PCA on sub-sequences: what of a window the axes that hold nine tenths of the variance of training's leave out.
//
// Jackson & Mudholkar, "Control procedures for residuals associated with principal component analysis", 1979, on windows.
#include "base/mem.h"
#include "monitor/window_axes.h"

enum { AXES = 96 };
static const double variance = 0.9;

static void free_state(void *state) {
    if (state) hg__window_axes_clear(state);
    hg__free(state);
}

static int fit(hg__window_detector *d, const hg__window_data *data, hg_model *m, hg_error *err) {
    hg__window_axes *a = d->state = hg__alloc(1, sizeof *a, err);
    return a ? hg__window_axes_fit(a, d, data, AXES, variance, m, err) : HG_ERR_MEMORY;
}

static int load(hg__window_detector *d, const hg_model *m, const char *where, hg_error *err) {
    hg__window_axes *a = d->state = hg__alloc(1, sizeof *a, err);
    return a ? hg__window_axes_load(a, d, m, where, err) : HG_ERR_MEMORY;
}

static void measure(hg__window_detector *d, const hg__seen_windows *w, const hg__window_said *to) {
    const hg__window_axes *a = d->state;
    hg__window_axes_place(a, w);
    for (int32_t i = 0; i < w->count; i++) {
        to->far[i] = hg__window_axes_rest(a, w, i) / (float)d->width;
    }
}

const hg__window_detector_type hg__window_principal = {
    .fit = fit, .load = load, .measure = measure, .free = free_state};

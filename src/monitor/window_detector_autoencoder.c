// SPDX-License-Identifier: Apache-2.0
// window_detector_autoencoder.c - a window's mean squared difference from what the model's network makes of it.
#include "base/mem.h"
#include "exec/plan.h"
#include "monitor/window_features.h"

typedef struct autoencoder {
    hg__network *folded; // owned: what runs, where it is another than the model's
    hg__run_plan *plan;  // owned
} autoencoder;

static void free_state(void *state) {
    autoencoder *a = state;
    if (!a) return;
    hg__run_plan_free(a->plan);
    hg__network_free(a->folded);
    hg__free(a);
}

static int load(hg__window_detector *d, const hg_model *m, const char *where, hg_error *err) {
    (void)where;
    autoencoder *a = d->state = hg__alloc(1, sizeof *a, err);
    if (!a) return HG_ERR_MEMORY;
    const hg__network *net = hg__network_fold(&m->net, &a->folded, err);
    if (!net) return HG_ERR_MEMORY;
    a->plan = hg__run_plan_new(net, d->pool, NULL, err);
    return a->plan ? HG_OK : HG_ERR_MEMORY;
}

static void measure(hg__window_detector *d, const hg__seen_windows *w, const hg__window_said *to) {
    const autoencoder *a = d->state;
    const size_t width = (size_t)d->width;
    const void *row[HG_WINDOWS_AT_ONCE];
    for (int32_t i = 0; i < w->count; i++) row[i] = w->x + (size_t)i * w->pitch;
    const hg__input in = {.row = row, .count = w->count, .dtype = HG_F32, .scale = 1};
    hg__run(a->plan, HG_RECONSTRUCT, &in, to->made);
    for (int32_t i = 0; i < w->count; i++) {
        const float *x = w->x + (size_t)i * w->pitch, *y = to->made + (size_t)i * width;
        to->far[i] = hg__window_apart(x, y, d->width) / (float)width;
    }
}

const hg__window_detector_type hg__window_autoencoder = {
    .load = load,
    .measure = measure,
    .free = free_state,
};

// SPDX-License-Identifier: Apache-2.0
// window_detector_autoencoder.c - a window's mean squared difference from what the model's network makes of it; where steps are hidden
// from it, from what it predicts of these.
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "exec/plan.h"
#include "monitor/window_features.h"

typedef struct autoencoder {
    hg__network *folded; // owned: what runs, where it is another than the model's
    hg__run_plan *plan;  // owned
    // Where steps are hidden, owned:
    float *seen, *y;          // (HG_WINDOWS_AT_ONCE, width)
    hg__channel_scale *scale; // (HG_WINDOWS_AT_ONCE, C)
} autoencoder;

static void free_state(void *state) {
    autoencoder *a = state;
    if (!a) return;
    hg__run_plan_free(a->plan);
    hg__network_free(a->folded);
    hg__free(a->seen);
    hg__free(a->y);
    hg__free(a->scale);
    hg__free(a);
}

static int make_room(autoencoder *a, const hg__window_detector *d, hg_error *err) {
    const size_t window = (size_t)d->width * sizeof(float);
    if (d->hiding.kind == HG_HIDE_NONE) return HG_OK;
    a->seen = hg__alloc(HG_WINDOWS_AT_ONCE, window, err);
    if (a->seen) a->y = hg__alloc(HG_WINDOWS_AT_ONCE, window, err);
    const size_t scales = (size_t)d->view.channels * sizeof *a->scale;
    if (a->y) a->scale = hg__alloc(HG_WINDOWS_AT_ONCE, scales, err);
    return a->scale ? HG_OK : HG_ERR_MEMORY;
}

static int load(hg__window_detector *d, const hg_model *m, const char *where, hg_error *err) {
    (void)where;
    autoencoder *a = d->state = hg__alloc(1, sizeof *a, err);
    if (!a) return HG_ERR_MEMORY;
    const hg__network *net = hg__network_fold(&m->net, &a->folded, err);
    if (!net) return HG_ERR_MEMORY;
    a->plan = hg__run_plan_new(net, d->pool, NULL, err);
    return a->plan ? make_room(a, d, err) : HG_ERR_MEMORY;
}

static void reconstruct(const autoencoder *a, const hg__seen_windows *w, float *y) {
    const void *row[HG_WINDOWS_AT_ONCE];
    for (int32_t i = 0; i < w->count; i++) row[i] = w->x + (size_t)i * w->pitch;
    const hg__input in = {.row = row, .count = w->count, .dtype = HG_F32, .scale = 1};
    hg__run(a->plan, HG_RECONSTRUCT, &in, y);
}

// ---- where steps are hidden ---------------------------------------------------------------------

// A sum over what was hidden and is there.
typedef struct hidden_error {
    double sum;
    int64_t count;
} hidden_error;

// x, y (T, C) of one window: made gets what is predicted of its hidden steps, as x has them.
static void take_hidden(const hg__window_detector *d, int32_t pass, const float *x, const float *y,
                        const hg__channel_scale *scale, float *made, hidden_error *e) {
    const int32_t C = d->view.channels;
    int32_t first, end;
    hg__hiding_steps(&d->hiding, d->width / C, pass, &first, &end);
    for (int32_t t = first; t < end; t++) {
        for (int32_t c = 0; c < C; c++) {
            const size_t at = (size_t)t * (size_t)C + (size_t)c;
            made[at] = scale[c].centre + y[at] / scale[c].inverse;
            if (isnan(x[at])) continue;
            const float r = (x[at] - scale[c].centre) * scale[c].inverse - y[at];
            e->sum += (double)(r * r);
            e->count++;
        }
    }
}

static void measure_hidden(const hg__window_detector *d, const hg__seen_windows *w,
                           const hg__window_said *to) {
    const autoencoder *a = d->state;
    const int32_t C = d->view.channels, steps = d->width / C;
    const int32_t count = w->count, passes = hg__hiding_passes(&d->hiding);
    const size_t width = (size_t)d->width;
    const hg__seen_windows seen = {a->seen, width, count};
    hidden_error e[HG_WINDOWS_AT_ONCE] = {{0}};
    memset(to->made, 0, (size_t)count * width * sizeof *to->made); // of what is never hidden
    for (int32_t pass = 0; pass < passes; pass++) {
        for (int32_t i = 0; i < count; i++) {
            hg__hiding_see(&d->hiding, steps, C, pass, w->x + (size_t)i * w->pitch,
                           a->seen + (size_t)i * width, a->scale + (size_t)i * (size_t)C);
        }
        reconstruct(a, &seen, a->y);
        for (int32_t i = 0; i < count; i++) {
            const size_t at = (size_t)i * width;
            take_hidden(d, pass, w->x + (size_t)i * w->pitch, a->y + at,
                        a->scale + (size_t)i * (size_t)C, to->made + at, &e[i]);
        }
    }
    for (int32_t i = 0; i < count; i++) {
        to->far[i] = e[i].count ? (float)(e[i].sum / (double)e[i].count) : 0;
    }
}

// ---- where none are -----------------------------------------------------------------------------

static void measure(hg__window_detector *d, const hg__seen_windows *w, const hg__window_said *to) {
    const size_t width = (size_t)d->width;
    if (d->hiding.kind != HG_HIDE_NONE) {
        measure_hidden(d, w, to);
        return;
    }
    reconstruct(d->state, w, to->made);
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

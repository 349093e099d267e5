// SPDX-License-Identifier: Apache-2.0
// signal_case.h - drawn recordings, held, and small models of them, without a file.
#ifndef HG_TESTS_SIGNAL_CASE_H
#define HG_TESTS_SIGNAL_CASE_H
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/real.h"
#include "base/rng.h"
#include "detect/table_model.h"
#include "monitor/signal_fit.h"
#include "monitor/signal_scorer.h"

#include <cmocka.h>

#ifndef DRAWN_STEPS
# define DRAWN_STEPS 4000
#endif
enum { MOST_STEPS = DRAWN_STEPS, MOST_CHANNELS = 4 };

// A recording in memory: value (steps, channels), begins and label (steps).
typedef struct drawn {
    int64_t steps;
    int32_t channels;
    float value[MOST_STEPS * MOST_CHANNELS];
    uint8_t begins[MOST_STEPS], label[MOST_STEPS];
    int64_t row[MOST_STEPS];
    double time[MOST_STEPS];
} drawn;

static inline float drawn_number(uint32_t seed, int64_t t, int32_t c) {
    return hg__unit_float(hg__philox_run(seed, (uint32_t)t, (uint32_t)c, 0, 0).word[0]) - 0.5F;
}

// Waves of other periods, and noise.
static inline void draw(drawn *d, int64_t steps, int32_t channels) {
    *d = (drawn){.steps = steps, .channels = channels};
    for (int64_t t = 0; t < steps; t++) {
        for (int32_t c = 0; c < channels; c++) {
            const double wave = hg__sin_turn((double)t / (16 + 9 * c));
            d->value[t * channels + c] = (float)wave + 0.4F * drawn_number(7, t, c) + (float)c;
        }
        d->begins[t] = t == 0;
        d->row[t] = t;
        d->time[t] = (double)t * 60;
    }
}

// ---- as a recording -----------------------------------------------------------------------------

typedef struct playing {
    const drawn *from;
    int64_t at;
} playing;

static inline int play_next(hg__recording *r, hg__steps *to, hg_error *err) {
    playing *p = r->made;
    const drawn *d = p->from;
    (void)err;
    const int64_t left = d->steps - p->at, at = p->at;
    *to = (hg__steps){.count = (int32_t)(left < 1000 ? left : 1000),
                      .value = d->value + at * d->channels,
                      .row = d->row + at,
                      .time = d->time + at,
                      .label = d->label + at,
                      .begins = d->begins + at};
    p->at += to->count;
    return to->count > 0;
}

static inline int play_again(hg__recording *r, hg_error *err) {
    (void)err;
    ((playing *)r->made)->at = 0;
    return HG_OK;
}

static inline void play_end(hg__recording *r) {
    hg__free(r->made);
}

static const hg__recording_over play_over = {play_next, play_again, play_end};

static inline hg__recording *play(const drawn *d, hg_error *err) {
    hg__recording *r = hg__alloc(1, sizeof *r, err);
    if (!r) return NULL;
    *r = (hg__recording){.path = "drawn",
                         .format = "drawn",
                         .channels = d->channels,
                         .named = true,
                         .steps = d->steps,
                         .step = 60,
                         .files = 1,
                         .over = &play_over};
    playing *p = r->made = hg__alloc(1, sizeof *p, err);
    if (p) *p = (playing){d, 0};
    r->name = hg__alloc((size_t)d->channels, sizeof *r->name, err);
    for (int32_t c = 0; r->name && c < d->channels; c++) {
        char name[16];
        snprintf(name, sizeof name, "c%d", c);
        r->name[c] = hg__copy_text(name, err);
    }
    assert_non_null(r->name && p ? r : NULL);
    return r;
}

// ---- as a model ---------------------------------------------------------------------------------

typedef struct fitted {
    hg__pool *pool;
    hg__samples samples;
    hg__signal signal;
    hg__signal_split split;
    hg_model *model;
} fitted;

// A model of windows of d: the network's weights are those it begins with, all else is fitted. kind: HG_SIGNAL_KINDS: as found.
static inline void fit_hidden(fitted *f, const drawn *d, int32_t window, hg__signal_kind kind,
                              hg__hide hide) {
    hg_error err = {0};
    hg__meter meter = {0};
    const hg__signal_options o = {.window = window, .memory = 1 << 24, .hide = hide};
    const hg__signal_fit_options how = {.fpr = 0.01, .seed = 3};
    *f = (fitted){.pool = hg__pool_new(1, &err)};
    hg__recording *r = play(d, &err);
    int code = hg__samples_load(&f->samples, r, NULL, 0, 1 << 24, &err);
    if (code == HG_OK) code = hg__signal_look(&f->signal, &f->samples, r, &o, &err);
    if (kind != HG_SIGNAL_KINDS) f->signal.kind = kind;
    f->signal.hiding.is_normalised = f->signal.kind == HG_SIGNAL_PULSES;
    if (code == HG_OK) {
        code = hg__signal_split_init(&f->split, &f->samples, &f->signal, 0.25, 50000, &err);
    }
    if (code == HG_OK) {
        const hg__window_view view = hg__signal_view(&f->signal);
        const hg__shape in = {
            3, {1, view.length / view.every, view.channels}
        };
        f->model = hg__model_from_spec("dense 8, silu | dense input", &in, 0, 5, &err);
    }
    if (f->model) {
        code = hg__signal_fit(f->model, &f->signal, &f->samples, &f->split, &how, &meter, f->pool,
                              &err);
    }
    if (!f->model || code < 0) fail_msg("%s", err.message);
    hg__recording_close(r);
}

static inline void fit_drawn(fitted *f, const drawn *d, int32_t window, hg__signal_kind kind) {
    fit_hidden(f, d, window, kind, HG_HIDE_NONE);
}

static inline void clear_fitted(fitted *f) {
    hg__signal_split_clear(&f->split);
    hg__signal_clear(&f->signal);
    hg__samples_clear(&f->samples);
    hg_model_free(f->model);
    hg__pool_free(f->pool);
    *f = (fitted){0};
}
#endif

// SPDX-License-Identifier: Apache-2.0
// val_code.c - a sample of the rows that go by, with their codes, and what is measured of it.
#include "jobs/val_code.h"

#include <math.h>

#include "backend/kernels.h"
#include "base/mem.h"
#include "detect/blocks.h"
#include "graph/network.h"
#include "model/model.h"

enum { DRAW = 3 };

static int32_t widest(const hg__spec *s) {
    return s->width > s->code ? s->width : s->code;
}

static int make_room(hg__code_sample *s, const hg__feed *f, hg_error *err) {
    const hg__spec *net = &f->model->net.spec;
    const size_t batch = (size_t)f->batch, room = (size_t)s->room;
    s->row = hg__alloc(batch, sizeof *s->row, err);
    s->place = s->row ? hg__alloc(batch, sizeof *s->place, err) : NULL;
    s->made = s->place ? hg__alloc(batch * (size_t)widest(net), sizeof *s->made, err) : NULL;
    s->wide = s->made ? hg__alloc((size_t)f->width + HG_LANES, sizeof *s->wide, err) : NULL;
    s->x = s->wide ? hg__numbers(room, (size_t)net->width, err) : NULL;
    if (!s->x) return HG_ERR_MEMORY;
    if (f->model->net.spans && !(s->y = hg__numbers(room, (size_t)net->width, err))) {
        return HG_ERR_MEMORY;
    }
    if (net->has_neck && !(s->z = hg__numbers(room, (size_t)net->code, err))) {
        return HG_ERR_MEMORY;
    }
    if (s->classes && !(s->label = hg__alloc(room, sizeof *s->label, err))) return HG_ERR_MEMORY;
    return HG_OK;
}

int hg__code_sample_init(hg__code_sample *s, const hg__feed *f, const hg_options *o,
                         hg_error *err) {
    const int64_t rows = f->data->source.rows;
    *s = (hg__code_sample){.is_wanted = o->values.quality, .seed = (uint64_t)o->values.seed};
    if (!s->is_wanted) return HG_OK;
    s->room = hg__quality_rows(widest(&f->model->net.spec), rows);
    s->order = hg__shuffle_init(s->seed, HG_STREAM_SAMPLE, DRAW, (uint64_t)rows);
    HG_TRY(hg__row_spread_init(&s->spread, f->width, err));
    if (f->model->net.spec.has_neck) HG_TRY(hg__row_classes(f, o, &s->classes, NULL, err));
    return make_room(s, f, err);
}

void hg__code_sample_clear(hg__code_sample *s) {
    hg__row_spread_clear(&s->spread);
    hg__free(s->classes);
    hg__free(s->x);
    hg__free(s->y);
    hg__free(s->z);
    hg__free(s->label);
    hg__free(s->row);
    hg__free(s->place);
    hg__free(s->made);
    hg__free(s->wide);
    *s = (hg__code_sample){0};
}

// Row i as it should come back, in floats: into `to` (width) unless it lies somewhere so.
static const float *wanted_row(const hg__input *in, int64_t i, int32_t width, float *to) {
    if (in->target) return in->target[i];
    if (in->dtype == HG_F32) return in->row[i];
    for (int32_t j = 0; j < width; j++) {
        to[j] = (float)((const uint8_t *)in->row[i])[j] * in->scale;
    }
    return to;
}

// What `goal` makes of the rows in the sample goes to their places in `to` (room, width).
static void make(hg__code_sample *s, hg__feed *f, hg__goal goal, const hg__input *in, float *to,
                 int32_t width) {
    const hg__spans *spans = f->model->net.spans;
    hg__run(f->plan, goal, in, s->made);
    for (size_t i = 0; i < (size_t)in->count; i++) {
        float *own = to + (size_t)s->place[i] * (size_t)width;
        memcpy(own, s->made + i * (size_t)width, (size_t)width * sizeof *own);
        if (goal == HG_RECONSTRUCT && spans) hg__spans_finish(spans, hg__kernels_pick(), own);
    }
}

void hg__code_sample_add(hg__code_sample *s, hg__feed *f, const hg__input *in) {
    const hg__spec *net = &f->model->net.spec;
    hg__input some = {.row = s->row, .dtype = in->dtype, .scale = in->scale};
    if (!s->is_wanted) return;
    for (int64_t i = 0; i < in->count; i++) {
        const int64_t number = f->now.number[i];
        const uint64_t place = hg__shuffle_at(&s->order, (uint64_t)number);
        const float *x = wanted_row(in, i, f->width, s->wide);
        hg__row_spread_add(&s->spread, x);
        if (place >= (uint64_t)s->room) continue;
        memcpy(s->x + place * (size_t)f->width, x, (size_t)f->width * sizeof *x);
        if (s->label) s->label[place] = s->classes[number];
        s->place[some.count] = (int32_t)place;
        s->row[some.count++] = in->row[i];
    }
    if (some.count && s->z) make(s, f, HG_ENCODE, &some, s->z, net->code);
    if (some.count && s->y) make(s, f, HG_RECONSTRUCT, &some, s->y, net->width);
}

int hg__code_sample_finish(hg__code_sample *s, const hg__feed *f, double squares,
                           hg__code_quality *q, hg_error *err) {
    const hg__code_rows r = {.rows = s->room,
                             .width = f->width,
                             .code = f->model->net.spec.code,
                             .x = s->x,
                             .y = s->y,
                             .z = s->z,
                             .label = s->label,
                             .seed = s->seed};
    *q = hg__code_quality_unset();
    if (!s->is_wanted) return HG_OK;
    HG_TRY(hg__code_quality_of(&r, f->pool, q, err));
    if (!s->y) q->explained_variance = hg__explained_variance(&s->spread, squares);
    return HG_OK;
}

int hg__code_sample_usage(const hg__code_sample *s, const hg__feed *f, hg__code_figures *to,
                          hg_error *err) {
    const hg__network *net = &f->model->net;
    hg__code_usage usage = {0};
    *to = (hg__code_figures){0};
    if (!s->z || !hg__has_symbols(net)) return HG_OK;
    const int code = hg__code_usage_init(&usage, net, err);
    if (code == HG_OK) {
        hg__code_usage_add(&usage, s->z, s->room);
        *to = hg__code_usage_find(&usage);
    }
    hg__code_usage_clear(&usage);
    return code;
}

// SPDX-License-Identifier: Apache-2.0
// job_transform.c - rows in, rows out: reconstruct, encode, decode.
//
// Files hold float32 in the model's units. One exception: pictures stored as bytes that go out as .idx become
// bytes again, value / scale rounded to the nearest. Rows of a table go out as a table: transform_table.c.
#include <string.h>

#include "base/mem.h"
#include "detect/table_model.h"
#include "jobs/feed.h"
#include "jobs/job.h"
#include "jobs/score_sheet.h"
#include "model/model.h"

static hg__row_layout layout_of(const hg__feed *f, hg__goal goal, const hg__row_format *format) {
    const hg_model *m = f->model;
    const hg__dataset *d = f->data;
    hg__row_layout l = {.rows = d->source.rows,
                        .shape = m->net.spec.input,
                        .dtype = HG_F32,
                        .unit = 1,
                        .letter = 'x'};
    if (goal == HG_ENCODE) {
        l.shape = (hg__shape){1, {m->net.spec.code}};
        l.letter = 'z';
        return l;
    }
    // A file read as columns has names in the model's order, whatever its own was.
    l.column = (const char *const *)(goal == HG_RECONSTRUCT && !f->pick ? d->column : m->column);
    if (goal == HG_RECONSTRUCT && !f->pick) l.shape = d->source.shape;
    const float unit = goal == HG_DECODE ? m->input_scale : d->source.scale;
    const bool was_bytes = goal == HG_DECODE ? unit > 0 && unit != 1 : d->source.dtype == HG_U8;
    if (was_bytes && hg__row_format_has_bytes(format)) {
        l.dtype = HG_U8;
        l.unit = unit;
    }
    return l;
}

static int write_all(hg__feed *f, hg__goal goal, hg__row_writer *w, float *y, hg_error *err) {
    hg__input in;
    int more;
    while ((more = hg__feed_next(f, &in, err)) > 0) {
        hg__run(f->plan, goal, &in, y);
        HG_TRY(hg__row_writer_add(w, y, in.count, err));
    }
    return more;
}

static int transform(hg__feed *f, hg__goal goal, const char *out, hg_error *err) {
    const hg__row_format *format = hg__row_format_find(out, f->data->format, err);
    if (!format) return HG_ERR_USAGE;
    const hg__row_layout l = layout_of(f, goal, format);
    const int32_t width = goal == HG_ENCODE ? f->model->net.spec.code : f->model->net.spec.width;
    float *y = hg__alloc((size_t)f->batch * (size_t)width, sizeof *y, err);
    if (!y) return HG_ERR_MEMORY;
    hg__row_writer w;
    int code = hg__row_writer_open(&w, out, format, &l, err);
    if (code == HG_OK) {
        code = write_all(f, goal, &w, y, err);
        if (code < 0) {
            hg__row_writer_abort(&w);
        } else {
            code = hg__row_writer_commit(&w, err);
        }
    }
    hg__free(y);
    return code;
}

int hg__transform_rows(hg__feed *f, hg__goal goal, const hg_options *o, hg_error *err) {
    if (hg__model_schema(f->model) && goal != HG_ENCODE) {
        return hg__transform_table(f, goal, o, err);
    }
    HG_TRY(hg__append_check(o->values.append, o->values.out, err));
    return strcmp(o->values.embed, "2") == 0 ? hg__encode_map(f, o, err)
                                             : transform(f, goal, o->values.out, err);
}

static int run(const hg_options *o, hg__goal goal, const hg_listener *l, hg_error *err) {
    hg__feed f;
    hg_model *m = hg_model_load(o->values.model, err);
    if (!m) return (int)err->code;
    HG_TRY(hg__feed_open(&f, m, o, goal, l, err));
    hg__feed_close_table(&f);
    const int code = hg__transform_rows(&f, goal, o, err);
    hg__feed_close(&f);
    return code;
}

int hg__job_reconstruct(const hg_options *o, const hg_listener *l, hg_result *r, hg_error *err) {
    (void)r;
    return run(o, HG_RECONSTRUCT, l, err);
}

int hg__job_encode(const hg_options *o, const hg_listener *l, hg_result *r, hg_error *err) {
    (void)r;
    return run(o, HG_ENCODE, l, err);
}

int hg__job_decode(const hg_options *o, const hg_listener *l, hg_result *r, hg_error *err) {
    (void)r;
    return run(o, HG_DECODE, l, err);
}

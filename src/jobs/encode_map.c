// SPDX-License-Identifier: Apache-2.0
// encode_map.c - rows in, their codes' places on a map out: encode with embed=2.
#include "base/mem.h"
#include "jobs/feed.h"
#include "jobs/job.h"
#include "jobs/score_sheet.h"
#include "latent/map.h"
#include "model/model.h"

// code (rows, code), in the file's order.
static int read_codes(hg__feed *f, float *code, int64_t rows, hg_error *err) {
    const size_t width = (size_t)f->model->net.spec.code;
    int64_t done = 0;
    hg__input in;
    int more;
    while ((more = hg__feed_next(f, &in, err)) > 0) {
        if (done + in.count > rows) break;
        hg__run(f->plan, HG_ENCODE, &in, code + (size_t)done * width);
        done += in.count;
    }
    return more < 0 ? more : HG_OK;
}

static int write_places(hg__feed *f, const hg__row_format *format, const char *out, const float *y,
                        hg_error *err) {
    static const char *const names[] = {"x", "y"};
    const int64_t rows = f->data->source.rows;
    const hg__row_layout layout = {
        .rows = rows, .shape = {1, {2}},
             .dtype = HG_F32, .unit = 1, .column = names
    };
    hg__row_writer w;
    HG_TRY(hg__row_writer_open(&w, out, format, &layout, err));
    hg__meter_start(&f->meter, f->listener, "writing", "rows", rows);
    const int code = hg__row_writer_add(&w, y, rows, err);
    if (code == HG_OK) {
        hg__meter_add(&f->meter, rows);
        hg__meter_end(&f->meter);
        return hg__row_writer_commit(&w, err);
    }
    hg__row_writer_abort(&w);
    return code;
}

int hg__encode_map(hg__feed *f, const hg_options *o, hg_error *err) {
    const hg__map_options how = {.method = o->values.map,
                                 .perplexity = o->values.perplexity,
                                 .neighbours = (int32_t)o->values.neighbours,
                                 .min_dist = 0.1,
                                 .seed = (uint64_t)o->values.seed};
    const int64_t rows = f->data->source.rows;
    const int32_t width = f->model->net.spec.code;
    const hg__row_format *format = hg__row_format_find(o->values.out, f->data->format, err);
    if (!format) return HG_ERR_USAGE;
    float *y = NULL, *codes = hg__alloc((size_t)rows * (size_t)width, sizeof *codes, err);
    if (codes) y = hg__alloc((size_t)rows * 2, sizeof *y, err);
    int code = y ? read_codes(f, codes, rows, err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = hg__map(codes, rows, width, &how, f->pool, f->listener, y, err);
    if (code == HG_OK) code = write_places(f, format, o->values.out, y, err);
    hg__free(y);
    hg__free(codes);
    return code;
}

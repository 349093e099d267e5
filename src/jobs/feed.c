// SPDX-License-Identifier: Apache-2.0
// feed.c - a model, a file of rows that fits it, and the rows batch by batch.
#include "jobs/feed.h"

#include <stdio.h>

#include "backend/kernels.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/show.h"
#include "csv/cell.h"
#include "detect/table_model.h"
#include "graph/network.h"
#include "model/model.h"
#include "monitor/signal.h"
#include "options/options.h"
#include "rows/dataset.h"
#include "table/table_out.h"

// A batch holds this many bytes of rows, at most: enough rows to keep the threads busy, little enough for the cache.
enum { BATCH_BYTES = 4 << 20, MOST_ROWS = 8192, CHUNK = 32 };

static int32_t pick_batch(int64_t rows, size_t row_bytes) {
    size_t batch = BATCH_BYTES / row_bytes;
    if (batch > MOST_ROWS) batch = MOST_ROWS;
    if (batch > CHUNK) batch -= batch % CHUNK;
    if ((int64_t)batch > rows) batch = (size_t)rows;
    return batch ? (int32_t)batch : 1;
}

// ---- columns ------------------------------------------------------------------------------------

static int32_t find_column(const hg__dataset *d, const char *name, int32_t guess) {
    if (guess < d->source.width && strcmp(d->column[guess], name) == 0) return guess;
    for (int32_t j = 0; j < d->source.width; j++) {
        if (strcmp(d->column[j], name) == 0) return j;
    }
    for (int32_t j = 0; j < d->source.width; j++) {
        if (hg__csv_is_written(d->column[j], strlen(d->column[j]), name)) return j;
    }
    return -1;
}

static int match_columns(hg__feed *f, hg_error *err) {
    const hg_model *m = f->model;
    const hg__dataset *d = f->data;
    bool in_place = d->source.width == f->width;
    int32_t *pick = hg__alloc((size_t)f->width, sizeof *pick, err);
    if (!pick) return HG_ERR_MEMORY;
    f->pick = pick;
    for (int32_t j = 0; j < f->width; j++) {
        pick[j] = find_column(d, m->column[j], j);
        in_place = in_place && pick[j] == j;
        if (pick[j] >= 0) continue;
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected a column named \"%.200s\" (the model has it), found none",
                        d->path, m->column[j]);
    }
    if (in_place) {
        hg__free(pick);
        f->pick = NULL;
    }
    return HG_OK;
}

static int check_width(hg__feed *f, hg__goal goal, hg_error *err) {
    const bool is_code = goal == HG_DECODE;
    f->width = is_code ? f->model->net.spec.code : f->model->net.spec.width;
    if (!is_code && f->model->column && f->data->column) return match_columns(f, err);
    if (f->data->source.width == f->width) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected rows of %d numbers (the model's %s), got %d",
                    f->data->path, f->width, is_code ? "code" : "width", f->data->source.width);
}

// ---- open, close --------------------------------------------------------------------------------

static void tell(const hg__feed *f, const char *sentence) {
    hg__tell(f->listener, sentence);
}

// Codes need a neck, and a decoder that lives on the code alone.
static int check_neck(const hg_model *m, hg__goal goal, const char *path, hg_error *err) {
    const hg__spec *s = &m->net.spec;
    if (goal != HG_ENCODE && goal != HG_DECODE) return HG_OK;
    if (!s->has_neck) {
        return hg__fail(err, HG_ERR_MODEL, "%s: expected a model with a neck ('|'), got '%.200s'",
                        path, s->text);
    }
    for (int32_t i = s->neck; goal == HG_DECODE && i < s->layers; i++) {
        if (!s->layer[i].type->takes_skip || s->layer[i].from >= s->neck) continue;
        const hg__layer *keep = &s->layer[s->layer[i].from];
        return hg__fail(err, HG_ERR_MODEL,
                        "%s: expected a decoder that lives on the code alone, got one that takes "
                        "what '%s %g' of the encoder kept",
                        path, keep->type->name, keep->arg[0]);
    }
    return HG_OK;
}

const char *hg__feed_group_column(const hg__feed *f, const hg_options *o) {
    if (*o->values.groupby) return o->values.groupby;
    const hg__json *detector = hg__model_detector(f->model);
    const char *column = hg__json_string_value(hg__json_object_get(detector, "groupby"));
    return column ? column : "";
}

static void tell_notes(const hg__feed *f) {
    const hg__encoding_notes *n = &f->notes;
    const struct {
        int64_t count;
        const char *what;
    } told[] = {
        {n->unseen,  "cells hold a value that training never saw"                      },
        {n->missing, "cells have no value in columns that never missed one in training"},
        {n->strange, "cells are not what their column holds, and count as missing"     },
        {n->changed, "cells differ in columns that had one value in training"          },
    };
    char text[160];
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        snprintf(text, sizeof text, "%lld %s", (long long)told[i].count, told[i].what);
        if (told[i].count) tell(f, text);
    }
}

// Rows of a table, encoded as the model's schema says. A database that is written to does not share its table= with the
// one that is read.
static int open_table(hg__feed *f, const hg_options *o, hg_error *err) {
    const struct hg__values *v = &o->values;
    hg__table_options from = {.query = v->query, .table = hg__table_out_is(v->out) ? "" : v->table};
    const hg__encode_options how = {.label = v->label,
                                    .normal = v->normal,
                                    .group = hg__feed_group_column(f, o),
                                    .on_bad = v->on_bad,
                                    .memory = (size_t)v->max_mem};
    HG_TRY(hg__schema_header(hg__model_schema(f->model), v->header, &from.header, &f->names, err));
    f->table = hg__table_open(v->data, &from, err);
    if (!f->table) return (int)err->code;
    if (*f->table->note) tell(f, f->table->note);
    hg__table_start_meter(f->table, &f->meter, f->listener, "reading");
    hg__data *rows =
        hg__schema_read(hg__model_schema(f->model), f->table, &how, &f->side, &f->notes, err);
    f->data = hg__dataset_of(rows, err);
    hg__table_end_meter(f->table);
    if (!f->data) return (int)err->code;
    tell_notes(f);
    return HG_OK;
}

static int open_rows(hg__feed *f, const hg_options *o, hg__goal goal, hg_error *err) {
    const struct hg__values *v = &o->values;
    hg__picture_options pictures = {.target = "", .range = f->model->range};
    const bool has_names = goal != HG_DECODE && f->model->column;
    const hg__data_options d = {
        .label = v->label,
        .ignore = v->ignore,
        .on_bad = v->on_bad,
        .memory = (size_t)v->max_mem,
        .header = {.say = v->header,
                   .is_known = has_names,
                   .name = has_names ? (const char *const *)f->model->column : NULL,
                   .names = has_names ? f->model->net.spec.width : 0},
        .listener = f->listener
    };
    if (hg__model_schema(f->model) && goal != HG_DECODE) return open_table(f, o, err);
    f->data = hg__dataset_open(v->data, &d, &pictures, err);
    if (f->data && *f->data->note) tell(f, f->data->note);
    return f->data ? HG_OK : (int)err->code;
}

// Where images are read, out= is none of them.
static int check_out(const hg__dataset *d, const char *out, hg_error *err) {
    char path[2048];
    for (int64_t i = 0; d->pictures && i < d->source.rows && hg__is_file(out); i++) {
        const hg__picture_files files = hg__pictures_files(d->pictures, i);
        HG_TRY(hg__join_path(path, sizeof path, files.folder, files.name, err));
        HG_TRY(hg__check_out(path, "image", out, err));
    }
    return HG_OK;
}

static int open_files(hg__feed *f, const hg_options *o, hg__goal goal, hg_error *err) {
    HG_TRY(check_neck(f->model, goal, o->values.model, err));
    if (!f->data) HG_TRY(open_rows(f, o, goal, err));
    HG_TRY(check_out(f->data, o->values.out, err));
    HG_TRY(check_width(f, goal, err));
    if (f->data->source.rows < 1) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected at least 1 row, got none", f->data->path);
    }
    if (f->data->skipped) {
        char text[256];
        snprintf(text, sizeof text, "%lld rows that could not be used were left out (on_bad=skip)",
                 (long long)f->data->skipped);
        tell(f, text);
    }
    f->rows = hg__rows_all(f->data->source);
    return HG_OK;
}

static int make_picked(hg__feed *f, hg_error *err) {
    const size_t batch = (size_t)f->batch, width = (size_t)f->width;
    f->picked = hg__alloc(2 * batch * width + HG_LANES, sizeof *f->picked, err);
    if (f->picked) f->pointer = hg__alloc(batch, sizeof *f->pointer, err);
    if (f->pointer) f->target = hg__alloc(batch, sizeof *f->target, err);
    if (!f->picked || !f->pointer || !f->target) return HG_ERR_MEMORY;
    for (size_t i = 0; i < batch; i++) {
        f->pointer[i] = f->picked + i * width;
        f->target[i] = f->picked + (batch + i) * width;
    }
    return HG_OK;
}

static int open_noise(hg__feed *f, const struct hg__values *v, hg_error *err) {
    f->corruption.seed = (uint64_t)v->seed;
    HG_TRY(hg__noise_parse(&f->corruption.noise, v->noise, err));
    if (!f->corruption.noise.blind) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "noise: expected a way to corrupt clean rows, such as \"gaussian 25\", got "
                    "\"blind\"");
}

static void start(hg__feed *f, hg__goal goal) {
    static const char *const stages[] = {[HG_RECONSTRUCT] = "reconstructing",
                                         [HG_ENCODE] = "encoding",
                                         [HG_DECODE] = "decoding",
                                         [HG_SCORE] = "scoring",
                                         [HG_ERRORS] = "scoring"};
    hg__loader_start(f->loader, false, 0, 0, 0);
    hg__meter_start(&f->meter, f->listener, stages[goal], f->data->pictures ? "images" : "rows",
                    f->data->source.rows);
}

// Images are not corrupted: what is asked of them here takes none.
static int open_loader(hg__feed *f, hg_error *err) {
    const bool is_corrupted = f->corruption.noise.steps > 0;
    const hg__loader_options options = {.fixed = true, .pool = f->pool};
    if (is_corrupted && !f->data->pictures) {
        HG_TRY(hg__dataset_corrupt(f->data, &f->corruption, err));
        f->rows = hg__rows_all(f->data->learned);
    }
    f->loader = hg__loader_new(&f->rows, f->batch, is_corrupted ? &options : NULL, err);
    return f->loader ? HG_OK : (int)err->code;
}

static int open_feed(hg__feed *f, const hg_options *o, hg__goal goal, hg_error *err) {
    if (hg__is_signal_model(f->model)) {
        return hg__fail(err, HG_ERR_MODEL,
                        "%s: expected a model of rows, got one of a recording, which sees windows: "
                        "`hourglass predict` scores steps with it",
                        o->values.model);
    }
    HG_TRY(hg__network_set_prefix(&f->model->net, (int32_t)o->values.prefix, err));
    HG_TRY(open_noise(f, &o->values, err));
    HG_TRY(open_files(f, o, goal, err));
    const hg__spec *s = &f->model->net.spec;
    const int32_t out = goal == HG_SCORE ? 1 : goal == HG_ENCODE ? s->code : s->width;
    const size_t row_in = (size_t)f->data->source.width * hg__dtype_size(f->data->source.dtype);
    const size_t row_out = (size_t)out * sizeof(float);
    f->batch = pick_batch(f->data->source.rows, row_in > row_out ? row_in : row_out);
    if (f->pick) HG_TRY(make_picked(f, err));
    f->pool = hg__pool_new((int32_t)o->values.threads, err);
    const hg__network *net = hg__network_fold(&f->model->net, &f->folded, err);
    if (net && f->pool) f->plan = hg__run_plan_new(net, f->pool, NULL, err);
    if (!f->plan) return (int)err->code;
    HG_TRY(open_loader(f, err));
    start(f, goal);
    return HG_OK;
}

int hg__feed_open(hg__feed *f, hg_model *m, const hg_options *o, hg__goal goal,
                  const hg_listener *listener, hg_error *err) {
    *f = (hg__feed){.listener = listener, .model = m};
    const int code = open_feed(f, o, goal, err);
    if (code < 0) hg__feed_close(f);
    return code;
}

int hg__feed_open_codes(hg__feed *f, hg_model *m, hg__dataset *codes, const hg_options *o,
                        const hg_listener *listener, hg_error *err) {
    *f = (hg__feed){.listener = listener, .model = m, .data = codes};
    const int code = open_feed(f, o, HG_DECODE, err);
    if (code < 0) hg__feed_close(f);
    return code;
}

void hg__feed_close_table(hg__feed *f) {
    hg__table_close(f->table);
    hg__free(f->names);
    f->table = NULL;
    f->names = NULL;
}

void hg__feed_close(hg__feed *f) {
    hg__feed_close_table(f);
    hg__loader_free(f->loader);
    hg__run_plan_free(f->plan);
    hg__pool_free(f->pool);
    hg__dataset_close(f->data);
    hg__side_columns_clear(&f->side);
    hg_model_free(f->model);
    hg__network_free(f->folded);
    hg__free(f->pick);
    hg__free(f->picked);
    hg__free(f->pointer);
    hg__free(f->target);
    *f = (hg__feed){0};
}

// ---- rows ---------------------------------------------------------------------------------------

static void gather(const hg__feed *f) {
    const bool is_u8 = f->now.dtype == HG_U8;
    for (int32_t r = 0; r < f->now.count; r++) {
        float *to = f->picked + (size_t)r * (size_t)f->width;
        const void *from = f->now.row[r];
        for (int32_t j = 0; j < f->width; j++) {
            const int32_t k = f->pick[j];
            to[j] =
                is_u8 ? (float)((const uint8_t *)from)[k] * f->now.scale : ((const float *)from)[k];
        }
    }
}

static void gather_targets(const hg__feed *f) {
    for (int32_t r = 0; r < f->now.count; r++) {
        float *to = f->picked + (size_t)(f->batch + r) * (size_t)f->width;
        for (int32_t j = 0; j < f->width; j++) to[j] = f->now.target[r][f->pick[j]];
    }
}

void hg__feed_restart(hg__feed *f) {
    hg__loader_start(f->loader, false, 0, 0, 0);
    hg__meter_restart(&f->meter);
    f->now.count = 0;
}

int hg__feed_next(hg__feed *f, hg__input *in, hg_error *err) {
    if (hg__is_stopped(f->listener)) {
        return hg__fail(err, HG_ERR_STOPPED, "%s: stopped on request", f->data->path);
    }
    hg__meter_add(&f->meter, f->now.count); // what was given last is done with
    f->now.count = 0;
    const int more = hg__loader_next(f->loader, &f->now, err);
    if (more == 0) hg__meter_end(&f->meter);
    if (more <= 0) return more;
    *in = (hg__input){.row = f->now.row,
                      .count = f->now.count,
                      .dtype = f->now.dtype,
                      .scale = f->now.scale,
                      .target = f->now.target};
    if (!f->pick) return more;
    gather(f);
    *in = (hg__input){.row = f->pointer, .count = f->now.count, .dtype = HG_F32, .scale = 1};
    if (!f->now.target) return more;
    gather_targets(f);
    in->target = f->target;
    return more;
}

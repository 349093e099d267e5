// SPDX-License-Identifier: Apache-2.0
// job_predict.c - a score for each row of a file, as lines of "row,score"; for each image of a folder "row,file,score".
#include <string.h>

#include "base/file.h"
#include "base/int.h"
#include "base/mem.h"
#include "detect/table_model.h"
#include "inspect/inspector.h"
#include "jobs/feed.h"
#include "jobs/job.h"
#include "jobs/judge_signal.h"
#include "jobs/packet_page.h"
#include "jobs/pages.h"
#include "jobs/score_sheet.h"
#include "rows/dataset.h"

// Text is made by the pool's threads, a piece of rows each, and written in order.
enum { PIECE = 256, LINE = 20 + 1 + HG_MAX_G9 + 1 };

typedef struct sheet {
    const int64_t *number; // (count) borrowed: rows' numbers in the file, from 0
    float *score;          // (count)
    char *text;            // (pieces, PIECE * LINE)
    size_t *length;        // (pieces)
    int32_t count;
} sheet;

static void format_piece(void *context, int32_t task, int32_t thread) {
    const sheet *s = context;
    (void)thread;
    const int32_t first = task * PIECE;
    const int32_t end = hg__min(s->count, first + PIECE);
    char *text = s->text + (size_t)task * PIECE * LINE, *at = text;
    for (int32_t i = first; i < end; i++) {
        at += hg__format_count(at, (uint64_t)s->number[i]);
        *at++ = ',';
        at += hg__format_g9(at, s->score[i]);
        *at++ = '\n';
    }
    s->length[task] = (size_t)(at - text);
}

static int write_batch(hg__feed *f, sheet *s, hg__writer *w, hg_error *err) {
    const int32_t pieces = hg__ceil_div(f->now.count, PIECE);
    s->number = f->now.number;
    s->count = f->now.count;
    hg__pool_run(f->pool, format_piece, s, pieces);
    for (int32_t i = 0; i < pieces; i++) {
        HG_TRY(hg__writer_add(w, s->text + (size_t)i * PIECE * LINE, s->length[i], err));
    }
    return HG_OK;
}

static int write_all(hg__feed *f, sheet *s, hg__writer *w, hg_error *err) {
    static const char head[] = "row,score\n";
    hg__input in;
    int more;
    HG_TRY(hg__writer_add(w, head, sizeof head - 1, err));
    while ((more = hg__feed_next(f, &in, err)) > 0) {
        hg__run(f->plan, HG_SCORE, &in, s->score);
        HG_TRY(write_batch(f, s, w, err));
    }
    return more;
}

static int predict(hg__feed *f, const char *out, hg_error *err) {
    const size_t pieces = hg__ceil_div_size((size_t)f->batch, PIECE);
    sheet s = {.score = hg__alloc((size_t)f->batch, sizeof *s.score, err)};
    if (s.score) s.text = hg__alloc(pieces * PIECE, LINE, err);
    if (s.text) s.length = hg__alloc(pieces, sizeof *s.length, err);
    hg__writer w = {0};
    int code = s.length ? hg__writer_open(&w, out, err) : HG_ERR_MEMORY;
    if (code == HG_OK) {
        code = write_all(f, &s, &w, err);
        if (code < 0) {
            hg__writer_abort(&w);
        } else {
            code = hg__writer_commit(&w, err);
        }
    }
    hg__free(s.score);
    hg__free(s.text);
    hg__free(s.length);
    return code;
}

// ---- images -------------------------------------------------------------------------------------

static int write_image(const hg__feed *f, int64_t image, float score, hg__score_sheet *out,
                       hg_error *err) {
    char name[1024];
    const char *file = hg__pictures_files(f->data->pictures, image).name;
    hg__cell cell[] = {
        {.kind = HG_CELL_NUMBER, .number = (double)image},
        {.kind = HG_CELL_TEXT,   .text = file,            .size = (int32_t)strlen(file)},
        {.kind = HG_CELL_NUMBER,                      .number = (double)score                       }
    };
    hg__cell_write(&cell[1], name, sizeof name);
    cell[1].text = name;
    cell[1].size = (int32_t)strlen(name);
    return hg__score_sheet_add(out, cell, err);
}

static int predict_images(hg__feed *f, const struct hg__values *v, hg_error *err) {
    static const hg__out_column columns[] = {
        {"row",   HG_OUT_INTEGER},
        {"file",  HG_OUT_TEXT   },
        {"score", HG_OUT_NUMBER }
    };
    const hg__sheet_target to = {v->out, v->format, v->table, v->append};
    hg__score_sheet out = {0};
    float *score = hg__alloc((size_t)f->batch, sizeof *score, err);
    int code = score
                   ? hg__score_sheet_open(&out, &to, columns, sizeof columns / sizeof *columns, err)
                   : HG_ERR_MEMORY;
    hg__input in;
    int more = 0;
    while (code == HG_OK && (more = hg__feed_next(f, &in, err)) > 0) {
        hg__run(f->plan, HG_SCORE, &in, score);
        for (int32_t i = 0; code == HG_OK && i < f->now.count; i++) {
            code = write_image(f, f->now.number[i], score[i], &out, err);
        }
    }
    if (code == HG_OK) code = more;
    if (code == HG_OK) code = hg__score_sheet_commit(&out, err);
    hg__score_sheet_abort(&out);
    hg__free(score);
    return code;
}

static int predict_numbers(hg__feed *f, const struct hg__values *v, hg_error *err) {
    HG_TRY(hg__append_check(v->append, v->out, err));
    hg__sweep_beside(v->out);
    return predict(f, v->out, err);
}

// What only a model of a table can do must not be passed over.
static int check_options(const hg_options *o, hg_error *err) {
    const bool is_json = strcmp(o->values.format, "json") == 0;
    const char *in_vain = is_json && !hg__dataset_is_pictures(o->values.data)
                              ? "format=json"
                              : hg__threshold_option(o);
    if (in_vain) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected a model of a table, got one of rows of numbers (`hourglass "
                        "train prepare=table` makes the other)",
                        in_vain);
    }
    const bool is_table =
        hg__table_out_is(o->values.out) || hg__score_sheet_is_json(o->values.out, o->values.format);
    if (is_table && !hg__dataset_is_pictures(o->values.data)) {
        return hg__fail(
            err, HG_ERR_USAGE,
            "out: expected a name that ends in .csv, or -, for the scores of a model of "
            "rows of numbers, got %.200s; JSON and databases are for models of tables "
            "(`hourglass train prepare=table` makes one)",
            o->values.out);
    }
    return HG_OK;
}

// Nor what only a model of parts can do.
static int check_parts_options(const hg_options *o, hg_error *err) {
    static const struct {
        int option;
        const char *name;
    } all[] = {
        {HG_OPTION_maps,       "maps"      },
        {HG_OPTION_maps_as,    "maps_as"   },
        {HG_OPTION_regions,    "regions"   },
        {HG_OPTION_sheet,      "sheet"     },
        {HG_OPTION_gallery,    "gallery"   },
        {HG_OPTION_target,     "target"    },
        {HG_OPTION_labels,     "labels"    },
        {HG_OPTION_pix_fmt,    "pix_fmt"   },
        {HG_OPTION_video_size, "video_size"}
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!o->set[all[i].option]) continue;
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected a model of parts, which `hourglass train data=FOLDER` makes "
                        "of pictures, got another",
                        all[i].name);
    }
    return HG_OK;
}

static int predict_rows(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *r,
                        hg_error *err) {
    hg__feed f;
    HG_TRY(hg__feed_open(&f, m, o, HG_SCORE, l, err));
    const int code = f.data->pictures ? predict_images(&f, &o->values, err)
                                      : predict_numbers(&f, &o->values, err);
    r->rows = f.data->source.rows;
    r->left_out = f.data->skipped;
    hg__feed_close(&f);
    return code;
}

int hg__job_predict(const hg_options *o, const hg_listener *l, hg_result *r, hg_error *err) {
    if (strcmp(o->values.format, "eve") == 0) {
        return hg__fail(err, HG_ERR_USAGE,
                        "format: expected auto, csv or json, got eve, in which "
                        "`hourglass watch` writes alerts");
    }
    hg_model *m = hg_model_load(o->values.model, err);
    if (!m) return (int)err->code;
    if (hg__is_packet_model(m)) return hg__predict_packets(m, o, l, r, err);
    if (hg__is_signal_model(m)) return hg__predict_signal(m, o, l, r, err);
    int code = hg__model_schema(m) ? hg__job_page_check(o, err) : hg__packet_page_refuse(o, err);
    if (code == HG_OK && hg__is_part_model(m)) return hg__predict_parts(m, o, l, r, err);
    if (code == HG_OK) code = check_parts_options(o, err);
    if (code == HG_OK && hg__model_schema(m)) return hg__predict_table(m, o, l, r, err);
    if (code == HG_OK) code = check_options(o, err);
    if (code == HG_OK) return predict_rows(m, o, l, r, err);
    hg_model_free(m);
    return code;
}

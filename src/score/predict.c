// SPDX-License-Identifier: Apache-2.0
// predict.c - a score for each row of a file, as lines of "row,score".
#include <string.h>

#include "base/entry.h"
#include "base/mem.h"
#include "options/options.h"
#include "score/feed.h"
#include "score/format_g9.h"
#include "score/judge.h"
#include "score/predict_table.h"

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
    const int32_t end = s->count - first < PIECE ? s->count : first + PIECE;
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
    const int32_t pieces = (f->now.count + PIECE - 1) / PIECE;
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
    const size_t pieces = ((size_t)f->batch + PIECE - 1) / PIECE;
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

static int predict_rows(const hg_options *o, const hg_listener *l, hg_predict_result *r,
                        hg_error *err) {
    hg__feed f;
    const char *in_vain =
        strcmp(o->values.format, "json") == 0 ? "format=json" : hg__threshold_option(o);
    if (in_vain) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected a model of a table, got one of rows of numbers (`hourglass "
                        "train prepare=table` makes the other)",
                        in_vain);
    }
    HG_TRY(hg__feed_open(&f, o, HG_SCORE, l, err));
    const int code = predict(&f, o->values.out, err);
    r->rows = f.data->rows;
    r->left_out = f.data->skipped;
    hg__feed_close(&f);
    return code;
}

int hg_predict(const hg_options *o, const hg_listener *l, hg_predict_result *result,
               hg_error *err) {
    HG_JOB_ENTRY(l);
    hg_predict_result own;
    hg_error kept;
    if (!result) result = &own;
    if (!err) err = &kept;
    *result = (hg_predict_result){0};
    HG_TRY(hg_options_check(o, err));
    hg_model *m = hg_model_load(o->values.model, err);
    if (!m) return (int)err->code;
    const bool is_table = m->schema != NULL;
    hg_model_free(m);
    return is_table ? hg__predict_table(o, l, result, err) : predict_rows(o, l, result, err);
}

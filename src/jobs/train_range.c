// SPDX-License-Identifier: Apache-2.0
// train_range.c - whether rows lie within 0..1, where outputs behind sigmoid do: the loss bce is of such rows alone.
#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"
#include "jobs/trainer.h"

static bool is_of_unit(const hg__objective *o) {
    for (int32_t i = 0; i < o->terms; i++) {
        if (o->term[i].loss->is_of_unit) return true;
    }
    return false;
}

// The first of x (width) that is beyond 0..1 by more than rounding; -1: none.
static int32_t find_beyond(const float *x, int32_t width) {
    const float room = 1e-5f;
    for (int32_t j = 0; j < width; j++) {
        if (!(x[j] >= -room && x[j] <= 1 + room)) return j;
    }
    return -1;
}

// "-3.5 in column 2, b, of row 7", counted from 1; "": all rows lie within.
static int describe_beyond(const hg__dataset *d, const hg__rows *rows, char *text, size_t size,
                           hg_error *err) {
    const int32_t width = rows->source.width;
    float *x = hg__alloc((size_t)width, sizeof *x, err);
    int code = x ? HG_OK : HG_ERR_MEMORY;
    text[0] = '\0';
    for (int64_t i = 0; code == HG_OK && !*text && i < rows->count; i++) {
        const int64_t row = hg__rows_at(rows, i);
        code = hg__row_source_row(&rows->source, row, x, err);
        const int32_t j = code == HG_OK ? find_beyond(x, width) : -1;
        if (j < 0) continue;
        snprintf(text, size, "%g in column %d%s%.60s of row %" PRId64, (double)x[j], (int)j + 1,
                 d->column ? ", " : "", d->column ? d->column[j] : "", row + 1);
    }
    hg__free(x);
    return code;
}

static bool may_be_beyond(const hg__rows *rows) {
    if (!rows->count || rows->source.make) return false; // pictures are within as they are read
    return rows->source.dtype != HG_U8 || rows->source.scale * 255 > 1.001f;
}

static void note_beyond(const hg__trainer *t, const char *who, const char *beyond) {
    char note[400];
    snprintf(note, sizeof note,
             "%.100s%soutputs behind sigmoid lie within 0..1, and rows do not (%s): a model that "
             "ends in dense reaches them",
             who, *who ? ": " : "", beyond);
    hg__trainer_note(t, note);
}

static bool is_logistic(const hg__spec *s) {
    return s->layer[s->layers - 1].type->is_logistic;
}

int hg__note_range(const hg__trainer *t, const hg__spec *s, const char *who, hg_error *err) {
    char beyond[160];
    if (!is_logistic(s) || !may_be_beyond(&t->rows)) return HG_OK;
    HG_TRY(describe_beyond(t->data, &t->rows, beyond, sizeof beyond, err));
    if (*beyond) note_beyond(t, who, beyond);
    return HG_OK;
}

static int check_rows(const hg__trainer *t, const hg__dataset *d, const hg__rows *rows,
                      hg_error *err) {
    char beyond[160];
    if (!may_be_beyond(rows)) return HG_OK;
    HG_TRY(describe_beyond(d, rows, beyond, sizeof beyond, err));
    if (!*beyond) return HG_OK;
    if (is_of_unit(&t->objective)) {
        return hg__fail(err, HG_ERR_DATA,
                        "%.200s: expected numbers within 0..1, which loss=bce takes as "
                        "probabilities, got %s; model=gaussian_vae or table_vae takes others",
                        d->path, beyond);
    }
    note_beyond(t, "", beyond);
    return HG_OK;
}

int hg__check_range(const hg__trainer *t, hg_error *err) {
    if (!is_logistic(&t->model->net.spec)) return HG_OK;
    HG_TRY(check_rows(t, t->data, &t->rows, err));
    const bool is_own = t->val_data && t->val_data != t->data;
    return is_own && is_of_unit(&t->objective) ? check_rows(t, t->val_data, &t->val_rows, err)
                                               : HG_OK;
}

// SPDX-License-Identifier: Apache-2.0
// detect_table.c - hg_detector: the rows of a table in memory.
#include <string.h>

#include "base/host.h"
#include "base/int.h"
#include "base/mem.h"
#include "detect/detector.h"
#include "detect/table_model.h"
#include "schema/schema.h"

// Which of the table's columns each is that counts: by name, or in order where the detector was made without names.
static int match(hg_detector *d, const hg_table *t, hg_error *err) {
    const hg__table *own = &d->table;
    if (!own->named) {
        for (int32_t k = 0; k < d->needs; k++) d->place[k] = d->need[k];
        if (t->names.columns == own->columns) return HG_OK;
        return hg__fail(err, HG_ERR_DATA, "table: expected %d columns, as the detector has, got %d",
                        own->columns, t->names.columns);
    }
    hg__names *names = hg__names_new(t->names.name, t->names.columns, err);
    if (!names) return HG_ERR_MEMORY;
    int code = HG_OK;
    for (int32_t k = 0; k < d->needs && code == HG_OK; k++) {
        const char *name = own->name[d->need[k]];
        d->place[k] = hg__names_find(names, name, strlen(name));
        if (d->place[k] >= 0) continue;
        code = hg__fail(err, HG_ERR_DATA,
                        "table: expected a column '%.200s' as in training, got none", name);
    }
    hg__names_free(names);
    return code;
}

static int begin(hg_detector *d, const hg_table *t, int64_t first, int64_t rows, hg_error *err) {
    const size_t threads = (size_t)hg__pool_threads(d->pool), needs = (size_t)d->needs;
    if (first < 0 || rows < 0 || first > t->rows || rows > t->rows - first) {
        return hg__fail(err, HG_ERR_USAGE,
                        "table: expected some of its %lld rows, got %lld from %lld on",
                        (long long)t->rows, (long long)rows, (long long)first);
    }
    HG_TRY(match(d, t, err));
    if (!d->text && !(d->text = hg__alloc(threads * needs, sizeof *d->text, err))) {
        return HG_ERR_MEMORY;
    }
    d->texts = NULL;
    d->numbers = NULL;
    d->memory = t;
    d->first = first;
    return HG_OK;
}

static int detect_table(hg_detector *d, const hg_table *t, int64_t first, int64_t rows,
                        hg_verdict *v, float *share, hg_error *err) {
    HG_TRY(begin(d, t, first, rows, err));
    return rows ? hg__detect(d, rows, v, share, err) : HG_OK;
}

int hg_detect_table(hg_detector *d, const hg_table *t, int64_t first, int64_t rows, hg_verdict *v,
                    hg_error *err) {
    HG_ENTRY;
    return detect_table(d, t, first, rows, v, NULL, err);
}

int hg_explain_table(hg_detector *d, const hg_table *t, int64_t first, int64_t rows, hg_verdict *v,
                     float *share, hg_error *err) {
    HG_ENTRY;
    return detect_table(d, t, first, rows, v, share, err);
}

// ---- as the network sees them -------------------------------------------------------------------

enum { PIECE = 256 }; // rows a task encodes

typedef struct encoding {
    const hg_detector *d; // from its row `first` on
    int64_t rows;
    float *x; // (rows, width)
} encoding;

static void encode_piece(void *context, int32_t task, int32_t thread) {
    const encoding *e = context;
    const hg_detector *d = e->d;
    const hg__schema *s = hg__model_schema(d->model);
    hg__encoding_notes notes = {0};
    const int64_t from = (int64_t)task * PIECE, end = hg__min_64(e->rows, from + PIECE);
    hg__cell *cell = d->cell + (ptrdiff_t)thread * d->table.columns;
    for (int64_t i = from; i < end; i++) {
        hg__detector_read_table(d, d->first + i, thread, cell);
        (void)hg__schema_encode(s, &d->table, d->from, cell, true, e->x + i * s->width, &notes,
                                NULL); // leniently: cannot fail
    }
}

int hg_encode_table(hg_detector *d, const hg_table *t, int64_t first, int64_t rows, float *x,
                    hg_error *err) {
    HG_ENTRY;
    if (!hg__model_schema(d->model)) {
        return hg__fail(err, HG_ERR_MODEL,
                        "hg_encode_table: expected a model of a table, got one of rows of numbers");
    }
    HG_TRY(begin(d, t, first, rows, err));
    encoding e = {.d = d, .rows = rows};
    e.x = x;
    hg__pool_run(d->pool, encode_piece, &e, (int32_t)hg__ceil_div_64(rows, PIECE));
    return HG_OK;
}

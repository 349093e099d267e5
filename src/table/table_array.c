// SPDX-License-Identifier: Apache-2.0
// table_array.c - NPY, NPZ and IDX as a table of numbers: a row for the first dimension, a column for each number behind
// it, in double. NaN is a missing value. An .npz with X and y has y as its last column.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "array/reader.h"
#include "array/sink.h"
#include "base/mem.h"
#include "table/table.h"

enum { MEMORY = 256 << 20, BLOCK = 1 << 16 }; // bytes held, and converted at a time

// One array, a block of its rows at a time.
typedef struct array_part {
    hg__data *data; // owned, raw
    size_t room;    // rows of a block
    uint8_t *raw;   // owned, (room, width) of data->dtype
    double *value;  // owned, (room, width)
    int64_t first;  // row of the block's first
    int64_t held;   // rows in the block
} array_part;

typedef struct array_table {
    array_part x, y; // y.data may be NULL
    int64_t row;     // the next
} array_table;

static int part_open(array_part *p, const char *path, const char *array, hg_error *err) {
    p->data = hg__data_open_raw(path, array, MEMORY, err);
    if (!p->data) return err->code;
    const size_t width = (size_t)p->data->width, row = width * sizeof(double);
    p->room = row < BLOCK ? BLOCK / row : 1;
    p->raw = hg__alloc(p->room * width, hg__dtype_size(p->data->dtype), err);
    p->value = p->raw ? hg__alloc(p->room * width, sizeof *p->value, err) : NULL;
    return p->value ? HG_OK : HG_ERR_MEMORY;
}

static void part_close(array_part *p) {
    hg__data_close(p->data);
    hg__free(p->raw);
    hg__free(p->value);
}

// Row `row` as cells (width).
static int part_read(array_part *p, int64_t row, hg__cell *cell, hg_error *err) {
    const hg__data *d = p->data;
    if (row >= p->first + p->held || row < p->first) {
        const int64_t left = d->rows - row;
        const int64_t rows = left < (int64_t)p->room ? left : (int64_t)p->room;
        p->held = 0;
        HG_TRY(hg__data_read(d, row, rows, p->raw, err));
        hg__array_widen(d->dtype, d->big_endian, p->raw, (size_t)rows * (size_t)d->width, p->value);
        p->first = row;
        p->held = rows;
    }
    const double *value = p->value + (row - p->first) * d->width;
    for (int32_t i = 0; i < d->width; i++) {
        cell[i] = (hg__cell){.kind = isnan(value[i]) ? HG_CELL_MISSING : HG_CELL_NUMBER,
                             .size = d->dtype == HG_F32 ? HG_CELL_SINGLE : 0,
                             .number = value[i]};
    }
    return HG_OK;
}

// ---- the table ----------------------------------------------------------------------------------

static int open_labels(const hg__table *t, array_table *a, hg_error *err) {
    hg_error why = {0};
    const int code = part_open(&a->y, t->source, "y", &why);
    if (code == HG_ERR_USAGE) return HG_OK; // there is none
    if (code < 0) {
        if (err) *err = why;
        return code;
    }
    if (a->y.data->width == 1 && a->y.data->rows == a->x.data->rows) return HG_OK;
    return hg__fail(
        err, HG_ERR_DATA,
        "%s: expected y to be %lld numbers, one for each row of %s, got %lld rows of %d", t->path,
        (long long)a->x.data->rows, a->x.data->array, (long long)a->y.data->rows, a->y.data->width);
}

static int open_array(hg__table *t, const hg__table_options *o, hg_error *err) {
    array_table *a = hg__alloc(1, sizeof *a, err);
    if (!a) return HG_ERR_MEMORY;
    t->state = a;
    hg_error why = {0};
    int code = part_open(&a->x, t->source, o->table, &why);
    if (code < 0) {
        if (err) *err = why;
        return code;
    }
    const hg__data *x = a->x.data;
    t->rows = x->rows;
    const bool archive = strcmp(x->format, "npz") == 0;
    if (*o->table && !archive) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected no table=, got table=%.60s for a single array", t->path,
                        o->table);
    }
    if (archive && !*o->table && strcmp(x->array, "y") != 0) HG_TRY(open_labels(t, a, err));
    t->columns = x->width + (a->y.data != NULL);
    if (!a->y.data) return HG_OK;
    t->name = hg__alloc((size_t)t->columns, sizeof *t->name, err);
    if (!t->name) return HG_ERR_MEMORY;
    t->name[x->width] = hg__copy_text("y", err);
    return t->name[x->width] ? HG_OK : HG_ERR_MEMORY;
}

static int rewind_array(hg__table *t, hg_error *err) {
    (void)err;
    ((array_table *)t->state)->row = 0;
    return HG_OK;
}

static int next_array(hg__table *t, hg__cell *cell, hg_error *err) {
    array_table *a = t->state;
    if (a->row >= t->rows) return 0;
    const int64_t row = a->row++;
    HG_TRY(part_read(&a->x, row, cell, err));
    if (a->y.data) HG_TRY(part_read(&a->y, row, cell + a->x.data->width, err));
    for (int32_t i = 0; i < t->columns; i++) {
        if (cell[i].kind != HG_CELL_NUMBER || isfinite(cell[i].number)) continue;
        return hg__fail(err, HG_ERR_DATA, "%s, row %lld: %s: expected a finite number, got %s",
                        t->path, (long long)row + 1, t->name[i],
                        cell[i].number > 0 ? "inf" : "-inf");
    }
    return 1;
}

static void where_array(const hg__table *t, char *text, size_t size) {
    const array_table *a = t->state;
    snprintf(text, size, "%s, row %lld", t->path, (long long)a->row);
}

static void close_array(hg__table *t) {
    array_table *a = t->state;
    if (!a) return;
    part_close(&a->x);
    part_close(&a->y);
    hg__free(a);
}

static bool sniff_array(const char *source, const uint8_t *head, size_t size) {
    if (!size) return hg__data_is_built_in(source);
    return hg__reader_npy.sniff(head, size) || hg__reader_idx.sniff(head, size) ||
           hg__reader_npz.sniff(head, size);
}

const hg__table_type hg__table_array = {"array",    sniff_array, open_array, rewind_array,
                                        next_array, where_array, close_array};

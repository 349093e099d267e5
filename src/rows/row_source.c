// SPDX-License-Identifier: Apache-2.0
// row_source.c - one row of any source; an array's rows; which rows, in which order.
#include "rows/row_source.h"

#include <math.h>
#include <string.h>

#include "array/sink.h"
#include "base/mem.h"
#include "base/rng.h"

// ---- a row --------------------------------------------------------------------------------------

static int read_array(const void *context, int64_t first, int64_t count, void *to, hg_error *err) {
    return hg__data_read(context, first, count, to, err);
}

hg__row_source hg__array_source(const hg__data *d) {
    return (hg__row_source){.name = d->path,
                            .context = d,
                            .rows = d->rows,
                            .width = d->width,
                            .shape = d->shape,
                            .dtype = d->dtype,
                            .scale = d->scale,
                            .base = d->base,
                            .read = read_array};
}

static int copy_stored(const hg__row_source *s, int64_t row, void *to, hg_error *err) {
    if (!s->base) return s->read(s->context, row, 1, to, err);
    const size_t bytes = (size_t)s->width * hg__dtype_size(s->dtype);
    memcpy(to, (const uint8_t *)s->base + (size_t)row * bytes, bytes);
    return HG_OK;
}

int hg__row_source_make(const hg__row_source *s, const hg__row_place *at, hg__row_room *to,
                        hg_error *err) {
    to->is_grey = false;
    if (s->make) return s->make(s->context, at, to, err);
    float *out = to->x;
    if (s->dtype == HG_F32) return copy_stored(s, at->row, out, err);
    HG_TRY(copy_stored(s, at->row, (uint8_t *)out + 3 * (size_t)s->width, err));
    hg__widen_bytes(out, (size_t)s->width, s->scale);
    return HG_OK;
}

int hg__row_source_row(const hg__row_source *s, int64_t i, float *out, hg_error *err) {
    const hg__row_place at = {.row = i};
    hg__row_room to = {0};
    to.x = out;
    if (s->scratch > 0) {
        to.scratch = hg__alloc(s->scratch, sizeof *to.scratch, err);
        if (!to.scratch) return HG_ERR_MEMORY;
    }
    const int code = hg__row_source_make(s, &at, &to, err);
    hg__free(to.scratch);
    return code;
}

// ---- which rows ---------------------------------------------------------------------------------

hg__rows hg__rows_all(hg__row_source source) {
    return (hg__rows){.source = source, .count = source.rows};
}

hg__rows hg__rows_of(const hg__rows *r, hg__row_source source) {
    hg__rows rows = *r;
    rows.source = source;
    return rows;
}

int hg__rows_split(hg__row_source source, double val_fraction, double fraction, uint64_t seed,
                   hg__rows *train, hg__rows *val, hg_error *err) {
    const int64_t rows = source.rows;
    if (!(val_fraction >= 0 && val_fraction < 1)) {
        return hg__fail(err, HG_ERR_USAGE, "val: expected a fraction from 0 to below 1, got %g",
                        val_fraction);
    }
    if (!(fraction > 0 && fraction <= 1)) {
        return hg__fail(err, HG_ERR_USAGE, "fraction: expected above 0 and at most 1, got %g",
                        fraction);
    }
    int64_t held = (int64_t)llround(val_fraction * (double)rows);
    if (held < 1 && val_fraction > 0) held = 1;
    if (held > rows - 1) held = rows - 1; // somebody must train
    int64_t kept = (int64_t)llround(fraction * (double)(rows - held));
    if (kept < 1) kept = 1;
    *val = (hg__rows){.source = source,
                      .count = held,
                      .permuted = held > 0 || kept < rows,
                      .order = hg__shuffle_init(seed, HG_STREAM_SPLIT, 0, (uint64_t)rows)};
    *train = *val;
    train->first = held;
    train->count = kept;
    return HG_OK;
}

int64_t hg__rows_at(const hg__rows *r, int64_t position) {
    if (r->row) return r->row[position];
    const int64_t i = r->first + position;
    return r->permuted ? (int64_t)hg__shuffle_at(&r->order, (uint64_t)i) : i;
}

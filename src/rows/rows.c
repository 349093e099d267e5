// SPDX-License-Identifier: Apache-2.0
// rows.c - which rows of a dataset, in which order.
#include <math.h>

#include "array/data.h"
#include "base/rng.h"

hg__rows hg__rows_all(const hg__data *d) {
    return (hg__rows){.data = d, .first = 0, .count = d->rows, .permuted = false};
}

int hg__rows_split(const hg__data *d, double val_fraction, double fraction, uint64_t seed,
                   hg__rows *train, hg__rows *val, hg_error *err) {
    if (!(val_fraction >= 0 && val_fraction < 1)) {
        return hg__fail(err, HG_ERR_USAGE, "val: expected a fraction from 0 to below 1, got %g",
                        val_fraction);
    }
    if (!(fraction > 0 && fraction <= 1)) {
        return hg__fail(err, HG_ERR_USAGE, "fraction: expected above 0 and at most 1, got %g",
                        fraction);
    }
    int64_t held = (int64_t)llround(val_fraction * (double)d->rows);
    if (held < 1 && val_fraction > 0) held = 1;
    if (held > d->rows - 1) held = d->rows - 1; // somebody must train
    int64_t kept = (int64_t)llround(fraction * (double)(d->rows - held));
    if (kept < 1) kept = 1;
    bool permuted = held > 0 || kept < d->rows;
    const hg__shuffle order = hg__shuffle_init(seed, HG_STREAM_SPLIT, 0, (uint64_t)d->rows);
    *val = (hg__rows){.data = d, .count = held, .permuted = permuted, .order = order};
    *train =
        (hg__rows){.data = d, .first = held, .count = kept, .permuted = permuted, .order = order};
    return HG_OK;
}

int64_t hg__rows_at(const hg__rows *r, int64_t position) {
    if (r->row) return r->row[position];
    const int64_t i = r->first + position;
    return r->permuted ? (int64_t)hg__shuffle_at(&r->order, (uint64_t)i) : i;
}

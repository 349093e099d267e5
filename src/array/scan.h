// SPDX-License-Identifier: Apache-2.0
// scan.h - one pass over all rows when they are opened: the fingerprint, and is every number finite.
#ifndef HG_ARRAY_SCAN_H
#define HG_ARRAY_SCAN_H
#include "array/data.h"

// Sets d->fingerprint. A row with NaN or an infinity fails with its place or, with `skip`, is left out (the
// rest is then copied to at most `memory` bytes, or to disk).
int hg__data_scan(hg__data *d, bool skip, size_t memory, hg_error *err);

// Gives back what holds the rows; d has none afterwards.
void hg__data_release(hg__data *d);

// Reads rows first .. first+rows-1 as they are stored. Never fails for rows in memory.
int hg__data_read(const hg__data *d, int64_t first, int64_t rows, void *to, hg_error *err);
#endif

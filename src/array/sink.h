// SPDX-License-Identifier: Apache-2.0
// sink.h - rows on their way from a reader to where they will live: memory, a temporary file, a .npy file; and the one pass over them.
#ifndef HG_ARRAY_SINK_H
#define HG_ARRAY_SINK_H
#include "array/data.h"
#include "base/file.h"
#include "base/tensor.h"

// Rows gather in one block of memory; when it would pass `memory` bytes they move to an unlinked
// temporary file and the block becomes its write buffer.
typedef struct hg__sink {
    size_t row_bytes;
    size_t memory;         // bytes the rows may take before they move to disk
    uint8_t *block;        // owned, (capacity)
    size_t used, capacity; // bytes
    uint64_t rows;         // finished rows, wherever they are
    int fd;                // owned; -1 while everything is in memory
} hg__sink;

int hg__sink_init(hg__sink *s, size_t row_bytes, size_t memory, hg_error *err);
void hg__sink_clear(hg__sink *s);

// Room for *rows whole rows (at least one) at *to.
int hg__sink_reserve(hg__sink *s, void **to, size_t *rows, hg_error *err);
// `rows` rows were written to what the last reserve gave.
void hg__sink_commit(hg__sink *s, size_t rows);

// Hands the rows to d: base and owned, or fd and offset, and rows. The sink is empty afterwards.
int hg__sink_finish(hg__sink *s, hg__data *d, hg_error *err);

// One pass over all rows when they are opened: the fingerprint, and is every number finite.

// Sets d->fingerprint. A row with NaN or an infinity fails with its place or, with `skip`, is left out (the
// rest is then copied to at most `memory` bytes, or to disk).
int hg__data_scan(hg__data *d, bool skip, size_t memory, hg_error *err);

// Gives back what holds the rows; d has none afterwards.
void hg__data_release(hg__data *d);

// Reads rows first .. first+rows-1 as they are stored. Never fails for rows in memory.
int hg__data_read(const hg__data *d, int64_t first, int64_t rows, void *to, hg_error *err);

// The header of a .npy file of float32 or bytes.

// Adds the header (version 1.0, C order, padded so that the data starts at a multiple of 64). dtype: HG_F32 or HG_U8;
// the elements follow, little-endian.
int hg__npy_add_header(hg__writer *w, hg__dtype dtype, const hg__shape *shape, hg_error *err);
#endif

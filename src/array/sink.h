// SPDX-License-Identifier: Apache-2.0
// sink.h - rows on their way from a reader to where they will live: memory, or a temporary file.
#ifndef HG_ARRAY_SINK_H
#define HG_ARRAY_SINK_H
#include "array/data.h"

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
#endif

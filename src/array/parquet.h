// SPDX-License-Identifier: Apache-2.0
// parquet.h - rows of floats as a Parquet file: a float column for each number of a row.
#ifndef HG_ARRAY_PARQUET_H
#define HG_ARRAY_PARQUET_H
#include "base/file.h"

enum { HG_PARQUET_COLUMNS = 1 << 16 };

typedef struct hg__parquet {
    int32_t width;
    int64_t rows;    // all that were added
    int32_t most;    // rows of a group
    int32_t waiting; // rows of the group that is not written yet
    float *group;    // owned, (width, most): a column after the other
    uint64_t at;     // bytes written
    uint64_t *start; // owned, (groups): where each begins
    int64_t groups, room;
} hg__parquet;

// Writes through `w`, which stays the caller's. Holds some 16 MiB of rows at a time.
int hg__parquet_open(hg__parquet *p, hg__writer *w, int32_t width, hg_error *err);
int hg__parquet_add(hg__parquet *p, hg__writer *w, const float *x, size_t rows, hg_error *err);
// Writes what is left and the footer. column: (width) names, or NULL: the letter and a number from 0.
int hg__parquet_finish(hg__parquet *p, hg__writer *w, const char *const *column, char letter,
                       hg_error *err);
void hg__parquet_clear(hg__parquet *p); // {0} is fine
#endif

// SPDX-License-Identifier: Apache-2.0
// pca_internal.h - ways to find principal components, and what they share.
#ifndef HG_FIT_PCA_INTERNAL_H
#define HG_FIT_PCA_INTERNAL_H
#include "fit/pca.h"
#include "rows/loader.h"

// What each finds, in the caller's memory: mean (N), in stored units (not scaled); V (code, N), widest spread first, each of length 1
// with its largest number positive; zeros beyond the rows' rank.
typedef struct hg__components {
    double *mean, *V;
} hg__components;

int hg__pca_randomized(const hg__components *to, const hg__rows *rows, const hg__pca_how *how,
                       hg__pool *pool, hg_error *err);
int hg__pca_incremental(const hg__components *to, const hg__rows *rows, const hg__pca_how *how,
                        hg__pool *pool, hg_error *err);
size_t hg__pca_randomized_bytes(int32_t width, int32_t code);

// v (n) to length 1, its largest number (the first of equals) positive; zeros stay.
void hg__component_finish(double *v, int32_t n);

// hg__pool_run(), or one after the other where pool is NULL.
void hg__pca_run(hg__pool *pool, hg__task *task, void *context, int32_t count);

// Rows at a time: many, but within some megabytes.
int32_t hg__pca_chunk(int32_t width);

// Number j of a stored row.
static inline double hg__pca_number(const void *row, bool is_u8, size_t j) {
    return is_u8 ? ((const uint8_t *)row)[j] : (double)((const float *)row)[j];
}
#endif

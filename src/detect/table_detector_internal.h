// SPDX-License-Identifier: Apache-2.0
// table_detector_internal.h - what scoring rows, fitting a detector and finding the outliers of a training set share.
#ifndef HG_DETECT_TABLE_DETECTOR_INTERNAL_H
#define HG_DETECT_TABLE_DETECTOR_INTERNAL_H
#include "detect/neighbours.h"
#include "detect/table_detector.h"

enum { HG_DETECTOR_NEAR = 5 };

enum {
    HG_TERM_DISTANCE,
    HG_TERM_RESIDUAL_DISTANCE,
    HG_TERM_RESIDUAL,
    HG_TERMS
}; // a, b and c of the header

struct hg__table_detector {
    const hg_model *model;     // borrowed
    hg__blocks blocks;         // of the borrowed pool
    hg__network *folded;       // owned, or NULL
    hg__run_plan *plan;        // owned
    int32_t width, references; // numbers a row; rows
    int32_t near;              // neighbours that say how densely rows lie
    // What is kept in the model file, owned:
    float *reference; // (references, width): training rows, scaled
    float *spread;    // (references): mean distance of each to its nearest others
    float *scale;     // (width): what makes all numbers of a row weigh alike
    float *inverse;   // (width): 1 / usual size of the residual
    double unit[HG_TERMS], weight[HG_TERMS];
    // Made of it:
    hg__neighbours *in_rows, *in_residuals; // owned
    float *residual_of;                     // owned, (references, width)
    double mean_spread;
    // While fitting, so that a reference can be scored as if it was none; owned, else NULL:
    int32_t *other;  // (references, HG_DETECTOR_NEAR + 1): the nearest others of each; -1: no more
    float *other_at; // the same: how far they are
    int64_t own;     // the reference that the first row of the block is, or -1
    int32_t block;   // rows at a time, at most HG_BLOCK_MOST: fewer where they are wide
    // Room for a block of rows, owned:
    const void **row; // (HG_BLOCK_MOST)
    // (HG_BLOCK_MOST): positions of the rows that are no copies of others; below, i counts these
    int32_t *distinct;
    int32_t *which;  // (HG_BLOCK_MOST): of each row which of those it is
    int32_t *slot;   // (2 HG_BLOCK_MOST): to find them
    float *scaled;   // (block, width): rows, scaled
    float *residual; // (block, width)
    // (HG_BLOCK_MOST, HG_DETECTOR_NEAR + 1): to rows; then (HG_BLOCK_MOST, 2): to residuals
    float *distance;
    int32_t *index; // the same
};

// A detector with room for everything, filled by its caller. rows: no more than so many are scored at once.
hg__table_detector *hg__table_detector_make(const hg_model *m, int32_t references, int64_t rows,
                                            hg__pool *pool, hg_error *err);

// Of x (rows, width), as encoded, at most a block: scaled and residual. scale and inverse are set.
void hg__table_detector_reconstruct(hg__table_detector *d, const float *x, int64_t rows);

// raw (references, width), as encoded: reference, residual_of and what finds the nearest of them.
int hg__table_detector_index(hg__table_detector *d, const float *raw, hg_error *err);
void hg__table_detector_average_spread(hg__table_detector *d);

// How far a reference's nearest others lie on average, as if reference `without` was not there (-1: all are).
float hg__table_detector_spread(const hg__table_detector *d, int32_t reference, int64_t without);

// Of x (rows, width), at most a block: what the terms need, for its distinct rows. own: number of the reference that the first
// row is, the second is the next and so on, and is scored as if it was none; -1, or beyond all: no row is a reference.
int hg__table_detector_measure(hg__table_detector *d, const float *x, int64_t rows, int64_t own,
                               hg_error *err);
void hg__table_detector_terms(const hg__table_detector *d, int64_t i,
                              double *term); // (HG_TERMS) of distinct row i

// As hg__table_detector_score(); own: as above, of all rows.
int hg__table_detector_score_own(hg__table_detector *d, const float *x, int64_t rows, int64_t own,
                                 float *score, float *share, hg_error *err);
#endif

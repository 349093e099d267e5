// SPDX-License-Identifier: Apache-2.0
// row_scorer.h - a model's whole opinion of rows in memory: a score each, every column's share of it, thresholds.
//
//   rows, encoded ──> the model's detector; without one the mean error of its columns ──> score, shares
//   score, group of the row ──> calibration and threshold of that group ──> p-value, alarm
#ifndef HG_DETECT_ROW_SCORER_H
#define HG_DETECT_ROW_SCORER_H
#include "detect/table_detector.h"
#include "detect/thresholds.h"

typedef struct hg__row_scorer {
    const hg_model *model;        // borrowed
    hg__pool *pool;               // borrowed
    hg__table_detector *detector; // owned; NULL: the score is the error of the reconstruction
    hg__run_plan *plan;           // borrowed; outputs are logits
    hg__network *folded;       // owned: what `own` runs, where it is another (hg__network_fold())
    hg__run_plan *own;         // owned: the plan, where nobody else has one
    hg__thresholds thresholds; // groups 0: there are none
    // Columns that have shares: the schema's or, of rows of numbers, all.
    int32_t columns;
    int32_t room; // rows at a time
    // Of the rows given last, owned. What is not asked for is NULL.
    float *x;     // (room, width)
    float *score; // (room)
    float *share; // (room, columns)
    float *made;  // (room, width): of rows of numbers, with shares: their reconstruction
    int32_t count;
} hg__row_scorer;

typedef struct hg__row_scorer_options {
    bool by_error;      // the error of the reconstruction, whatever the model carries
    double fpr;         // the rate of false alarms that thresholds are for; 0: the model's own
    hg__run_plan *plan; // borrowed: of the model, for where it has no detector; NULL: one is made
} hg__row_scorer_options;

// Borrows m and pool. `where` starts the sentence of an error. s is cleared on failure.
int hg__row_scorer_init(hg__row_scorer *s, const hg_model *m, const hg__row_scorer_options *o,
                        hg__pool *pool, const char *where, hg_error *err);
void hg__row_scorer_clear(hg__row_scorer *s); // {0} is fine

// Makes room for `rows` rows at a time; what it had is gone.
int hg__row_scorer_make_room(hg__row_scorer *s, int32_t rows, bool wants_shares, hg_error *err);

// Scores the rows of `in`, floats and at most `room`; they are copied to x unless they lie there. An error is against in->target,
// where there is one. The same bits for any number of threads, any cut into calls and any order of the rows.
int hg__row_scorer_run(hg__row_scorer *s, const hg__input *in, hg_error *err);

// The threshold for rows of the group `name` (NULL: without groups); NULL where there are none.
const hg__threshold_group *hg__row_scorer_group(const hg__row_scorer *s, const char *name);
#endif

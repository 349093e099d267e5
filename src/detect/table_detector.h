// SPDX-License-Identifier: Apache-2.0
// table_detector.h - how unusual a row of a table is: its distance to rows seen in training, and what a denoising autoencoder
// would change of it.
//
//   x ──────────────┬──> squared distance to the nearest training row, shorter where training rows lie far apart    a
//   r = x - AE(x) ──┼──> squared distance to the nearest training row's residual, each number over its usual size  b
//                   └──> squared length of the residual itself                                                      c
//
//   score = (3 a / usual a + g b / usual b + g c / usual c) / (3 + 2 g),   g = n / (n + 100) for n training rows
//
// Usual values are those of held-out normal rows, so an ordinary row scores about 1. A denoising autoencoder's residual
// points to where rows are dense (Alain & Bengio, "What regularized auto-encoders learn from the data-generating
// distribution", 2014): a row whose numbers are each common but do not belong together is told by b and c, one far from
// all others by a; a network that saw few rows counts less. Constants were chosen by measurement: docs/ANOMALIES.md.
#ifndef HG_DETECT_TABLE_DETECTOR_H
#define HG_DETECT_TABLE_DETECTOR_H
#include "array/data.h"
#include "exec/plan.h"
#include "model/model.h"
#include "rows/row_source.h"

typedef struct hg__table_detector hg__table_detector;

// What of training rows the model keeps: the rows; means of a few of them, rounded (neighbours.h); nothing, and then c is all there
// is of the score.
typedef enum hg__reference_kind {
    HG_REFERENCES_EXACT,
    HG_REFERENCES_QUANTISED,
    HG_REFERENCES_NONE
} hg__reference_kind;

// In the words of references=.
extern const char *const hg__reference_words[];
hg__reference_kind hg__references_find(const char *word);

// Fits to m, which is trained and has a schema: reference rows are drawn from `train` by its order, then from `held` where both
// are of the same data; usual sizes are measured on `held` (on training rows where it is empty). Becomes m's parts; `detector`
// (borrowed) is to become its "detector". score (held->count), or NULL: of the held-out rows, of which none is its own
// neighbour, as no row to come will be.
int hg__table_detector_fit(hg_model *m, const hg__rows *train, const hg__rows *held,
                           hg__reference_kind kind, float *score, hg__json *detector,
                           hg__pool *pool, hg_error *err);

// About how many bytes that takes for a table of so many rows of so many numbers.
size_t hg__table_detector_room(int64_t rows, int32_t width);

// From a model that carries one: what hg__table_detector_is_in() says. Borrows m. `where` starts the sentence of an error.
bool hg__table_detector_is_in(const hg_model *m);
hg__reference_kind hg__table_detector_references(const hg_model *m); // of such a model
hg__table_detector *hg__table_detector_new(const hg_model *m, hg__pool *pool, const char *where,
                                           hg_error *err);
void hg__table_detector_free(hg__table_detector *d); // NULL is fine
hg__run_plan *
hg__table_detector_plan(const hg__table_detector *d); // of its network; outputs are logits

// score (rows) of x (rows, width) and, unless NULL, share (rows, columns): each column's part of the score. The same bits for any number of threads, any cut into calls and
// any order of the rows.
int hg__table_detector_score(hg__table_detector *d, const float *x, int64_t rows, float *score,
                             float *share, hg_error *err);
#endif

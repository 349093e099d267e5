// SPDX-License-Identifier: Apache-2.0
// expect.h - what a model expects in one column of a row, given the others.
//
// A row's own reconstruction will not do: a wide denoising network passes on half of what it sees. So the column is set to what
// stands for a missing value, and what the network makes of it is put in its place, ROUNDS times.
#ifndef HG_DETECT_EXPECT_H
#define HG_DETECT_EXPECT_H
#include "exec/plan.h"
#include "model/model.h"

typedef struct hg__expect hg__expect;

// Borrows m, which has a schema, a plan of it, and the plan's pool.
hg__expect *hg__expect_new(const hg_model *m, hg__run_plan *plan, hg__pool *pool, hg_error *err);
void hg__expect_free(hg__expect *e); // NULL is fine

// x (count) rows (width), column (count): their rows (count, width) with what is expected in that column, for
// hg__column_decode(); valid until the next call. count: at most HG_EXPECT_MOST. The same bits for any cut into calls.
enum { HG_EXPECT_MOST = 512 };
const float *hg__expect_run(hg__expect *e, const float *const *x, const int32_t *column,
                            int32_t count);
#endif

// SPDX-License-Identifier: Apache-2.0
// plan_internal.h - what plans share.
#ifndef HG_EXEC_PLAN_INTERNAL_H
#define HG_EXEC_PLAN_INTERNAL_H
#include "exec/plan.h"

// Asks for bytes that will be read soon.
void hg__fetch(const void *from, size_t bytes);

// Rows first .. first+rows-1 of `in`, n features each, widened to x (rows, ldx).
void hg__widen_rows(const hg__kernels *k, const hg__input *in, int64_t first, int32_t rows,
                    int32_t n, hg__real *x, ptrdiff_t ldx);

// What a network's rows are to a loss.
hg__loss_rows hg__loss_rows_of(const hg__network *net, const hg__kernels *k);
// How many layers run before the objective: one fewer where the last is logistic and the losses take its logits.
int32_t hg__layers_before(const hg__spec *s, const hg__objective *o);
#endif

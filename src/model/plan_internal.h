// SPDX-License-Identifier: Apache-2.0
// plan_internal.h - what the two plans share.
#ifndef HG_MODEL_PLAN_INTERNAL_H
#define HG_MODEL_PLAN_INTERNAL_H
#include "model/plan.h"

// Asks for bytes that will be read soon.
void hg__fetch(const void *from, size_t bytes);

// Rows first .. first+rows-1 of `in`, n features each, widened to x (rows, ldx).
void hg__widen_rows(const hg__kernels *k, const hg__input *in, int64_t first, int32_t rows,
                    int32_t n, hg__real *x, ptrdiff_t ldx);

// The loss's kernel for this network, and how many layers run before it: one fewer where the last is a sigmoid
// that the loss takes in itself. NULL where the loss is by columns.
hg__loss_kernel *hg__loss_kernel_for(const hg__spec *s, const hg__loss *loss, const hg__kernels *k,
                                     int32_t *layers);
#endif

// SPDX-License-Identifier: Apache-2.0
// loss.h - what training makes small. One function and one row a loss.
#ifndef HG_NN_LOSS_H
#define HG_NN_LOSS_H
#include "backend/kernels.h"

typedef struct hg__loss {
    const char *name, *formula;
    double standard_arg; // of huber: delta = 1
    hg__loss_kernel *(*pick)(const hg__kernels *k);
    // The same loss where the last layer is sigmoid, in one pass: y is the sigmoid's input (the logits).
    // Faster, and for bce without its overflows.
    hg__loss_kernel *(*pick_from_logits)(const hg__kernels *k);
    bool by_columns; // has no kernel: spans.h
} hg__loss;

const hg__loss *hg__loss_find(const char *name); // NULL if there is none
const hg__loss *hg__losses(size_t *count);       // those that have a kernel
#endif

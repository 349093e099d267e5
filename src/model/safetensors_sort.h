// SPDX-License-Identifier: Apache-2.0
// safetensors_sort.h - tensors in an order, and their sizes.
#ifndef HG_MODEL_SAFETENSORS_SORT_H
#define HG_MODEL_SAFETENSORS_SORT_H
#include "base/tensor.h"

typedef struct hg__place {
    const hg__tensor *tensor; // borrowed
    size_t bytes;
} hg__place;

typedef enum hg__order {
    HG_BY_NAME,
    HG_BY_ALIGNMENT, // elements' size, largest first, then name: every tensor starts where its type wants to
    HG_BY_ADDRESS, // of the data, then size
} hg__order;

// All tensors in an order, for hg__free(); NULL without memory or where a size overflows (HG_ERR_MODEL).
hg__place *hg__tensors_sort(const hg__tensor *tensors, size_t count, hg__order order,
                            hg_error *err);
#endif

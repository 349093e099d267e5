// SPDX-License-Identifier: Apache-2.0
// compute.h - how a network is computed: with which numbers, and whether convolutions may take fewer products.
#ifndef HG_NN_COMPUTE_H
#define HG_NN_COMPUTE_H
#include <stdbool.h>

typedef enum hg__precision { HG_IN_FP32, HG_IN_BF16, HG_IN_INT8, HG_PRECISIONS } hg__precision;

// {0}: fp32, each product of the sum that a layer is.
typedef struct hg__compute {
    hg__precision precision;
    bool fast; // Winograd's convolutions where they are quicker: rounded otherwise
} hg__compute;

const char *hg__precision_name(hg__precision p); // "bf16"
bool hg__precision_find(const char *name, hg__precision *p);
static inline bool hg__compute_is_default(hg__compute c) {
    return c.precision == HG_IN_FP32 && !c.fast;
}
#endif

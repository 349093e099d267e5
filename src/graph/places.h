// SPDX-License-Identifier: Apache-2.0
// places.h - memory by lifetimes: blocks whose times do not meet share it.
#ifndef HG_GRAPH_PLACES_H
#define HG_GRAPH_PLACES_H
#include "base/error.h"

typedef struct hg__block {
    size_t count;        // elements
    int32_t first, last; // its time, both ends included
    size_t at;           // result: elements from the beginning
} hg__block;

// Places the largest first, each as low as it can be; *total: elements that all of them take together. Whole vectors each.
int hg__places_find(hg__block *list, int32_t count, size_t *total, hg_error *err);
#endif

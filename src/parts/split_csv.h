// SPDX-License-Identifier: Apache-2.0
// split_csv.h - a CSV file that says which pictures are for training and which for testing, as VisA has them
// (Zou et al., SPot-the-Difference, ECCV 2022): object,split,label,image,mask in any order; object and mask may be missing.
#ifndef HG_PARTS_SPLIT_CSV_H
#define HG_PARTS_SPLIT_CSV_H
#include <stdint.h>

#include "base/error.h"

// One record. Texts are the reader's until the next one; "" where the column is missing or empty.
typedef struct hg__split_row {
    uint64_t line;
    const char *object, *split, *label, *image, *mask;
    const char *wrong; // what makes it none, "expected 5 columns, got 4"; NULL: nothing
} hg__split_row;

// Each record, in order, to take(context), which may end it all by a negative code.
int hg__split_read(const char *path,
                   int (*take)(void *context, const hg__split_row *row, hg_error *err),
                   void *context, hg_error *err);

// 1: the file begins with the names of such columns; 0: it does not, or is none. Negative where it cannot be read.
int hg__split_is(const char *path, hg_error *err);
#endif

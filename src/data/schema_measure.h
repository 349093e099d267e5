// SPDX-License-Identifier: Apache-2.0
// schema_measure.h - what one pass over a table learns about its columns.
#ifndef HG_DATA_SCHEMA_MEASURE_H
#define HG_DATA_SCHEMA_MEASURE_H
#include "data/schema_internal.h"

typedef struct hg__measure {
    int64_t count[HG_CLASSES];
    char *where[HG_CLASSES];    // owned: where the first of each class stands; NULL
    char shown[HG_CLASSES][48]; // and what it is
    hg__moments number;
    int64_t whole, rising; // whole numbers; those above the number before
    double last;           // the number before
    int64_t times;
    double time_least, time_most;
    bool clock;       // a time of day was seen
    bool passed;      // over: nothing is to be known of it
    bool all_numbers; // asked for as a category: numbers are tallied like texts
    hg__tally tally;
} hg__measure;

typedef struct hg__measuring {
    int32_t columns;
    hg__override *way;   // owned, (columns)
    hg__measure *column; // owned, (columns)
    int32_t label;       // -1: none
    double *sample;      // owned, (columns, sample_rows): NaN where there is no number
    int64_t sample_rows, sampled;
    int64_t rows, unwanted, bad;
    hg_error first_bad;
    int32_t numbers; // different numbers of a column that are counted
} hg__measuring;

// Gives column c (its name is set) the kind that column i of the table asks for, its levels and its scale.
int hg__kind_choose(hg__column *c, const hg__measuring *all, int32_t i, const hg__table *t,
                    const hg__schema_options *o, hg_error *err);
#endif

// SPDX-License-Identifier: Apache-2.0
// thresholds.h - what a model's calibrations say at a rate: a threshold for all rows and, with groupby=, for each group.
//
// In the model file: the calibrations' tensors, and in the detector's JSON "fpr" and "groupby".
#ifndef HG_DETECT_THRESHOLDS_H
#define HG_DETECT_THRESHOLDS_H
#include "base/text.h"
#include "detect/calibrations.h"
#include "model/parts.h"

typedef struct hg__threshold_group {
    const char *name; // borrowed from the calibrations; of the first, which is all rows, ""
    const hg__calibration *held; // its own, or that of all rows
    hg__threshold at;
} hg__threshold_group;

typedef struct hg__thresholds {
    hg__calibrations held;
    hg__threshold_group *group; // owned, (groups): all rows first
    int32_t groups;             // 0: nothing was held out
    char *column;               // owned: what groupby= named; "" without groups
    double fpr;                 // that `at` was asked for
} hg__thresholds;

// Rows that were held out.
typedef struct hg__held_out {
    const float *score; // (rows)
    int64_t rows;
    const int32_t *group; // (rows): an index into name (groups); NULL without groups
    char *const *name;
    int32_t groups;
    const char *column; // groupby=
} hg__held_out;

int hg__thresholds_fit(hg__thresholds *t, const hg__held_out *held, double fpr, hg_error *err);
void hg__thresholds_clear(hg__thresholds *t); // {0} is fine

// Every group's `at` for another rate.
int hg__thresholds_ask(hg__thresholds *t, double fpr, hg_error *err);

// The group of that name; all rows where there is none.
const hg__threshold_group *hg__thresholds_find(const hg__thresholds *t, const char *name);

// For people: a line a threshold, each behind `indent`; of many groups the first.
void hg__thresholds_write(const hg__thresholds *t, const char *indent, hg__text *to);

// Into m's parts, and into `detector` (borrowed), the object that is to become its "detector".
int hg__thresholds_save(const hg__thresholds *t, hg_model *m, hg__json *detector, hg_error *err);
// From a model that was loaded. HG_OK and groups 0 where it has none. `where` starts the sentence of an error.
int hg__thresholds_load(hg__thresholds *t, const hg_model *m, const char *where, hg_error *err);
#endif

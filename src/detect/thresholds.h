// SPDX-License-Identifier: Apache-2.0
// thresholds.h - what a model's calibrations say at a rate: a threshold for all rows and, with groupby=, for each group.
//
// In the model file: the calibrations' tensors, and in the detector's JSON "fpr" and "groupby".
#ifndef HG_DETECT_THRESHOLDS_H
#define HG_DETECT_THRESHOLDS_H
#include "base/text.h"
#include "detect/calibration.h"
#include "model/model.h"

// One calibration of all held-out rows and one for each group of them (groupby=), and their tensors in a
// model file.

typedef struct hg__calibrations {
    hg__calibration whole;  // count 0: there is none
    hg__calibration *group; // owned, (groups)
    char **name;            // owned, (groups) owned
    int32_t groups;         // with at least one held-out row
} hg__calibrations;

// score (rows), all finite; group (rows): an index into name (groups), -1 for none; NULL without groups. At least 1 row.
int hg__calibrations_init(hg__calibrations *c, const float *score, int64_t rows,
                          const int32_t *group, char *const *name, int32_t groups, hg_error *err);
void hg__calibrations_clear(hg__calibrations *c); // {0} is fine

// The calibration for rows of the group `name` at a rate: the group's own where it has the rows for a guarantee at that
// rate; else, and for NULL or a group that was not held out, the whole's. The guarantee is then for that group's rows where
// they have a calibration of their own; where they fall back, for rows of the mixture of groups that was held out.
const hg__calibration *hg__calibrations_pick(const hg__calibrations *c, const char *name,
                                             double fpr);

// In a model file, as parts (model/model.h); hg__model_drop_parts(m, HG_CALIBRATION_PREFIX) takes them out:
//   detector.calibration.score  F32 (all rows)       of the whole, then of each group; each ascending
//   detector.calibration.tail   F64 (1 + groups, 6)  of each: rows, start, shape, scale, rate, peaks
//   detector.calibration.group  U8 (bytes)           the groups' names, each with a zero behind it; absent without groups
#define HG_CALIBRATION_PREFIX "detector.calibration."

// Puts them into the model, in place of what was there.
int hg__calibrations_save(const hg__calibrations *c, hg_model *m, hg_error *err);

bool hg__calibrations_is_in(const hg_model *m);

// Copies them out of the model; whole.count is 0 where it has none. `where` is for messages. HG_ERR_MODEL for any flaw: scores
// that do not ascend, numbers out of range, names that are not text.
int hg__calibrations_load(hg__calibrations *c, const hg_model *m, const char *where, hg_error *err);

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

// For people: a line a threshold, each behind `indent`; of many groups the first. what: was held out, "rows" or "pictures".
void hg__thresholds_write(const hg__thresholds *t, const char *what, const char *indent,
                          hg__text *to);

// Into m's parts, and into `detector` (borrowed), the object that is to become its "detector".
int hg__thresholds_save(const hg__thresholds *t, hg_model *m, hg__json *detector, hg_error *err);
// From a model that was loaded. HG_OK and groups 0 where it has none. `where` starts the sentence of an error.
int hg__thresholds_load(hg__thresholds *t, const hg_model *m, const char *where, hg_error *err);
#endif

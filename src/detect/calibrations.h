// SPDX-License-Identifier: Apache-2.0
// calibrations.h - one calibration of all held-out rows and one for each group of them (groupby=), and their tensors in a
// model file.
#ifndef HG_DETECT_CALIBRATIONS_H
#define HG_DETECT_CALIBRATIONS_H
#include "detect/calibration.h"
#include "model/model.h"

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

// In a model file, as parts (model/parts.h); hg__model_drop_parts(m, HG_CALIBRATION_PREFIX) takes them out:
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
#endif

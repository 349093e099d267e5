// SPDX-License-Identifier: Apache-2.0
// scored_rows.h - a table's rows scored with a model, batch by batch, as options say.
#ifndef HG_JOBS_SCORED_ROWS_H
#define HG_JOBS_SCORED_ROWS_H
#include "detect/row_scorer.h"
#include "jobs/feed.h"
#include "options/options.h"

typedef struct hg__scored_rows {
    hg__feed feed;         // the model and the rows
    hg__row_scorer scorer; // has the batch given last
    // owned, (groups of the rows): the threshold of each; NULL without groups
    const hg__threshold_group **group;
    int64_t first; // position of the batch's first row in the file's order
} hg__scored_rows;

// Opens data= for a model, which it takes (also on failure); thresholds as fpr=, alarms= and rate= ask, else as the model was
// calibrated. r is cleared on failure. The model must have a schema. wants_table: the table stays open for a second look.
int hg__scored_rows_open(hg__scored_rows *r, hg_model *m, const hg_options *o, bool wants_shares,
                         bool wants_table, const hg_listener *l, hg_error *err);
void hg__scored_rows_close(hg__scored_rows *r); // {0} is fine

// 1 with the next rows scored, 0 at the end, negative on failure.
int hg__scored_rows_next(hg__scored_rows *r, hg_error *err);
void hg__scored_rows_restart(hg__scored_rows *r); // from the first row again

// Of row i of the rows given last.
const hg__threshold_group *hg__scored_rows_group(const hg__scored_rows *r, int32_t i);
const char *hg__scored_rows_group_name(const hg__scored_rows *r, int32_t i); // NULL without groups

// The name of the first option that was set and means nothing without thresholds; NULL where none was.
const char *hg__threshold_option(const hg_options *o);

// Why there are no thresholds, and what gives some; "" where there are, or score=error was asked for.
enum { HG_LACK = 400 };
void hg__scored_rows_lack(const hg__scored_rows *r, const hg_options *o, char text[HG_LACK]);

// The rate asked for: fpr=, or alarms= with rate=; 0 where neither was set.
int hg__asked_fpr(const hg_options *o, double *fpr, hg_error *err);
#endif

// SPDX-License-Identifier: Apache-2.0
// judge.h - a model's whole opinion of a table's rows: score, p-value, alarm, and each column's share.
#ifndef HG_JOBS_JUDGE_H
#define HG_JOBS_JUDGE_H
#include "detect/detector.h"
#include "detect/thresholds.h"
#include "jobs/feed.h"
#include "options/options.h"

typedef struct hg__judge {
    hg__feed feed;          // the model and the rows
    hg__detector *detector; // owned; NULL with score=error
    hg__thresholds thresholds;
    const hg__threshold_group *
        *group; // owned, (groups of the rows): the threshold of each; NULL without groups
    bool wants_shares;
    // Of the rows given last, all (batch, ...) and owned; what is not asked for is NULL.
    float *x;      // (batch, width)
    float *score;  // (batch)
    float *share;  // (batch, columns)
    int64_t first; // position of the first of them in the file's order
    int32_t count;
} hg__judge;

// Opens data= for a model, which it takes (also on failure); thresholds as fpr=, alarms= and rate= ask, else as the model was calibrated. j is cleared on
// failure. The model must have a schema. wants_table: the table stays open for a second look.
int hg__judge_open(hg__judge *j, hg_model *m, const hg_options *o, bool wants_shares,
                   bool wants_table, const hg_listener *l, hg_error *err);
void hg__judge_close(hg__judge *j); // {0} is fine

// 1 with the next rows scored, 0 at the end, negative on failure.
int hg__judge_next(hg__judge *j, hg_error *err);
void hg__judge_restart(hg__judge *j); // from the first row again

// Of row i of the rows given last.
const hg__threshold_group *hg__judge_group(const hg__judge *j, int32_t i);
const char *hg__judge_group_name(const hg__judge *j, int32_t i); // NULL without groups

// The name of the first option that was set and means nothing without thresholds; NULL where none was.
const char *hg__threshold_option(const hg_options *o);

// Why there are no thresholds, and what gives some; "" where there are, or score=error was asked for.
enum { HG_LACK = 400 };
void hg__judge_lack(const hg__judge *j, const hg_options *o, char text[HG_LACK]);

// The rate asked for: fpr=, or alarms= with rate=; 0 where neither was set.
int hg__asked_fpr(const hg_options *o, double *fpr, hg_error *err);
#endif

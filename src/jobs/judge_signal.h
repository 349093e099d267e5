// SPDX-License-Identifier: Apache-2.0
// judge_signal.h - a recording judged by a model of one, some steps at a time: what predict, val and watch share.
#ifndef HG_JOBS_JUDGE_SIGNAL_H
#define HG_JOBS_JUDGE_SIGNAL_H
#include "base/host.h"
#include "monitor/signal_alarms.h"
#include "monitor/signal_scorer.h"
#include "options/options.h"

// How a recording is read: as the options say, and by a model (borrowed) as its own was; NULL: none is there yet. Where the model looks at
// frames it is the samples' reading.
hg__recording_options hg__signal_reading(const hg_options *o, const hg__signal *d,
                                         const hg_listener *l);

// alarms=, and with it rate=, which a recording that says its step (s; 0: it does not) need not have: events a step; 0: not asked for.
int hg__signal_events_asked(const hg_options *o, double step, double *per_step, hg_error *err);
// Opens data= so, in frames where the model has them; where none is there yet, where frames= asks for them.
hg__recording *hg__signal_open(const hg_options *o, const hg__signal *d, const hg_listener *l,
                               hg_error *err);
// Thresholds as fpr=, alarms= and rate= ask of steps of so many seconds (0: nobody knows). fpr: that was asked for; 0: nothing was.
int hg__signal_ask(hg__signal_alarms *a, const hg_options *o, double step, double *fpr,
                   hg_error *err);

typedef struct hg__judged_step {
    const hg__scored_step *step; // borrowed
    float now;                   // what the threshold is of: hg__alarm's score
    double p;                    // NaN without thresholds
    bool is_alarm;
    int64_t event; // the alarm's, from 1: steps in a row have the same; 0: none
    double drift;  // what the threshold was multiplied by
} hg__judged_step;

typedef struct hg__signal_judging {
    hg_model *model;           // owned
    hg__pool *pool;            // owned
    hg__signal_scorer *scorer; // owned
    hg__recording *recording;  // owned
    hg__signal_alarms alarms;
    char **path; // owned, (paths) owned: of the recording's files so far
    int32_t paths;
    double fpr;      // that is asked for; 0: as the model has it
    hg__steps steps; // taken last
    int32_t taken;   // of them
    bool is_at_end;
    hg__judged_step *step; // owned, (hg__signal_scorer_room())
    hg__meter meter;
    int64_t read;
    const hg_listener *listener; // borrowed, or NULL
} hg__signal_judging;

// Opens data= for a model, which it takes (also on failure); thresholds as fpr=, alarms= and rate= ask. j is cleared on failure.
int hg__signal_judging_open(hg__signal_judging *j, hg_model *m, const hg_options *o,
                            const hg_listener *l, hg_error *err);
void hg__signal_judging_close(hg__signal_judging *j); // {0} is fine
// 1 with the next steps, which live until the next call; 0 at the end, negative on failure.
int hg__signal_judging_next(hg__signal_judging *j, const hg__judged_step **step, int32_t *count,
                            hg_error *err);

// Of the file that a step is of.
const char *hg__signal_judging_path(const hg__signal_judging *j, int32_t file);

// `by=file` of a recording that is open: a row a file, into v->out.
int hg__predict_clips(hg__signal_judging *j, const hg_options *o, const hg_listener *l,
                      hg_result *result, hg_error *err);

// `hourglass predict` and `hourglass val` of a model of a recording, which they take.
int hg__predict_signal(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *result,
                       hg_error *err);
int hg__val_signal(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *result,
                   hg_error *err);
// watch_signal.c: `hourglass watch` of one, which it takes.
int hg__watch_signal(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *result,
                     hg_error *err);
#endif

// SPDX-License-Identifier: Apache-2.0
// signal_tally.h - what was said of a recording's steps beside their labels, held until it is measured: the model's score, and that of each of
// its detectors alone.
#ifndef HG_JOBS_SIGNAL_TALLY_H
#define HG_JOBS_SIGNAL_TALLY_H
#include "jobs/judge_signal.h"
#include "monitor/series_metrics.h"
#include "monitor/window_detector.h"

enum { HG_TALLY_LABEL, HG_TALLY_ALARM, HG_TALLY_BEGINS, HG_TALLY_MARKS };

typedef struct hg__signal_tally {
    int64_t steps, room;
    float *score; // owned, (room)
    // owned, (room) each, by rows of window_detectors.def: 0 where one says nothing; NULL: there is none
    float *alone[HG_WINDOW_DETECTORS];
    uint8_t *mark[HG_TALLY_MARKS]; // owned, (room) each
    bool begins;                   // what was left out began anew
    int64_t left_out, alarms, events;
} hg__signal_tally;

// What came of it.
typedef struct hg__signal_measured {
    hg__series_metrics all;
    // VUS-PR of each detector alone, by rows of window_detectors.def; NaN: there is none
    double alone[HG_WINDOW_DETECTORS];
    char sentence[300]; // who ranks better alone; ""
} hg__signal_measured;

void hg__signal_tally_clear(hg__signal_tally *t); // {0} is fine
// The i-th of those given last. Steps that nobody measured, and those without a score, are left out.
int hg__signal_tally_add(hg__signal_tally *t, const hg__signal_judging *in,
                         const hg__judged_step *j, int32_t i, hg_error *err);
// The window of VUS for a recording that was read to its end, which is read again: TSB-AD's, of its first channel. What cannot be read
// again has the period of training (0: none).
int hg__signal_tally_window(hg__recording *r, int32_t period, int32_t *window, hg_error *err);
// row: of a detector alone, without alarms; negative: of the model, with them where it has some.
hg__scored_series hg__signal_tally_series(const hg__signal_tally *t, int32_t row, bool has_alarms);
#endif

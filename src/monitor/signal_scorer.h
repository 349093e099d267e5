// SPDX-License-Identifier: Apache-2.0
// signal_scorer.h - a model of a recording at work: steps in, a score for each out, once all windows that it lies in are there.
//
//   steps ──> windows of each detector (window_detector.h), one every so many steps ──> how far each lies from training's
//         ──> how unusual that is ──> a step: for each detector the mean over the windows that it lies in ──> the mean of these: the score
//
//         ──> and by the last window of each detector that had ended when the step came: the score of now, which alarms are of
//
// A score is there once the last of these windows is, hg__signal_scorer_delay() steps later at most, that of now at once. Both are the
// same however the steps were cut into calls. They are like -log10 of a share of normal steps; of an imported model (is_plain) the windows'
// mean squared errors. Of a stretch that is shorter than a window only its end tells: its last step has a score of now, but live none.
#ifndef HG_MONITOR_SIGNAL_SCORER_H
#define HG_MONITOR_SIGNAL_SCORER_H
#include "backend/pool.h"
#include "base/bytes.h"
#include "monitor/signal.h"

enum { HG_WHEN = 40, HG_SIGNAL_REASONS = 16 };

typedef struct hg__signal_scorer hg__signal_scorer;

typedef struct hg__scored_step {
    int64_t row;   // of its file, from 0; -1: one that the file lacks
    int32_t file;  // which of the recording's
    uint8_t label; // as the recording has it
    bool begins;   // what came before is not its past
    // How unusual: by all windows that it lies in, those to come too; and by what was known when it came. NaN: all of its values are missing
    float score, now;
    float
        novelty; // of recordings of one channel (novelty.h), whose score it raises above all others unless it is live; else 0
    double time; // s; NaN: nobody knows
    char when[HG_WHEN]; // the same as the file has it; ""
} hg__scored_step;

typedef struct hg__signal_reason {
    int32_t channel;
    float observed, expected; // NaN: missing
    float share;              // of the step's error
} hg__signal_reason;

// Borrows m and pool. `where` starts the sentence of an error.
hg__signal_scorer *hg__signal_scorer_new(const hg_model *m, hg__pool *pool, const char *where,
                                         hg_error *err);
void hg__signal_scorer_free(hg__signal_scorer *s); // NULL is fine
const hg__signal *hg__signal_scorer_signal(const hg__signal_scorer *s);
bool hg__signal_scorer_has_novelty(const hg__signal_scorer *s);
int32_t hg__signal_scorer_delay(const hg__signal_scorer *s); // steps
int32_t hg__signal_scorer_room(const hg__signal_scorer *s);  // steps that may be given at a time

// From now on steps are given at once, their score is that of now, and so are their reasons: those of the last window that had ended.
// Before the first step.
void hg__signal_scorer_go_live(hg__signal_scorer *s);
// From now on the score is without detector `row` of window_detectors.def.
void hg__signal_scorer_leave_out(hg__signal_scorer *s, int32_t row);
// Takes steps first, first + 1 ... of a block, as many as there is room for; how many is returned.
int32_t hg__signal_scorer_take(hg__signal_scorer *s, const hg__steps *from, int32_t first);
// Nothing follows what was taken so far: all of it can be scored.
void hg__signal_scorer_end(hg__signal_scorer *s);
// The scores that are final by now and were not given yet, in order; 0: none. They live until the next call of any of these.
int32_t hg__signal_scorer_next(hg__signal_scorer *s, const hg__scored_step **step);
// Of step i of those given last each channel that is looked at: observed and expected (channels), in the recording's units; NaN: missing,
// or not known.
void hg__signal_scorer_values(const hg__signal_scorer *s, int32_t i, float *observed,
                              float *expected);
// What each detector alone says of it, by all windows that it lies in; NaN: nothing. How many there are, and which row of window_detectors.def
// each is; those that count nothing are among them.
int32_t hg__signal_scorer_detectors(const hg__signal_scorer *s);
int32_t hg__signal_scorer_row(const hg__signal_scorer *s, int32_t k);
float hg__signal_scorer_says(const hg__signal_scorer *s, int32_t i, int32_t k);
// Its error, over all of these channels: what the shares of reasons are of.
float hg__signal_scorer_error(const hg__signal_scorer *s, int32_t i);
// Why: the channels of step i of those given last whose errors are largest, at most `most`; how many is returned.
int32_t hg__signal_scorer_explain(const hg__signal_scorer *s, int32_t i, int32_t most,
                                  hg__signal_reason *reason);

// Of a live one: what it needs to go on with the same bits, at the end of `to`, once all that was taken was given; and back, into a new
// one. False: it is of another model, or none; s begins anew.
void hg__signal_scorer_write(const hg__signal_scorer *s, hg__text *to);
bool hg__signal_scorer_read(hg__signal_scorer *s, hg__bytes *from);
#endif

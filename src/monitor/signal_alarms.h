// SPDX-License-Identifier: Apache-2.0
// signal_alarms.h - from scores over time to alarms: events that begin and end, at a rate that holds while the plant drifts.
//
//   score   ......./\......../''''\___....          an event begins where the score passes the threshold and ends where it has been below a
//   alarm   0000000110000000011111100000            lower one for some steps: one fault is one alarm
//
// Scores over time depend on each other. That a share of held-out steps passed a threshold says how much of the time is spent above it, and
// not how often it is passed; so the length of what passed is kept too. And it is as sure as so many independent steps make it as there are
// stretches of the length that a score depends on: a threshold is that of the share p for which p + sqrt(p / stretches) / 2, half
// a standard error more, is what was asked for.
//
// And plants drift: the threshold is followed. Every event raises its logarithm by 0.1, and each step lowers it by as much as makes 0.1 in
// the time in which one event is asked for. So events come at that rate in the long run, whatever the scores do slowly (the argument is
// that of Gibbs & Candes, "Adaptive conformal inference under distribution shift", 2021, with events for errors and the logarithm of the
// threshold for the level): how many came differs from how many were asked for by ten times as much as the logarithm has moved. Where a rate
// of events is asked for (alarms=) the first ones raise it by more, 0.3 over the root of their number, and a trend is learned, as the integral
// part of a controller does it: a threshold that has had to rise goes on rising. Where it is a share of steps (fpr=) there is no trend,
// and the threshold does not sink below where it was calibrated. The time in an event counts as any other, up to eight times the length
// that events had in training; from then on the threshold rises, so that what stays ends. How far the threshold has gone is the drift, and
// an alarm of its own. It multiplies evidence that is not compressed (usual.h).
//
// Of recordings of one channel novelty (novelty.h) begins events too. It has a threshold of its own: the other's times as much as leaves half of
// the rate of what training told in its second half, and at least that. An event that novelty begins raises this by 0.4, and every other one lowers
// it by 0.1, so that in the long run no more than a fifth of the events is of novelty.
//
// The lower threshold is that of twice the rate. Where so many events are asked for that they take much of the time, it is nearer, and an
// event ends after fewer steps below it, so that the next can begin.
#ifndef HG_MONITOR_SIGNAL_ALARMS_H
#define HG_MONITOR_SIGNAL_ALARMS_H
#include "detect/thresholds.h"
#include "monitor/novelty.h"
#include "monitor/signal_scorer.h"

typedef struct hg__alarm_state {
    double drift;   // what thresholds are multiplied by
    int64_t events; // that began so far
    double novel;   // what the threshold of novelty is beside the other
    double trend;   // what its logarithm goes by itself, in the time of one event
    int32_t quiet;  // steps below the lower threshold, in an event
    int32_t lasted; // steps of an event
    bool is_on;     // an event goes on
} hg__alarm_state;

typedef struct hg__signal_alarms {
    hg__thresholds thresholds; // groups 0: nothing was held out, and there are no alarms
    double length;             // steps that an event of normal steps lasts, in the mean
    double stretches;          // independent ones that were held out
    hg__novelty_told told;     // steps 0: there is no novelty
    double novel;              // the least that the threshold of novelty is beside the other
    double threshold;          // as evidence that is not compressed
    double lower;              // the lower threshold over it
    double rate;               // of events, a step
    int32_t hold, rest;        // steps below it that end an event: most, and at this rate
    bool is_fixed;             // drift is not followed
    bool
        counts_events; // asked for as a rate of events, which is met; else as a share of steps, which is not passed
    hg__alarm_state state;
    int64_t near; // held-out scores that the last one was not above
} hg__signal_alarms;

typedef struct hg__alarm {
    float score; // of now, or by novelty, where that is more: what thresholds are of
    double p;    // of it, drift taken away; NaN: no thresholds, or no score
    bool is_alarm;
    int64_t event; // from 1; 0: none
} hg__alarm;

// From a model that has them. a is cleared on failure.
int hg__signal_alarms_init(hg__signal_alarms *a, const hg_model *m, const char *where,
                           hg_error *err);
void hg__signal_alarms_clear(hg__signal_alarms *a); // {0} is fine
bool hg__signal_alarms_has(const hg__signal_alarms *a);
// Another share of normal steps that may lie in alarms; or events a step.
int hg__signal_alarms_ask(hg__signal_alarms *a, double fpr, hg_error *err);
int hg__signal_alarms_ask_events(hg__signal_alarms *a, double per_step, hg_error *err);
// The threshold as scores are, at a drift.
double hg__signal_alarms_threshold(const hg__signal_alarms *a, double drift);
// The next step. Never fails, allocates nothing.
hg__alarm hg__signal_alarms_take(hg__signal_alarms *a, const hg__scored_step *step);

typedef struct hg__held_steps {
    const float *score; // (count): of now
    const bool *begins; // (count)
    int64_t count;
    int32_t memory; // steps that a score depends on
} hg__held_steps;

typedef struct hg__alarm_rate {
    double fpr;    // share of normal steps that may lie in alarms
    double events; // instead: events of normal steps, a step; 0: not asked for
    int32_t hold;  // steps below the lower threshold that end an event
} hg__alarm_rate;

// Thresholds into m's parts and `detector` (borrowed).
int hg__signal_alarms_fit(hg_model *m, const hg__held_steps *held, const hg__alarm_rate *rate,
                          hg__json *detector, hg_error *err);
#endif

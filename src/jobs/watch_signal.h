// SPDX-License-Identifier: Apache-2.0
// watch_signal.h - the parts of the job `watch` for a model of a signal. Only job_watch.c and watch_signal*.c include this.
//
//   file, pipe, broker ──> messages ──> rows ──> (averages, or frames) ──> steps ──> scores of now ──> events ──> a line of JSON, at once
//                             └─ positions ─┴─ where each is, once a second ──> FOLDER/signal.state
#ifndef HG_JOBS_WATCH_SIGNAL_H
#define HG_JOBS_WATCH_SIGNAL_H
#include "jobs/judge_signal.h"
#include "jobs/watch.h"
#include "signal/framer.h"
#include "streams/messages.h"
#include "streams/row_lines.h"

#define HG_WATCH_SIGNAL "signal.state"

// COUNTER(name, kind of Prometheus, help)
// clang-format off
#define HG_SIGNAL_COUNTERS(COUNTER)                                                      \
    COUNTER(steps, "counter", "steps that were judged")                                  \
    COUNTER(alarms, "counter", "steps in events")                                        \
    COUNTER(events, "counter", "events that began")                                      \
    COUNTER(open_events, "gauge", "events that go on")                                   \
    COUNTER(drift, "gauge", "what the threshold is multiplied by, since the plant has drifted") \
    COUNTER(lines, "counter", "lines that came in")                                      \
    COUNTER(missing, "counter", "values that are missing")                               \
    COUNTER(bridged, "counter", "steps that are missing, in gaps that were bridged")     \
    COUNTER(gaps, "counter", "gaps, bridged and not")                                    \
    COUNTER(late, "counter", "rows that were passed over: earlier than the one before")      \
    COUNTER(duplicates, "counter", "rows that were passed over: they came twice") \
    COUNTER(bad, "counter", "lines that could not be read")                              \
    COUNTER(bad_cells, "counter", "cells that could not be read, taken as missing")      \
    COUNTER(too_long, "counter", "lines of more than 1 MiB, refused")                    \
    COUNTER(dropped, "counter", "messages that came faster than they are judged, dropped") \
    COUNTER(reconnects, "counter", "times that the broker came back")                    \
    COUNTER(restarts, "counter", "times that the file was truncated or replaced")        \
    COUNTER(unsaved, "counter", "times that the state could not be saved")
// clang-format on

// Written by the job's thread, read by that of metrics too.
typedef struct hg__signal_counters {
#define MEMBER(name, kind, help) _Atomic double name; // NOLINT(bugprone-macro-parentheses)
    HG_SIGNAL_COUNTERS(MEMBER)
#undef MEMBER
} hg__signal_counters;

// The event that goes on.
typedef struct hg__signal_event {
    int64_t number; // 0: none
    int64_t first, last, steps;
    double time; // of the last step; NaN: nobody knows
    double p;    // the least so far
    float score; // the highest
    char when[HG_WHEN];
} hg__signal_event;

typedef struct hg__signal_watch {
    const hg_options *o;         // borrowed
    const hg_listener *listener; // borrowed
    hg_model *model;             // owned
    hg__pool *pool;              // owned
    hg__signal_scorer *scorer;   // owned
    hg__signal_alarms *alarms;   // owned
    hg__messages *in;            // owned
    hg__row_lines *lines;        // owned
    hg__framer *framer;          // owned; NULL: rows are steps, else samples
    int out;                     // -1: not open; owned unless standard output
    hg__text line;               // owned: events that are to be written
    hg__signal_event event;
    int64_t steps, alarmed, missing;
    double drift_said; // when it was last said that it had changed
    int64_t drift_at;  // the step of that
    hg__signal_counters count;
    hg__watch_metrics metrics;
    sig_atomic_t reports, reloads; // that were asked for so far
    bool has_times;                // of the steps taken last
    int64_t lost;                  // times that something is missing between two rows

    // What outlives the process.
    char path[1024];             // of the state; "": nothing does
    uint64_t model_digest;       // of the file of model=
    hg__message_position behind; // of a file: the last whole line
    double keep_at;              // on hg__seconds(): not before, but at the end
    bool is_dirty, is_closed;    // something came since; what came last is not to be kept
    bool has_failed;             // it was said that it cannot be written
} hg__signal_watch;

// watch_signal_events.c: the next step and its verdict; lines go to w->line. i: of those given last by the scorer.
void hg__signal_watch_take(hg__signal_watch *w, const hg__scored_step *step, int32_t i);
void hg__signal_watch_end(hg__signal_watch *w);       // of the event that goes on, if one does
void hg__signal_watch_say_model(hg__signal_watch *w); // another is at work

// watch_signal_model.c: w->model, w->scorer and w->alarms, as the options ask. m is taken.
int hg__signal_watch_use(hg__signal_watch *w, hg_model *m, hg_error *err);
void hg__signal_watch_leave(hg__signal_watch *w); // frees all three
// Where it was asked for: the file of model= anew, if it is one of the same rows. Else a note says why, and all goes on as it was.
void hg__signal_watch_reload(hg__signal_watch *w);

// watch_signal_state.c
int hg__signal_state_open(hg__signal_watch *w, hg_error *err); // w->path
int hg__signal_state_digest(const char *model, uint64_t *to, hg_error *err);
int hg__signal_state_restore(hg__signal_watch *w, hg_error *err); // once all is open
// Where nothing is to be kept, or not yet, does nothing. A failure is told, and tried again.
void hg__signal_state_keep(hg__signal_watch *w, bool is_last);
#endif

// SPDX-License-Identifier: Apache-2.0
// meter.h - how far a job is, told to its listener now and then.
//
//   hg__meter_start(&m, l, "scoring", "rows", rows);      a stage begins
//   while (...) hg__meter_add(&m, 128);                   called as often as one likes: a listener hears of it ten times a second
//   hg__meter_end(&m);                                    the stage is over: told always
#ifndef HG_BASE_METER_H
#define HG_BASE_METER_H
#include "base/error.h"

typedef struct hg__meter {
    const hg_listener *listener; // borrowed; NULL, or without progress: nobody hears anything
    const char *stage, *unit;    // borrowed
    int64_t done, total;         // total 0: not known
    double part;                 // from 0 to 1, where only that is known; else below 0
    double began, told;          // seconds
    bool is_running;
} hg__meter;

void hg__meter_start(hg__meter *m, const hg_listener *l, const char *stage, const char *unit,
                     int64_t total);
void hg__meter_add(hg__meter *m, int64_t count);
void hg__meter_at(hg__meter *m, int64_t done); // the same with what is done by now
// Before one of the two: which part is done, where the total is not known.
void hg__meter_part(hg__meter *m, double part);
void hg__meter_restart(hg__meter *m);          // the stage once more
void hg__meter_end(hg__meter *m);              // {0} is fine, and so is a second time
bool hg__meter_is_stopped(const hg__meter *m); // the listener asks to stop

// Whether it does, by stop or by abort(): asked on the job's own thread. l may be NULL.
bool hg__is_stopped(const hg_listener *l);
#endif

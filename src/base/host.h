// SPDX-License-Identifier: Apache-2.0
// host.h - the host program: what a public function does first, its listener, threads of ours beside its own.
//
//   locale           a point is a point, whatever the host's setlocale() says
//   floating point   rounding to nearest, denormals kept, no traps: the same bits in every host
//   cancellation     a cancelled thread ends after the call, not within it
//
// Callbacks see the host's own locale and floating point again. Threads of ours begin the same way.
#ifndef HG_BASE_HOST_H
#define HG_BASE_HOST_H
#include <fenv.h>
#include <locale.h>
#include <pthread.h>

#include "base/error.h"

typedef struct hg__entry {
    locale_t plain;  // owned: the C locale, while we are in
    locale_t locale; // borrowed: the host's
    fenv_t floats;
    int cancel;
} hg__entry;

void hg__entry_begin(hg__entry *e);
void hg__entry_end(hg__entry *e);

// A listener of ours that calls the host's.
typedef struct hg__relay {
    hg_listener own;
    // What the host's had, as far as its size goes.
    hg_listener host;
    // Borrowed.
    hg__entry *entry;
    // The host has asked to stop by abort().
    bool is_aborted;
} hg__relay;

// Makes *l ours, which lives as long as r; of a host without one (*l is NULL), one that nobody hears and that never stops.
int hg__relay_init(hg__relay *r, hg__entry *e, const hg_listener **l, hg_error *err);

// Fills a struct of the caller's that begins with its size, as the caller's header has it: writes no more than that, and
// zeros where that is more than `size`, which ours takes. type: its name, for the sentence. HG_ERR_USAGE where the caller
// did not set the size.
int hg__fill(void *to, const void *from, size_t size, const char *type, hg_error *err);

// The first line of a public function: ends by itself where the function does.
#define HG_ENTRY                                             \
 __attribute__((cleanup(hg__entry_end))) hg__entry hg__here; \
 hg__entry_begin(&hg__here)

// The same for a job with the listener l, which is never NULL afterwards. Fails where it has no size.
#define HG_JOB_ENTRY(l, err) \
 HG_ENTRY;                   \
 hg__relay hg__listener;     \
 HG_TRY(hg__relay_init(&hg__listener, &hg__here, &(l), (err)))

// How far a job is, told to its listener now and then.
//
//   hg__meter_start(&m, l, "scoring", "rows", rows);      a stage begins
//   while (...) hg__meter_add(&m, 128);                   called as often as one likes: a listener hears of it ten times a second
//   hg__meter_end(&m);                                    the stage is over: told always

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

// Threads of ours in a program that is not.

// Runs run(context) on a thread to be joined: no signal meant for the host ends up there, and it sees the C locale as the
// caller does. Negative without a thread.
int hg__thread_start(pthread_t *thread, void *(*run)(void *), void *context, hg_error *err);
#endif

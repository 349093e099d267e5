// SPDX-License-Identifier: Apache-2.0
// watch_learn.h - what the two threads of a watch that learns share. Only watch_learn.c and watch_learn_thread.c include this.
//
//   job's thread:   verdicts ──> lessons ──> a short queue ──┐          ┌──> next: taken over between two batches of packets
//   beside it:                                               └─> learner ──> FOLDER/model.safetensors, at a period's end
//                                                                      └──> FOLDER/period.safetensors, once a minute
#ifndef HG_JOBS_WATCH_LEARN_H
#define HG_JOBS_WATCH_LEARN_H
#include "base/system.h"
#include "intrusion/packet_learner.h"
#include "jobs/watch.h"
#include "traffic/lru_table.h"

enum { HG_WATCH_BATCHES = 6 }; // of lessons: that wait, that are filled, that are learned

typedef enum hg__watch_order {
    HG_WATCH_GO_ON,
    HG_WATCH_END,    // the period is over, behind these lessons
    HG_WATCH_DISCARD // and nothing of it is learned
} hg__watch_order;

typedef struct hg__watch_batch {
    hg__watch_order order;
    hg__lessons lessons;
} hg__watch_batch;

struct hg__watch_learn {
    const hg_listener *listener; // borrowed
    hg__packet_judging *in;      // borrowed
    hg__watch_counters *count;   // borrowed
    const hg__watch_kept *kept;  // borrowed: of the model at work
    bool is_live;  // packets do not wait: what cannot be learned in time is not learned
    double period; // ns; 0: nothing is to be learned
    size_t max_bytes;
    char folder[1024];
    hg__lock lock;

    // The job's thread's.
    uint64_t generation;     // of the judging: that it learns from
    hg__watch_batch *filled; // what the detector writes to
    hg__lru *left_out;       // owned: sources, and when their last alarm was
    int64_t clock,
        last;      // ns: since the start, by packets' time as it passes; the last packet's time
    int64_t began; // on clock: the period
    int64_t packets, alarms;
    char digest[20];  // of model= of what it learns from
    bool is_learning; // else nothing is learned from this model (any more)
    bool is_ending, has_begun;

    // Both threads', under the mutex.
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    hg__watch_batch *queue[HG_WATCH_BATCHES], *spare[HG_WATCH_BATCHES]; // owned
    int32_t queued, spares;
    hg__packet_detector *next; // owned: what was learned, to be taken over; NULL: nothing yet
    int64_t learned;           // packets of `next`
    int64_t crowded;           // answers for which it had no room
    bool is_answered;          // what was ordered is done, whatever came of it
    bool is_closing;
    bool has_lost;    // alerts could not be written
    bool has_failed;  // nothing more is learned
    hg_error trouble; // that is to be said; code 0: none
    char *alerts;     // owned: to be written; NULL: it was

    // The thread's own.
    hg__packet_learner *learner;  // owned; NULL: nothing is learned (any more)
    hg_model *model, *unfinished; // owned: what is saved
    double saved;                 // when a period was last, on hg__seconds()
    pthread_t thread;
    bool runs;
};

// watch_learn_thread.c: the thread, of a hg__watch_learn.
void *hg__watch_learn_run(void *context);
#endif

// SPDX-License-Identifier: Apache-2.0
// signal_evidence.h - what speaks for a fault in a window: what the autoencoder would change of it, and how far it lies from windows of
// training.
#ifndef HG_MONITOR_SIGNAL_EVIDENCE_H
#define HG_MONITOR_SIGNAL_EVIDENCE_H
#include "detect/blocks.h"
#include "detect/neighbours.h"
#include "exec/plan.h"
#include "monitor/signal.h"

typedef struct hg__signal_evidence {
    int32_t width, channels, at_once;
    hg__network *folded; // owned: what runs, where it is another
    hg__run_plan *plan;  // owned
    float *weight; // owned, (channels): 1 / a channel's usual squared error; 0: it never varied
    float usual_error, usual_near;
    const void **row; // owned, (at_once)
} hg__signal_evidence;

// Borrows m and pool. At most `at_once` windows at a time. e is cleared on failure.
int hg__signal_evidence_init(hg__signal_evidence *e, const hg_model *m, const hg__signal *d,
                             int32_t at_once, hg__pool *pool, const char *where, hg_error *err);
void hg__signal_evidence_clear(hg__signal_evidence *e); // {0} is fine

// Windows x (count, N * C) as the network sees them: what it makes of them, y (count, N * C), and how far each lies from training's,
// far (count).
void hg__signal_evidence_measure(hg__signal_evidence *e, const float *x, int32_t count, float *y,
                                 float *far);
// A step's score: error (C): its mean squared errors, near: its windows' mean distance.
float hg__signal_evidence_score(const hg__signal_evidence *e, const float *error, float near);
#endif

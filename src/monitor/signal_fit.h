// SPDX-License-Identifier: Apache-2.0
// signal_fit.h - a trained model of windows becomes a detector: what is usual, and the thresholds, from the blocks that were held out.
#ifndef HG_MONITOR_SIGNAL_FIT_H
#define HG_MONITOR_SIGNAL_FIT_H
#include "backend/pool.h"
#include "base/host.h"
#include "monitor/signal_split.h"

typedef struct hg__signal_fit_options {
    double fpr;    // share of normal steps that may lie in alarms
    double events; // instead: events of normal steps, a step; 0: not asked for
    uint64_t seed;
} hg__signal_fit_options;

// m: trained on the windows of the split. It gets its parts and its "detector".
int hg__signal_fit(hg_model *m, const hg__signal *d, const hg__samples *s,
                   const hg__signal_split *split, const hg__signal_fit_options *o, hg__meter *meter,
                   hg__pool *pool, hg_error *err);
#endif

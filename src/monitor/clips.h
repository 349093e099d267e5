// SPDX-License-Identifier: Apache-2.0
// clips.h - a score for a whole recording, a clip of sound as a rule: the mean over its steps, beside those of clips that were held out.
#ifndef HG_MONITOR_CLIPS_H
#define HG_MONITOR_CLIPS_H
#include "monitor/signal_scorer.h"

enum { HG_LEAST_CLIPS = 4 }; // fewer say nothing of another

typedef struct hg__clip_mean {
    double sum;
    int64_t count;
} hg__clip_mean;

// The next step of the clip. Of an imported model windows count, of which one ends at each step but the first ones.
void hg__clip_mean_add(hg__clip_mean *c, const hg__signal *d, const hg__scored_step *step);
double hg__clip_mean_take(hg__clip_mean *c); // NaN: no step has a score. c begins anew

typedef struct hg__clips {
    const float *held; // borrowed from the model: (count), ascending
    int64_t count;     // 0: too few were held out
} hg__clips;

typedef struct hg__clip_verdict {
    double p; // the share of clips that score no less: (1 + those held out) / (1 + count)
    bool is_alarm;
} hg__clip_verdict;

// Keeps the means of clips that were held out, if they are enough; sorts them.
int hg__clips_save(hg_model *m, float *mean, int64_t count, hg_error *err);
int hg__clips_load(hg__clips *c, const hg_model *m, const char *where, hg_error *err);
// An alarm: p is at most fpr; or, where too few were held out for any p to be so, none of them scores as much.
hg__clip_verdict hg__clips_judge(const hg__clips *c, double mean, double fpr);
#endif

// SPDX-License-Identifier: Apache-2.0
// optim.h - optimisers and learning-rate schedules, with PyTorch's meanings and defaults.
#ifndef HG_NN_OPTIM_H
#define HG_NN_OPTIM_H
#include <stdbool.h>

#include "backend/kernels.h"

typedef struct hg__optim {
    const char *name;
    int32_t states;            // how many of s1, s2 are used at most
    const char *state_name[2]; // as PyTorch's state_dict has them: "exp_avg", "exp_avg_sq"
    hg__optim_kernel *(*pick)(const hg__kernels *k);
} hg__optim;

const hg__optim *hg__optim_find(const char *name); // NULL if there is none
const hg__optim *hg__optims(size_t *count);

typedef struct hg__optim_options {
    double lr, beta1, beta2, eps, weight_decay, momentum, alpha;
    bool nesterov;
} hg__optim_options;

// The coefficients of step t (from 1), computed in double. lr: already scheduled.
hg__optim_step hg__optim_step_at(const hg__optim *o, const hg__optim_options *options, double lr,
                                 int64_t t);

// A schedule: the factor on lr at step t (from 0) of `total`, after `warmup` linear steps (PyTorch's
// LinearLR from 1/warmup). cosine: 0.5 (1 + cos(pi t / total)); step: gamma ^ floor(epoch / every).
typedef struct hg__schedule {
    const char *name;
    // progress in [0, 1)
    double (*factor)(double progress, int32_t epoch, int32_t every, double gamma);
} hg__schedule;

const hg__schedule *hg__schedule_find(const char *name); // NULL if there is none
const hg__schedule *hg__schedules(size_t *count);
double hg__schedule_at(const hg__schedule *s, int64_t step, int64_t total, int64_t warmup,
                       int32_t epoch, int32_t every, double gamma);
#endif

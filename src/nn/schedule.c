// SPDX-License-Identifier: Apache-2.0
// schedule.c - the learning rate's factor over a run.
#include <string.h>

#include "nn/optim.h"

static double constant(double progress, int32_t epoch, int32_t every, double gamma) {
    (void)progress, (void)epoch, (void)every, (void)gamma;
    return 1;
}

// 0.5 (1 + cos(pi progress)), PyTorch's CosineAnnealingLR down to 0. cos(pi x) = sin(pi (1/2 - x)) by its
// series: plain arithmetic, the same bits with every C library.
static double cosine(double progress, int32_t epoch, int32_t every, double gamma) {
    (void)epoch, (void)every, (void)gamma;
    const double z = 3.14159265358979323846 * (0.5 - progress); // |z| <= pi / 2
    double term = z, sum = z;
    for (int k = 1; k <= 12; k++) {
        term *= -z * z / ((2 * k) * (2 * k + 1));
        sum += term;
    }
    return 0.5 * (1 + sum);
}

// gamma ^ floor(epoch / every), PyTorch's StepLR. epoch counts from 0.
static double step(double progress, int32_t epoch, int32_t every, double gamma) {
    (void)progress;
    double factor = 1;
    for (int32_t e = every; every > 0 && e <= epoch; e += every) factor *= gamma;
    return factor;
}

static const hg__schedule schedules[] = {
    {"constant", constant},
    {"cosine",   cosine  },
    {"step",     step    },
};

const hg__schedule *hg__schedules(size_t *count) {
    *count = sizeof schedules / sizeof *schedules;
    return schedules;
}

const hg__schedule *hg__schedule_find(const char *name) {
    for (size_t i = 0; i < sizeof schedules / sizeof *schedules; i++) {
        if (strcmp(schedules[i].name, name) == 0) return &schedules[i];
    }
    return NULL;
}

// As PyTorch's SequentialLR of LinearLR(1 / warmup, total_iters=warmup) and the schedule: the warm-up's
// steps are not part of the schedule's progress.
double hg__schedule_at(const hg__schedule *s, int64_t step_now, int64_t total, int64_t warmup,
                       int32_t epoch, int32_t every, double gamma) {
    if (step_now < warmup) {
        const double start = 1 / (double)warmup;
        return start + (1 - start) * (double)step_now / (double)warmup;
    }
    const int64_t left = total - warmup;
    const double progress = left > 0 ? (double)(step_now - warmup) / (double)left : 0;
    return s->factor(progress, epoch, every, gamma);
}

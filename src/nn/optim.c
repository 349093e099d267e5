// SPDX-License-Identifier: Apache-2.0
// optim.c - the table of optimisers, the numbers of one step, the learning rate's factor over a run.
// backend/kernels_optim.inc.
#include "nn/optim.h"

#include <math.h>
#include <string.h>

#define PICK(kernel)                                            \
 static hg__optim_kernel *pick_##kernel(const hg__kernels *k) { \
  return k->kernel;                                             \
 }
PICK(sgd)
PICK(adam)
PICK(adamw)
PICK(rmsprop)

static const hg__optim optims[] = {
    {"sgd",     1, {"momentum_buffer", NULL},         pick_sgd    },
    {"adam",    2, {"exp_avg", "exp_avg_sq"},         pick_adam   },
    {"adamw",   2, {"exp_avg", "exp_avg_sq"},         pick_adamw  },
    {"rmsprop", 2, {"square_avg", "momentum_buffer"}, pick_rmsprop},
};

const hg__optim *hg__optims(size_t *count) {
    *count = sizeof optims / sizeof *optims;
    return optims;
}

const hg__optim *hg__optim_find(const char *name) {
    for (size_t i = 0; i < sizeof optims / sizeof *optims; i++) {
        if (strcmp(optims[i].name, name) == 0) return &optims[i];
    }
    return NULL;
}

// x^n by squaring: plain products, the same bits with every C library, which pow() does not promise.
static double power(double x, int64_t n) {
    double y = 1;
    for (; n > 0; n /= 2) {
        if (n % 2) y *= x;
        x *= x;
    }
    return y;
}

hg__optim_step hg__optim_step_at(const hg__optim *o, const hg__optim_options *options, double lr,
                                 int64_t t) {
    (void)o;
    const double correction1 = 1 - power(options->beta1, t);
    const double correction2 = 1 - power(options->beta2, t);
    return (hg__optim_step){
        .lr = (hg__real)lr,
        .beta1 = (hg__real)options->beta1,
        .beta2 = (hg__real)options->beta2,
        .eps = (hg__real)options->eps,
        .weight_decay = (hg__real)options->weight_decay,
        .momentum = (hg__real)options->momentum,
        .alpha = (hg__real)options->alpha,
        .step_size = (hg__real)(lr / correction1),
        .root_scale = (hg__real)(1 / sqrt(correction2)),
        .rest1 = (hg__real)(1 - options->beta1),
        .rest2 = (hg__real)(1 - options->beta2),
        .rest_alpha = (hg__real)(1 - options->alpha),
        .shrink = (hg__real)(1 - lr * options->weight_decay),
        .grad_scale = 1,
        .nesterov = options->nesterov,
        .first = t == 1,
    };
}

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

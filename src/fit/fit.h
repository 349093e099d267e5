// SPDX-License-Identifier: Apache-2.0
// fit.h - training: a network, rows and a setup become better weights. No files, no options.
//
//   hg__fit_new()   everything that can be wrong is found, all memory is taken
//       |           to go on from an earlier run: its progress, state and weights are put in place (hg__fit_refresh)
//   hg__fit_run()   epochs of steps, each validated, until something ends them; a step allocates nothing
//       |   hooks:  stop? step, event ──> whoever listens;  epoch ──> whoever keeps records and checkpoints
//   hg__fit_end()   the network has the best weights, and most of the memory is given back
#ifndef HG_FIT_FIT_H
#define HG_FIT_FIT_H
#include "exec/plan.h"
#include "rows/loader.h"

enum { HG_EVAL_ROWS = 1024 }; // rows a batch of a loader may have for hg__evaluate()

// What a discriminator tells apart, and the autoencoder learns to pass for (Goodfellow et al. 2014).
typedef enum hg__adversary_kind {
    HG_NO_ADVERSARY,
    HG_OF_CODE, // codes and draws of the standard normal (Makhzani et al. 2015)
    HG_OF_OUTPUT, // what comes out and rows (Larsen et al. 2016; images by patches: Isola et al. 2017)
} hg__adversary_kind;

typedef struct hg__fit_setup {
    // Rows a step, at most; must be that of the loader.
    int32_t batch;
    // What ends it; 0: it does not. Epochs, steps, seconds trained, epochs without a better one.
    int64_t epochs, steps;
    double seconds;
    int64_t patience;
    hg__objective objective; // of training and validation
    const hg__optim *optim;
    hg__optim_options optim_options;
    // Learning rate: optim_options.lr times what the schedule makes of it.
    const hg__schedule *schedule;
    int64_t warmup;
    int32_t step_every;
    double gamma;
    // Largest norm of the whole gradient; 0: no clipping.
    double clip;
    bool shuffle;
    uint64_t seed;
    hg__adversary_kind adversary;
    double adversary_weight; // of passing, beside the objective: both are means over their numbers
} hg__fit_setup;

// Where a run stands: with the weights, the best weights and the optimiser's state, all that going on needs.
typedef struct hg__progress {
    int32_t epoch;        // epochs finished
    int64_t batch;        // batches done of the epoch begun
    int64_t step;         // steps done in all
    double loss_sum;      // of the epoch begun: over rows and features
    double adversary_sum; // the same of an adversary: over what it judged
    int64_t rows;         // rows of the epoch begun
    double best_loss;     // infinite before the first
    int32_t best_epoch;   // 0: none yet
    double train_loss;    // mean of the last epoch finished
    double seconds;       // trained so far, without the pauses before it went on
} hg__progress;

// Whom the loop tells and asks; each may be NULL.
typedef struct hg__fit_hooks {
    void *context; // borrowed, handed back
    // Before each step: true ends the run with HG_ERR_STOPPED, progress being where one can go on from.
    bool (*is_stopped)(void *context);
    // After each step: true ends the run with this epoch, which is validated as it is ("callback").
    bool (*step)(void *context, const hg_step_event *e);
    // Within an epoch, about ten times a second.
    void (*event)(void *context, const hg_train_event *e);
    // An epoch has ended: progress, weights and, where e->is_best, best weights are those after it.
    int (*epoch)(void *context, const hg_train_event *e, hg_error *err);
} hg__fit_hooks;

typedef struct hg__fit {
    hg__network *net; // borrowed
    // Borrowed. val NULL: no validation. Then, or with an adversary, the last epoch is the best.
    hg__loader *train, *val;
    hg__fit_setup setup;
    hg__train_plan *plan;            // owned: the optimiser's state is in it
    struct hg__adversary *adversary; // owned; NULL: none
    hg__run_plan *runner;            // owned: the same weights, for validation
    double *sums;                    // owned, (HG_EVAL_ROWS): losses of validation rows
    hg__real *best;                  // owned, (params): weights of the best epoch
    bool has_best;                   // they are known
    hg__progress progress;
    const hg__fit_hooks *hooks;
    double earlier;     // seconds trained before hg__fit_run()
    double began;       // hg__fit_run(), on hg__seconds()
    int64_t seen;       // rows that steps were made with since
    bool is_ended;      // by hooks->step
    const char *reason; // why it ended: "done", "early stopping", "time", "callback"
} hg__fit;

// Borrows net, loaders and pool. NULL with HG_ERR_USAGE where the objective is not for such a network.
hg__fit *hg__fit_new(hg__network *net, hg__loader *train, hg__loader *val, const hg__fit_setup *s,
                     hg__pool *pool, hg_error *err);
void hg__fit_free(hg__fit *f); // NULL is fine
// After weights or the optimiser's state were put in place from outside.
void hg__fit_refresh(hg__fit *f);
// HG_OK: f->reason says why it ended. HG_ERR_STOPPED: hooks->is_stopped; progress is whole. HG_ERR_DIVERGED: weights are not to be used.
int hg__fit_run(hg__fit *f, const hg__fit_hooks *hooks, hg_error *err);
// The network gets the best weights, where they are known; plan, runner and best are freed. progress, reason and seen stay.
void hg__fit_end(hg__fit *f);

int32_t hg__fit_epochs(const hg__fit *f); // how many there will be, as far as one can tell

// start.c: scales freshly drawn weights and sets the output's bias to the mean of the rows (init=scaled).
int hg__start_scaled(hg__network *net, const hg__rows *rows, hg_error *err);

// Mean loss per row and feature of a network over a loader's rows of `width` features.
int hg__evaluate(hg__run_plan *runner, hg__loader *loader, int32_t width, const hg__objective *o,
                 double *sums, double *mean, hg_error *err);
// The mean squared error of a network that is not being trained, with a plan of its own and without what layers are paid.
int hg__evaluate_mse(const hg__network *net, hg__loader *loader, hg__pool *pool, double *mse,
                     hg_error *err);
#endif

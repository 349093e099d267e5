// SPDX-License-Identifier: Apache-2.0
// fit.c - the training loop: epochs of steps, validation, the best weights, and when to stop.
#include "fit/fit.h"

#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/system.h"
#include "fit/adversary.h"

static const double event_period = 0.1; // seconds between two events within an epoch

static double trained_seconds(const hg__fit *f) {
    return f->earlier + hg__seconds() - f->began;
}

static int64_t steps_per_epoch(const hg__fit *f) {
    return hg__ceil_div_64(hg__loader_rows(f->train), f->setup.batch);
}

// Neither epochs nor steps say when the run ends: the clock does.
static bool is_timed(const hg__fit *f) {
    return f->setup.epochs == 0 && f->setup.steps == 0;
}

static bool is_late(const hg__fit *f) {
    return f->setup.seconds > 0 && trained_seconds(f) >= f->setup.seconds;
}

// Whether to end before the epoch does.
static bool is_over(const hg__fit *f) {
    const int64_t steps = f->setup.steps;
    if (f->is_ended || (steps > 0 && f->progress.step >= steps)) return true;
    return f->progress.batch > 0 && is_timed(f) && is_late(f);
}

// ---- making ready -------------------------------------------------------------------------------

static int check_objective(const hg__network *net, const hg__objective *o, hg_error *err) {
    const hg__spec *s = &net->spec;
    const hg__loss_rows rows = {
        .shape = s->input, .n = s->width, .spans = net->spans, .has_level = net->has_level};
    return hg__objective_check(o, &rows, s->layer[s->layers - 1].type, err);
}

static int make_plans(hg__fit *f, hg__pool *pool, hg_error *err) {
    const hg__fit_setup *s = &f->setup;
    const int64_t rows = hg__loader_rows(f->train);
    hg__train_setup setup = {.batch = s->batch < rows ? s->batch : (int32_t)rows,
                             .objective = s->objective,
                             .optim = s->optim,
                             .optim_options = s->optim_options,
                             .clip = s->clip,
                             .seed = s->seed};
    if (s->adversary != HG_NO_ADVERSARY) {
        f->adversary = hg__adversary_new(f->net, pool, s, setup.batch, err);
        if (!f->adversary) return err ? (int)err->code : HG_ERR_MEMORY;
        setup.judge.network = &f->adversary->net;
        setup.judge.weight = s->adversary_weight;
        setup.judge.of_code = s->adversary == HG_OF_CODE;
    }
    f->plan = hg__train_plan_new(f->net, pool, &setup, err);
    f->runner = f->plan ? hg__run_plan_new(f->net, pool, &f->setup.objective, err) : NULL;
    if (f->runner) f->sums = hg__alloc(HG_EVAL_ROWS, sizeof *f->sums, err);
    if (f->sums) f->best = hg__alloc(f->net->spec.params, sizeof *f->best, err);
    return f->best ? HG_OK : HG_ERR_MEMORY;
}

hg__fit *hg__fit_new(hg__network *net, hg__loader *train, hg__loader *val, const hg__fit_setup *s,
                     hg__pool *pool, hg_error *err) {
    if (check_objective(net, &s->objective, err) < 0) return NULL;
    hg__fit *f = hg__alloc(1, sizeof *f, err);
    if (!f) return NULL;
    f->net = net;
    f->train = train;
    f->val = val;
    f->setup = *s;
    f->progress.best_loss = (double)INFINITY;
    if (make_plans(f, pool, err) == HG_OK) return f;
    hg__fit_free(f);
    return NULL;
}

static void free_plans(hg__fit *f) {
    hg__train_plan_free(f->plan);
    hg__adversary_free(f->adversary);
    hg__run_plan_free(f->runner);
    hg__free(f->sums);
    hg__free(f->best);
    f->plan = NULL;
    f->adversary = NULL;
    f->runner = NULL;
    f->sums = NULL;
    f->best = NULL;
}

void hg__fit_free(hg__fit *f) {
    if (!f) return;
    free_plans(f);
    hg__free(f);
}

void hg__fit_refresh(hg__fit *f) {
    hg__train_plan_refresh(f->plan);
    if (!f->adversary) return;
    hg__train_plan_refresh(f->adversary->plan);
    hg__train_plan_refresh_frozen(f->plan);
}

void hg__fit_end(hg__fit *f) {
    const size_t size = f->net->spec.params * sizeof *f->best;
    if (f->has_best && f->best) memcpy(f->net->params, f->best, size);
    free_plans(f);
}

// ---- what is told -------------------------------------------------------------------------------

int32_t hg__fit_epochs(const hg__fit *f) {
    const hg__fit_setup *s = &f->setup;
    if (s->epochs > 0) return (int32_t)s->epochs;
    const double a_step = 1 / (double)steps_per_epoch(f);
    const double done = (double)f->progress.epoch + (double)f->progress.batch * a_step;
    const double all = s->steps > 0 ? (double)s->steps * a_step
                                    : done * s->seconds / fmax(trained_seconds(f), 1e-3);
    const double least = f->progress.epoch + 1;
    return (int32_t)fmin(fmax(ceil(all), least), 1e6);
}

// Steps of this epoch: `steps` may end it early.
static int64_t steps_of_epoch(const hg__fit *f) {
    const int64_t wanted = f->setup.steps, whole = steps_per_epoch(f);
    const int64_t begun = f->progress.step - f->progress.batch; // steps before it
    return wanted > 0 && wanted - begun < whole ? wanted - begun : whole;
}

static double adversary_loss(const hg__fit *f) {
    const hg__progress *p = &f->progress;
    if (!f->adversary) return (double)NAN;
    return p->adversary_sum / hg__adversary_answers(f->adversary, p->rows);
}

static hg_train_event event_now(const hg__fit *f, double lr, double epoch_began) {
    const hg__progress *p = &f->progress;
    return (hg_train_event){.epoch = p->epoch + 1,
                            .epochs = hg__fit_epochs(f),
                            .step = p->batch,
                            .steps = steps_of_epoch(f),
                            .train_loss = p->loss_sum / ((double)p->rows * f->net->spec.width),
                            .val_loss = (double)NAN,
                            .lr = lr,
                            .seconds = trained_seconds(f),
                            .rows_per_second = (double)p->rows / (hg__seconds() - epoch_began),
                            .adversary_loss = adversary_loss(f)};
}

static void tell_step(hg__fit *f, double loss, int32_t rows, double lr) {
    const hg__progress *p = &f->progress;
    if (!f->hooks->step) return;
    const hg_step_event e = {.step = p->step,
                             .epoch = p->epoch + 1,
                             .rows = rows,
                             .loss = loss / ((double)rows * f->net->spec.width),
                             .lr = lr,
                             .seconds = trained_seconds(f)};
    f->is_ended = f->hooks->step(f->hooks->context, &e);
}

// ---- the loop -----------------------------------------------------------------------------------

static double lr_now(const hg__fit *f) {
    const hg__fit_setup *s = &f->setup;
    const hg__progress *p = &f->progress;
    int64_t step = p->step, total = s->steps > 0 ? s->steps : s->epochs * steps_per_epoch(f);
    if (is_timed(f) && step >= s->warmup) { // the clock, in millionths
        const int64_t ticks = 1000000;
        const int64_t now = (int64_t)(trained_seconds(f) / s->seconds * (double)ticks);
        step = s->warmup + (now < ticks ? now : ticks - 1);
        total = s->warmup + ticks;
    }
    return s->optim_options.lr *
           hg__schedule_at(s->schedule, step, total, s->warmup, p->epoch, s->step_every, s->gamma);
}

static int diverged(const hg__fit *f, int64_t step, const char *name, hg_error *err) {
    return hg__fail(err, HG_ERR_DIVERGED,
                    "training diverged in epoch %d at step %lld: %s is not finite; try a smaller "
                    "lr or clip=1",
                    f->progress.epoch + 1, (long long)step, name);
}

// A step whose loss was fine may still have made weights that are not: they are never kept.
static int check_weights(const hg__fit *f, hg_error *err) {
    const hg__spec *s = &f->net->spec;
    const hg__kernels *k = hg__kernels_pick();
    for (int32_t i = 0; i < s->layers; i++) {
        for (int32_t q = 0; q < s->layer[i].params; q++) {
            const hg__param *p = &s->layer[i].param[q];
            char name[64];
            if (k->first_not_finite(f->net->params + p->offset, (int64_t)p->count) < 0) continue;
            hg__param_name(&s->layer[i], q, name);
            return diverged(f, f->progress.batch, name, err);
        }
    }
    return HG_OK;
}

static int run_step(hg__fit *f, const hg__batch *batch, double lr, hg_error *err) {
    hg__progress *p = &f->progress;
    const hg__input in = {.row = batch->row,
                          .count = batch->count,
                          .dtype = batch->dtype,
                          .scale = batch->scale,
                          .ahead = batch->ahead,
                          .ahead_count = batch->ahead_count,
                          .target = batch->target,
                          .side_task = hg__loader_make,
                          .side_context = f->train,
                          .side_count = hg__loader_work(f->train)};
    if (f->adversary) {
        const double judged = hg__adversary_step(f->adversary, f->runner, &in, lr, p->step + 1);
        if (!isfinite(judged)) return diverged(f, p->batch + 1, "the loss of the adversary", err);
        p->adversary_sum += judged;
        hg__train_plan_refresh_frozen(f->plan);
    }
    const double loss = hg__train_step(f->plan, &in, lr, p->step + 1);
    if (!isfinite(loss)) {
        char name[64];
        hg__train_find_not_finite(f->plan, &in, name);
        return diverged(f, p->batch + 1, name, err);
    }
    p->loss_sum += loss;
    p->rows += batch->count;
    f->seen += batch->count;
    p->batch++;
    p->step++;
    tell_step(f, loss, batch->count, lr);
    return HG_OK;
}

// Ends in the midst of an epoch: hooks->is_stopped.
static int stop(hg__fit *f, hg_error *err) {
    f->progress.seconds = trained_seconds(f);
    HG_TRY(check_weights(f, err));
    return hg__fail(err, HG_ERR_STOPPED, "stopped on request");
}

// The rest of the epoch begun.
static int run_epoch(hg__fit *f, double *lr, double epoch_began, hg_error *err) {
    const hg__fit_hooks *h = f->hooks;
    const hg__progress *p = &f->progress;
    hg__batch batch;
    double told = hg__seconds();
    int more = 0;
    hg__loader_start(f->train, f->setup.shuffle, f->setup.seed, p->epoch + 1, p->batch);
    while (!is_over(f) && (more = hg__loader_next(f->train, &batch, err)) > 0) {
        if (h->is_stopped && h->is_stopped(h->context)) return stop(f, err);
        *lr = lr_now(f);
        HG_TRY(run_step(f, &batch, *lr, err));
        if (h->event && (p->batch & 15) == 0 && hg__seconds() - told > event_period) {
            const hg_train_event e = event_now(f, *lr, epoch_began);
            h->event(h->context, &e);
            told = hg__seconds();
        }
    }
    return more < 0 ? more : HG_OK;
}

// *loss: over the validation rows; stays where there are none.
static int validate(hg__fit *f, double *loss, hg_error *err) {
    HG_TRY(check_weights(f, err));
    if (!f->val) return HG_OK;
    HG_TRY(hg__evaluate(f->runner, f->val, f->net->spec.width, &f->setup.objective, f->sums, loss,
                        err));
    return isfinite(*loss) ? HG_OK : diverged(f, f->progress.batch, "the validation loss", err);
}

static void keep_best(hg__fit *f, double loss) {
    f->progress.best_loss = loss;
    f->progress.best_epoch = f->progress.epoch;
    memcpy(f->best, f->net->params, f->net->spec.params * sizeof *f->best);
    f->has_best = true;
}

static int finish_epoch(hg__fit *f, double lr, double epoch_began, hg_error *err) {
    const hg__fit_hooks *h = f->hooks;
    hg__progress *p = &f->progress;
    hg_train_event e = event_now(f, lr, epoch_began);
    HG_TRY(validate(f, &e.val_loss, err));
    p->train_loss = e.train_loss;
    p->epoch++;
    p->batch = p->rows = 0;
    p->loss_sum = p->adversary_sum = 0;
    e.epoch_end = true;
    // What an adversary has taught is not in the validation loss.
    e.is_best = !f->val || f->adversary || e.val_loss < p->best_loss;
    if (e.is_best) keep_best(f, f->val ? e.val_loss : e.train_loss);
    e.seconds = p->seconds = trained_seconds(f);
    return h->epoch ? h->epoch(h->context, &e, err) : HG_OK;
}

static const char *reason_to_end(const hg__fit *f) {
    const hg__fit_setup *s = &f->setup;
    const hg__progress *p = &f->progress;
    if (s->epochs > 0 && p->epoch >= s->epochs) return "done";
    if (s->steps > 0 && p->step >= s->steps) return "done";
    if (f->is_ended) return "callback";
    if (s->patience && f->val && p->epoch - p->best_epoch >= s->patience) return "early stopping";
    return is_late(f) && p->epoch > 0 ? "time" : NULL; // one epoch at least: there is a best
}

int hg__fit_run(hg__fit *f, const hg__fit_hooks *hooks, hg_error *err) {
    double lr = 0;
    f->hooks = hooks;
    f->earlier = f->progress.seconds;
    f->began = hg__seconds();
    while (!(f->reason = reason_to_end(f))) {
        const double began = hg__seconds();
        HG_TRY(run_epoch(f, &lr, began, err));
        HG_TRY(finish_epoch(f, lr, began, err));
    }
    return HG_OK;
}

// ---- how good the weights are: the mean loss over rows ------------------------------------------

// pays: with what layers are paid.
static int evaluate(hg__run_plan *runner, hg__loader *loader, int32_t width, const hg__objective *o,
                    bool pays, double *sums, double *mean, hg_error *err) {
    hg__batch batch;
    double sum = 0;
    int more;
    hg__run_plan_refresh(runner); // training goes on between
    hg__loader_start(loader, false, 0, 0, 0);
    while ((more = hg__loader_next(loader, &batch, err)) > 0) {
        const hg__input in = {.row = batch.row,
                              .count = batch.count,
                              .dtype = batch.dtype,
                              .scale = batch.scale,
                              .target = batch.target};
        if (pays) {
            hg__run_loss(runner, o, &in, sums);
        } else {
            hg__run_loss_from(runner, o, 0, &in, sums);
        }
        for (int32_t i = 0; i < batch.count; i++) sum += sums[i];
    }
    *mean = sum / ((double)hg__loader_rows(loader) * width);
    return more;
}

int hg__evaluate(hg__run_plan *runner, hg__loader *loader, int32_t width, const hg__objective *o,
                 double *sums, double *mean, hg_error *err) {
    return evaluate(runner, loader, width, o, true, sums, mean, err);
}

int hg__evaluate_mse(const hg__network *net, hg__loader *loader, hg__pool *pool, double *mse,
                     hg_error *err) {
    const hg__objective squared = hg__objective_of(hg__loss_find("mse"), 0);
    double *sums = hg__alloc(HG_EVAL_ROWS, sizeof *sums, err);
    hg__run_plan *runner = sums ? hg__run_plan_new(net, pool, NULL, err) : NULL;
    const int code =
        runner ? evaluate(runner, loader, net->spec.width, &squared, false, sums, mse, err)
               : HG_ERR_MEMORY;
    hg__run_plan_free(runner);
    hg__free(sums);
    return code;
}

// SPDX-License-Identifier: Apache-2.0
// monitor.c - hg_monitor: steps of a signal in memory, judged as they come.
#include <math.h>
#include <string.h>

#include "base/host.h"
#include "base/int.h"
#include "base/mem.h"
#include "monitor/signal_alarms.h"
#include "monitor/signal_scorer.h"

enum { BLOCK = 256 }; // steps

struct hg_monitor {
    hg__pool *pool;            // owned
    hg__signal_scorer *scorer; // owned
    hg__signal_alarms alarms;
    float *value;          // owned, (BLOCK, channels)
    int64_t steps;         // so far
    bool begins;           // the next step has no past
    int64_t row[BLOCK];    // of the block at hand
    uint8_t is_new[BLOCK]; // the same
};

static int check(const hg_model *m, double fpr, int32_t threads, hg_error *err) {
    if (!hg__is_signal_model(m)) {
        return hg__fail(err, HG_ERR_MODEL,
                        "monitor: expected a model of a signal (train with window=), got another");
    }
    if (threads < 0 || threads > HG_MAX_THREADS) {
        return hg__fail(err, HG_ERR_USAGE, "monitor: expected 0 to %d threads, got %d",
                        HG_MAX_THREADS, threads);
    }
    if (fpr >= 0 && fpr < 1) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "monitor: expected fpr from 0 to below 1, got %g", fpr);
}

static int open_monitor(hg_monitor *w, const hg_model *m, double fpr, int32_t threads,
                        hg_error *err) {
    HG_TRY(check(m, fpr, threads, err));
    w->pool = hg__pool_new(threads, err);
    if (!w->pool) return HG_ERR_MEMORY;
    w->scorer = hg__signal_scorer_new(m, w->pool, "model", err);
    if (!w->scorer) return (int)err->code;
    const hg__signal *d = hg__signal_scorer_signal(w->scorer);
    if (d->kind == HG_SIGNAL_SOUND || d->resample > 0) {
        return hg__fail(err, HG_ERR_MODEL,
                        "monitor: expected a model of steps as they come, got one of %s, whose "
                        "recordings hg_run() judges (mode predict)",
                        d->resample > 0 ? "averages (resample=)" : "frames of sound");
    }
    w->value = hg__alloc(BLOCK, (size_t)d->read * sizeof *w->value, err);
    if (!w->value) return HG_ERR_MEMORY;
    hg__signal_scorer_go_live(w->scorer);
    w->begins = true;
    HG_TRY(hg__signal_alarms_init(&w->alarms, m, "model", err));
    return fpr > 0 && hg__signal_alarms_has(&w->alarms)
               ? hg__signal_alarms_ask(&w->alarms, fpr, err)
               : HG_OK;
}

hg_monitor *hg_monitor_new(const hg_model *m, double fpr, int32_t threads, hg_error *err) {
    HG_ENTRY;
    hg_error unused = {0};
    hg_monitor *w = hg__alloc(1, sizeof *w, err);
    if (!w) return NULL;
    if (open_monitor(w, m, fpr, threads, err ? err : &unused) == HG_OK) return w;
    hg_monitor_free(w);
    return NULL;
}

void hg_monitor_free(hg_monitor *w) {
    HG_ENTRY;
    if (!w) return;
    hg__signal_alarms_clear(&w->alarms);
    hg__signal_scorer_free(w->scorer);
    hg__pool_free(w->pool);
    hg__free(w->value);
    hg__free(w);
}

int32_t hg_monitor_channels(const hg_monitor *w) {
    HG_ENTRY;
    return hg__signal_scorer_signal(w->scorer)->read;
}

const char *hg_monitor_channel_at(const hg_monitor *w, int32_t i) {
    HG_ENTRY;
    const hg__signal *d = hg__signal_scorer_signal(w->scorer);
    return i >= 0 && i < d->read ? d->name[i] : NULL;
}

void hg_monitor_restart(hg_monitor *w) {
    HG_ENTRY;
    w->begins = true;
}

static void explain(const hg_monitor *w, int32_t i, hg_step_verdict *v) {
    const hg__signal *d = hg__signal_scorer_signal(w->scorer);
    hg__signal_reason why;
    if (hg__signal_scorer_explain(w->scorer, i, 1, &why) == 0) return;
    v->reason = d->name[why.channel];
    v->channel = d->pick[why.channel];
    v->reason_share = (double)why.share;
    v->observed = (double)why.observed;
    v->expected = (double)why.expected;
}

// Step i of those that the scorer gave last, as verdict `at` of the caller's, whose header may know less of it than we do.
static void give(hg_monitor *w, const hg__scored_step *step, int32_t i, hg_step_verdict *all,
                 int64_t at) {
    const hg__alarm a = hg__signal_alarms_take(&w->alarms, step);
    const size_t size = all->size;
    const bool has_alarms = hg__signal_alarms_has(&w->alarms);
    hg_step_verdict v = {.score = (double)(has_alarms ? a.score : step->now),
                         .p_value = a.p,
                         .event = a.event,
                         .alarm = a.is_alarm,
                         .reason = "",
                         .channel = -1,
                         .observed = (double)NAN,
                         .expected = (double)NAN};
    if (a.is_alarm) explain(w, i, &v);
    char *to = (char *)all + (size_t)at * size;
    memcpy(to, &size, sizeof size);
    (void)hg__fill(to, &v, sizeof v, "hg_step_verdict", NULL); // the size was looked at
}

// count: at most BLOCK.
static void push_block(hg_monitor *w, const float *x, int32_t count, hg_step_verdict *v,
                       int64_t at) {
    const size_t numbers = (size_t)count * (size_t)hg_monitor_channels(w);
    const hg__steps steps = {.count = count, .value = w->value, .row = w->row, .begins = w->is_new};
    const hg__scored_step *step;
    for (size_t i = 0; i < numbers; i++) w->value[i] = isfinite(x[i]) ? x[i] : NAN;
    for (int32_t i = 0; i < count; i++) {
        w->row[i] = w->steps++;
        w->is_new[i] = w->begins;
        w->begins = false;
    }
    for (int32_t taken = 0; taken < count;) {
        taken += hg__signal_scorer_take(w->scorer, &steps, taken);
        const int32_t n = hg__signal_scorer_next(w->scorer, &step);
        for (int32_t i = 0; i < n; i++) give(w, &step[i], i, v, at++);
    }
}

int hg_monitor_push(hg_monitor *w, const float *x, int64_t steps, hg_step_verdict *v,
                    hg_error *err) {
    HG_ENTRY;
    const size_t channels = (size_t)hg_monitor_channels(w);
    if (steps <= 0) return HG_OK;
    if (v->size <= sizeof v->size) {
        return hg__fail(err, HG_ERR_USAGE,
                        "hg_step_verdict: expected size to be sizeof(hg_step_verdict), got %zu",
                        v->size);
    }
    for (int64_t at = 0; at < steps; at += BLOCK) {
        const int32_t count = (int32_t)hg__min_64(steps - at, BLOCK);
        push_block(w, x + (size_t)at * channels, count, v, at);
    }
    return HG_OK;
}

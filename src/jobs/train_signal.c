// SPDX-License-Identifier: Apache-2.0
// train_signal.c - a training whose rows are windows of a recording: where they lie, which are held out, and the detector of what they taught.
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/int.h"
#include "base/mem.h"
#include "base/text.h"
#include "jobs/judge_signal.h"
#include "jobs/trainer.h"
#include "monitor/rebuilt.h"
#include "monitor/signal_fit.h"
#include "monitor/window_detector.h"
#include "signal/framed.h"

enum {
    MOST_WINDOWS = 50000, // that are learned from
    VIBRATION = 1000      // steps a second
};

typedef struct hg__signal_data {
    hg__recording *recording; // owned; NULL once it is held
    hg__samples samples;
    hg__signal signal;
    hg__signal_split split;
    hg__windows windows;
    hg__hidden_windows hidden; // the same, as the network sees them
} hg__signal_data;

void hg__signal_data_free(hg__signal_data *p) {
    if (!p) return;
    hg__recording_close(p->recording);
    hg__samples_clear(&p->samples);
    hg__signal_clear(&p->signal);
    hg__signal_split_clear(&p->split);
    hg__free(p);
}

bool hg__is_signal_run(const hg__trainer *t) {
    const struct hg__values *v = &t->o.values;
    if (t->data || t->given) return false;
    const bool asks_frames = strcmp(v->frames, "auto") != 0 && strcmp(v->frames, "none") != 0;
    return *v->window || asks_frames || hg__is_recording(v->data);
}

// What suits windows, and was measured: docs/SIGNALS.md. Set where nobody else did, so that args.yaml repeats it.
static const struct {
    int option;
    const char *name, *value;
} signal_options[] = {
    {HG_OPTION_window,       "window",       "auto"  },
    {HG_OPTION_optimizer,    "optimizer",    "adamw" },
    {HG_OPTION_weight_decay, "weight_decay", "1e-4"  },
    {HG_OPTION_lr,           "lr",           "2e-3"  },
    {HG_OPTION_schedule,     "schedule",     "cosine"},
    {HG_OPTION_batch,        "batch",        "64"    },
    {HG_OPTION_val,          "val",          "0.25"  },
    {HG_OPTION_pca,          "pca",          "false" },
    {HG_OPTION_samples,      "samples",      "0"     },
};
static const char signal_steps[] = "1500";

int hg__set_signal_options(hg__trainer *t, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    double share;
    if (*v->rate) HG_TRY(hg__alarms_fpr(v->alarms, v->rate, &share, err));
    for (size_t i = 0; i < sizeof signal_options / sizeof *signal_options; i++) {
        if (t->o.set[signal_options[i].option]) continue;
        HG_TRY(hg_options_set(&t->o, signal_options[i].name, signal_options[i].value, err));
    }
    if (!t->o.set[HG_OPTION_epochs] && !t->o.set[HG_OPTION_steps] && !t->o.set[HG_OPTION_time]) {
        HG_TRY(hg_options_set(&t->o, "steps", signal_steps, err));
        t->o.values.epochs = 0;
    }
    if (!hg__parse_float(v->val, &share)) {
        return hg__fail(err, HG_ERR_USAGE, "val: expected a share of the recording, got '%.200s'",
                        v->val);
    }
    if (*v->noise && strstr(v->noise, "blind")) {
        return hg__fail(err, HG_ERR_USAGE, "noise: expected none of images, got '%.200s'",
                        v->noise);
    }
    return HG_OK;
}

static int window_of(const struct hg__values *v, int32_t *window, hg_error *err) {
    double n = 0;
    *window = 0;
    if (strcmp(v->window, "auto") == 0) return HG_OK;
    if (!hg__parse_float(v->window, &n) || n != (double)(int32_t)n) {
        return hg__fail(err, HG_ERR_USAGE, "window: expected auto, or 2 to %d steps, got '%.100s'",
                        HG_MAX_WINDOW, v->window);
    }
    *window = (int32_t)n;
    return HG_OK;
}

static hg__hide hide_of(const struct hg__values *v) {
    for (int32_t i = HG_HIDE_NONE; i < HG_HIDE_KINDS; i++) {
        if (strcmp(v->hide, hg__hide_names[i]) == 0) return (hg__hide)i;
    }
    return HG_HIDE_NONE;
}

int hg__check_hide(const hg__trainer *t, hg_error *err) {
    if (t->is_signal || hide_of(&t->o.values) == HG_HIDE_NONE) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "hide=%s: expected a recording, which window=auto makes of a table or an array",
                    t->o.values.hide);
}

static void tell_signal(const hg__trainer *t, const hg__signal_data *p) {
    const hg__signal *d = &p->signal;
    char line[400], every[64] = "", period[64] = "", found[64] = "";
    if (d->period) snprintf(period, sizeof period, " (a period of %d)", d->period);
    if (d->step > 0) snprintf(every, sizeof every, ", a step every %.9g s", d->step);
    if (d->kind == HG_SIGNAL_PLANT) {
        snprintf(found, sizeof found, "; a fault that lasts is found within %d steps",
                 2 * d->length);
    }
    snprintf(line, sizeof line,
             "%lld steps of %d channel%s%s, in %lld stretch%s; windows of %d steps%s, one every "
             "%d%s",
             (long long)p->samples.steps, d->channels, d->channels > 1 ? "s" : "", every,
             (long long)p->samples.stretches, p->samples.stretches > 1 ? "es" : "", d->length,
             period, d->stride, found);
    hg__trainer_note(t, line);
    if (p->samples.labelled == 0) return;
    snprintf(line, sizeof line, "%lld steps that label= calls anomalies are left out",
             (long long)p->samples.labelled);
    hg__trainer_note(t, line);
}

static void tell_frames(const hg__trainer *t, const hg__recording *r) {
    char line[200];
    const double rate = r->rate > 0 ? r->rate : r->step > 0 ? 1 / r->step : 0;
    if (rate < VIBRATION || hg__framed_setup(r) || strcmp(t->o.values.frames, "auto") != 0) return;
    snprintf(line, sizeof line,
             "%.9g steps a second: if this is vibration, frames=spectrum looks at the bands of its "
             "spectrum",
             rate);
    hg__trainer_note(t, line);
}

static int load(hg__trainer *t, hg__signal_data *p, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    p->recording = hg__signal_open(&t->o, NULL, t->l, err);
    if (!p->recording) return (int)err->code;
    const bool has_frames = hg__framed_setup(p->recording) != NULL;
    p->recording->until = t->until;
    if (has_frames && v->resample > 0) {
        return hg__fail(err, HG_ERR_USAGE,
                        "resample: expected frames=none beside it, as frames are made of samples "
                        "as they are, got %.9g",
                        v->resample);
    }
    HG_TRY(hg__samples_load(&p->samples, p->recording, NULL, 0, (size_t)v->max_mem, err));
    hg__trainer_note(t, p->recording->note);
    tell_frames(t, p->recording);
    hg__signal_options o = {.stride = (int32_t)v->stride,
                            .resample = v->resample,
                            .memory = (size_t)v->max_mem,
                            .is_sound = has_frames,
                            .hide = hide_of(v),
                            .group = v->groupby,
                            .beside = t->beside};
    HG_TRY(hg__window_detectors_parse(v->detectors, &o.detectors, err));
    HG_TRY(window_of(v, &o.window, err));
    HG_TRY(hg__signal_look(&p->signal, &p->samples, p->recording, &o, err));
    tell_signal(t, p);
    hg__recording_close(p->recording);
    p->recording = NULL;
    return HG_OK;
}

// Where nobody said which: convolutions for pulses, of which they know shapes wherever they lie. docs/SIGNALS.md has what was measured.
static int pick_network(hg__trainer *t, const hg__signal *d, hg_error *err) {
    static const char *const preset[HG_SIGNAL_KINDS] = {
        [HG_SIGNAL_PLANT] = "signal", [HG_SIGNAL_PULSES] = "conv1d", [HG_SIGNAL_SOUND] = "signal"};
    if (t->o.set[HG_OPTION_model]) return HG_OK;
    return hg_options_set(&t->o, "model", preset[d->kind], err);
}

int hg__open_signal(hg__trainer *t, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    double share = 0;
    hg__signal_data *p = t->signal = hg__alloc(1, sizeof *p, err);
    if (!p) return HG_ERR_MEMORY;
    HG_TRY(load(t, p, err));
    HG_TRY(pick_network(t, &p->signal, err));
    (void)hg__parse_float(v->val, &share);
    HG_TRY(hg__signal_split_init(&p->split, &p->samples, &p->signal, share, MOST_WINDOWS, err));
    p->windows = (hg__windows){&p->samples, hg__signal_view(&p->signal), p->split.start,
                               p->split.trained + p->split.held};
    const hg__row_source source = hg__windows_source(&p->windows, v->data);
    t->data = hg__dataset_of_source(&source, "windows", NULL, NULL, err);
    if (!t->data) return HG_ERR_MEMORY;
    t->data->path = v->data;
    t->data->fingerprint = p->samples.data.fingerprint;
    if (p->signal.hiding.kind == HG_HIDE_NONE) return HG_OK;
    p->hidden = (hg__hidden_windows){p->windows, p->signal.hiding};
    p->hidden.windows.view = hg__hiding_view(&p->signal.hiding, p->windows.view);
    t->data->learned = hg__hidden_source(&p->hidden, v->data);
    return HG_OK;
}

// Neighbouring windows share most of their steps, so that whole blocks of time are held out.
void hg__split_signal(hg__trainer *t) {
    const hg__signal_split *s = &t->signal->split;
    t->rows = hg__rows_all(t->data->source);
    t->rows.count = s->trained;
    t->val_rows = hg__rows_all(t->data->source);
    t->val_rows.first = s->trained;
    t->val_rows.count = s->held;
}

static void tell_rebuilt(const hg__trainer *t) {
    char line[HG_REBUILT_TEXT];
    const hg__rebuilt r = hg__rebuilt_load(t->model);
    hg__rebuilt_describe(&r, line);
    hg__trainer_note(t, line);
}

int hg__fit_signal(hg__trainer *t, hg_error *err) {
    hg__signal_data *p = t->signal;
    const struct hg__values *v = &t->o.values;
    hg__signal_fit_options o = {.fpr = v->fpr, .seed = (uint64_t)v->seed};
    HG_TRY(hg__signal_events_asked(&t->o, p->signal.step, &o.events, err));
    hg__meter_start(&t->meter, t->l, "scoring", "steps", p->samples.steps);
    const int code =
        hg__signal_fit(t->model, &p->signal, &p->samples, &p->split, &o, &t->meter, t->pool, err);
    hg__meter_end(&t->meter);
    HG_TRY(code);
    hg__trainer_tell_threshold(t, "steps");
    tell_rebuilt(t);
    return HG_OK;
}

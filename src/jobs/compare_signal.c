// SPDX-License-Identifier: Apache-2.0
// compare_signal.c - trains a model of recordings in which all detectors look on, and measures what each says of labelled steps.
#include "jobs/compare_signal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/show.h"
#include "jobs/job.h"
#include "jobs/pages.h"
#include "jobs/trainer.h"
#include "signal/recording_list.h"

static const uint32_t all_detectors = (UINT32_C(1) << HG_WINDOW_DETECTORS) - 1;

// One training, and a recording that it is tested on.
typedef struct trial {
    const hg_options *o;  // borrowed, as all of it
    const hg_listener *l; // never NULL
    int64_t until;        // normal steps that train; 0: all of another recording
    hg__signal_judging in;
    hg__signal_tally tally;
} trial;

bool hg__compares_signals(const hg_options *o) {
    const struct hg__values *v = &o->values;
    const bool asks_frames = strcmp(v->frames, "auto") != 0 && strcmp(v->frames, "none") != 0;
    return *v->window || *v->test || asks_frames || hg__is_recording(v->data);
}

static void note(const hg_listener *l, const char *path, const char *what) {
    char line[700];
    snprintf(line, sizeof line, "%.300s: %s", path, what);
    hg__tell(l, line);
}

// ---- training -----------------------------------------------------------------------------------

// What is set for both jobs, but for what goes in and out.
static int take_options(hg_options *to, const hg_options *from, hg_error *err) {
    static const char *const own[] = {"data", "seed", "cfg"};
    hg_option_info row = {.size = sizeof row};
    for (size_t i = 0; hg_option_at("train", i, &row); i++) {
        bool is_taken = hg_options_is_set(from, row.name);
        for (size_t k = 0; k < sizeof own / sizeof *own; k++) {
            is_taken = is_taken && strcmp(own[k], row.name) != 0;
        }
        if (is_taken) HG_TRY(hg__option_take(to, from, row.name, err));
    }
    return HG_OK;
}

static int set_options(hg_options *to, const trial *t, const char *data, int64_t seed,
                       hg_error *err) {
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)seed);
    HG_TRY(take_options(to, t->o, err));
    HG_TRY(hg_options_set(to, "data", data, err));
    HG_TRY(hg_options_set(to, "seed", text, err));
    if (*t->o->values.window) return HG_OK;
    return hg_options_set(to, "window", "auto", err);
}

static hg_model *train(const trial *t, const char *data, int64_t seed, hg_error *err) {
    const hg_listener quiet = {
        .size = sizeof quiet, .context = t->l->context, .stop = t->l->stop, .abort = t->l->abort};
    hg_result unused = {.size = sizeof unused};
    hg_model *m = NULL;
    hg_options *o = hg_options_new("train", err);
    hg__trainer *own = o ? hg__alloc(1, sizeof *own, err) : NULL;
    if (own && set_options(o, t, data, seed, err) == HG_OK) {
        own->o = *o;
        own->l = &quiet;
        own->beside = all_detectors;
        own->until = t->until;
        if (hg__trainer_fit(own, &unused, err) == HG_OK) {
            m = own->model;
            own->model = NULL;
        }
    }
    if (own) hg__trainer_clear(own);
    hg__free(own);
    hg_options_free(o);
    return m;
}

// ---- judging ------------------------------------------------------------------------------------

static bool is_normal(const hg__scored_step *step) {
    return step->row >= 0 && step->label == 0;
}

static int take_steps(trial *t, hg_error *err) {
    const hg__judged_step *step;
    int32_t count;
    int64_t seen = 0;
    int more;
    while ((more = hg__signal_judging_next(&t->in, &step, &count, err)) > 0) {
        for (int32_t i = 0; i < count; i++) {
            const bool is_test = seen >= t->until;
            seen += is_normal(step[i].step);
            if (is_test) HG_TRY(hg__signal_tally_add(&t->tally, &t->in, &step[i], i, err));
        }
    }
    return more;
}

static void fill(hg__signal_figure *f, const hg__series_metrics *m) {
    const double of[HG_SIGNAL_MEASURES] = {m->vus.pr,  m->vus.roc,
                                           m->auroc,   m->ap,
                                           m->best_f1, m->has_alarms ? m->event.f1 : (double)NAN};
    memcpy(f->of, of, sizeof of);
}

static int measure(trial *t, hg__compared_signal *set, hg__signal_figure *figure, hg_error *err) {
    hg__series_metrics m;
    hg__series_metrics_options o = {.level = 0.95};
    const bool has_alarms = hg__signal_alarms_has(&t->in.alarms);
    const int32_t period = hg__signal_scorer_signal(t->in.scorer)->period;
    if (set->window < 0) {
        HG_TRY(hg__signal_tally_window(t->in.recording, period, &set->window, err));
    }
    o.window = set->window;
    for (int32_t k = 0; k < HG_SIGNAL_METHODS; k++) {
        const hg__scored_series s = hg__signal_tally_series(&t->tally, k - 1, has_alarms);
        HG_TRY(hg__series_metrics_of(&s, &o, &m, err));
        fill(&figure[k], &m);
    }
    set->anomalies = m.anomalies;
    set->normal = m.steps - m.anomalies;
    return HG_OK;
}

// Takes m.
static int judge(trial *t, hg_model *m, const char *test, hg__compared_signal *set,
                 hg__signal_figure *figure, hg_error *err) {
    const hg_listener quiet = {
        .size = sizeof quiet, .context = t->l->context, .stop = t->l->stop, .abort = t->l->abort};
    hg_options *o = hg__options_copy(t->o, err);
    int code = o ? hg_options_set(o, "data", test, err) : HG_ERR_MEMORY;
    if (code < 0) hg_model_free(m);
    if (code == HG_OK) code = hg__signal_judging_open(&t->in, m, o, &quiet, err);
    if (code == HG_OK) code = take_steps(t, err);
    if (code == HG_OK) code = measure(t, set, figure, err);
    hg__signal_judging_close(&t->in);
    hg__signal_tally_clear(&t->tally);
    hg_options_free(o);
    return code;
}

// ---- recordings ---------------------------------------------------------------------------------

typedef struct counts {
    int64_t normal, named; // normal steps; of them those that the file's name says are for training
    int64_t anomalies;     // behind the first `until` normal ones (0: all)
} counts;

static int count_steps(hg__recording *r, int64_t until, counts *to, hg_error *err) {
    hg__steps s;
    int more;
    *to = (counts){0};
    while ((more = hg__recording_next(r, &s, err)) > 0) {
        for (int32_t i = 0; i < s.count; i++) {
            if (s.row[i] < 0) continue;
            const bool is_anomaly = s.label && s.label[i];
            to->anomalies += is_anomaly && to->normal >= until;
            to->normal += !is_anomaly;
            to->named += !is_anomaly && s.row[i] < r->train_rows;
        }
    }
    return more;
}

// How much of a recording trains, and whether it can be a test at all.
static int survey(trial *t, const char *path, hg__compared_signal *set, bool *is_fit,
                  hg_error *err) {
    counts there = {0};
    hg_options *o = hg__options_copy(t->o, err);
    hg__recording *r = NULL;
    if (o && hg_options_set(o, "data", path, err) == HG_OK) {
        r = hg__signal_open(o, NULL, NULL, err);
    }
    if (!r) {
        hg_options_free(o);
        return (int)err->code;
    }
    int code = count_steps(r, 0, &there, err);
    if (code == HG_OK && !*t->o->values.test) {
        t->until = set->trained = there.named ? there.named : there.normal / 2;
        code = hg__recording_rewind(r, err);
        if (code == HG_OK) code = count_steps(r, t->until, &there, err);
    }
    *is_fit = code == HG_OK && there.anomalies > 0 && there.normal > t->until;
    hg__recording_close(r);
    hg_options_free(o);
    return code;
}

static int run_seeds(hg__signal_comparison *c, trial *t, hg__compared_signal *set, const char *path,
                     hg_error *err) {
    const struct hg__values *v = &t->o->values;
    for (int32_t i = 0; i < c->seeds; i++) {
        hg_model *m = train(t, *v->test ? v->data : path, c->first_seed + i, err);
        if (!m) return (int)err->code;
        HG_TRY(judge(t, m, path, set, set->figure + (ptrdiff_t)i * HG_SIGNAL_METHODS, err));
        hg__meter_add(&c->meter, 1);
    }
    return HG_OK;
}

// The end of a path behind its last slash, or with its folder.
static const char *name_of(const char *path, bool with_folder) {
    const char *at = path + strlen(path);
    for (int32_t slashes = with_folder ? 2 : 1; at > path; at--) {
        if (at[-1] == '/' && at[0] && --slashes == 0) break;
    }
    return at;
}

static bool has_folders(const hg__file_list *l) {
    const char *first = l->file[0].path;
    const size_t size = (size_t)(name_of(first, false) - first);
    for (int32_t i = 1; i < l->count; i++) {
        const char *path = l->file[i].path;
        if ((size_t)(name_of(path, false) - path) != size || strncmp(path, first, size) != 0) {
            return true;
        }
    }
    return false;
}

static int run_recording(hg__signal_comparison *c, const hg_options *o, const hg_listener *l,
                         const char *path, hg_error *err) {
    hg__compared_signal *set = &c->set[c->sets];
    trial t = {.o = o, .l = l};
    bool is_fit = false;
    *set = (hg__compared_signal){.window = -1};
    snprintf(set->name, sizeof set->name, "%.255s", name_of(path, c->has_folders));
    hg__cut_partial(set->name);
    HG_TRY(survey(&t, path, set, &is_fit, err));
    if (!is_fit) {
        note(l, path,
             *o->values.test ? "passed over, for it needs normal steps and anomalies"
                             : "passed over, for nothing is labelled as an anomaly behind what "
                               "trains, the first half of its normal steps");
        hg__meter_add(&c->meter, c->seeds);
        return HG_OK;
    }
    c->sets++;
    set->figure = hg__alloc((size_t)c->seeds * HG_SIGNAL_METHODS, sizeof *set->figure, err);
    return set->figure ? run_seeds(c, &t, set, path, err) : HG_ERR_MEMORY;
}

static int run_all(hg__signal_comparison *c, const hg_options *o, const hg_listener *l,
                   hg_error *err) {
    const char *data = *o->values.test ? o->values.test : o->values.data;
    hg__file_list list = {0};
    int code = hg__recording_list_read(&list, data, err);
    hg__meter_start(&c->meter, l, "comparing", "runs", (int64_t)list.count * c->seeds);
    if (code == HG_OK) {
        c->set = hg__alloc((size_t)list.count, sizeof *c->set, err);
        if (!c->set) code = HG_ERR_MEMORY;
        c->has_folders = has_folders(&list);
    }
    for (int32_t i = 0; code == HG_OK && i < list.count; i++) {
        const char *path = list.file[i].path;
        code = hg__check_out(path, "recording", o->values.out, err);
        if (code == HG_OK) code = run_recording(c, o, l, path, err);
    }
    hg__file_list_clear(&list);
    if (code == HG_OK) hg__meter_end(&c->meter);
    if (code == HG_OK && c->sets == 0) {
        return hg__fail(err, HG_ERR_DATA,
                        "%.300s: expected normal steps and anomalies to test on, found none; "
                        "test=FILE may have them, beside what is normal in data=",
                        data);
    }
    return code;
}

// ---- told ---------------------------------------------------------------------------------------

// out= is the last that can fail: it is whole, or what it was.
static int report(const hg__signal_comparison *c, const hg_options *o, hg_result *r,
                  hg_error *err) {
    hg__text out = {0}, csv = {0};
    (r->json ? hg__signal_comparison_format_json : hg__signal_comparison_format)(c, &out);
    hg__signal_comparison_format_csv(c, &csv);
    char *sheet = hg__text_take(&out, err), *lines = hg__text_take(&csv, err);
    int code = sheet && lines ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK) code = hg__signal_comparison_save_page(c, o, err);
    if (code == HG_OK && *o->values.out) {
        code = hg__write_file(o->values.out, lines, strlen(lines), err);
    }
    hg__free(lines);
    if (code == HG_OK) {
        r->text = sheet;
    } else {
        hg__free(sheet);
    }
    return code;
}

int hg__compare_signals(const hg_options *o, const hg_listener *l, hg_result *r, hg_error *err) {
    const struct hg__values *v = &o->values;
    if (!*v->label && !*v->labels) {
        return hg__fail(err, HG_ERR_USAGE,
                        "expected label=... or labels=..., which say what steps are anomalies, got "
                        "neither");
    }
    hg__signal_comparison c = {.seeds = o->set[HG_OPTION_seeds] ? (int32_t)v->seeds : 1,
                               .first_seed = v->seed,
                               .is_named = strcmp(v->labels, "name") == 0,
                               .is_chosen = strcmp(v->detectors, "auto") != 0};
    int code = run_all(&c, o, l, err);
    if (code == HG_OK) code = report(&c, o, r, err);
    for (int32_t i = 0; i < c.sets; i++) hg__free(c.set[i].figure);
    hg__free(c.set);
    return code;
}

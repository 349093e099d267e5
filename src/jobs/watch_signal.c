// SPDX-License-Identifier: Apache-2.0
// watch_signal.c - a signal judged as it comes, and a line for each event that begins and ends.
//
// What has come by now is judged together, up to a block: of a source that is slow that is one row, of a file thousands. The events are
// the same either way.
#include "jobs/watch_signal.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/show.h"
#include "base/system.h"
#include "jobs/job.h"

enum { WAIT = 200 }; // ms for the next message

// ---- counters -----------------------------------------------------------------------------------

static int write_metrics(const void *counters, hg__text *t) {
    const hg__signal_counters *c = counters;
#define METRIC(name, kind, help) hg__watch_metric(t, #name, kind, help, atomic_load(&c->name));
    HG_SIGNAL_COUNTERS(METRIC)
#undef METRIC
    return t->failed ? HG_ERR_MEMORY : HG_OK;
}

static void count_all(hg__signal_watch *w) {
    const hg__row_lines_counts r = hg__row_lines_count(w->lines);
    const hg__messages_counts m = w->in->counts;
    const struct {
        _Atomic double *to;
        double value;
    } all[] = {
        {&w->count.steps,       (double)w->steps                   },
        {&w->count.alarms,      (double)w->alarmed                 },
        {&w->count.events,      (double)w->alarms.state.events     },
        {&w->count.open_events, w->event.number != 0               },
        {&w->count.drift,       w->alarms.state.drift              },
        {&w->count.lines,       (double)r.lines                    },
        {&w->count.missing,     (double)w->missing                 },
        {&w->count.bridged,     (double)r.bridged                  },
        {&w->count.gaps,        (double)r.gaps                     },
        {&w->count.late,        (double)r.late                     },
        {&w->count.duplicates,  (double)r.duplicates               },
        {&w->count.bad,         (double)r.bad                      },
        {&w->count.bad_cells,   (double)r.bad_cells                },
        {&w->count.too_long,    (double)m.too_long                 },
        {&w->count.dropped,     (double)(m.dropped + m.dropped_old)},
        {&w->count.reconnects,  (double)m.reconnects               },
        {&w->count.restarts,    (double)(m.restarts + r.restarts)  },
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) atomic_store(all[i].to, all[i].value);
}

static int report(hg__signal_watch *w, hg_error *err) {
    const hg_listener *l = w->listener;
    const char *before = "";
    if (!l->report || *l->report == w->reports) return HG_OK;
    w->reports = *l->report;
    hg__text t = {0};
#define WORD(name, kind, help)                                              \
 hg__text_add(&t, "%s%s %.9g", before, #name, atomic_load(&w->count.name)); \
 before = ", ";
    HG_SIGNAL_COUNTERS(WORD)
#undef WORD
    (void)before;
    const int code = t.failed ? hg__fail(err, HG_ERR_MEMORY, "out of memory: counters") : HG_OK;
    if (code == HG_OK) hg__tell(l, t.data);
    hg__text_clear(&t);
    return code;
}

// ---- steps --------------------------------------------------------------------------------------

static void count_missing(hg__signal_watch *w, const hg__steps *s) {
    const int32_t channels = hg__signal_scorer_signal(w->scorer)->read;
    int64_t missing = 0;
    for (int32_t i = 0; i < s->count; i++) {
        const float *value = s->value + (size_t)i * (size_t)channels;
        for (int32_t c = 0; c < channels && s->row[i] >= 0; c++) missing += isnan(value[c]);
    }
    w->missing += missing;
}

static void judge(hg__signal_watch *w, const hg__steps *s) {
    const hg__scored_step *step;
    w->has_times = s->when != NULL;
    count_missing(w, s);
    for (int32_t taken = 0; taken < s->count;) {
        taken += hg__signal_scorer_take(w->scorer, s, taken);
        const int32_t n = hg__signal_scorer_next(w->scorer, &step);
        for (int32_t i = 0; i < n; i++) hg__signal_watch_take(w, &step[i], i);
    }
}

static int write_lines(hg__signal_watch *w, hg_error *err) {
    const char *out = w->out == STDOUT_FILENO ? "standard output" : w->o->values.out;
    if (w->line.failed) return hg__fail(err, HG_ERR_MEMORY, "out of memory: %s", out);
    if (w->line.length == 0) return HG_OK;
    const size_t length = w->line.length;
    w->line.length = 0;
    return hg__write_all(w->out, w->line.data, length, out, err);
}

// All rows that were added are judged.
static int judge_rows(hg__signal_watch *w, hg_error *err) {
    hg__steps steps;
    while (hg__row_lines_take(w->lines, &steps) == 1) {
        w->is_dirty = true;
        judge(w, &steps);
        HG_TRY(write_lines(w, err));
    }
    count_all(w);
    return HG_OK;
}

// ---- messages -----------------------------------------------------------------------------------

// Rows without times do not say that some are missing between them.
static void look_for_losses(hg__signal_watch *w) {
    const hg__messages_counts m = w->in->counts;
    const int64_t lost = m.too_long + m.dropped + m.dropped_old + m.restarts;
    if (lost != w->lost && !w->has_times) hg__row_lines_break(w->lines);
    w->lost = lost;
}

static int take_line(hg__signal_watch *w, const hg__message *m, hg_error *err) {
    look_for_losses(w);
    if (m->is_cut) { // maybe more of it comes later: whoever goes on reads it again
        HG_TRY(judge_rows(w, err));
        hg__signal_state_keep(w, true);
        w->is_closed = true;
    } else {
        w->behind = m->position;
    }
    const int code = hg__row_lines_add(w->lines, m->text, m->size, err);
    w->is_closed |= code < 0; // whoever goes on finds the bad line again
    w->is_dirty = true;
    return code < 0 ? code : HG_OK;
}

// Lines that are there by now, as many as there is room for. HG_MESSAGES_END, or 0.
static int take_lines(hg__signal_watch *w, hg_error *err) {
    hg__message m;
    int wait = WAIT;
    while (!hg__row_lines_is_full(w->lines)) {
        const int code = hg__messages_next(w->in, wait, &m, err);
        if (code != 1) return code;
        HG_TRY(take_line(w, &m, err));
        wait = 0;
    }
    return HG_OK;
}

static int watch_all(hg__signal_watch *w, hg_error *err) {
    int code = HG_OK;
    while (code == HG_OK) {
        code = take_lines(w, err);
        const int judged = judge_rows(w, code < 0 ? NULL : err); // also what came before a bad line
        if (code >= 0 && judged < 0) code = judged;
        if (code < 0) break;
        hg__signal_state_keep(w, false);
        HG_TRY(report(w, err));
        if (code == HG_OK && hg__is_stopped(w->listener) && w->in->rest.size == 0) {
            code = hg__fail(err, HG_ERR_STOPPED, "stopped on request");
        }
    }
    return code == HG_MESSAGES_END ? HG_OK : code;
}

// An event that goes on ends with what was watched, unless somebody goes on with it.
static int finish(hg__signal_watch *w, int code, hg_error *err) {
    if (code < 0 && code != HG_ERR_STOPPED) w->is_closed = true; // somewhere between two rows
    hg__signal_state_keep(w, true);
    if (!w->path[0]) hg__signal_watch_end(w);
    const int written = write_lines(w, code < 0 ? NULL : err);
    count_all(w);
    return code < 0 ? code : written;
}

// ---- from open to closed ------------------------------------------------------------------------

static int refuse(const hg__signal_watch *w, hg_error *err) {
    const struct hg__values *v = &w->o->values;
    const struct {
        const char *name;
        bool is_set;
    } not_here[] = {
        {"format=eve", strcmp(v->format, "eve") == 0},
        {"learn=",            v->learn > 0                    },
        {"syslog=",            v->syslog},
        {"page=",            *v->page != '\0'                      },
        {"filter=",            *v->filter != '\0'},
        {"anonymise=",            *v->anonymise != '\0'                   },
    };
    for (size_t i = 0; i < sizeof not_here / sizeof *not_here; i++) {
        if (!not_here[i].is_set) continue;
        return hg__fail(err, HG_ERR_USAGE, "%s: expected a model of packets, got one of a signal",
                        not_here[i].name);
    }
    if (v->top <= HG_SIGNAL_REASONS) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "top: expected at most %d channels, got %d",
                    HG_SIGNAL_REASONS, (int)v->top);
}

static int check_signal(const hg__signal_watch *w, hg_error *err) {
    const hg__signal *d = hg__signal_scorer_signal(w->scorer);
    const char *model = w->o->values.model;
    if (d->kind == HG_SIGNAL_SOUND) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected a model of rows, got one of sound, which only predict hears",
                        model);
    }
    if (d->resample > 0) {
        return hg__fail(
            err, HG_ERR_USAGE,
            "%s: expected a model without resample=, whose steps come as they are, got one", model);
    }
    if (d->group) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected a model without groupby=, whose rows are all of one "
                        "recording, got one by '%.60s': train one on the rows of one of them",
                        model, d->group);
    }
    if (hg__signal_alarms_has(&w->alarms)) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "%s: expected a model with a threshold, got one for which nothing was held out",
                    model);
}

static int open_scorer(hg__signal_watch *w, hg_error *err) {
    const struct hg__values *v = &w->o->values;
    w->pool = hg__pool_new((int32_t)v->threads, err);
    if (!w->pool) return HG_ERR_MEMORY;
    w->scorer = hg__signal_scorer_new(w->model, w->pool, v->model, err);
    if (!w->scorer) return (int)err->code;
    hg__signal_scorer_go_live(w->scorer);
    HG_TRY(hg__signal_alarms_init(&w->alarms, w->model, v->model, err));
    HG_TRY(check_signal(w, err));
    double fpr;
    return hg__signal_ask(&w->alarms, w->o, hg__signal_scorer_signal(w->scorer)->step, &fpr, err);
}

static int open_source(hg__signal_watch *w, hg_error *err) {
    const struct hg__values *v = &w->o->values;
    const hg__signal *d = hg__signal_scorer_signal(w->scorer);
    const hg__messages_options how = {.follow = v->follow, .listener = w->listener};
    w->in = hg__messages_open(v->data, &how, err);
    if (!w->in) return (int)err->code;
    const hg__row_lines_options rows = {.place = w->in->place,
                                        .name = (const char *const *)d->name,
                                        .channels = d->read,
                                        .time = v->timestamp,
                                        .format = HG_ROW_TIME_ANY,
                                        .step = d->step,
                                        .on_bad = v->on_bad};
    w->lines = hg__row_lines_new(&rows, err);
    return w->lines ? HG_OK : (int)err->code;
}

// A file is added to, line by line: what is in it is there whatever happens.
static int open_out(hg__signal_watch *w, hg_error *err) {
    const char *path = w->o->values.out;
    if (strcmp(path, "-") == 0) {
        w->out = STDOUT_FILENO;
        return HG_OK;
    }
    w->out = hg__io_is_refused(EIO)
                 ? -1
                 : hg__off_standard(open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
    return w->out >= 0 ? HG_OK : hg__fail_create(path, errno, err);
}

static int open_all(hg__signal_watch *w, hg_error *err) {
    hg__message_position at;
    HG_TRY(refuse(w, err));
    HG_TRY(hg__signal_state_open(w, err));
    HG_TRY(open_scorer(w, err));
    HG_TRY(open_source(w, err));
    HG_TRY(hg__watch_metrics_open(&w->metrics, (int32_t)w->o->values.metrics, err));
    HG_TRY(open_out(w, err));
    HG_TRY(hg__signal_state_restore(w, err));
    if (hg__messages_positions(w->in, &at, 1) == 1) w->behind = at;
    w->lost = w->in->counts.restarts;
    count_all(w);
    return hg__watch_metrics_start(&w->metrics, write_metrics, &w->count, err);
}

static void say_start(const hg__signal_watch *w) {
    char line[700], from[250];
    if (!w->o->values.follow && !hg__is_broker(w->o->values.data)) return;
    hg__threshold_describe(&w->alarms.thresholds.group[0].at, "steps", from, sizeof from);
    snprintf(line, sizeof line, "watching %.350s; %s", w->in->place, from);
    hg__tell(w->listener, line);
}

static int run(hg__signal_watch *w, hg_error *err) {
    int code = open_all(w, err);
    if (code == HG_OK) {
        say_start(w);
        code = finish(w, watch_all(w, err), err);
    }
    hg__watch_metrics_close(&w->metrics);
    const int fd = w->out;
    if (fd < 0 || fd == STDOUT_FILENO || close(fd) == 0 || code < 0) return code;
    return hg__fail_errno(err, HG_ERR_IO, "%s: cannot write", w->o->values.out);
}

int hg__watch_signal(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *r,
                     hg_error *err) {
    hg__signal_watch *w = hg__alloc(1, sizeof *w, err);
    if (!w) {
        hg_model_free(m);
        return HG_ERR_MEMORY;
    }
    w->o = o;
    w->listener = l;
    w->model = m;
    w->out = -1;
    w->drift_said = 1;
    w->metrics.socket = w->metrics.wake = -1;
    w->reports = l->report ? *l->report : 0;
    const int code = run(w, err);
    r->rows = w->steps;
    r->width = w->scorer ? hg__signal_scorer_signal(w->scorer)->read : 0;
    r->alarms = w->alarms.state.events;
    r->has_thresholds = true;
    hg__messages_close(w->in);
    hg__row_lines_free(w->lines);
    hg__signal_alarms_clear(&w->alarms);
    hg__signal_scorer_free(w->scorer);
    hg__pool_free(w->pool);
    hg_model_free(w->model);
    hg__text_clear(&w->line);
    hg__free(w);
    return code;
}

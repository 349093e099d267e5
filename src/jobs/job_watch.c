// SPDX-License-Identifier: Apache-2.0
// job_watch.c - packets judged as they come, and a line for each alert that opens and ends.
#include <math.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/show.h"
#include "base/system.h"
#include "jobs/job.h"
#include "jobs/judge_packets.h"
#include "jobs/judge_signal.h"
#include "jobs/packet_page.h"
#include "jobs/watch.h"

static const double sure_part = 0.01; // of fpr: an alarm whose p is below it opens an alert alone
// Between two texts of open alerts; behind more alarms of one; behind one that could not be written.
static const double keep_seconds = 1, stale_seconds = 10, retry_seconds = 60;

typedef struct watch {
    const hg_options *o;
    const hg_listener *listener;
    hg__packet_judging in;
    hg__alerts *alerts;    // owned
    hg__packet_page *page; // owned, or NULL
    int out;               // -1: not open; owned unless standard output
    int syslog;            // -1: not asked for; owned
    bool is_eve;
    hg__watch_counters count;
    hg__watch_metrics metrics;
    hg__text line;                 // owned
    sig_atomic_t reports, reloads; // that were asked for so far
    bool has_lost, has_skipped;    // which was said
    hg__watch_kept kept;
    hg__watch_learn *learn; // owned
    hg__watch_drift drift;
    bool has_gone_on; // one that is open has more alarms than are kept
    bool is_dirty;    // an alert opened or ended that is not kept yet
    double keep_at;   // on hg__seconds(): not before, but at the end
    uint64_t former;  // alerts that other processes opened
} watch;

// ---- alerts go out ------------------------------------------------------------------------------

static void note_once(const watch *w, bool *is_said, const char *sentence) {
    if (*is_said) return;
    *is_said = true;
    hg__tell(w->listener, sentence);
}

static void log_alert(watch *w, const hg__alert *a) {
    if (w->syslog < 0) return;
    w->line.length = 0;
    if (hg__watch_syslog_send(w->syslog, a, (int32_t)w->o->values.top, &w->line)) return;
    atomic_fetch_add(&w->count.unlogged, 1);
    note_once(w, &w->has_lost, "syslog: an alert is lost there, since nobody takes it");
}

static int write_alert(void *context, const hg__alert *a, hg_error *err) {
    watch *w = context;
    const struct hg__values *v = &w->o->values;
    w->is_dirty = true;
    hg__watch_learn_leave_out(w->learn, a);
    hg__packet_page_alert(w->page, a);
    w->line.length = 0;
    (w->is_eve ? hg__watch_write_eve : hg__watch_write)(a, (int32_t)v->top, &w->line);
    const int code = hg__watch_write_out(w->out, v->out, &w->line, err);
    log_alert(w, a);
    return code;
}

// ---- packets come in ----------------------------------------------------------------------------

static void count_packet(hg__watch_counters *c, const hg__packet *p) {
    atomic_fetch_add_explicit(&c->packets, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&c->bytes, p->length, memory_order_relaxed);
    if (!p->flaws) return;
    if (p->flaws & HG_FLAW_CUT) atomic_fetch_add(&c->cut, 1);
    if (p->flaws & HG_FLAW_LENGTH) atomic_fetch_add(&c->lengths, 1);
    if (p->flaws & HG_FLAW_UNKNOWN) atomic_fetch_add(&c->unknown, 1);
    if (p->flaws & HG_FLAW_FRAGMENT) atomic_fetch_add(&c->fragments, 1);
    if (p->flaws & HG_FLAW_OPTIONS) atomic_fetch_add(&c->options, 1);
}

static void count_rest(watch *w) {
    const uint64_t dropped = hg__capture_count_drops(w->in.capture).dropped;
    atomic_store(&w->count.dropped, dropped);
    atomic_store(&w->count.unscored, w->in.load.skipped);
    atomic_store(&w->count.forgotten, hg__packet_judging_forgotten(&w->in));
    if (w->in.load.skipped > 0) {
        note_once(w, &w->has_skipped,
                  "packets come faster than they can be judged: some are not; SIGUSR1 and metrics= "
                  "say how many");
    }
    atomic_store(&w->count.alerts, hg__alerts_count(w->alerts) - w->former);
    atomic_store(&w->count.open_alerts, hg__alerts_open(w->alerts));
}

static int report(watch *w, hg_error *err) {
    hg__text t = {0};
    if (!hg__watch_is_asked(w->listener->report, &w->reports)) return HG_OK;
    (void)hg__watch_counters_line(&w->count, &t);
    return hg__watch_tell_counters(w->listener, &t, err);
}

// A text of thousands of alerts takes longer than judging a batch of packets.
static void keep_alerts(watch *w, bool is_last) {
    if (!w->learn) return;
    const double now = hg__seconds();
    if (hg__watch_learn_lost(w->learn)) {
        w->is_dirty = true;
        w->keep_at = now + retry_seconds;
    }
    const bool is_stale = w->has_gone_on && now >= w->keep_at + stale_seconds - keep_seconds;
    if (!is_stale && !(w->is_dirty && (is_last || now >= w->keep_at))) return;
    hg__text t = {0};
    hg__watch_write_state(w->alerts, &t);
    w->is_dirty = !hg__watch_learn_keep(w->learn, &t);
    w->has_gone_on = false;
    w->keep_at = now + keep_seconds;
}

static int learn(watch *w, const hg__verdict *v, int32_t count, hg_error *err) {
    const double median =
        w->in.type->has_bits ? hg__packet_detector_median(w->in.detector) : (double)NAN;
    hg__watch_drift_take(&w->drift, v, count, hg__packet_judging_thresholds(&w->in)->group, median,
                         &w->count, w->listener);
    const int is_new = hg__watch_learn_take(w->learn, v, count, err);
    if (is_new > 0) hg__alerts_sure(w->alerts, sure_part * hg__packet_judging_fpr(&w->in));
    keep_alerts(w, false);
    return is_new < 0 ? is_new : HG_OK;
}

static int take(watch *w, const hg__verdict *v, int32_t count, hg_error *err) {
    for (int32_t i = 0; i < count; i++) {
        const double score = (double)v[i].score;
        count_packet(&w->count, &v[i].packet);
        HG_TRY(hg__packet_page_add(w->page, &v[i], false, err));
        if (!hg__packet_judging_is_alarm(&w->in, score)) {
            HG_TRY(hg__alerts_at(w->alerts, v[i].packet.time, err));
            continue;
        }
        atomic_fetch_add(&w->count.alarms, 1);
        HG_TRY(hg__alerts_add(w->alerts, &v[i], hg__packet_judging_p(&w->in, score), err));
        w->has_gone_on |= hg__alerts_open(w->alerts) > 0;
    }
    return learn(w, v, count, err);
}

static int flush(watch *w, hg_error *err) {
    const hg__verdict *v;
    int32_t count;
    hg__packet_judging_flush(&w->in, &v, &count);
    return take(w, v, count, err);
}

// ---- another model ------------------------------------------------------------------------------

static double sure(const watch *w) {
    return sure_part * hg__packet_judging_fpr(&w->in);
}

// From now on m, which is taken, judges; alerts that are open stay. Where it cannot, a note says why, and all goes on as it was.
static void put_to_work(watch *w, hg_model *m, const hg__watch_kept *kept, hg_error *why) {
    char line[600], from[250];
    if (m && hg__packet_judging_replace(&w->in, m, why) == HG_OK) {
        w->kept = *kept;
        w->in.from = w->kept.from;
        hg__alerts_sure(w->alerts, sure(w));
        const hg__thresholds *t = hg__packet_judging_thresholds(&w->in);
        hg__threshold_describe(&t->group[0].at, "packets", from, sizeof from);
        snprintf(line, sizeof line,
                 "%.250s is at work; %s; hosts and flows are met anew, alerts stay", w->kept.from,
                 from);
    } else {
        snprintf(line, sizeof line, "%.500s; the model at work goes on", why->message);
    }
    hg__tell(w->listener, line);
}

static int reload(watch *w, hg_error *err) {
    if (!hg__watch_is_asked(w->listener->reload, &w->reloads)) return HG_OK;
    hg_error why = {0};
    hg__watch_kept kept = w->kept;
    hg_model *m = hg__watch_load(w->o, &kept, w->listener, &why);
    if (m && !hg__is_packet_model(m)) {
        hg_model_free(m);
        m = NULL;
        hg__fail(&why, HG_ERR_MODEL, "%s: expected a model of packets again", w->o->values.model);
    }
    const int code = flush(w, err);
    put_to_work(w, m, &kept, &why);
    return code;
}

// ---- packets, again and again -------------------------------------------------------------------

static int answer_signals(watch *w, hg_error *err) {
    HG_TRY(reload(w, err));
    return report(w, err);
}

// Before waiting: what has come is judged, and silence ends alerts where packets' time is that of the clock.
static int idle(void *context, hg_error *err) {
    watch *w = context;
    struct timespec now;
    if (!w->in.capture) return HG_OK; // it is being opened
    hg__packet_judging_rest(&w->in);
    HG_TRY(flush(w, err));
    if (hg__capture_is_live(w->in.capture) && clock_gettime(CLOCK_REALTIME, &now) == 0) {
        HG_TRY(hg__alerts_at(w->alerts, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec, err));
    }
    count_rest(w);
    if (hg__is_stopped(w->listener)) return hg__fail(err, HG_ERR_STOPPED, "stopped on request");
    return answer_signals(w, err);
}

static int take_all(watch *w, hg_error *err) {
    const hg__verdict *v;
    int32_t count = 0;
    int more;
    while ((more = hg__packet_judging_next(&w->in, &v, &count, err)) > 0) {
        HG_TRY(take(w, v, count, err));
        count_rest(w);
        HG_TRY(answer_signals(w, err));
        count = 0;
    }
    // Stopped within: these are judged, too.
    hg_error *second = more < 0 ? NULL : err;
    const int code = count > 0 ? take(w, v, count, second) : HG_OK;
    return more < 0 ? more : code;
}

// Whatever ended it, what was found is said.
static int finish(watch *w, int code, hg_error *err) {
    hg_error *why = code < 0 ? NULL : err;
    int ended = flush(w, why);
    if (ended == HG_OK) ended = hg__alerts_end(w->alerts, why);
    keep_alerts(w, true);
    if (ended == HG_OK) ended = hg__packet_page_save(w->page, NULL, why);
    count_rest(w);
    return code < 0 ? code : ended;
}

// ---- from open to closed ------------------------------------------------------------------------

static int open_alerts(watch *w, hg_error *err) {
    hg__alerts_options how = hg__alerts_usual();
    how.sure = sure(w);
    how.tell = write_alert;
    how.context = w;
    w->alerts = hg__alerts_new(&how, err);
    return w->alerts ? HG_OK : (int)HG_ERR_MEMORY;
}

// With a filter nobody is asked any more whether a process lives, whose file page= was.
static int give_up(const watch *w, hg_error *err) {
    if (w->page) hg__sweep_beside(w->o->values.page);
    const hg__watch_needs needs = {.syslog = w->syslog, .saves_files = w->learn || w->page};
    return hg__watch_give_up(&needs, w->listener, err);
}

static void leave_out(void *context, const hg__alert *a) {
    const watch *w = context;
    hg__watch_learn_leave_out(w->learn, a);
}

// Folders are made by who is to write into them, and threads begin once the filter is there.
static int open_kept(watch *w, hg_error *err) {
    const bool drops = w->o->values.drop;
    if (drops && hg__capture_is_live(w->in.capture)) HG_TRY(hg__watch_drop_rights(err));
    HG_TRY(hg__watch_learn_open(&w->learn, &w->kept, &w->in, &w->count, err));
    hg__watch_read_state(w->alerts, w->kept.folder, w->listener);
    w->former = hg__alerts_count(w->alerts);
    hg__alerts_visit(w->alerts, leave_out, w);
    if (drops) HG_TRY(give_up(w, err));
    return hg__watch_learn_start(w->learn, err);
}

static int open_all(watch *w, hg_model *m, hg_error *err) {
    const struct hg__values *v = &w->o->values;
    const hg__capture_options how = {.filter = v->filter,
                                     .listener = w->listener,
                                     .is_live = true,
                                     .is_promiscuous = v->promisc,
                                     .idle = idle,
                                     .context = w};
    HG_TRY(hg__packet_judging_open_how(&w->in, m, w->o, &how, w->listener, err));
    w->in.from = w->kept.from;
    if (!w->in.has_thresholds) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected a model with a threshold, got one for which no packets were "
                        "held out",
                        v->model);
    }
    HG_TRY(open_alerts(w, err));
    HG_TRY(hg__packet_page_open(&w->page, &w->in, w->o, err));
    HG_TRY(hg__watch_metrics_open(&w->metrics, (int32_t)v->metrics, err));
    HG_TRY(hg__watch_open_out(v->out, &w->out, err));
    if (v->syslog) HG_TRY(hg__watch_syslog_open(&w->syslog, err));
    HG_TRY(open_kept(w, err));
    return hg__watch_metrics_start(&w->metrics, hg__watch_counters_metrics, &w->count,
                                   err); // not before: as it is, without
}

static void say_start(const watch *w) {
    char line[400], from[250];
    const hg__capture *c = w->in.capture;
    if (!hg__capture_is_live(c)) return;
    const hg__thresholds *t = hg__packet_judging_thresholds(&w->in);
    hg__threshold_describe(&t->group[0].at, "packets", from, sizeof from);
    snprintf(line, sizeof line, "watching %.60s; %s", w->o->values.data, from);
    hg__tell(w->listener, line);
}

static int run(watch *w, hg_model *m, hg_error *err) {
    int code = open_all(w, m, err);
    if (code == HG_OK) {
        say_start(w);
        code = finish(w, take_all(w, err), err);
    }
    hg__watch_learn_close(w->learn);
    w->learn = NULL;
    hg__watch_metrics_close(&w->metrics);
    const int closed = hg__watch_close_out(&w->out, w->o->values.out, code < 0 ? NULL : err);
    return code < 0 ? code : closed;
}

int hg__job_watch(const hg_options *o, const hg_listener *l, hg_result *r, hg_error *err) {
    hg__watch_kept kept = {0};
    if (strcmp(o->values.format, "csv") == 0) {
        return hg__fail(err, HG_ERR_USAGE, "format: expected auto, json or eve, got csv");
    }
    HG_TRY(hg__watch_folder(o, kept.folder, err));
    HG_TRY(hg__watch_check_outputs(o, kept.folder, err));
    hg_model *m = hg__watch_load(o, &kept, l, err);
    if (!m) return (int)err->code;
    if (hg__is_signal_model(m)) return hg__watch_signal(m, o, l, r, err);
    watch *w = hg__alloc(1, sizeof *w, err);
    if (!w) {
        hg_model_free(m);
        return HG_ERR_MEMORY;
    }
    w->o = o;
    w->listener = l;
    w->out = w->syslog = -1;
    w->kept = kept;
    w->is_eve = strcmp(o->values.format, "eve") == 0;
    w->metrics.socket = w->metrics.wake = -1;
    w->reports = l->report ? *l->report : 0;
    w->reloads = l->reload ? *l->reload : 0;
    const int code = run(w, m, err);
    r->rows = (int64_t)atomic_load(&w->count.packets);
    r->alarms = (int64_t)atomic_load(&w->count.alerts);
    r->has_thresholds = true;
    hg__packet_judging_close(&w->in);
    hg__alerts_free(w->alerts);
    hg__packet_page_free(w->page);
    hg__text_clear(&w->line);
    if (w->syslog >= 0) close(w->syslog);
    hg__free(w);
    return code;
}

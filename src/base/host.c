// SPDX-License-Identifier: Apache-2.0
// host.c - the host program: the way in and out again, how far a job is, threads of ours.
#include "base/host.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "base/mem.h"
#include "base/system.h"

static void go_in(hg__entry *e) {
    e->locale = uselocale(e->plain);
    (void)fegetenv(&e->floats);
    (void)fesetenv(FE_DFL_ENV);
}

static void go_out(const hg__entry *e) {
    (void)uselocale(e->locale);
    (void)fesetenv(&e->floats);
}

// The C locale costs no memory and cannot fail where it is a constant, as in glibc and musl. Elsewhere the host's stands then.
void hg__entry_begin(hg__entry *e) {
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &e->cancel);
    e->plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    go_in(e);
}

void hg__entry_end(hg__entry *e) {
    go_out(e);
    if (e->plain) freelocale(e->plain);
    (void)pthread_setcancelstate(e->cancel, NULL);
}

int hg__fill(void *to, const void *from, size_t size, const char *type, hg_error *err) {
    size_t room;
    memcpy(&room, to, sizeof room);
    if (room <= sizeof room) {
        return hg__fail(err, HG_ERR_USAGE, "%s: expected size to be sizeof(%s), got %zu", type,
                        type, room);
    }
    const size_t known = room < size ? room : size;
    memcpy((char *)to + sizeof room, (const char *)from + sizeof room, known - sizeof room);
    if (room > size) memset((char *)to + size, 0, room - size);
    return HG_OK;
}

// ---- callbacks ----------------------------------------------------------------------------------

static void relay_train(void *context, const hg_train_event *event) {
    const hg__relay *r = context;
    hg_train_event sized = *event;
    sized.size = sizeof sized;
    go_out(r->entry);
    r->host.train(r->host.context, &sized);
    go_in(r->entry);
}

static void relay_note(void *context, const char *sentence) {
    const hg__relay *r = context;
    go_out(r->entry);
    r->host.note(r->host.context, sentence);
    go_in(r->entry);
}

static bool relay_abort(void *context) {
    hg__relay *r = context;
    if (r->is_aborted) return true;
    go_out(r->entry);
    r->is_aborted = r->host.abort(r->host.context);
    go_in(r->entry);
    return r->is_aborted;
}

static void relay_detail(void *context, const char *sentence) {
    const hg__relay *r = context;
    go_out(r->entry);
    r->host.detail(r->host.context, sentence);
    go_in(r->entry);
}

static void relay_progress(void *context, const hg_progress_event *event) {
    const hg__relay *r = context;
    hg_progress_event sized = *event;
    sized.size = sizeof sized;
    go_out(r->entry);
    r->host.progress(r->host.context, &sized);
    go_in(r->entry);
}

static bool relay_step(void *context, const hg_step_event *event) {
    const hg__relay *r = context;
    hg_step_event sized = *event;
    sized.size = sizeof sized;
    go_out(r->entry);
    const bool ends = r->host.step(r->host.context, &sized);
    go_in(r->entry);
    return ends;
}

int hg__relay_init(hg__relay *r, hg__entry *e, const hg_listener **l, hg_error *err) {
    const hg_listener *host = *l;
    *r = (hg__relay){.entry = e};
    if (host && host->size < sizeof host->size) {
        return hg__fail(err, HG_ERR_USAGE,
                        "hg_listener: expected size to be sizeof(hg_listener), got %zu",
                        host->size);
    }
    if (host) memcpy(&r->host, host, host->size < sizeof *host ? host->size : sizeof *host);
    r->own = (hg_listener){.size = sizeof r->own,
                           .context = r,
                           .train = r->host.train ? relay_train : NULL,
                           .note = r->host.note ? relay_note : NULL,
                           .stop = r->host.stop,
                           .abort = r->host.abort ? relay_abort : NULL,
                           .detail = r->host.detail ? relay_detail : NULL,
                           .progress = r->host.progress ? relay_progress : NULL,
                           .step = r->host.step ? relay_step : NULL,
                           .report = r->host.report,
                           .reload = r->host.reload};
    *l = &r->own;
    return HG_OK;
}

static const double period = 0.1; // seconds between two events

static void tell(hg__meter *m, bool end) {
    const double now = hg__seconds(), seconds = now - m->began;
    double part = m->part;
    if (!end && now - m->told < period) return;
    m->told = now;
    if (m->total > 0) part = (double)m->done / (double)m->total;
    const hg_progress_event e = {.stage = m->stage,
                                 .unit = m->unit,
                                 .done = m->done,
                                 .total = m->total,
                                 .part = part < 0   ? -1
                                         : part > 1 ? 1
                                                    : part,
                                 .seconds = seconds,
                                 .per_second = seconds > 0 ? (double)m->done / seconds : 0,
                                 .end = end};
    m->listener->progress(m->listener->context, &e);
}

void hg__meter_start(hg__meter *m, const hg_listener *l, const char *stage, const char *unit,
                     int64_t total) {
    const double now = hg__seconds();
    *m = (hg__meter){.listener = l,
                     .stage = stage,
                     .unit = unit,
                     .total = total,
                     .part = -1,
                     .began = now,
                     .told = now,
                     .is_running = true};
}

void hg__meter_restart(hg__meter *m) {
    hg__meter_start(m, m->listener, m->stage, m->unit, m->total);
}

static bool is_heard(const hg__meter *m) {
    return m->is_running && m->listener && m->listener->progress;
}

void hg__meter_add(hg__meter *m, int64_t count) {
    hg__meter_at(m, m->done + count);
}

void hg__meter_at(hg__meter *m, int64_t done) {
    m->done = done;
    if (is_heard(m)) tell(m, false);
}

void hg__meter_part(hg__meter *m, double part) {
    m->part = part;
}

void hg__meter_end(hg__meter *m) {
    if (is_heard(m)) tell(m, true);
    m->is_running = false;
}

bool hg__meter_is_stopped(const hg__meter *m) {
    return hg__is_stopped(m->listener);
}

bool hg__is_stopped(const hg_listener *l) {
    if (!l) return false;
    return (l->stop && *l->stop) || (l->abort && l->abort(l->context));
}

typedef struct start {
    void *(*run)(void *);
    void *context;
} start;

static void *begin(void *argument) {
    const start s = *(start *)argument;
    hg__free(argument);
    HG_ENTRY;
    return s.run(s.context);
}

// All but those that say what this very thread did wrong.
static void fill(sigset_t *set) {
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
    sigfillset(set);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) sigdelset(set, own[i]);
}

int hg__thread_start(pthread_t *thread, void *(*run)(void *), void *context, hg_error *err) {
    start *s = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    *s = (start){run, context};
    sigset_t all, before;
    fill(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before); // a thread inherits its maker's
    const int number = pthread_create(thread, NULL, begin, s);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (number == 0) return HG_OK;
    hg__free(s);
    return hg__fail(err, HG_ERR_MEMORY, "threads: the system gave no more of them");
}

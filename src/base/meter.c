// SPDX-License-Identifier: Apache-2.0
// meter.c - how far a job is, told to its listener now and then.
#include "base/meter.h"

#include "base/clock.h"

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

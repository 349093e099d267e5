// SPDX-License-Identifier: Apache-2.0
// watch.h - the parts of the job `watch`. Only job_watch.c and watch_*.c include this.
//
//   interface, pipe, file ──> judge_packets.h ──> alerts (intrusion/alerts.h) ──> a line of JSON, at once
//                                             └─> counters ──> a note on request, GET /metrics
#ifndef HG_JOBS_WATCH_H
#define HG_JOBS_WATCH_H
#include <pthread.h>
#include <stdatomic.h>

#include "base/text.h"
#include "intrusion/alerts.h"

// COUNTER(name, kind of Prometheus, help)
// clang-format off
#define HG_WATCH_COUNTERS(COUNTER)                                                       \
    COUNTER(packets, "counter", "packets that were judged")                              \
    COUNTER(bytes, "counter", "bytes of them on the wire")                               \
    COUNTER(unscored, "counter", "packets that were not judged: they came too fast")     \
    COUNTER(cut, "counter", "packets of which a header is cut off")                      \
    COUNTER(lengths, "counter", "packets with lengths that contradict each other")       \
    COUNTER(unknown, "counter", "packets of a link type that is not read")               \
    COUNTER(fragments, "counter", "fragments of IP packets behind the first")            \
    COUNTER(options, "counter", "packets with options that contradict their lengths")    \
    COUNTER(alarms, "counter", "packets above the threshold")                            \
    COUNTER(alerts, "counter", "alerts that were opened")                                \
    COUNTER(open_alerts, "gauge", "alerts that are open")                                \
    COUNTER(unlogged, "counter", "lines that syslog did not take")                       \
    COUNTER(dropped, "counter", "packets that the kernel dropped")                       \
    COUNTER(forgotten, "counter", "talks that made room for others")
// clang-format on

// Written by the job's thread, read by that of metrics too.
typedef struct hg__watch_counters {
#define MEMBER(name, kind, help) _Atomic uint64_t name;
    HG_WATCH_COUNTERS(MEMBER)
#undef MEMBER
} hg__watch_counters;

int hg__watch_counters_line(const hg__watch_counters *c, hg__text *t);    // "packets 17, bytes ..."
int hg__watch_counters_metrics(const hg__watch_counters *c, hg__text *t); // for Prometheus

// watch_alert.c: one alert as a line of JSON at the end of t; top: reasons.
void hg__watch_write(const hg__alert *a, int32_t top, hg__text *t);
void hg__watch_write_eve(const hg__alert *a, int32_t top, hg__text *t);
// "alert 3: 10.0.0.7 -> 10.0.0.9 TCP port 502: asks for something it did not ask for", without a new line.
void hg__watch_write_plain(const hg__alert *a, int32_t top, hg__text *t);

// watch_syslog.c: the log of this machine. Its socket is ours: openlog() would be the host program's.
int hg__watch_syslog_open(int *fd, hg_error *err);
// false: the line is lost, since nobody takes it (now). Never waits.
bool hg__watch_syslog_send(int fd, const hg__alert *a, int32_t top, hg__text *t);

// watch_metrics.c: answers GET /metrics at a port of 127.0.0.1, one after the other.
typedef struct hg__watch_metrics {
    const hg__watch_counters *counters; // borrowed
    int socket, wake;                   // owned; -1: there is none
    bool runs;
    pthread_t thread;
} hg__watch_metrics;

int hg__watch_metrics_open(hg__watch_metrics *m, int32_t port, hg_error *err); // port 0: none
// counters live until it is closed.
int hg__watch_metrics_start(hg__watch_metrics *m, const hg__watch_counters *counters,
                            hg_error *err);
void hg__watch_metrics_close(hg__watch_metrics *m); // after open, also where that failed

// watch_rights.c: for all of the process, for good: root becomes SUDO_UID (where that is somebody else) or nobody; no capabilities are
// left and none can be had.
int hg__watch_drop_rights(hg_error *err);

// watch_filter.c: for the calling thread and those it begins later, for good: a system call that watching does not need fails with
// EPERM; one that starts another program or looks into another process ends this one.
typedef struct hg__watch_needs {
    int syslog;       // a socket that may be connected again; -1: none may
    bool saves_files; // files may be made, written and renamed; else opened to be read only
} hg__watch_needs;

// HG_ERR_MISSING where the kernel has no such filters, or we have none for this machine.
int hg__watch_filter(const hg__watch_needs *n, hg_error *err);
#endif

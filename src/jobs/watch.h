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
#include "jobs/judge_packets.h"

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
    COUNTER(forgotten, "counter", "talks that made room for others")                     \
    COUNTER(hour_alarms, "gauge", "alarms among a million packets, in the last hour")    \
    COUNTER(asked_alarms, "gauge", "alarms among a million normal packets, by the threshold") \
    COUNTER(hour_above, "gauge", "packets odder than half of those of training, among a million, in the last hour") \
    COUNTER(hour_strangers, "gauge", "packets of hosts or services that were not seen to speak to each other, among a million, in the last hour") \
    COUNTER(learned, "counter", "packets that the model learned")                        \
    COUNTER(crowded, "counter", "answers of theirs that it has no room to count")        \
    COUNTER(periods, "counter", "periods that it learned")                               \
    COUNTER(discarded, "counter", "periods of too many alarms, of which nothing was learned") \
    COUNTER(missed, "counter", "packets that came faster than they are learned")
// clang-format on

// Written by the job's thread, read by that of metrics too.
typedef struct hg__watch_counters {
#define MEMBER(name, kind, help) _Atomic uint64_t name;
    HG_WATCH_COUNTERS(MEMBER)
#undef MEMBER
} hg__watch_counters;

int hg__watch_counters_line(const hg__watch_counters *c, hg__text *t); // "packets 17, bytes ..."
int hg__watch_counters_metrics(const void *counters, hg__text *t);     // for Prometheus
// One of those, after a line of help and one of its kind.
void hg__watch_metric(hg__text *t, const char *name, const char *kind, const char *help,
                      double value);

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
typedef int hg__watch_page(const void *counters, hg__text *t); // at the end of t
typedef struct hg__watch_metrics {
    const void *counters; // borrowed
    hg__watch_page *page; // of them
    int socket, wake;     // owned; -1: there is none
    bool runs;
    pthread_t thread;
} hg__watch_metrics;

int hg__watch_metrics_open(hg__watch_metrics *m, int32_t port, hg_error *err); // port 0: none
// counters live until it is closed.
int hg__watch_metrics_start(hg__watch_metrics *m, hg__watch_page *page, const void *counters,
                            hg_error *err);
void hg__watch_metrics_close(hg__watch_metrics *m); // after open, also where that failed

// watch_rights.c: for all of the process, for good: root becomes SUDO_UID (where that is somebody else) or nobody; no capabilities are
// left and none can be had.
int hg__watch_drop_rights(hg_error *err);

// watch_state.c: what outlives the process, in a folder: state=, else beside the model where something is learned, else "".
#define HG_WATCH_ALERTS "alerts.json"
#define HG_WATCH_MODEL  "model.safetensors"
#define HG_WATCH_BEFORE "model.before.safetensors" // of another model=
#define HG_WATCH_DIGEST "trained.digest"           // of model='s file, of which the others are
#define HG_WATCH_PERIOD "period.safetensors"
typedef struct hg__watch_kept {
    char folder[1024]; // "": nothing outlives the process
    char from[1024];   // the file of the model at work
    char digest[20];   // of the file of model=, in hex
    bool is_learned;   // the model at work is the folder's
} hg__watch_kept;

int hg__watch_folder(const hg_options *o, char folder[1024], hg_error *err);
// That of model=, or what it became in k->folder; the rest of k is made.
hg_model *hg__watch_load(const hg_options *o, hg__watch_kept *k, const hg_listener *l,
                         hg_error *err);
// From now on the folder is of k's model=: what was learned of another is put aside.
int hg__watch_settle(const hg__watch_kept *k, hg_error *err);
// Alerts that are open, and how many there were: at the end of t; and back. No file, or one that is wrong: as if there had been none.
void hg__watch_write_state(const hg__alerts *a, hg__text *t);
void hg__watch_read_state(hg__alerts *a, const char *folder, const hg_listener *l);

// watch_outputs.c: page= and out= are none of the files in that folder.
int hg__watch_check_outputs(const hg_options *o, const char *folder, hg_error *err);

// watch_shared.c. "-" is standard output; a file is added to, line by line: what is in it is there whatever happens.
int hg__watch_open_out(const char *path, int *fd, hg_error *err);
// All of t in one call, at once: who reads along has it, and several writers' lines do not mix.
int hg__watch_write_out(int fd, const char *path, const hg__text *t, hg_error *err);
int hg__watch_close_out(int *fd, const char *path, hg_error *err); // -1 is fine
// Whether a signal came since it was answered last. count: of the listener; NULL: there is none.
bool hg__watch_is_asked(const volatile sig_atomic_t *count, sig_atomic_t *answered);
int hg__watch_tell_counters(const hg_listener *l, hg__text *t, hg_error *err); // takes t

// watch_drift.c: the last hour, by packets' time, held against training.
enum { HG_DRIFT_MINUTES = 60 };

typedef struct hg__drift_sums {
    int64_t packets, alarms, above, strangers;
} hg__drift_sums;

typedef struct hg__watch_drift {
    hg__drift_sums minute[HG_DRIFT_MINUTES], hour; // hour: of all minutes
    int64_t now,
        said; // minutes since 1970: the last that is there; when it was said that it is another time
} hg__watch_drift;

// Adds verdicts, and says once an hour where packets are not those of training any more. g: of all packets; median: the score that half of
// training's packets passed; NaN: of what was held out, whichever way it was weighed.
void hg__watch_drift_take(hg__watch_drift *d, const hg__verdict *v, int32_t count,
                          const hg__threshold_group *g, double median, hg__watch_counters *c,
                          const hg_listener *l);

// watch_learn.c: the model learns, and what outlives the process is written. NULL, where there is no folder, does nothing.
typedef struct hg__watch_learn hg__watch_learn;
// kept is borrowed, and changes whenever another model is at work. To be closed also on failure.
int hg__watch_learn_open(hg__watch_learn **to, const hg__watch_kept *kept, hg__packet_judging *in,
                         hg__watch_counters *count, hg_error *err);
int hg__watch_learn_start(hg__watch_learn *w, hg_error *err); // its thread; before, it does nothing
void hg__watch_learn_close(hg__watch_learn *w);
// After every judging, with all verdicts. 1: what was learned is in use, and so may be another threshold.
int hg__watch_learn_take(hg__watch_learn *w, const hg__verdict *v, int32_t count, hg_error *err);
// Its source, until a period ends and it was silent for a minute.
void hg__watch_learn_leave_out(hg__watch_learn *w, const hg__alert *a);
bool hg__watch_learn_keep(hg__watch_learn *w, hg__text *alerts); // takes the text; false: no memory
bool hg__watch_learn_lost(hg__watch_learn *w); // a text could not be written; true once of each

// watch_filter.c: for the calling thread and those it begins later, for good: a system call that watching does not need fails with
// EPERM; one that starts another program or looks into another process ends this one.
typedef struct hg__watch_needs {
    int syslog;       // a socket that may be connected again; -1: none may
    bool saves_files; // files may be made, written and renamed; else opened to be read only
} hg__watch_needs;

// HG_ERR_MISSING where the kernel has no such filters, or we have none for this machine.
int hg__watch_filter(const hg__watch_needs *n, hg_error *err);
// The same; a kernel without filters is no reason not to watch: a note says so.
int hg__watch_give_up(const hg__watch_needs *n, const hg_listener *l, hg_error *err);
#endif

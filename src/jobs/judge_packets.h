// SPDX-License-Identifier: Apache-2.0
// judge_packets.h - a capture judged by a model of packets, some packets at a time: what predict and val share.
#ifndef HG_JOBS_JUDGE_PACKETS_H
#define HG_JOBS_JUDGE_PACKETS_H
#include "base/host.h"
#include "intrusion/packet_detector.h"
#include "options/options.h"
#include "packets/capture.h"
#include "traffic/anonymise.h"

// A kind of model of packets. The functions are those of intrusion/, of a detector that is theirs.
typedef struct hg__packet_judge_type {
    bool (*is)(const hg_model *m);
    void *(*make)(const hg_model *m, hg__pool *pool, size_t max_bytes, const char *where,
                  hg_error *err);
    void (*free)(void *detector);
    bool (*take)(void *detector, const hg__packet *p);
    void (*observe)(void *detector, const hg__packet *p); // in place of take: without a verdict
    hg__verdict *(*judge)(void *detector, int32_t *count);
    const hg__thresholds *(*thresholds)(const void *detector);
    int (*ask)(void *detector, double fpr, hg_error *err);
    int (*ask_alerts)(void *detector, double per_second, hg_error *err); // NULL: it cannot say
    int (*ask_usual)(void *detector,
                     hg_error *err); // of alerts, for who asks for nothing; NULL: as it was trained
    uint64_t (*forgotten)(const void *detector); // talks, sockets ... that made room
    void (*explain)(const void *detector, const hg__verdict *v, int32_t most, char text[HG_WHY]);
    // What it is, for people; of any model that was read, also one that was only looked at.
    int (*describe)(const hg_model *m, const char *where, char *text, size_t size, hg_error *err);
    bool has_bits; // verdicts have levels
} hg__packet_judge_type;

const hg__packet_judge_type *hg__packet_judge_of(const hg_model *m); // NULL: it is none of packets

// Packets that come faster than they can be judged. One that is too old when its turn comes is not scored, only observed; one that is
// twice as old is passed over: both is counted. Only behind many in a row without a pause: after a halt of ours, such as that of
// another model's loading, what waited is judged.
typedef struct hg__packet_load {
    bool is_live;     // packets' times are those of the clock: else nothing is left out
    int64_t now;      // ns since 1970, some packets ago
    uint32_t busy;    // packets since nothing waited
    uint64_t skipped; // that were not judged
} hg__packet_load;

typedef struct hg__packet_judging {
    const hg__packet_judge_type *type;
    hg_model *model;             // owned
    hg__pool *pool;              // owned
    void *detector;              // owned
    hg__capture *capture;        // owned
    hg__anonymiser anonymiser;   // of what verdicts name
    const hg_options *options;   // borrowed
    const hg_listener *listener; // borrowed, or NULL
    uint64_t forgotten;          // by detectors that were replaced
    uint64_t generation;         // models that were replaced
    const char *from;            // borrowed: the model's file, for people
    hg__meter meter;
    hg__packet_load load;
    bool is_watched; // packets come from somewhere in a way of their own
    bool is_at_end;
    bool has_thresholds;
} hg__packet_judging;

// Opens data= for a model, which it takes (also on failure); thresholds as fpr=, alarms= and rate= ask. j is cleared on failure.
int hg__packet_judging_open(hg__packet_judging *j, hg_model *m, const hg_options *o,
                            const hg_listener *l, hg_error *err);
// The same, of packets that come from somewhere in a way of its own (how->is_live, idle).
int hg__packet_judging_open_how(hg__packet_judging *j, hg_model *m, const hg_options *o,
                                const hg__capture_options *how, const hg_listener *l,
                                hg_error *err);
void hg__packet_judging_close(hg__packet_judging *j); // {0} is fine
// 1 with the next packets' verdicts (of an interface also none, where packets were not judged), which live until the next call; 0 at
// the end, negative on failure.
int hg__packet_judging_next(hg__packet_judging *j, const hg__verdict **v, int32_t *count,
                            hg_error *err);
// Verdicts of what is waiting, without waiting for more. May be called by how->idle.
void hg__packet_judging_flush(hg__packet_judging *j, const hg__verdict **v, int32_t *count);
void hg__packet_judging_rest(hg__packet_judging *j); // nothing waits to be read. By how->idle.
// From now on another model judges, which it takes (also on failure, after which the one at work goes on as if nothing had been):
// thresholds as the options ask; hosts, flows and talks are met anew. HG_ERR_MODEL where it is none of packets, or has no threshold
// and the other had. On the thread that judges; what waits is flushed before, since it would be lost, and verdicts end to live. While
// both are there memory is taken twice: half of max_mem= each. Of m nothing else may be in use.
int hg__packet_judging_replace(hg__packet_judging *j, hg_model *m, hg_error *err);
// Thresholds as the options ask, once more: what they are of has changed.
int hg__packet_judging_ask(hg__packet_judging *j, hg_error *err);
double hg__packet_judging_fpr(const hg__packet_judging *j);         // of the threshold; 0 without
uint64_t hg__packet_judging_forgotten(const hg__packet_judging *j); // talks that made room
double hg__packet_judging_p(const hg__packet_judging *j, double score); // NaN without thresholds
bool hg__packet_judging_is_alarm(const hg__packet_judging *j, double score);
const hg__thresholds *hg__packet_judging_thresholds(const hg__packet_judging *j);
// Why, for people; v: one of the last verdicts.
void hg__packet_judging_explain(const hg__packet_judging *j, const hg__verdict *v, int32_t most,
                                char text[HG_WHY]);

// Who, and what kind of packet: "10.0.0.7", "10.0.0.9", "TCP"; of ARP, and of what has no IP, hardware addresses.
void hg__verdict_names(const hg__verdict *v, char from[HG_ADDRESS_TEXT], char to[HG_ADDRESS_TEXT],
                       char protocol[16]);

// `hourglass predict` and `hourglass val` of a model of packets, which they take.
int hg__predict_packets(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *result,
                        hg_error *err);
int hg__val_packets(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *result,
                    hg_error *err);
#endif

// SPDX-License-Identifier: Apache-2.0
// packet_detector_internal.h - what a packet detector is, for those who make one.
#ifndef HG_INTRUSION_PACKET_DETECTOR_INTERNAL_H
#define HG_INTRUSION_PACKET_DETECTOR_INTERNAL_H
#include "exec/plan.h"
#include "intrusion/alerts.h"
#include "intrusion/packet_detector.h"

struct hg__packet_detector {
    hg__siphash_key key;
    const hg__profile *profile; // own, or while one is made the fit's
    hg__profile own;
    int32_t without;        // a fold, or HG_NO_FOLD
    hg__observer *observer; // owned
    hg__lru *talks, *flows; // owned: what packets of a talk share, and of one of its connections
    float scale[HG_MOST_LEVELS][2];
    hg__calibration evidence[HG_KINDS]; // owned: of normal packets
    hg__run_plan *plan;                 // owned
    hg__thresholds thresholds;          // owned
    hg__calibration
        alerts;     // owned: of each source in each minute, at which threshold an alert would open
    double seconds; // that these are of
    double median;  // of packets' scores, each counted alike; NaN: nobody knows
    int64_t counted, memory; // packets that are counted; that are before old counts are halved
    int64_t periods;         // learned since training (packet_learner.h)
    hg__answers *answers;    // borrowed, (HG_VERDICTS): of what waits; NULL: nobody wants to know
    int32_t waiting;
    float *row;           // owned, (HG_VERDICTS, levels)
    const void **pointer; // owned, (HG_VERDICTS): to rows
    float *error;         // owned, (HG_VERDICTS)
    hg__verdict *verdict; // owned, (HG_VERDICTS)
};

// Room, observer and plan; the rest is the caller's to put in.
hg__packet_detector *hg__packet_detector_begin(const hg_model *m, hg__pool *pool,
                                               const hg__siphash_key *key, size_t max_bytes,
                                               hg_error *err);
// For what a detector knows, without what it takes to judge.
hg__packet_detector *hg__packet_knowledge_new(hg_error *err);
// Forgets all packets.
int hg__packet_detector_restart(hg__packet_detector *d, size_t max_bytes, hg_error *err);

// Bits as the autoencoder takes them. row: (hg__level_count)
void hg__levels_to_row(const float *bits, const float (*scale)[2], float *row);
// Of bits, added up by kind. sum: (HG_EVIDENCE_COUNT)
void hg__levels_sum(const float *bits, float *sum);
float hg__error_evidence(float error); // of the autoencoder's mean squared error

// packet_detector_calibrate.c: thresholds, from scores of packets that each is by the pieces of the capture that it is not in.
typedef struct hg__kept_score {
    float score;
    uint32_t talk;
} hg__kept_score;

typedef struct hg__held_talk {
    uint32_t packets; // of those kept
    uint32_t pieces;  // that it was in, a bit each
} hg__held_talk;

typedef struct hg__held_packets {
    int64_t stride, opening_stride; // every so many packets are kept, and of minutes
    int64_t seen, count, room;
    hg__kept_score *kept; // owned, (room): the first `count`
    hg__held_talk *talk;  // owned, (talk_room): the first `talks`
    size_t talks, talk_room;
    hg__lru *numbers;         // owned: of talks, which of `talk` it is
    hg__lru *minutes;         // owned: of sources
    float *opening;           // owned, (room): of minutes that are over, the first `stored`
    int64_t openings, stored; // openings: all of them
    int64_t latest, minute;   // ns, and which minute that is
    int64_t minutes_seen;     // that had a packet
    hg__alerts_options alert; // as usual: what opens one
} hg__held_packets;

// packets: as many are kept; of more every second, every fourth ...
hg__held_packets *hg__held_packets_new(const hg__siphash_key *key, int64_t packets, hg_error *err);
void hg__held_packets_free(hg__held_packets *h); // NULL is fine
// As they come. piece: 0 .. HG_FOLDS - 1
int hg__held_packets_add(hg__held_packets *h, const hg__scored_packet *x, int32_t piece,
                         hg_error *err);
// d's thresholds, alerts, seconds and median. Minutes that are not over are, then.
int hg__held_packets_fit(hg__held_packets *h, double fpr, hg__packet_detector *d, hg_error *err);

// packet_detector_file.c: all but the network, as parts and the object "packets" of the detector.
int hg__packet_detector_save(const hg__packet_detector *d, hg_model *m, hg_error *err);
// Of a model's only the key of its hashes, and how many periods it learned.
int hg__packet_detector_look(const hg_model *m, hg__siphash_key *key, int64_t *periods,
                             const char *where, hg_error *err);
int hg__packet_detector_load(hg__packet_detector *d, const hg_model *m, const char *where,
                             hg_error *err);
#endif

// SPDX-License-Identifier: Apache-2.0
// packet_detector.h - a model of a network's traffic at work: from packets to scores, and why.
//
//   packet ──> observation ──> bits of surprise, a level each ──┬─> kinds of evidence: who, whose hardware, how it is written, sizes, bytes, asked, when, much, many
//              (traffic/)      (traffic/profile.h)              └─> autoencoder of the levels: what does not go together
//                                                                       │
//   score: of each kind -ln p among normal packets, tempered, to the power 1.5, added up; and of these the talk's fading mean, or the
//   flow's, whichever is higher
//
// A talk is a client, a server and a service; a flow is one of its connections. Their packets share their evidence, so that the whole of an
// odd connection stands out, not only its oddest packet, and that it stands out also where another of the same talk goes on as ever. To be added up, evidence of many kinds that is weak counts less than one kind's that is strong, hence the
// power; that no kind alone decides keeps what is new for a harmless reason (a new host) from hiding all else.
#ifndef HG_INTRUSION_PACKET_DETECTOR_H
#define HG_INTRUSION_PACKET_DETECTOR_H
#include "backend/pool.h"
#include "base/host.h"
#include "detect/thresholds.h"
#include "traffic/profile.h"

// Kinds of evidence, and the autoencoder's error behind them.
enum { HG_KINDS = HG_EVIDENCE_COUNT + 1, HG_VERDICTS = 256 };

typedef struct hg__packet_detector hg__packet_detector;

typedef struct hg__verdict {
    hg__packet packet;   // without its payload
    uint64_t talk, flow; // hashes; a flow's is 0 where there are no ports
    uint16_t server_port;
    bool to_server;
    const struct hg__protocol *protocol; // whose words the payload is in; NULL: nobody's
    uint32_t action;
    float bits[HG_MOST_LEVELS]; // (hg__level_count)
    int32_t
        largest; // the level that is measured, not counted, whose bits are highest; -1: none has any
    double amount, most;      // of it; most: that was usual, negative where nothing is known
    float evidence[HG_KINDS]; // -ln p
    float own;                // the packet's own score
    float score;              // its talk's or its flow's with it
} hg__verdict;

// Whether the model is one of a network's packets.
bool hg__is_packet_model(const hg_model *m);
// Borrows m and pool. max_bytes: of what is remembered of hosts, talks and flows. `where` starts the sentence of an error.
hg__packet_detector *hg__packet_detector_new(const hg_model *m, hg__pool *pool, size_t max_bytes,
                                             const char *where, hg_error *err);
void hg__packet_detector_free(hg__packet_detector *d); // NULL is fine

// Takes a packet in; true: HG_VERDICTS are waiting, and hg__packet_detector_judge() is to be called before the next.
bool hg__packet_detector_take(hg__packet_detector *d, const hg__packet *p);
// Only remembers what it says of hosts and flows: there will be no verdict of it.
void hg__packet_detector_observe(hg__packet_detector *d, const hg__packet *p);
// Verdicts of all that is waiting, in the order in which they came; they live until the next call.
hg__verdict *hg__packet_detector_judge(hg__packet_detector *d, int32_t *count);

uint64_t hg__packet_detector_forgotten(const hg__packet_detector *d); // talks that made room so far

// groups 0: nothing was held out.
const hg__thresholds *hg__packet_detector_thresholds(const hg__packet_detector *d);
// The score that half of training's packets passed, or of those of the period that was learned last; by packets, not by talks as thresholds
// are. NaN where nobody knows.
double hg__packet_detector_median(const hg__packet_detector *d);
int hg__packet_detector_ask(hg__packet_detector *d, double fpr, hg_error *err);
// Another threshold: at which packets like those of training raise alerts (intrusion/alerts.h), no more than so many a second. By the
// threshold at which each source's packets would have opened an alert in each minute, of which as many may pass: an alert is of a source
// and its minutes in a row. HG_ERR_USAGE where nothing was held out.
int hg__packet_detector_ask_alerts(hg__packet_detector *d, double per_second, hg_error *err);
// The same for who asks for nothing: an alert an hour, or two in as much time as the capture lasted, whichever is more. Two, since no capture
// shows what is rarer, and a single odd event of it shall not decide. Where nothing was held out all stays as it is.
int hg__packet_detector_ask_usual(hg__packet_detector *d, hg_error *err);

// Who caused it: the client of the talk, by IP; of a packet without IP who sent the frame, by MAC, whatever it claims.
typedef struct hg__verdict_source {
    uint8_t address[16];
    uint8_t is_mac;
} hg__verdict_source;
bool hg__verdict_is_from_source(
    const hg__verdict *v); // the source is who sent the packet; else who it was sent to
hg__verdict_source hg__verdict_source_of(const hg__verdict *v);
hg__verdict_source hg__packet_sender(const hg__packet *p); // whoever caused it
const char *hg__evidence_words(int32_t kind);              // "sizes and order of packets"

// What thresholds are made of.
typedef struct hg__scored_packet {
    int64_t time; // ns, from whenever
    uint64_t talk;
    hg__verdict_source source;
    float score;
} hg__scored_packet;
hg__scored_packet hg__scored_packet_of(const hg__verdict *v);

// Why, for people: "10.0.0.7 asks for something it did not ask for (Modbus function 5); 10.0.0.7 sends out of its rhythm". The strongest
// `most` kinds; an address that contradicts its own past comes first.
enum { HG_WHY = 800 };
void hg__verdict_explain(const hg__verdict *v, int32_t most, char text[HG_WHY]);

// ---- making one ---------------------------------------------------------------------------------

// Normal packets, read several times over.
typedef struct hg__packet_source {
    void *context;
    int (*rewind)(void *context, hg_error *err);
    int (*next)(void *context, hg__packet *p, hg_error *err); // 1, 0 at the end, negative
    int64_t packets;
} hg__packet_source;

typedef struct hg__packet_fit {
    hg__siphash_key key;
    hg__profile profile;      // counts by fold
    int64_t packets, counted; // counted: with those of a former model
    float *row;               // owned, (rows, hg__level_count): what the autoencoder learns
    float *summed;            // owned, (rows, HG_EVIDENCE_COUNT): bits by kind
    int64_t rows;
    float scale[HG_MOST_LEVELS][2]; // of log2(1 + bits): mean, deviation
} hg__packet_fit;

typedef struct hg__packet_fit_options {
    uint64_t seed;
    uint64_t fingerprint;   // of the packets
    const hg_model *former; // borrowed: a model of packets whose counts go on; or NULL
    size_t max_bytes;       // of counts and rows together
    double fpr;
} hg__packet_fit_options;

// Counts all packets, then measures each by the folds that it is not in.
int hg__packet_fit_open(hg__packet_fit *f, const hg__packet_source *s,
                        const hg__packet_fit_options *o, hg__meter *meter, hg_error *err);
void hg__packet_fit_clear(hg__packet_fit *f); // {0} is fine
// Makes m, whose network was trained on f->row, a model of packets, with thresholds from the same packets.
int hg__packet_fit_end(hg__packet_fit *f, const hg__packet_source *s,
                       const hg__packet_fit_options *o, hg__meter *meter, hg_model *m,
                       hg__pool *pool, hg_error *err);
#endif

// SPDX-License-Identifier: Apache-2.0
// bench_packets.c - packets a second through what judges a network's traffic, stage by stage and together, on one thread.
//
//   bytes ──> headers ──> 115 features ──> KitNET learns
//                    │                └──> KitNET scores
//                    └──> levels, autoencoder, evidence: the model that `train` makes by itself
#include "base/mem.h"
#include "intrusion/kitnet.h"
#include "intrusion/packet_detector.h"
#include "jobs/bench.h"
#include "jobs/bench_traffic.h"
#include "traffic/kitsune_features.h"

enum {
    PACKETS = 1 << 15,
    ROWS = 2048, // of features, that stay in the cache, as one does that is used at once
    FEATURES = HG_KITSUNE_FEATURES,
    MAP_GRACE = 5000,
    MEMORY = 64 << 20 // bytes: tables' of hosts, channels, sockets
};

typedef struct packets {
    hg__bench_traffic traffic;
    int64_t round;
    hg__packet *read;               // owned, (PACKETS): of the round in which they were read
    hg__kitsune_features *features; // owned
    hg__kitnet *k;                  // owned, that was trained
    float *x;                       // owned, (ROWS, FEATURES): of the last of the packets
    float sum;                      // of scores, so that none is left out
    // model=traffic
    hg_model *model;        // owned
    hg__packet_detector *d; // owned
    int64_t next;           // of the packets, while it is made
} packets;

// ---- stages -------------------------------------------------------------------------------------

static void read_all(void *context) {
    packets *p = context;
    hg__packet packet = {0};
    for (int64_t i = 0; i < PACKETS; i++) {
        hg__bench_traffic_read(&p->traffic, i, p->round, &packet);
        p->sum += (float)packet.protocol;
    }
    p->round++;
}

static void measure(void *context) {
    packets *p = context;
    float row[FEATURES];
    for (int64_t i = 0; i < PACKETS; i++) {
        p->read[i].time += p->traffic.span;
        hg__kitsune_features_run(p->features, &p->read[i], row);
        p->sum += row[0];
    }
}

static void learn(void *context) {
    packets *p = context;
    for (int32_t i = 0; i < ROWS; i++) p->sum += hg__kitnet_train(p->k, p->x + i * FEATURES);
}

static void score(void *context) {
    packets *p = context;
    for (int32_t i = 0; i < ROWS; i++) p->sum += hg__kitnet_score(p->k, p->x + i * FEATURES, NULL);
}

// Everything from bytes on, each packet through all of it before the next.
static void run_kitnet(packets *p, bool learns) {
    hg__packet packet = {0};
    float row[FEATURES];
    for (int64_t i = 0; i < PACKETS; i++) {
        hg__bench_traffic_read(&p->traffic, i, p->round, &packet);
        hg__kitsune_features_run(p->features, &packet, row);
        p->sum += learns ? hg__kitnet_train(p->k, row) : hg__kitnet_score(p->k, row, NULL);
    }
    p->round++;
}

static void learn_all(void *context) {
    run_kitnet(context, true);
}

static void score_all(void *context) {
    run_kitnet(context, false);
}

static void judge_all(void *context) {
    packets *p = context;
    hg__packet packet = {0};
    int32_t count = 0;
    for (int64_t i = 0; i < PACKETS; i++) {
        hg__bench_traffic_read(&p->traffic, i, p->round, &packet);
        if (!hg__packet_detector_take(p->d, &packet)) continue;
        p->sum += hg__packet_detector_judge(p->d, &count)->score;
    }
    p->round++;
}

// ---- made ready ---------------------------------------------------------------------------------

static int make_kitnet(packets *p, hg_error *err) {
    hg__kitnet_options o = hg__kitnet_defaults();
    o.map_grace = MAP_GRACE;
    p->k = hg__kitnet_new(FEATURES, &o, err);
    p->features = hg__kitsune_features_new(HG_KITSUNE_SOUND, MEMORY, err);
    p->read = hg__alloc(PACKETS, sizeof *p->read, err);
    p->x = hg__alloc((size_t)ROWS * FEATURES, sizeof *p->x, err);
    if (!p->k || !p->features || !p->read || !p->x) return HG_ERR_MEMORY;
    for (int64_t i = 0; i < PACKETS; i++) {
        float *row = p->x + i % ROWS * FEATURES;
        hg__bench_traffic_read(&p->traffic, i, 0, &p->read[i]);
        hg__kitsune_features_run(p->features, &p->read[i], row);
        hg__kitnet_train(p->k, row);
    }
    p->round = 1;
    return HG_OK;
}

static int rewind_traffic(void *context, hg_error *err) {
    packets *p = context;
    (void)err;
    p->next = 0;
    return HG_OK;
}

static int next_packet(void *context, hg__packet *packet, hg_error *err) {
    packets *p = context;
    (void)err;
    *packet = (hg__packet){0};
    if (p->next < PACKETS) hg__bench_traffic_read(&p->traffic, p->next, 0, packet);
    return p->next++ < PACKETS;
}

// Its network is not trained: that is as fast.
static int make_own(packets *p, hg__pool *pool, hg_error *err) {
    const hg__packet_source source = {
        .context = p, .rewind = rewind_traffic, .next = next_packet, .packets = PACKETS};
    const hg__packet_fit_options o = {.max_bytes = MEMORY, .fpr = 0.001};
    const hg__shape input = {.rank = 1, .dim = {hg__level_count}};
    hg__packet_fit fit = {0};
    hg__meter nobody = {0};
    p->model = hg__model_from_spec("traffic", &input, 0, 0, err);
    if (!p->model) return HG_ERR_MEMORY;
    int code = hg__packet_fit_open(&fit, &source, &o, &nobody, err);
    if (code == HG_OK) code = hg__packet_fit_end(&fit, &source, &o, &nobody, p->model, pool, err);
    hg__packet_fit_clear(&fit);
    if (code == HG_OK) p->d = hg__packet_detector_new(p->model, pool, MEMORY, "bench", err);
    return code < 0 ? code : p->d ? HG_OK : (int)err->code;
}

static void clear(packets *p) {
    hg__bench_traffic_clear(&p->traffic);
    hg__free(p->read);
    hg__kitsune_features_free(p->features);
    hg__kitnet_free(p->k);
    hg__free(p->x);
    hg__packet_detector_free(p->d);
    hg_model_free(p->model);
}

// -------------------------------------------------------------------------------------------------

static void measure_kitnet(hg__bench *b, packets *p) {
    const double learns = hg__kitnet_flops(p->k, true), scores = hg__kitnet_flops(p->k, false);
    const hg__bench_line reads = {.name = "packets are read", .rows = PACKETS};
    const hg__bench_line features = {.name = "packets become 115 features", .rows = PACKETS};
    const hg__bench_line rows[] = {
        {.name = "KitNET learns packets, 115 features", .rows = ROWS, .flops = learns * ROWS},
        {.name = "KitNET scores packets, 115 features", .rows = ROWS, .flops = scores * ROWS},
    };
    const hg__bench_line all[] = {
        {.name = "packets, from bytes to KitNET's learning",
         .rows = PACKETS,
         .flops = learns * PACKETS},
        {.name = "packets, from bytes to KitNET's scores",
         .rows = PACKETS,
         .flops = scores * PACKETS},
    };
    hg__bench_measure(b, reads, 1, read_all, p);
    hg__bench_measure(b, features, 1, measure, p);
    hg__bench_measure(b, rows[0], 1, learn, p);
    hg__bench_measure(b, rows[1], 1, score, p);
    hg__bench_measure(b, all[0], 1, learn_all, p);
    hg__bench_measure(b, all[1], 1, score_all, p);
}

static int run(hg__bench *b, hg_error *err) {
    static const hg__bench_line own = {.name = "packets, from bytes to model=traffic",
                                       .rows = PACKETS};
    packets p = {0};
    int code = hg__bench_traffic_draw(&p.traffic, PACKETS, err);
    if (code == HG_OK) code = make_kitnet(&p, err);
    if (code == HG_OK) measure_kitnet(b, &p);
    if (code == HG_OK && hg__bench_wants(b, own.name)) {
        code = make_own(&p, b->pool, err);
        if (code == HG_OK) hg__bench_measure(b, own, 1, judge_all, &p);
    }
    clear(&p);
    return code;
}

int hg__bench_packets(hg__bench *b, hg_error *err) {
    return hg__bench_alone(b, run, err);
}

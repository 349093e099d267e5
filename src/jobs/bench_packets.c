// SPDX-License-Identifier: Apache-2.0
// bench_packets.c - packets a second through what judges a network's traffic, on features made from a seed, on one thread.
#include "base/mem.h"
#include "base/rng.h"
#include "intrusion/kitnet.h"
#include "jobs/bench.h"

enum { FEATURES = 115, FACTORS = 15, ROWS = 4096, MAP_GRACE = 1000 };

typedef struct packets {
    hg__kitnet *k; // owned
    float *x;      // owned, (ROWS, FEATURES)
    float sum;     // of scores, so that none is left out
} packets;

static float at(uint32_t row, uint32_t column) {
    return hg__unit_float(hg__philox_run(0, HG_STREAM_SYNTHETIC, row, column, 1).word[0]);
}

static int make(packets *p, hg_error *err) {
    hg__kitnet_options o = hg__kitnet_defaults();
    o.map_grace = MAP_GRACE;
    p->k = hg__kitnet_new(FEATURES, &o, err);
    p->x = hg__alloc((size_t)ROWS * FEATURES, sizeof *p->x, err);
    if (!p->k || !p->x) return HG_ERR_MEMORY;
    for (uint32_t i = 0; i < ROWS; i++) {
        for (uint32_t c = 0; c < FEATURES; c++) {
            p->x[i * FEATURES + c] = at(i, c % FACTORS) + 0.2F * at(i, FACTORS + c);
        }
    }
    for (int32_t i = 0; i < 2 * MAP_GRACE; i++) hg__kitnet_train(p->k, p->x + i * FEATURES);
    return HG_OK;
}

static void score(void *context) {
    packets *p = context;
    for (int32_t i = 0; i < ROWS; i++) p->sum += hg__kitnet_score(p->k, p->x + i * FEATURES, NULL);
}

static void train(void *context) {
    packets *p = context;
    for (int32_t i = 0; i < ROWS; i++) p->sum += hg__kitnet_train(p->k, p->x + i * FEATURES);
}

static int run(hg__bench *b, hg_error *err) {
    packets p = {0};
    const int code = make(&p, err);
    if (code == HG_OK) {
        hg__bench_line scores = {.name = "KitNET scores packets, 115 features", .rows = ROWS};
        hg__bench_line trains = {.name = "KitNET learns packets, 115 features", .rows = ROWS};
        scores.flops = hg__kitnet_flops(p.k, false) * ROWS;
        trains.flops = hg__kitnet_flops(p.k, true) * ROWS;
        hg__bench_measure(b, scores, 1, score, &p);
        hg__bench_measure(b, trains, 1, train, &p);
    }
    hg__kitnet_free(p.k);
    hg__free(p.x);
    return code;
}

int hg__bench_packets(hg__bench *b, hg_error *err) {
    return hg__bench_alone(b, run, err);
}

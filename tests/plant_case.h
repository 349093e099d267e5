// SPDX-License-Identifier: Apache-2.0
// plant_case.h - a small plant that is polled, packet by packet, and a model of it.
#ifndef HG_TESTS_PLANT_CASE_H
#define HG_TESTS_PLANT_CASE_H
#include "intrusion/packet_detector.h"
#include "packet_case.h"
#include "traffic/mix.h"

#define SECOND INT64_C(1000000000)
#define BEGIN  (INT64_C(1700000000) * SECOND)
enum {
    PACKETS = 3000,
    CONTROLLERS = 3,
    MEMORY = 8 << 20,
    READ_COILS = 1,
    READ_REGISTERS = 3,
    WRITE_COIL = 5,
    ACK_PUSH = 24
};

// ---- a plant that is polled ---------------------------------------------------------------------

typedef struct plant {
    int64_t at;
    uint8_t payload[12];
} plant;

static inline void put_address(uint8_t address[16], unsigned host) {
    memset(address, 0, 16);
    address[10] = address[11] = 0xff;
    address[12] = 10;
    address[15] = (uint8_t)host;
}

// What host 1 asks a controller by Modbus, or is answered.
static inline void put_packet(plant *t, hg__packet *p, int64_t number, bool is_answer,
                              unsigned function, unsigned place) {
    const unsigned controller = 2 + (unsigned)(number / 2 % CONTROLLERS);
    const uint8_t words[12] = {0, (uint8_t)(number / 2), 0, 0, 0, 6, 1, (uint8_t)function,
                               0, (uint8_t)place,        0, 8};
    memcpy(t->payload, words, sizeof words);
    *p = (hg__packet){.time = BEGIN + number * SECOND / 20 +
                              (int64_t)(hg__mix((uint64_t)number, 1) % 2000000),
                      .length = 66,
                      .captured = 66,
                      .version = 4,
                      .ttl = 64,
                      .protocol = 6,
                      .ether_type = 0x800,
                      .tcp_flags = ACK_PUSH,
                      .tcp_window = 8192,
                      .layers = HG_LAYER_ETHERNET | HG_LAYER_IP | HG_LAYER_TCP,
                      .payload = t->payload,
                      .payload_length = sizeof words,
                      .payload_captured = sizeof words};
    put_address(p->from, is_answer ? controller : 1);
    put_address(p->to, is_answer ? 1 : controller);
    p->mac_from[5] = p->from[15];
    p->mac_to[5] = p->to[15];
    p->port_from = is_answer ? 502 : (uint16_t)(40000 + controller);
    p->port_to = is_answer ? (uint16_t)(40000 + controller) : 502;
}

static inline void put_normal(plant *t, hg__packet *p, int64_t number) {
    const uint64_t round = (uint64_t)number / (2 * CONTROLLERS);
    put_packet(t, p, number, number % 2, round % 2 ? READ_COILS : READ_REGISTERS,
               (unsigned)(round % 5) * 10);
}

static inline int rewind_plant(void *context, hg_error *err) {
    plant *t = context;
    (void)err;
    t->at = 0;
    return HG_OK;
}

static inline int next_of_plant(void *context, hg__packet *p, hg_error *err) {
    plant *t = context;
    (void)err;
    if (t->at == PACKETS) return 0;
    put_normal(t, p, t->at++);
    return 1;
}

static inline int fit(hg_model *m, hg__pool *pool, int64_t packets, hg_error *err) {
    plant t = {0};
    hg__packet_fit f = {0};
    hg__meter meter = {0};
    const hg__packet_source s = {&t, rewind_plant, next_of_plant, packets};
    const hg__packet_fit_options o = {.seed = 3, .max_bytes = MEMORY, .fpr = 0.01};
    int code = hg__packet_fit_open(&f, &s, &o, &meter, err);
    if (code == HG_OK) code = hg__packet_fit_end(&f, &s, &o, &meter, m, pool, err);
    hg__packet_fit_clear(&f);
    return code;
}

// Its network is as drawn: what it says is calibrated all the same.
static inline hg_model *empty_model(void) {
    const hg__shape input = {1, {hg__level_count}};
    hg_model *m = hg__model_from_spec("dense 6 relu | dense input", &input, 0, 1, NULL);
    assert_non_null(m);
    return m;
}

typedef struct trained {
    hg__pool *pool;
    hg_model *model;
} trained;

static inline int train(void **state) {
    static trained all;
    hg_error err = {0};
    all.pool = hg__pool_new(1, NULL);
    assert_non_null(all.pool);
    all.model = empty_model();
    if (fit(all.model, all.pool, PACKETS, &err) < 0) fail_msg("%s", err.message);
    *state = &all;
    return 0;
}

static inline int clear(void **state) {
    trained *all = *state;
    hg_model_free(all->model);
    hg__pool_free(all->pool);
    return 0;
}

static inline hg__packet_detector *detector_of(const hg_model *m, const trained *all) {
    hg_error err = {0};
    hg__packet_detector *d = hg__packet_detector_new(m, all->pool, MEMORY, "m", &err);
    if (!d) fail_msg("%s", err.message);
    return d;
}
// Scores of packets as they come (count), of which those at `odd` ask for what was never asked; -1: none does.
static inline void score(hg__packet_detector *d, int64_t count, int64_t odd, float *scores) {
    plant t = {0};
    const hg__verdict *v;
    int32_t some;
    int64_t done = 0;
    for (int64_t i = 0; i < count; i++) {
        hg__packet p;
        put_normal(&t, &p, PACKETS + i);
        if (i == odd) put_packet(&t, &p, PACKETS + i, false, WRITE_COIL, 77);
        if (!hg__packet_detector_take(d, &p)) continue;
        v = hg__packet_detector_judge(d, &some);
        for (int32_t k = 0; k < some; k++) scores[done++] = v[k].score;
    }
    v = hg__packet_detector_judge(d, &some);
    for (int32_t k = 0; k < some; k++) scores[done++] = v[k].score;
    assert_int_equal(done, count);
}

static inline hg_model *copy_of(const hg_model *m) {
    hg_error err = {0};
    size_t size;
    void *bytes = hg_model_save_memory(m, &size, &err);
    hg_model *again = bytes ? hg_model_load_memory(bytes, size, &err) : NULL;
    if (!again) fail_msg("%s", err.message);
    hg_bytes_free(bytes);
    return again;
}
#endif

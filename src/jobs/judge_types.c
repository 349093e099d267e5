// SPDX-License-Identifier: Apache-2.0
// judge_types.c - the kinds of models of packets: whose functions judge what.
#include <stdio.h>

#include "detect/table_model.h"
#include "intrusion/kitnet_detector.h"
#include "jobs/judge_packets.h"

// ---- what counts, and an autoencoder behind it (intrusion/packet_detector.h) ---------------------------

static bool own_is(const hg_model *m) {
    return hg__is_packet_model(m) && !hg__is_kitnet_model(m);
}

static void *own_make(const hg_model *m, hg__pool *pool, size_t max_bytes, const char *where,
                      hg_error *err) {
    return hg__packet_detector_new(m, pool, max_bytes, where, err);
}

static void own_free(void *d) {
    hg__packet_detector_free(d);
}

static bool own_take(void *d, const hg__packet *p) {
    return hg__packet_detector_take(d, p);
}

static void own_observe(void *d, const hg__packet *p) {
    hg__packet_detector_observe(d, p);
}

static hg__verdict *own_judge(void *d, int32_t *count) {
    return hg__packet_detector_judge(d, count);
}

static const hg__thresholds *own_thresholds(const void *d) {
    return hg__packet_detector_thresholds(d);
}

static int own_ask(void *d, double fpr, hg_error *err) {
    return hg__packet_detector_ask(d, fpr, err);
}

static int own_ask_alerts(void *d, double per_second, hg_error *err) {
    return hg__packet_detector_ask_alerts(d, per_second, err);
}

static int own_ask_usual(void *d, hg_error *err) {
    return hg__packet_detector_ask_usual(d, err);
}

static uint64_t own_forgotten(const void *d) {
    return hg__packet_detector_forgotten(d);
}

static void own_explain(const void *d, const hg__verdict *v, int32_t most, char text[HG_WHY]) {
    (void)d;
    hg__verdict_explain(v, most, text);
}

static int own_describe(const hg_model *m, const char *where, char *text, size_t size,
                        hg_error *err) {
    (void)m, (void)where, (void)err;
    snprintf(text, size, "how surprising a packet is, by each of %d levels and by all together",
             hg__level_count);
    return HG_OK;
}

// ---- KitNET (intrusion/kitnet_detector.h) ----------------------------------------------------------------

static void *kitnet_make(const hg_model *m, hg__pool *pool, size_t max_bytes, const char *where,
                         hg_error *err) {
    (void)pool;
    return hg__kitnet_detector_new(m, max_bytes, where, err);
}

static void kitnet_free(void *d) {
    hg__kitnet_detector_free(d);
}

static bool kitnet_take(void *d, const hg__packet *p) {
    return hg__kitnet_detector_take(d, p);
}

static void kitnet_observe(void *d, const hg__packet *p) {
    hg__kitnet_detector_observe(d, p);
}

static hg__verdict *kitnet_judge(void *d, int32_t *count) {
    return hg__kitnet_detector_judge(d, count);
}

static const hg__thresholds *kitnet_thresholds(const void *d) {
    return hg__kitnet_detector_thresholds(d);
}

static int kitnet_ask(void *d, double fpr, hg_error *err) {
    return hg__kitnet_detector_ask(d, fpr, err);
}

static uint64_t kitnet_forgotten(const void *d) {
    return hg__kitnet_detector_forgotten(d);
}

static void kitnet_explain(const void *d, const hg__verdict *v, int32_t most, char text[HG_WHY]) {
    hg__kitnet_detector_explain(d, v, most, text);
}

// -------------------------------------------------------------------------------------------------

const hg__packet_judge_type *hg__packet_judge_of(const hg_model *m) {
    static const hg__packet_judge_type types[] = {
        {.is = own_is,
         .make = own_make,
         .free = own_free,
         .take = own_take,
         .observe = own_observe,
         .judge = own_judge,
         .thresholds = own_thresholds,
         .ask = own_ask,
         .ask_alerts = own_ask_alerts,
         .ask_usual = own_ask_usual,
         .forgotten = own_forgotten,
         .explain = own_explain,
         .describe = own_describe,
         .has_bits = true},
        {.is = hg__is_kitnet_model,
         .make = kitnet_make,
         .free = kitnet_free,
         .take = kitnet_take,
         .observe = kitnet_observe,
         .judge = kitnet_judge,
         .thresholds = kitnet_thresholds,
         .ask = kitnet_ask,
         .forgotten = kitnet_forgotten,
         .explain = kitnet_explain,
         .describe = hg__kitnet_model_describe,
         .has_bits = false},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].is(m)) return &types[i];
    }
    return NULL;
}

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

static const hg__verdict *own_judge(void *d, int32_t *count) {
    return hg__packet_detector_judge(d, count);
}

static const hg__thresholds *own_thresholds(const void *d) {
    return hg__packet_detector_thresholds(d);
}

static int own_ask(void *d, double fpr, hg_error *err) {
    return hg__packet_detector_ask(d, fpr, err);
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

static const hg__verdict *kitnet_judge(void *d, int32_t *count) {
    return hg__kitnet_detector_judge(d, count);
}

static const hg__thresholds *kitnet_thresholds(const void *d) {
    return hg__kitnet_detector_thresholds(d);
}

static int kitnet_ask(void *d, double fpr, hg_error *err) {
    return hg__kitnet_detector_ask(d, fpr, err);
}

static void kitnet_explain(const void *d, const hg__verdict *v, int32_t most, char text[HG_WHY]) {
    hg__kitnet_detector_explain(d, v, most, text);
}

// -------------------------------------------------------------------------------------------------

const hg__packet_judge_type *hg__packet_judge_of(const hg_model *m) {
    static const hg__packet_judge_type types[] = {
        {own_is,              own_make,    own_free,    own_take,    own_judge,    own_thresholds, own_ask,    own_explain,
         own_describe,                                                                                                                                    true },
        {hg__is_kitnet_model, kitnet_make, kitnet_free, kitnet_take, kitnet_judge,
         kitnet_thresholds,                                                                        kitnet_ask, kitnet_explain, hg__kitnet_model_describe, false},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].is(m)) return &types[i];
    }
    return NULL;
}

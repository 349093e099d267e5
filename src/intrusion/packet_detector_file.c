// SPDX-License-Identifier: Apache-2.0
// packet_detector_file.c - a packet detector in a model file: parts (model/model.h), and "packets" of the detector's object.
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "detect/table_model.h"
#include "intrusion/packet_detector_internal.h"

static const char count_key[] = "detector.counts.key", count_number[] = "detector.counts.number",
                  count_bits[] = "detector.counts.bits", tail_key[] = "detector.tails.key",
                  tail_number[] = "detector.tails.number", scale_name[] = "detector.levels.scale",
                  alerts_name[] = "detector.alerts", key_name[] = "detector.key",
                  evidence_name[] = "detector.evidence";
static const float most_bits = 33; // 32 of the largest count, and room for rounding

// ---- saved --------------------------------------------------------------------------------------

static int save_counts(const hg__counts *c, hg_model *m, hg_error *err) {
    const int64_t n = hg__counts_entries(c);
    const size_t rows = (size_t)n;
    hg__count *all = hg__alloc(rows, sizeof *all, err);
    uint64_t *key = hg__alloc(rows, sizeof *key, err);
    uint32_t *number = hg__alloc(rows * 2, sizeof *number, err);
    float *bits = hg__alloc(rows, sizeof *bits, err);
    int code = all && key && number && bits ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK) hg__counts_export(c, all);
    for (size_t i = 0; code == HG_OK && i < rows; i++) {
        key[i] = all[i].key;
        number[2 * i] = all[i].count;
        number[2 * i + 1] = all[i].distinct;
        bits[i] = all[i].bits;
    }
    if (code == HG_OK) code = hg__model_keep_part(m, count_key, HG_U64, n, 0, key, err);
    if (code == HG_OK) code = hg__model_keep_part(m, count_number, HG_U32, n, 2, number, err);
    if (code == HG_OK) code = hg__model_keep_part(m, count_bits, HG_F32, n, 0, bits, err);
    hg__free(all);
    hg__free(key);
    hg__free(number);
    hg__free(bits);
    return code;
}

static int save_tails(const hg__tails *t, hg_model *m, hg_error *err) {
    const int64_t n = hg__tails_entries(t);
    uint64_t *key = hg__alloc((size_t)n, sizeof *key, err);
    uint32_t *number = hg__alloc((size_t)n * HG_TAIL_BINS, sizeof *number, err);
    int code = key && number ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK) hg__tails_export(t, key, number);
    if (code == HG_OK) code = hg__model_keep_part(m, tail_key, HG_U64, n, 0, key, err);
    if (code == HG_OK) {
        code = hg__model_keep_part(m, tail_number, HG_U32, n, HG_TAIL_BINS, number, err);
    }
    hg__free(key);
    hg__free(number);
    return code;
}

// Behind the scores: how many seconds they are of.
static int save_alerts(const hg__packet_detector *d, hg_model *m, hg_error *err) {
    const int64_t n = d->alerts.count;
    if (n == 0) return HG_OK;
    float *all = hg__alloc((size_t)n + 1, sizeof *all, err);
    if (!all) return HG_ERR_MEMORY;
    memcpy(all, d->alerts.score, (size_t)n * sizeof *all);
    all[n] = (float)d->seconds;
    const int code = hg__model_keep_part(m, alerts_name, HG_F32, n + 1, 0, all, err);
    hg__free(all);
    return code;
}

static int save_evidence(const hg__packet_detector *d, hg_model *m, hg_error *err) {
    const int64_t n = d->evidence[0].count;
    float *all = hg__alloc((size_t)n * HG_KINDS, sizeof *all, err);
    if (!all) return HG_ERR_MEMORY;
    for (int32_t k = 0; k < HG_KINDS; k++) {
        memcpy(all + k * n, d->evidence[k].score, (size_t)n * sizeof *all);
    }
    const int code = hg__model_keep_part(m, evidence_name, HG_F32, HG_KINDS, n, all, err);
    hg__free(all);
    return code;
}

static hg__json *describe(const hg__packet_detector *d) {
    hg__json *all =
        hg__json_pack("{s:I, s:I, s:I, s:I}", "levels", (int64_t)HG_LEVELS_VERSION, "counted",
                      d->counted, "memory", d->memory, "periods", d->periods);
    if (!all || isnan(d->median)) return all;
    if (hg__json_set(all, "median", hg__json_real(d->median)) == 0) return all;
    hg__json_free(all);
    return NULL;
}

int hg__packet_detector_save(const hg__packet_detector *d, hg_model *m, hg_error *err) {
    const uint64_t key[2] = {d->key.k0, d->key.k1};
    hg__model_drop_parts(m, "detector.");
    HG_TRY(hg__model_keep_part(m, key_name, HG_U64, 2, 0, key, err));
    HG_TRY(save_counts(d->profile->counts, m, err));
    HG_TRY(save_tails(d->profile->tails, m, err));
    HG_TRY(hg__model_keep_part(m, scale_name, HG_F32, hg__level_count, 2, d->scale, err));
    HG_TRY(save_evidence(d, m, err));
    HG_TRY(save_alerts(d, m, err));
    hg__json *detector = hg__json_object();
    int bad = detector ? hg__json_set(detector, "packets", describe(d)) : -1;
    int code = bad ? hg__fail(err, HG_ERR_MEMORY, "out of memory while keeping a detector")
                   : hg__thresholds_save(&d->thresholds, m, detector, err);
    if (code == HG_OK) {
        hg__model_set_detector(m, detector);
    } else {
        hg__json_free(detector);
    }
    return code;
}

// ---- loaded -------------------------------------------------------------------------------------

// hg__counts_import() and hg__tails_import() check this too, but know of no file. key: (rows), at any byte
static int check_keys(const hg__tensor *key, const char *name, const char *where, hg_error *err) {
    uint64_t last = 0, one;
    for (int64_t i = 0; i < key->shape.dim[0]; i++, last = one) {
        memcpy(&one, (const uint8_t *)key->data + (size_t)i * 8, 8);
        if (one > last) continue;
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected keys in ascending order", where,
                        name);
    }
    return HG_OK;
}

// A share of 1 in n takes log2 n bits.
static bool is_count(const hg__count *c) {
    return c->count > 0 && c->distinct <= c->count && c->bits > -1 && c->bits < most_bits;
}

static int load_counts(hg__packet_detector *d, const hg_model *m, const char *where,
                       hg_error *err) {
    const hg__tensor *key, *number, *bits;
    HG_TRY(hg__model_take_part(m, count_key, HG_U64, -1, 0, where, &key, err));
    const int64_t n = key->shape.dim[0];
    HG_TRY(check_keys(key, count_key, where, err));
    HG_TRY(hg__model_take_part(m, count_number, HG_U32, n, 2, where, &number, err));
    HG_TRY(hg__model_take_numbers(m, count_bits, n, 0, where, &bits, err));
    hg__count *all = hg__alloc((size_t)n, sizeof *all, err);
    if (!all) return HG_ERR_MEMORY;
    int code = HG_OK;
    for (int64_t i = 0; i < n; i++) {
        uint32_t pair[2];
        memcpy(&all[i].key, (const uint8_t *)key->data + (size_t)i * 8, 8);
        memcpy(pair, (const uint8_t *)number->data + (size_t)i * 8, 8);
        memcpy(&all[i].bits, (const uint8_t *)bits->data + (size_t)i * 4, 4);
        all[i].count = pair[0];
        all[i].distinct = pair[1];
        if (is_count(&all[i])) continue;
        code = hg__fail(err, HG_ERR_MODEL,
                        "%s: '%s': expected counts above 0, of each at most 32 bits", where,
                        count_number);
        break;
    }
    if (code == HG_OK) d->own.counts = hg__counts_import(all, n, err);
    hg__free(all);
    return code < 0 ? code : d->own.counts ? HG_OK : (int)err->code;
}

static int load_tails(hg__packet_detector *d, const hg_model *m, const char *where, hg_error *err) {
    const hg__tensor *key, *number;
    HG_TRY(hg__model_take_part(m, tail_key, HG_U64, -1, 0, where, &key, err));
    const int64_t n = key->shape.dim[0];
    HG_TRY(check_keys(key, tail_key, where, err));
    HG_TRY(hg__model_take_part(m, tail_number, HG_U32, n, HG_TAIL_BINS, where, &number, err));
    uint64_t *keys = hg__alloc((size_t)n, sizeof *keys, err);
    uint32_t *numbers = hg__alloc((size_t)n * HG_TAIL_BINS, sizeof *numbers, err);
    const bool has_room = keys && numbers;
    if (has_room) { // they may lie at any byte
        memcpy(keys, key->data, (size_t)n * sizeof *keys);
        memcpy(numbers, number->data, (size_t)n * HG_TAIL_BINS * sizeof *numbers);
        d->own.tails = hg__tails_import(keys, numbers, n, err);
    }
    hg__free(keys);
    hg__free(numbers);
    if (!has_room) return HG_ERR_MEMORY;
    return d->own.tails ? HG_OK : (int)err->code;
}

static int load_evidence(hg__packet_detector *d, const hg_model *m, const char *where,
                         hg_error *err) {
    const hg__tensor *scale, *all;
    HG_TRY(hg__model_take_numbers(m, scale_name, hg__level_count, 2, where, &scale, err));
    memcpy(d->scale, scale->data, (size_t)hg__level_count * sizeof *d->scale);
    for (int32_t i = 0; i < hg__level_count; i++) {
        if (d->scale[i][1] > 0) continue;
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected deviations above 0", where,
                        scale_name);
    }
    HG_TRY(hg__model_take_numbers(m, evidence_name, HG_KINDS, -1, where, &all, err));
    const int64_t n = all->shape.dim[1];
    if (n < 1) {
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected packets to compare with", where,
                        evidence_name);
    }
    float *some = hg__alloc((size_t)n, sizeof *some, err);
    int code = some ? HG_OK : HG_ERR_MEMORY;
    for (int32_t k = 0; code == HG_OK && k < HG_KINDS; k++) {
        memcpy(some, (const uint8_t *)all->data + (size_t)(k * n) * sizeof *some,
               (size_t)n * sizeof *some);
        code = hg__calibration_init(&d->evidence[k], some, n, err);
    }
    hg__free(some);
    return code;
}

static int load_alerts(hg__packet_detector *d, const hg_model *m, const char *where,
                       hg_error *err) {
    const hg__tensor *all;
    float seconds;
    if (!hg__model_part(m, alerts_name)) return HG_OK;
    HG_TRY(hg__model_take_numbers(m, alerts_name, -1, 0, where, &all, err));
    const int64_t n = all->shape.dim[0] - 1;
    float *some = n > 0 ? hg__alloc((size_t)n, sizeof *some, err) : NULL;
    if (n < 1) return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected scores", where, alerts_name);
    if (!some) return HG_ERR_MEMORY;
    memcpy(some, all->data, (size_t)n * sizeof *some);
    memcpy(&seconds, (const uint8_t *)all->data + (size_t)n * sizeof *some, sizeof seconds);
    d->seconds = (double)seconds;
    const int code = hg__calibration_init(&d->alerts, some, n, err);
    hg__free(some);
    return code;
}

// Files of before there was learning have none of these.
static int load_packets(hg__packet_detector *d, const hg__json *packets, const char *where,
                        hg_error *err) {
    const int64_t most = INT64_C(1) << 52;
    d->counted = hg__json_integer_value(hg__json_object_get(packets, "counted"));
    d->memory = hg__json_integer_value(hg__json_object_get(packets, "memory"));
    d->periods = hg__json_integer_value(hg__json_object_get(packets, "periods"));
    const hg__json *median = hg__json_object_get(packets, "median");
    if (median) d->median = hg__json_number_value(median);
    const int64_t all[] = {d->counted, d->memory, d->periods};
    for (int i = 0; i < 3; i++) {
        if (all[i] >= 0 && all[i] <= most) continue;
        return hg__fail(err, HG_ERR_MODEL, "%s: expected numbers of packets, got %lld", where,
                        (long long)all[i]);
    }
    return HG_OK;
}

static int check_version(const hg__json *packets, const char *where, hg_error *err) {
    const int64_t version = hg__json_integer_value(hg__json_object_get(packets, "levels"));
    if (version == HG_LEVELS_VERSION) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL,
                    "%s: expected a model of packets by feature version %d, got version %lld: "
                    "train it anew",
                    where, (int)HG_LEVELS_VERSION, (long long)version);
}

int hg__packet_detector_look(const hg_model *m, hg__siphash_key *key, int64_t *periods,
                             const char *where, hg_error *err) {
    const hg__json *packets = hg__json_object_get(hg__model_detector(m), "packets");
    const hg__tensor *part;
    HG_TRY(check_version(packets, where, err));
    *periods = hg__json_integer_value(hg__json_object_get(packets, "periods"));
    HG_TRY(hg__model_take_part(m, key_name, HG_U64, 2, 0, where, &part, err));
    memcpy(key, part->data, sizeof *key);
    return HG_OK;
}

int hg__packet_detector_load(hg__packet_detector *d, const hg_model *m, const char *where,
                             hg_error *err) {
    const hg__json *packets = hg__json_object_get(hg__model_detector(m), "packets");
    HG_TRY(check_version(packets, where, err));
    if (m->net.spec.width != hg__level_count) {
        return hg__fail(err, HG_ERR_MODEL, "%s: expected a network of %d numbers a packet, got %d",
                        where, hg__level_count, m->net.spec.width);
    }
    int64_t periods;
    HG_TRY(hg__packet_detector_look(m, &d->key, &periods, where, err));
    HG_TRY(load_packets(d, packets, where, err));
    HG_TRY(load_counts(d, m, where, err));
    HG_TRY(load_tails(d, m, where, err));
    HG_TRY(load_evidence(d, m, where, err));
    HG_TRY(load_alerts(d, m, where, err));
    d->profile = &d->own;
    return hg__thresholds_load(&d->thresholds, m, where, err);
}

// SPDX-License-Identifier: Apache-2.0
// kitnet_detector.c - packets in, verdicts out, by KitNET.
#include "intrusion/kitnet_detector.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "detect/table_model.h"
#include "intrusion/kitnet_detector_internal.h"

static const hg__json *entry_of(const hg_model *m) {
    const hg__json *packets = hg__json_object_get(hg__model_detector(m), "packets");
    return hg__json_object_get(packets, "kitnet");
}

bool hg__is_kitnet_model(const hg_model *m) {
    return entry_of(m) != NULL;
}

// ---- made ---------------------------------------------------------------------------------------

hg__kitnet_detector *hg__kitnet_detector_begin(hg__kitnet *kitnet, hg__kitsune_mode mode,
                                               size_t max_bytes, hg_error *err) {
    hg__kitnet_detector *d = hg__alloc(1, sizeof *d, err);
    if (!d) {
        hg__kitnet_free(kitnet);
        return NULL;
    }
    const size_t n = HG_VERDICTS * (size_t)hg__kitnet_features(kitnet);
    d->kitnet = kitnet;
    d->mode = mode;
    d->features = hg__kitsune_features_new(mode, max_bytes, err);
    if (d->features) d->row = hg__alloc(n, sizeof *d->row, err);
    if (d->row) d->part = hg__alloc(n, sizeof *d->part, err);
    if (d->part) d->verdict = hg__alloc(HG_VERDICTS, sizeof *d->verdict, err);
    if (d->verdict) return d;
    hg__kitnet_detector_free(d);
    return NULL;
}

void hg__kitnet_detector_free(hg__kitnet_detector *d) {
    if (!d) return;
    hg__kitsune_features_free(d->features);
    hg__kitnet_free(d->kitnet);
    hg__thresholds_clear(&d->thresholds);
    hg__free(d->row);
    hg__free(d->part);
    hg__free(d->verdict);
    hg__free(d);
}

static int read_mode(const hg_model *m, const char *where, hg__kitsune_mode *mode, hg_error *err) {
    const char *word = hg__json_string_value(entry_of(m));
    const bool is_published = word && strcmp(word, "published") == 0;
    *mode = is_published ? HG_KITSUNE_PUBLISHED : HG_KITSUNE_SOUND;
    if (is_published || (word && strcmp(word, "sound") == 0)) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL, "%s: kitnet: expected sound or published, got '%.40s'",
                    where, word ? word : "");
}

// What is in the file agrees: the features' number, that it was trained, and the network's shape.
static int check(const hg__kitnet *k, hg__kitsune_mode mode, const hg_model *m, const char *where,
                 hg_error *err) {
    const int32_t features = hg__kitsune_features_count(mode);
    if (hg__kitnet_features(k) != features) {
        return hg__fail(err, HG_ERR_MODEL, "%s: expected KitNET of %d features, got %d", where,
                        features, hg__kitnet_features(k));
    }
    if (k->rows <= k->o.map_grace + 1) {
        return hg__fail(err, HG_ERR_MODEL, "%s: expected KitNET that was trained", where);
    }
    if (m->net.spec.width == hg__kitnet_clusters(k)) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL, "%s: expected a network of %d clusters, got %d", where,
                    hg__kitnet_clusters(k), m->net.spec.width);
}

static hg__kitnet *load(const hg_model *m, const char *where, hg__kitsune_mode *mode,
                        hg_error *err) {
    if (read_mode(m, where, mode, err) < 0) return NULL;
    hg__kitnet *k = hg__kitnet_load(m, where, err);
    if (!k || check(k, *mode, m, where, err) == HG_OK) return k;
    hg__kitnet_free(k);
    return NULL;
}

hg__kitnet_detector *hg__kitnet_detector_new(const hg_model *m, size_t max_bytes, const char *where,
                                             hg_error *err) {
    hg__kitsune_mode mode;
    hg__kitnet *k = load(m, where, &mode, err);
    if (!k) return NULL;
    hg__kitnet_detector *d = hg__kitnet_detector_begin(k, mode, max_bytes, err);
    if (!d || hg__thresholds_load(&d->thresholds, m, where, err) == HG_OK) return d;
    hg__kitnet_detector_free(d);
    return NULL;
}

uint64_t hg__kitnet_detector_forgotten(const hg__kitnet_detector *d) {
    return hg__kitsune_features_forgotten(d->features);
}

const hg__thresholds *hg__kitnet_detector_thresholds(const hg__kitnet_detector *d) {
    return &d->thresholds;
}

int hg__kitnet_detector_ask(hg__kitnet_detector *d, double fpr, hg_error *err) {
    return d->thresholds.groups ? hg__thresholds_ask(&d->thresholds, fpr, err) : HG_OK;
}

int hg__kitnet_model_describe(const hg_model *m, const char *where, char *text, size_t size,
                              hg_error *err) {
    hg__kitsune_mode mode;
    hg__kitnet *k = load(m, where, &mode, err);
    if (!k) return (int)err->code;
    snprintf(text, size,
             "KitNET on %d features of a packet%s, in %d clusters, learned from %lld packets",
             hg__kitnet_features(k), mode == HG_KITSUNE_PUBLISHED ? " as published" : "",
             hg__kitnet_clusters(k), (long long)k->rows);
    hg__kitnet_free(k);
    return HG_OK;
}

// ---- at work ------------------------------------------------------------------------------------

bool hg__kitnet_detector_take(hg__kitnet_detector *d, const hg__packet *p) {
    const size_t features = (size_t)hg__kitnet_features(d->kitnet);
    float *row = d->row + (size_t)d->waiting * features;
    float *part = d->part + (size_t)d->waiting * features;
    hg__verdict *v = &d->verdict[d->waiting];
    v->packet = *p;
    v->packet.payload = NULL;
    v->to_server = p->port_to <= p->port_from;
    v->server_port = v->to_server ? p->port_to : p->port_from;
    v->largest = -1;
    hg__kitsune_features_run(d->features, p, row);
    v->own = v->score = hg__kitnet_score(d->kitnet, row, part);
    return ++d->waiting == HG_VERDICTS;
}

void hg__kitnet_detector_observe(hg__kitnet_detector *d, const hg__packet *p) {
    const size_t features = (size_t)hg__kitnet_features(d->kitnet);
    hg__kitsune_features_run(d->features, p, d->row + (size_t)d->waiting * features); // and again
}

hg__verdict *hg__kitnet_detector_judge(hg__kitnet_detector *d, int32_t *count) {
    *count = d->waiting;
    d->waiting = 0;
    return d->verdict;
}

// ---- why ----------------------------------------------------------------------------------------

// Where x lies in a range of training: 0 to 1 within it. 1 stands for a width that is none.
static double place(double x, double low, double high) {
    return high > low ? (x - low) / (high - low) : x - low;
}

// The cluster that is not said yet whose error lies farthest in its range; -1: all are said.
static int32_t worst_cluster(const hg__kitnet *k, const float *part, const bool *is_said) {
    int32_t worst = -1;
    double most = 0;
    for (int32_t c = 0; c < k->clusters; c++) {
        if (is_said[c]) continue;
        const double at = place((double)part[c], (double)*hg__kitnet_low(k, k->clusters, c),
                                (double)*hg__kitnet_high(k, k->clusters, c));
        if (worst >= 0 && !(at > most)) continue;
        worst = c;
        most = at;
    }
    return worst;
}

// Of the cluster's features, counted within it, the one farthest from the middle of its range.
static int32_t worst_input(const hg__kitnet *k, int32_t c, const float *row) {
    int32_t worst = 0;
    double most = -1;
    for (int32_t i = 0; i < k->size[c]; i++) {
        const double at =
            place((double)row[k->order[k->start[c] + i]], (double)*hg__kitnet_low(k, c, i),
                  (double)*hg__kitnet_high(k, c, i));
        const double beside = at > 0.5 ? at - 0.5 : 0.5 - at;
        if (!(beside > most)) continue;
        worst = i;
        most = beside;
    }
    return worst;
}

static int write_cluster(const hg__kitnet_detector *d, int32_t c, const float *row, char *text,
                         size_t size) {
    char name[HG_KITSUNE_NAME];
    const hg__kitnet *k = d->kitnet;
    const int32_t i = worst_input(k, c, row), feature = k->order[k->start[c] + i];
    const double low = (double)*hg__kitnet_low(k, c, i), high = (double)*hg__kitnet_high(k, c, i);
    const double x = (double)row[feature];
    hg__kitsune_features_name(d->mode, feature, name);
    if (x > high) return snprintf(text, size, "%s: %.4g, at most %.4g before", name, x, high);
    if (x < low) return snprintf(text, size, "%s: %.4g, at least %.4g before", name, x, low);
    return snprintf(text, size, "%s: %.4g, which others do not go with", name, x);
}

void hg__kitnet_detector_explain(const hg__kitnet_detector *d, const hg__verdict *v, int32_t most,
                                 char text[HG_WHY]) {
    const size_t at = (size_t)(v - d->verdict) * (size_t)hg__kitnet_features(d->kitnet);
    bool is_said[HG_KITSUNE_FEATURES] = {false};
    size_t used = 0;
    text[0] = '\0';
    for (int32_t n = 0; n < most && used + 140 <= HG_WHY; n++) {
        const int32_t c = worst_cluster(d->kitnet, d->part + at, is_said);
        if (c < 0) return;
        is_said[c] = true;
        if (used) used += (size_t)snprintf(text + used, HG_WHY - used, "; ");
        const int wrote = write_cluster(d, c, d->row + at, text + used, HG_WHY - used);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
}

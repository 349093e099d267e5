// SPDX-License-Identifier: Apache-2.0
// kitnet_file.c - KitNET as the parts of a model file: the published form, without padding.
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "intrusion/kitnet_internal.h"

static const char options_name[] = HG_KITNET_PREFIX "options";
static const char seed_name[] = HG_KITNET_PREFIX "seed";
static const char sums_name[] = HG_KITNET_PREFIX "sums";
static const char products_name[] = HG_KITNET_PREFIX "products";
static const char cluster_name[] = HG_KITNET_PREFIX "cluster";
static const char weight_name[] = HG_KITNET_PREFIX "weight";
static const char bias_name[] = HG_KITNET_PREFIX "bias";
static const char range_name[] = HG_KITNET_PREFIX "range";

enum { FEATURES, MAX_INPUTS, HIDDEN_RATIO, RATE, MAP_GRACE, GRACE, LEARNED, OPTIONS };
#define MOST_WEIGHT 1e15F  // what training never comes near
#define MOST_COUNT  0x1p50 // of packets, exact in F64

// ---- every number of the nets, in the order of the file -------------------------------------------

static size_t count_weights(const hg__kitnet *k) {
    size_t weights = 0;
    for (int32_t c = 0; c <= k->clusters; c++) {
        const int32_t inputs = hg__kitnet_inputs(k, c);
        weights += (size_t)inputs * (size_t)hg__kitnet_hidden(&k->o, inputs);
    }
    return weights;
}

static bool has_ranges(const hg__kitnet *k) {
    return k->rows > k->o.map_grace + 1;
}

// One number of a net into the file, or where `puts` out of it; *at goes on.
static void copy_number(float *own, float **at, bool puts) {
    *(puts ? own : *at) = *(puts ? *at : own);
    ++*at;
}

static void copy_weights(const hg__kitnet *k, float *at, bool puts) {
    for (int32_t c = 0; c <= k->clusters; c++) {
        const int32_t inputs = hg__kitnet_inputs(k, c), hidden = hg__kitnet_hidden(&k->o, inputs);
        for (int32_t i = 0; i < inputs * hidden; i++) {
            float *own = hg__kitnet_weight(k, c, i / hidden, i % hidden);
            copy_number(own, &at, puts);
            copy_number(own + hg__kitnet_rest(k, c), &at, puts);
        }
    }
}

static void copy_biases(const hg__kitnet *k, float *at, bool puts) {
    for (int32_t i = 0; i < 2 * (k->clusters + 1); i++) {
        float *own = hg__kitnet_bias(k, i / 2, i % 2);
        copy_number(own, &at, puts);
        copy_number(own + HG_KITNET_BIAS_REST, &at, puts);
    }
}

static void copy_ranges(const hg__kitnet *k, float *at, bool puts) {
    for (int32_t c = 0; c <= k->clusters; c++) {
        for (int32_t i = 0; i < hg__kitnet_inputs(k, c); i++) {
            copy_number(hg__kitnet_low(k, c, i), &at, puts);
            copy_number(hg__kitnet_high(k, c, i), &at, puts);
        }
    }
}

// ---- saved ----------------------------------------------------------------------------------------

static int save_map(const hg__kitnet *k, hg_model *m, hg_error *err) {
    const int64_t products = (int64_t)hg__kitnet_products(k->features);
    HG_TRY(hg__model_keep_part(m, sums_name, HG_F64, k->features, 0, k->map.sum, err));
    return hg__model_keep_part(m, products_name, HG_F64, products, 0, k->map.product, err);
}

static int save_nets(const hg__kitnet *k, hg_model *m, hg_error *err) {
    const int64_t weights = (int64_t)count_weights(k), nets = k->clusters + 1;
    const int64_t ranges = (int64_t)k->features + k->clusters;
    float *all = hg__alloc(2 * (size_t)(weights + 2 * nets + ranges), sizeof *all, err);
    if (!all) return HG_ERR_MEMORY;
    float *bias = all + 2 * weights, *range = bias + 4 * nets;
    copy_weights(k, all, false);
    copy_biases(k, bias, false);
    copy_ranges(k, range, false);
    int code = hg__model_keep_part(m, cluster_name, HG_I32, k->features, 0, k->cluster, err);
    if (code == HG_OK) code = hg__model_keep_part(m, weight_name, HG_F32, weights, 2, all, err);
    if (code == HG_OK) code = hg__model_keep_part(m, bias_name, HG_F32, 2 * nets, 2, bias, err);
    if (code == HG_OK && has_ranges(k)) {
        code = hg__model_keep_part(m, range_name, HG_F32, ranges, 2, range, err);
    }
    hg__free(all);
    return code;
}

int hg__kitnet_save(const hg__kitnet *k, hg_model *m, hg_error *err) {
    const double options[OPTIONS] = {
        (double)k->features,    (double)k->o.max_inputs, k->o.hidden_ratio, k->o.rate,
        (double)k->o.map_grace, (double)k->o.grace,      (double)k->rows};
    hg__model_drop_parts(m, HG_KITNET_PREFIX);
    HG_TRY(hg__model_keep_part(m, options_name, HG_F64, OPTIONS, 0, options, err));
    HG_TRY(hg__model_keep_part(m, seed_name, HG_U64, 1, 0, &k->o.seed, err));
    return k->clusters > 0 ? save_nets(k, m, err) : save_map(k, m, err);
}

// ---- loaded ---------------------------------------------------------------------------------------

static bool is_count(double x, double least, double most) {
    return x >= least && x <= most && x == floor(x);
}

static const char *read_options(const double o[OPTIONS], hg__kitnet_options *to) {
    if (!is_count(o[FEATURES], 1, HG_KITNET_MOST_FEATURES)) return "1 to 1024 features";
    if (!is_count(o[MAX_INPUTS], 1, o[FEATURES])) return "1 input or more, of the features";
    if (!(o[HIDDEN_RATIO] > 0 && o[HIDDEN_RATIO] <= 1)) return "a ratio above 0, at most 1";
    if (!(o[RATE] > 0 && o[RATE] <= 1)) return "a rate above 0, at most 1";
    if (!is_count(o[MAP_GRACE], 1, MOST_COUNT)) return "1 packet or more that map";
    if (!is_count(o[GRACE], 1, MOST_COUNT)) return "1 packet or more that train";
    if (!is_count(o[LEARNED], 0, 4 * MOST_COUNT)) return "a number of packets learned from";
    to->max_inputs = (int32_t)o[MAX_INPUTS];
    to->hidden_ratio = o[HIDDEN_RATIO];
    to->rate = o[RATE];
    to->map_grace = (int64_t)o[MAP_GRACE];
    to->grace = (int64_t)o[GRACE];
    return NULL;
}

// Parts may lie at any byte.
static int load_map(hg__kitnet *k, const hg_model *m, const char *where, hg_error *err) {
    const hg__tensor *sums, *products;
    const size_t features = (size_t)k->features, count = hg__kitnet_products(k->features);
    HG_TRY(hg__model_take_part(m, sums_name, HG_F64, k->features, 0, where, &sums, err));
    HG_TRY(hg__model_take_part(m, products_name, HG_F64, (int64_t)count, 0, where, &products, err));
    memcpy(k->map.sum, sums->data, features * sizeof *k->map.sum);
    memcpy(k->map.product, products->data, count * sizeof *k->map.product);
    k->map.rows = k->rows;
    for (size_t i = 0; i < features; i++) {
        if (isfinite(k->map.sum[i])) continue;
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected finite sums", where, sums_name);
    }
    for (size_t i = 0; i < count; i++) {
        if (isfinite(k->map.product[i])) continue;
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected finite products", where,
                        products_name);
    }
    for (int32_t i = 0; i < k->features; i++) {
        if (k->map.product[hg__kitnet_products(i + 1) - 1] >= 0) continue;
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected squares of 0 at least", where,
                        products_name);
    }
    return HG_OK;
}

// Takes the clusters and lays them out: each of 1 to max_inputs features, large ones first.
static int load_clusters(hg__kitnet *k, const hg_model *m, const char *where, hg_error *err) {
    const hg__tensor *part;
    int32_t clusters = 0;
    HG_TRY(hg__model_take_part(m, cluster_name, HG_I32, k->features, 0, where, &part, err));
    memcpy(k->cluster, part->data, (size_t)k->features * sizeof *k->cluster);
    for (int32_t i = 0; i < k->features; i++) {
        const int32_t c = k->cluster[i];
        if (c < 0 || c >= k->features) {
            return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected clusters from 0 on, got %d",
                            where, cluster_name, c);
        }
        k->size[c]++;
        clusters = hg__max(clusters, c + 1);
    }
    for (int32_t c = 0; c < clusters; c++) {
        const int32_t most = c == 0 ? k->o.max_inputs : k->size[c - 1];
        if (k->size[c] >= 1 && k->size[c] <= most) continue;
        return hg__fail(err, HG_ERR_MODEL,
                        "%s: '%s': expected cluster %d to have 1 to %d features, got %d", where,
                        cluster_name, c, most, k->size[c]);
    }
    hg__kitnet_lay_out(k, clusters);
    return HG_OK;
}

static int check_size(const float *x, size_t count, float most, const char *name, const char *where,
                      hg_error *err) {
    for (size_t i = 0; i < count; i++) {
        if (fabsf(x[i]) <= most) continue;
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected numbers up to %g in size, got %g",
                        where, name, (double)most, (double)x[i]);
    }
    return HG_OK;
}

static int check_nets(const float *weight, size_t weights, const float *bias, size_t nets,
                      const float *range, size_t ranges, const char *where, hg_error *err) {
    HG_TRY(check_size(weight, 2 * weights, MOST_WEIGHT, weight_name, where, err));
    HG_TRY(check_size(bias, 4 * nets, MOST_WEIGHT, bias_name, where, err));
    if (!range) return HG_OK;
    HG_TRY(check_size(range, 2 * ranges, HG_TIED_MOST, range_name, where, err));
    for (size_t i = 0; i < 2 * ranges; i += 2) {
        if (range[i] <= range[i + 1]) continue;
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected the lowest before the highest",
                        where, range_name);
    }
    return HG_OK;
}

// all: room for the numbers of all three parts.
static int load_numbers(hg__kitnet *k, const hg_model *m, float *all, const char *where,
                        hg_error *err) {
    const size_t weights = count_weights(k), nets = (size_t)k->clusters + 1;
    const size_t ranges = (size_t)k->features + (size_t)k->clusters;
    const hg__tensor *part;
    float *bias = all + 2 * weights, *range = NULL;
    HG_TRY(hg__model_take_part(m, weight_name, HG_F32, (int64_t)weights, 2, where, &part, err));
    memcpy(all, part->data, 2 * weights * sizeof *all);
    HG_TRY(hg__model_take_part(m, bias_name, HG_F32, 2 * (int64_t)nets, 2, where, &part, err));
    memcpy(bias, part->data, 4 * nets * sizeof *all);
    if (has_ranges(k)) {
        range = bias + 4 * nets;
        HG_TRY(hg__model_take_part(m, range_name, HG_F32, (int64_t)ranges, 2, where, &part, err));
        memcpy(range, part->data, 2 * ranges * sizeof *all);
    }
    HG_TRY(check_nets(all, weights, bias, nets, range, ranges, where, err));
    copy_weights(k, all, true);
    copy_biases(k, bias, true);
    if (range) copy_ranges(k, range, true);
    hg__kitnet_turn(k);
    return HG_OK;
}

static int load_nets(hg__kitnet *k, const hg_model *m, const char *where, hg_error *err) {
    HG_TRY(load_clusters(k, m, where, err));
    const size_t ranges = (size_t)k->features + (size_t)k->clusters;
    const size_t count = 2 * (count_weights(k) + 2 * ((size_t)k->clusters + 1) + ranges);
    float *all = hg__alloc(count, sizeof *all, err);
    if (!all) return HG_ERR_MEMORY;
    const int code = load_numbers(k, m, all, where, err);
    hg__free(all);
    return code;
}

hg__kitnet *hg__kitnet_load(const hg_model *m, const char *where, hg_error *err) {
    const hg__tensor *part;
    double numbers[OPTIONS];
    hg__kitnet_options o = {0};
    if (hg__model_take_part(m, options_name, HG_F64, OPTIONS, 0, where, &part, err) < 0) {
        return NULL;
    }
    memcpy(numbers, part->data, sizeof numbers);
    if (hg__model_take_part(m, seed_name, HG_U64, 1, 0, where, &part, err) < 0) return NULL;
    memcpy(&o.seed, part->data, sizeof o.seed);
    const char *expected = read_options(numbers, &o);
    if (expected) {
        hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected %s", where, options_name, expected);
        return NULL;
    }
    hg__kitnet *k = hg__kitnet_new((int32_t)numbers[FEATURES], &o, err);
    if (!k) return NULL;
    k->rows = (int64_t)numbers[LEARNED];
    const int code =
        k->rows > o.map_grace ? load_nets(k, m, where, err) : load_map(k, m, where, err);
    if (code == HG_OK) return k;
    hg__kitnet_free(k);
    return NULL;
}

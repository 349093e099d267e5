// SPDX-License-Identifier: Apache-2.0
// kitnet_net.c - KitNET's memory, and where each number of its autoencoders lies in it.
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "intrusion/kitnet_internal.h"

int32_t hg__kitnet_hidden(const hg__kitnet_options *o, int32_t inputs) {
    return hg__max(1, (int32_t)ceil(inputs * o->hidden_ratio));
}

// ---- how much -------------------------------------------------------------------------------------

// Floats of a group's net whose largest lane has this many inputs.
static size_t abreast_size(const hg__kitnet_options *o, int32_t inputs) {
    const size_t in = (size_t)inputs, hidden = (size_t)hg__kitnet_hidden(o, inputs);
    return (2 * in * hidden + 2 * in + 2 * (in + hidden) + 6) * HG_LANES;
}

static size_t wide_size(const hg__kitnet_options *o, int32_t clusters) {
    const size_t in = (size_t)clusters, hidden = (size_t)hg__kitnet_hidden(o, clusters);
    const size_t in_padded = hg__whole_vectors(in), hidden_padded = hg__whole_vectors(hidden);
    return 2 * (in * hidden_padded + hidden * in_padded) + 4 * in_padded + 2 * hidden_padded +
           (size_t)4 * HG_LANES;
}

// The most inputs of group g: the clusters before it are as large, and all have `features` together.
static int32_t most_inputs(const hg__kitnet_options *o, int32_t features, int32_t g) {
    return hg__min(o->max_inputs, features / (g * HG_LANES + 1));
}

static int check(int32_t features, const hg__kitnet_options *o, hg_error *err) {
    const int64_t long_time = INT64_C(1) << 50;
    if (features < 1 || features > HG_KITNET_MOST_FEATURES) {
        return hg__fail(err, HG_ERR_USAGE, "kitnet: expected 1 to %d features, got %d",
                        HG_KITNET_MOST_FEATURES, features);
    }
    if (o->max_inputs < 1) {
        return hg__fail(err, HG_ERR_USAGE, "kitnet: expected 1 input or more, got %d",
                        o->max_inputs);
    }
    if (!(o->hidden_ratio > 0 && o->hidden_ratio <= 1) || !(o->rate > 0 && o->rate <= 1)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "kitnet: expected a ratio and a rate above 0, at most 1, got %g and %g",
                        o->hidden_ratio, o->rate);
    }
    if (o->map_grace < 1 || o->grace < 1 || o->map_grace > long_time || o->grace > long_time) {
        return hg__fail(err, HG_ERR_USAGE,
                        "kitnet: expected 1 packet or more in both grace periods, got %" PRId64
                        " and %" PRId64,
                        o->map_grace, o->grace);
    }
    return HG_OK;
}

static int allocate(hg__kitnet *k, hg_error *err) {
    const size_t n = (size_t)k->features, groups = (size_t)hg__kitnet_groups(k->features);
    size_t floats = wide_size(&k->o, k->features), slots = 0;
    for (int32_t g = 0; g < (int32_t)groups; g++) {
        const int32_t inputs = hg__max(1, most_inputs(&k->o, k->features, g));
        floats += abreast_size(&k->o, inputs);
        slots += (size_t)inputs * HG_LANES;
    }
    k->cluster = hg__alloc(n, sizeof *k->cluster, err);
    k->size = hg__alloc(n, sizeof *k->size, err);
    k->order = hg__alloc(n, sizeof *k->order, err);
    k->start = hg__alloc(n + 1, sizeof *k->start, err);
    k->net = hg__alloc(groups + 1, sizeof *k->net, err);
    k->slot = hg__alloc(groups, sizeof *k->slot, err);
    k->input = hg__alloc((size_t)k->o.max_inputs * HG_LANES, sizeof *k->input, err);
    k->score = hg__alloc(groups * HG_LANES, sizeof *k->score, err);
    k->space = hg__alloc(floats, sizeof *k->space, err);
    k->slot_space = hg__alloc(slots, sizeof *k->slot_space, err);
    const bool is_whole = k->cluster && k->size && k->order && k->start && k->net && k->slot &&
                          k->input && k->score && k->space && k->slot_space;
    return is_whole ? hg__kitnet_map_init(&k->map, k->features, err) : HG_ERR_MEMORY;
}

hg__kitnet *hg__kitnet_new(int32_t features, const hg__kitnet_options *o, hg_error *err) {
    if (check(features, o, err) < 0) return NULL;
    hg__kitnet *k = hg__alloc(1, sizeof *k, err);
    if (!k) return NULL;
    k->o = *o;
    k->o.max_inputs = hg__min(o->max_inputs, features);
    k->features = features;
    k->kernels = hg__kernels_pick();
    if (allocate(k, err) == HG_OK) return k;
    hg__kitnet_free(k);
    return NULL;
}

void hg__kitnet_free(hg__kitnet *k) {
    if (!k) return;
    hg__kitnet_map_clear(&k->map);
    hg__free(k->cluster);
    hg__free(k->size);
    hg__free(k->order);
    hg__free(k->start);
    hg__free(k->net);
    hg__free(k->slot);
    hg__free(k->input);
    hg__free(k->score);
    hg__free(k->space);
    hg__free(k->slot_space);
    hg__free(k);
}

// ---- where ----------------------------------------------------------------------------------------

// `count` floats of the space, which goes on behind them.
static float *take(float **space, size_t count) {
    float *taken = *space;
    *space += count;
    return taken;
}

static void start_range(hg__tied *t, size_t at) {
    t->low[at] = INFINITY;
    t->high[at] = -INFINITY;
}

static void sort_features(hg__kitnet *k) {
    int32_t at = 0;
    for (int32_t c = 0; c < k->clusters; c++) {
        k->start[c] = at;
        for (int32_t i = 0; i < k->features; i++) {
            if (k->cluster[i] == c) k->order[at++] = i;
        }
        k->size[c] = at - k->start[c];
    }
    k->start[k->clusters] = at;
}

// The net of clusters first .. first + HG_LANES - 1, as far as there are any. Lanes without a feature take feature 0: what they make
// of it is masked.
static void lay_out_abreast(hg__kitnet *k, int32_t g, float **space, int32_t **slots) {
    const int32_t first = g * HG_LANES, inputs = k->size[first];
    const int32_t hidden = hg__kitnet_hidden(&k->o, inputs);
    const size_t in = (size_t)inputs * HG_LANES;
    float *count;
    hg__tied *t = &k->net[g];
    *t = (hg__tied){.inputs = inputs, .hidden = hidden, .rate = (float)k->o.rate};
    t->weight = take(space, 2 * in * (size_t)hidden);
    t->bias = take(space, (size_t)4 * HG_LANES);
    t->count = count = take(space, (size_t)2 * HG_LANES);
    t->low = take(space, in);
    t->high = take(space, in);
    t->spare = take(space, 2 * in + 2 * (size_t)hidden * HG_LANES);
    k->slot[g] = *slots;
    *slots += in;
    for (int32_t lane = 0; lane < HG_LANES && first + lane < k->clusters; lane++) {
        const int32_t c = first + lane;
        count[lane] = (float)k->size[c];
        count[HG_LANES + lane] = (float)hg__kitnet_hidden(&k->o, k->size[c]);
        for (int32_t i = 0; i < k->size[c]; i++) {
            const size_t at = (size_t)i * HG_LANES + (size_t)lane;
            k->slot[g][at] = k->order[k->start[c] + i];
            start_range(t, at);
        }
    }
}

static void lay_out_wide(hg__kitnet *k, hg__tied *t, float *space) {
    const int32_t hidden = hg__kitnet_hidden(&k->o, k->clusters);
    const size_t in = (size_t)k->clusters, in_padded = hg__whole_vectors(in);
    const size_t hidden_padded = hg__whole_vectors((size_t)hidden);
    *t = (hg__tied){.inputs = k->clusters, .hidden = hidden, .rate = (float)k->o.rate};
    t->weight = take(&space, 2 * in * hidden_padded);
    t->turned = take(&space, 2 * (size_t)hidden * in_padded);
    t->bias = take(&space, (size_t)4 * HG_LANES);
    t->low = take(&space, in_padded);
    t->high = take(&space, in_padded);
    t->spare = take(&space, 2 * in_padded + 2 * hidden_padded);
    for (size_t i = 0; i < in; i++) start_range(t, i);
}

void hg__kitnet_lay_out(hg__kitnet *k, int32_t clusters) {
    float *space = k->space;
    int32_t *slots = k->slot_space;
    const int32_t groups = hg__kitnet_groups(clusters);
    k->clusters = clusters;
    sort_features(k);
    for (int32_t g = 0; g < groups; g++) lay_out_abreast(k, g, &space, &slots);
    lay_out_wide(k, &k->net[groups], space);
}

// ---- which ----------------------------------------------------------------------------------------

// The net of c, and in *lane where in it; -1: it is the output's.
static const hg__tied *net_of(const hg__kitnet *k, int32_t c, int32_t *lane) {
    *lane = c == k->clusters ? -1 : c % HG_LANES;
    return &k->net[c == k->clusters ? hg__kitnet_groups(k->clusters) : c / HG_LANES];
}

int32_t hg__kitnet_inputs(const hg__kitnet *k, int32_t c) {
    return c == k->clusters ? k->clusters : k->size[c];
}

float *hg__kitnet_weight(const hg__kitnet *k, int32_t c, int32_t input, int32_t hidden) {
    int32_t lane;
    const hg__tied *t = net_of(k, c, &lane);
    if (lane < 0) return t->weight + (size_t)input * hg__whole_vectors((size_t)t->hidden) + hidden;
    return t->weight + ((size_t)input * (size_t)t->hidden + (size_t)hidden) * HG_LANES + lane;
}

size_t hg__kitnet_rest(const hg__kitnet *k, int32_t c) {
    int32_t lane;
    const hg__tied *t = net_of(k, c, &lane);
    const size_t hidden = (size_t)t->hidden;
    return (size_t)t->inputs * (lane < 0 ? hg__whole_vectors(hidden) : hidden * HG_LANES);
}

float *hg__kitnet_bias(const hg__kitnet *k, int32_t c, int32_t which) {
    int32_t lane;
    const hg__tied *t = net_of(k, c, &lane);
    return t->bias + which * HG_LANES + hg__max(lane, 0);
}

static size_t range_at(int32_t lane, int32_t input) {
    return lane < 0 ? (size_t)input : (size_t)input * HG_LANES + (size_t)lane;
}

float *hg__kitnet_low(const hg__kitnet *k, int32_t c, int32_t input) {
    int32_t lane;
    const hg__tied *t = net_of(k, c, &lane);
    return t->low + range_at(lane, input);
}

float *hg__kitnet_high(const hg__kitnet *k, int32_t c, int32_t input) {
    int32_t lane;
    const hg__tied *t = net_of(k, c, &lane);
    return t->high + range_at(lane, input);
}

void hg__kitnet_turn(hg__kitnet *k) {
    const hg__tied *t = &k->net[hg__kitnet_groups(k->clusters)];
    const size_t width = hg__whole_vectors((size_t)t->inputs),
                 rest = hg__kitnet_rest(k, k->clusters);
    for (int32_t i = 0; i < t->inputs; i++) {
        for (int32_t j = 0; j < t->hidden; j++) {
            const float *w = hg__kitnet_weight(k, k->clusters, i, j);
            float *turned = t->turned + (size_t)j * width + (size_t)i;
            turned[0] = w[0];
            turned[(size_t)t->hidden * width] = w[rest];
        }
    }
}

// Uniform from -1 / inputs to 1 / inputs, as published; each from its own counter.
void hg__kitnet_draw(hg__kitnet *k) {
    for (int32_t c = 0; c <= k->clusters; c++) {
        const int32_t inputs = hg__kitnet_inputs(k, c), hidden = hg__kitnet_hidden(&k->o, inputs);
        for (int32_t i = 0; i < inputs; i++) {
            for (int32_t j = 0; j < hidden; j++) {
                const hg__philox r =
                    hg__philox_run(k->o.seed, HG_STREAM_KITNET, (uint32_t)(k->clusters - c),
                                   (uint32_t)i, (uint32_t)j / 4);
                const float unit = hg__unit_float(r.word[j % 4]);
                *hg__kitnet_weight(k, c, i, j) = (2 * unit - 1) / (float)inputs;
            }
        }
    }
    hg__kitnet_turn(k);
}

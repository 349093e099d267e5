// SPDX-License-Identifier: Apache-2.0
// kitnet_internal.h - what the parts of KitNET share.
#ifndef HG_INTRUSION_KITNET_INTERNAL_H
#define HG_INTRUSION_KITNET_INTERNAL_H
#include "backend/kernels.h"
#include "intrusion/kitnet.h"

// ---- the mapper (kitnet_map.c) --------------------------------------------------------------------

typedef struct hg__kitnet_node hg__kitnet_node;

typedef struct hg__kitnet_map {
    int32_t features;
    int64_t rows;    // that were added
    double *sum;     // (features)
    double *product; // (features (features + 1) / 2): element (i, j), j <= i, at i (i + 1) / 2 + j
    double *beside;  // (features): of the row at hand, what it is beside the mean
    hg__kitnet_node *node; // (2 features): the dendrogram
} hg__kitnet_map;

int hg__kitnet_map_init(hg__kitnet_map *m, int32_t features, hg_error *err);
void hg__kitnet_map_clear(hg__kitnet_map *m); // {0} is fine
void hg__kitnet_map_add(hg__kitnet_map *m, const float *x);
// cluster (features): of each, large clusters first, then by their first feature. The number of clusters, each of `most` features
// at most. m->beside is used.
int32_t hg__kitnet_map_cut(hg__kitnet_map *m, int32_t most, int32_t *cluster);

static inline size_t hg__kitnet_products(int32_t features) {
    return (size_t)features * ((size_t)features + 1) / 2;
}

// ---- the ensemble ---------------------------------------------------------------------------------

struct hg__kitnet {
    hg__kitnet_options o;
    int32_t features;
    int64_t rows; // learned from, those of the mapper too
    const hg__kernels *kernels;
    hg__kitnet_map map;

    int32_t clusters; // 0 while it maps
    int32_t *cluster; // (features)
    int32_t *size;    // (features): of each cluster, descending
    int32_t *order;   // (features): the features cluster by cluster
    int32_t *start;   // (features + 1): where each cluster begins in it
    // Groups of HG_LANES clusters, and behind them the output's autoencoder, wide.
    hg__tied *net;  // (most groups + 1)
    int32_t **slot; // (most groups): (inputs, HG_LANES) of each, the feature that goes there
    float *input;   // (most inputs of a group, HG_LANES)
    float *score;   // (groups, HG_LANES): of each cluster, 0 behind the last
    float *space;   // of all nets
    int32_t *slot_space;
};

static inline int32_t hg__kitnet_groups(int32_t clusters) {
    return hg__ceil_div(clusters, HG_LANES);
}
int32_t hg__kitnet_hidden(const hg__kitnet_options *o, int32_t inputs);

// Lays out the nets of the clusters, of which k->cluster says the features' (each cluster has 1 to max_inputs): everything 0, ranges
// that nothing has widened yet.
void hg__kitnet_lay_out(hg__kitnet *k, int32_t clusters);
void hg__kitnet_draw(hg__kitnet *k); // initial weights

// Calls of one net of the published form, cluster c or, c = clusters, the output's: where its numbers lie.
float *hg__kitnet_weight(const hg__kitnet *k, int32_t c, int32_t input, int32_t hidden);
float *hg__kitnet_bias(const hg__kitnet *k, int32_t c, int32_t which); // 0: hidden, 1: output
// Floats from a weight of c to what rounding left of it, and from a bias.
size_t hg__kitnet_rest(const hg__kitnet *k, int32_t c);
enum { HG_KITNET_BIAS_REST = 2 * HG_LANES };
float *hg__kitnet_low(const hg__kitnet *k, int32_t c, int32_t input);
float *hg__kitnet_high(const hg__kitnet *k, int32_t c, int32_t input);
int32_t hg__kitnet_inputs(const hg__kitnet *k, int32_t c);
// The output's weights lie twice: makes the second what the first is.
void hg__kitnet_turn(hg__kitnet *k);
#endif

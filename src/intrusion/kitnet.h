// SPDX-License-Identifier: Apache-2.0
// kitnet.h - KitNET: features of packets in, one score each out, learned packet by packet.
//
//   mapping: correlations of the features ──> clusters of features that go together, of max_inputs at most
//   training: an autoencoder a cluster ──> its RMSE ──> one autoencoder over these ──> its RMSE, the score
//   running: the same without learning
//
// After Mirsky, Doitshman, Elovici, Shabtai, "Kitsune: An Ensemble of Autoencoders for Online Network Intrusion Detection", NDSS 2018,
// and the code published with it, which decides where the paper is silent. Ours differs in the initial weights (Philox instead of
// Mersenne twisters that all begin alike), in float instead of double, and in the order of the clusters: large ones first.
#ifndef HG_INTRUSION_KITNET_H
#define HG_INTRUSION_KITNET_H
#include "model/model.h"

typedef struct hg__kitnet hg__kitnet;

typedef struct hg__kitnet_options {
    int32_t max_inputs;  // features of a cluster, 1 at least
    double hidden_ratio; // hidden units an input, rounded up; above 0, at most 1
    double rate;         // of learning; above 0, at most 1
    int64_t
        map_grace; // packets after which one more decides the clusters, as published; 1 at least
    int64_t grace; // packets that train, 1 at least
    uint64_t seed;
} hg__kitnet_options;

enum { HG_KITNET_MOST_FEATURES = 1024 };

hg__kitnet_options hg__kitnet_defaults(void); // 10, 0.75, 0.1, 5000, 50000, 0

// Everything it will ever need is allocated here. HG_ERR_USAGE where an option or the number of features cannot be.
hg__kitnet *hg__kitnet_new(int32_t features, const hg__kitnet_options *o, hg_error *err);
void hg__kitnet_free(hg__kitnet *k); // NULL is fine

typedef enum hg__kitnet_phase_id {
    HG_KITNET_MAPPING,
    HG_KITNET_TRAINING,
    HG_KITNET_RUNNING
} hg__kitnet_phase_id;
hg__kitnet_phase_id
hg__kitnet_phase(const hg__kitnet *k); // that the next packet meets in hg__kitnet_run()

int32_t hg__kitnet_features(const hg__kitnet *k);
int32_t hg__kitnet_clusters(const hg__kitnet *k); // 0 while it maps
const int32_t *
hg__kitnet_cluster(const hg__kitnet *k); // (features): of each; of no meaning while it maps

// x (features): what is no number, or beyond 1e38, counts as 0. One thread at a time for one k; nothing is allocated.

// Learns from x, also after the grace periods. The score that x had before it, 0 while it maps.
float hg__kitnet_train(hg__kitnet *k, const float *x);
// The score of x, 0 before anything was trained. part: NULL, or (clusters): what each cluster's autoencoder says.
float hg__kitnet_score(hg__kitnet *k, const float *x, float *part);
// As published: learns and says 0 in the grace periods, then scores.
float hg__kitnet_run(hg__kitnet *k, const float *x);

// Floating-point operations of the products of one row, padding left out; 0 while it maps.
double hg__kitnet_flops(const hg__kitnet *k, bool trains);

// In a model file, as parts (model/model.h):
//   detector.kitnet.options   F64 (7)            features, max_inputs, hidden_ratio, rate, map_grace, grace, rows learned from
//   detector.kitnet.seed      U64 (1)
//   detector.kitnet.sums      F64 (features)     while it maps: of the features
//   detector.kitnet.products  F64 (features (features + 1) / 2)   and of products of what is beside their means, row by row
//   detector.kitnet.cluster   I32 (features)     later: of each feature
//   detector.kitnet.weight    F32 (weights, 2)   of each cluster's (inputs, hidden), then of the output's; and what rounding left
//   detector.kitnet.bias      F32 (2 (clusters + 1), 2)           hidden, output of each; and what rounding left
//   detector.kitnet.range     F32 (features + clusters, 2)        lowest, highest; features cluster by cluster; after training began
#define HG_KITNET_PREFIX "detector.kitnet."

// Puts it into the model, in place of what was there.
int hg__kitnet_save(const hg__kitnet *k, hg_model *m, hg_error *err);
// NULL on failure: HG_ERR_MODEL for any flaw. `where` is for messages. It learns on as if it had never been away.
hg__kitnet *hg__kitnet_load(const hg_model *m, const char *where, hg_error *err);
#endif

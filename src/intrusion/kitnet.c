// SPDX-License-Identifier: Apache-2.0
// kitnet.c - the phases of KitNET, and a row through its autoencoders.
#include <string.h>

#include "intrusion/kitnet_internal.h"

hg__kitnet_options hg__kitnet_defaults(void) {
    return (hg__kitnet_options){
        .max_inputs = 10, .hidden_ratio = 0.75, .rate = 0.1, .map_grace = 5000, .grace = 50000};
}

hg__kitnet_phase_id hg__kitnet_phase(const hg__kitnet *k) {
    if (k->clusters == 0) return HG_KITNET_MAPPING;
    return k->rows <= k->o.map_grace + k->o.grace ? HG_KITNET_TRAINING : HG_KITNET_RUNNING;
}

int32_t hg__kitnet_features(const hg__kitnet *k) {
    return k->features;
}

int32_t hg__kitnet_clusters(const hg__kitnet *k) {
    return k->clusters;
}

const int32_t *hg__kitnet_cluster(const hg__kitnet *k) {
    return k->cluster;
}

// k->input: the features of group g, each in its lane.
static void gather(const hg__kitnet *k, int32_t g, const float *x) {
    const int32_t *slot = k->slot[g], count = k->net[g].inputs * HG_LANES;
    for (int32_t i = 0; i < count; i++) k->input[i] = x[slot[i]];
}

static void map_row(hg__kitnet *k, const float *x) {
    hg__kitnet_map_add(&k->map, x);
    if (k->rows < k->o.map_grace) return;
    hg__kitnet_lay_out(k, hg__kitnet_map_cut(&k->map, k->o.max_inputs, k->cluster));
    hg__kitnet_draw(k);
}

float hg__kitnet_train(hg__kitnet *k, const float *x) {
    float score = 0;
    if (k->clusters == 0) {
        map_row(k, x);
    } else {
        const int32_t groups = hg__kitnet_groups(k->clusters);
        for (int32_t g = 0; g < groups; g++) {
            gather(k, g, x);
            k->kernels->tied_train_abreast(k->score + g * HG_LANES, k->input, &k->net[g]);
        }
        k->kernels->tied_train_wide(&score, k->score, &k->net[groups]);
    }
    k->rows++;
    return score;
}

float hg__kitnet_score(hg__kitnet *k, const float *x, float *part) {
    const int32_t groups = hg__kitnet_groups(k->clusters);
    float score = 0;
    if (part) memset(part, 0, (size_t)k->clusters * sizeof *part);
    if (k->rows <= k->o.map_grace + 1) return 0;
    for (int32_t g = 0; g < groups; g++) {
        gather(k, g, x);
        k->kernels->tied_score_abreast(k->score + g * HG_LANES, k->input, &k->net[g]);
    }
    k->kernels->tied_score_wide(&score, k->score, &k->net[groups]);
    if (part) memcpy(part, k->score, (size_t)k->clusters * sizeof *part);
    return score;
}

float hg__kitnet_run(hg__kitnet *k, const float *x) {
    if (hg__kitnet_phase(k) == HG_KITNET_RUNNING) return hg__kitnet_score(k, x, NULL);
    hg__kitnet_train(k, x);
    return 0;
}

double hg__kitnet_flops(const hg__kitnet *k, bool trains) {
    double weights = 0;
    for (int32_t c = 0; k->clusters > 0 && c <= k->clusters; c++) {
        const int32_t inputs = hg__kitnet_inputs(k, c);
        weights += (double)inputs * hg__kitnet_hidden(&k->o, inputs);
    }
    // Forward twice; then the slope of the hidden units, and two products in each weight.
    return 2 * weights * (trains ? 5 : 2);
}

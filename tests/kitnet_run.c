// SPDX-License-Identifier: Apache-2.0
// kitnet_run.c - KitNET over rows, for comparison with the published algorithm in NumPy:
//
//   kitnet_run FEATURES MAP_GRACE GRACE ROWS SEED < IN > OUT
//
// IN: floats (rows, features). OUT: int32 (features), each one's cluster; floats: the initial weights, cluster by cluster, then the
// output's; the scores (rows) of hg__kitnet_train() in the grace periods, of hg__kitnet_score() from then on; the last weights; the
// last biases (clusters + 1, 2).
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "intrusion/kitnet_internal.h"

static bool write_weights(const hg__kitnet *k) {
    bool done = true;
    for (int32_t c = 0; c <= k->clusters; c++) {
        const int32_t inputs = hg__kitnet_inputs(k, c), hidden = hg__kitnet_hidden(&k->o, inputs);
        for (int32_t i = 0; i < inputs * hidden; i++) {
            const float *w = hg__kitnet_weight(k, c, i / hidden, i % hidden);
            done = fwrite(w, sizeof *w, 1, stdout) == 1 && done;
        }
    }
    return done;
}

static bool write_biases(const hg__kitnet *k) {
    bool done = true;
    for (int32_t i = 0; i < 2 * (k->clusters + 1); i++) {
        done = fwrite(hg__kitnet_bias(k, i / 2, i % 2), sizeof(float), 1, stdout) == 1 && done;
    }
    return done;
}

// The score of row i. Where it decided the clusters, these and the weights that were drawn are written.
static bool take_row(hg__kitnet *k, const float *x, float *score) {
    const hg__kitnet_phase_id before = hg__kitnet_phase(k);
    *score = before == HG_KITNET_RUNNING ? hg__kitnet_score(k, x, NULL) : hg__kitnet_train(k, x);
    if (before != HG_KITNET_MAPPING || hg__kitnet_phase(k) == HG_KITNET_MAPPING) return true;
    const size_t features = (size_t)k->features;
    return fwrite(k->cluster, sizeof *k->cluster, features, stdout) == features && write_weights(k);
}

static int run(int32_t features, size_t rows, const hg__kitnet_options *o) {
    hg_error err = {0};
    hg__kitnet *k = hg__kitnet_new(features, o, &err);
    float *x = hg__alloc((size_t)features, sizeof *x, &err);
    float *score = hg__alloc(rows, sizeof *score, &err);
    bool done = k && x && score;
    for (size_t i = 0; done && i < rows; i++) {
        done = fread(x, sizeof *x, (size_t)features, stdin) == (size_t)features &&
               take_row(k, x, score + i);
    }
    done = done && fwrite(score, sizeof *score, rows, stdout) == rows && write_weights(k) &&
           write_biases(k);
    if (!done) {
        fprintf(stderr, "kitnet_run: %s\n",
                err.message[0] ? err.message : "the input is too short, or the output full");
    }
    hg__kitnet_free(k);
    hg__free(x);
    hg__free(score);
    return done ? 0 : 1;
}

int main(int count, char **word) {
    if (count != 6) {
        fputs("usage: kitnet_run FEATURES MAP_GRACE GRACE ROWS SEED < IN > OUT\n", stderr);
        return 2;
    }
    hg__kitnet_options o = hg__kitnet_defaults();
    o.map_grace = strtoll(word[2], NULL, 10);
    o.grace = strtoll(word[3], NULL, 10);
    o.seed = strtoull(word[5], NULL, 10);
    return run((int32_t)strtol(word[1], NULL, 10), strtoul(word[4], NULL, 10), &o);
}

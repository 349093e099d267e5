// SPDX-License-Identifier: Apache-2.0
// bits.c - trains small models on made-up rows, through the plan and as KitNET does, and prints a hash of their weights.
//
// It needs no library but libc and no file, so that it also runs cross-compiled under an emulator. The
// hash must be the same for every HG_ISA, thread count, compiler and machine. Usage: bits [threads]
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "exec/plan.h"
#include "intrusion/kitnet.h"

enum { ROWS = 70, WIDTH = 45, SIDE = 23, LONGEST = SIDE * SIDE, BATCH = 32, EPOCHS = 3 };

// Every layer type and every loss with arithmetic of its own is in one of these.
static const char *const of_vectors[] = {
    "dense 20 relu, layernorm, dense 7 gelu | dense 33 silu, dropout 0.3, dense input sigmoid",
    "dense 20, batchnorm relu, dense 7 | dense 33, batchnorm silu, dense input sigmoid",
    "dense 30 leaky_relu, dense 9 tanh | dense 30 elu, dense 70 softplus, dense input",
    "dense 20 sigmoid, kl_sparse, dense 14, ordered, topk 9 | dense 20 tied=1, dense input tied=1",
    "dense 20 tanh, dense 14, contractive 0.1 | dense 20, nested, batch_topk 8, dense input",
    "dense 20 sigmoid, contractive 0.1 | dense 16, vq 9 4, dense 6, fsq 5, dense input sigmoid",
    "dense 20 silu, l1 0.01, dense 14, sample warmup=5 | dense 20 tanh, dense input sigmoid",
};
static const char of_images[] =
    "conv 3 k5 s2 silu, keep 1, conv 3 relu, add 1, add 1, dense 8, sample | dense like relu, "
    "deconv 1 k5 s2 p2 op=0 sigmoid";
static const char of_bf16[] = "conv 16 silu, keep 1, conv 32 k3 s2 relu, conv 32 | deconv 16 k3 s2 "
                              "p1 op=0, add 1, conv 16 k1, conv 1";
static const char of_fast[] = "conv 16 silu, keep 1, conv 32 relu, conv 16, add 1, conv 1";
static const struct {
    const char *loss, *optim;
    double clip;
    bool of_images, fast, bf16;
} ways[] = {
    {"mse",                     "adam",    0,   false, false, false},
    {"bce",                     "adamw",   0.5, false, false, false},
    {"huber",                   "rmsprop", 0,   false, false, false},
    {"mae",                     "sgd",     1,   false, false, false},
    {"0.84 ms_ssim + 0.16 mae", "adam",    0,   true,  false, false},
    {"ssim + 2 gradient",       "sgd",     0,   true,  false, false},
    {"mse",                     "adam",    0,   true,  true,  false},
    {"mse",                     "adam",    0,   true,  true,  true },
};

static uint64_t hash(const void *bytes, size_t size, uint64_t h) { // FNV-1a
    for (const uint8_t *b = bytes; size; b++, size--) h = (h ^ *b) * 1099511628211U;
    return h;
}

static uint64_t train(const char *spec, size_t way, int32_t threads, const uint8_t *rows) {
    const hg__shape vector =
                        {
                            1, {WIDTH}
    },
                    image = {2, {SIDE, SIDE}};
    const hg__shape shape = ways[way].of_images ? image : vector;
    hg_error err = {0};
    hg__pool *pool = hg__pool_new(threads, &err);
    hg__network net;
    bool is_made = hg__network_init(&net, spec, &shape, 0, 7, &err) == HG_OK;
    hg__network_set_compute(
        &net, (hg__compute){ways[way].bf16 ? HG_IN_BF16 : HG_IN_FP32, ways[way].fast});
    hg__train_setup setup = {
        .batch = BATCH,
        .optim = hg__optim_find(ways[way].optim),
        .optim_options = {1e-2, 0.9, 0.999, 1e-8, 1e-3, 0.9, 0.99, true},
        .clip = ways[way].clip,
        .seed = 7,
    };
    is_made = is_made && hg__objective_parse(&setup.objective, ways[way].loss, 0.3, &err) == HG_OK;
    hg__train_plan *p = pool && is_made ? hg__train_plan_new(&net, pool, &setup, &err) : NULL;
    if (!p) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    int64_t step = 0;
    for (int32_t epoch = 0; epoch < EPOCHS; epoch++) {
        const hg__shuffle order = hg__shuffle_init(7, HG_STREAM_SHUFFLE, (uint32_t)epoch, ROWS);
        for (int32_t at = 0; at < ROWS; at += BATCH) {
            const void *row[BATCH];
            const int32_t count = ROWS - at < BATCH ? ROWS - at : BATCH;
            for (int32_t i = 0; i < count; i++) {
                row[i] = rows + hg__shuffle_at(&order, (uint64_t)at + (uint64_t)i) * LONGEST;
            }
            const hg__input in = {.row = row, .count = count, .dtype = HG_U8, .scale = 1 / 255.0F};
            (void)hg__train_step(p, &in, 1e-2, ++step);
        }
    }
    const uint64_t h =
        hash(net.params, net.spec.params * sizeof *net.params, 14695981039346656037U);
    hg__train_plan_free(p);
    hg__network_clear(&net);
    hg__pool_free(pool);
    return h;
}

// Of the scores of the rows while KitNET learns, and behind that.
static uint64_t learn_packets(const uint8_t *rows) {
    enum { MAP_GRACE = 30, GRACE = 2 * ROWS };
    hg_error err = {0};
    hg__kitnet_options o = hg__kitnet_defaults();
    o.map_grace = MAP_GRACE;
    o.grace = GRACE;
    o.max_inputs = 3;
    hg__kitnet *k = hg__kitnet_new(WIDTH, &o, &err);
    if (!k) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    uint64_t h = 14695981039346656037U;
    for (int32_t i = 0; i < MAP_GRACE + GRACE + ROWS; i++) {
        float x[WIDTH];
        for (int32_t j = 0; j < WIDTH; j++) x[j] = rows[i % ROWS * LONGEST + j];
        const float score = hg__kitnet_phase(k) == HG_KITNET_RUNNING ? hg__kitnet_score(k, x, NULL)
                                                                     : hg__kitnet_train(k, x);
        h = hash(&score, sizeof score, h);
    }
    hg__kitnet_free(k);
    return h;
}

int main(int argc, char **argv) {
    static uint8_t rows[ROWS * LONGEST];
    const int32_t threads = argc > 1 ? (int32_t)strtol(argv[1], NULL, 10) : 1;
    for (uint32_t i = 0; i < ROWS * LONGEST; i++) {
        rows[i] = (uint8_t)(hg__philox_run(7, HG_STREAM_SYNTHETIC, i, 0, 0).word[0] >> 24);
    }
    uint64_t all = 0;
    for (size_t s = 0; s < sizeof of_vectors / sizeof *of_vectors; s++) {
        for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
            const char *spec = ways[w].bf16        ? of_bf16
                               : ways[w].fast      ? of_fast
                               : ways[w].of_images ? of_images
                                                   : of_vectors[s];
            if (ways[w].of_images && s > 0) continue; // once
            const uint64_t h = train(spec, w, threads, rows);
            all = hash(&h, sizeof h, all);
        }
    }
    const uint64_t packets = learn_packets(rows);
    all = hash(&packets, sizeof packets, all);
    printf("%016llx\n", (unsigned long long)all);
    return 0;
}

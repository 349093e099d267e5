// SPDX-License-Identifier: Apache-2.0
// test_kitnet.c - KitNET: clusters, learning, phases, its place in a model; the same bits by every instruction set.
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rng.h"
#include "faults.h"
#include "intrusion/kitnet_internal.h"
#include "sanitized.h"

#include <cmocka.h>

enum { FEATURES = 40, BLOCKS = 5, MAP_ROWS = 200 };

static float unit(uint32_t row, uint32_t column) {
    return hg__unit_float(hg__philox_run(11, row, column, 0, 0).word[0]);
}

// Blocks of features that follow one factor each, no two of which fit into one cluster; the last feature is constant.
static int block_of(int feature) {
    static const int end[BLOCKS] = {10, 19, 27, 33, 39};
    int block = 0;
    while (block < BLOCKS && feature >= end[block]) block++;
    return block;
}

// Feature i lies at a place that mixes the blocks: 17 i mod FEATURES.
static int feature_at(int place) {
    return 17 * place % FEATURES;
}

// A row; strange: each feature follows a factor of its own, but no number is unusual.
static void draw_row(uint32_t row, bool is_strange, float x[FEATURES]) {
    for (int place = 0; place < FEATURES; place++) {
        const int i = feature_at(place), block = block_of(i);
        const uint32_t factor = (uint32_t)(is_strange ? 500 + i : block);
        x[place] = block == BLOCKS ? 3
                                   : (float)(1 + block) * unit(row, factor) +
                                         0.05F * unit(row, 100 + (uint32_t)i);
    }
}

static hg__kitnet_options options_of(int64_t map_grace, int64_t grace) {
    hg__kitnet_options o = hg__kitnet_defaults();
    o.map_grace = map_grace;
    o.grace = grace;
    o.seed = 5;
    return o;
}

static hg__kitnet *new_kitnet(int64_t grace) {
    const hg__kitnet_options o = options_of(MAP_ROWS, grace);
    hg__kitnet *k = hg__kitnet_new(FEATURES, &o, NULL);
    assert_non_null(k);
    return k;
}

// Rows first .. end - 1 learned.
static void learn(hg__kitnet *k, uint32_t first, uint32_t end) {
    float x[FEATURES];
    for (uint32_t row = first; row < end; row++) {
        draw_row(row, false, x);
        hg__kitnet_train(k, x);
    }
}

static void features_of_one_factor_form_a_cluster_large_ones_first(void **state) {
    (void)state;
    hg__kitnet *k = new_kitnet(10);
    learn(k, 0, MAP_ROWS);
    assert_int_equal(hg__kitnet_clusters(k), 0);
    learn(k, MAP_ROWS, MAP_ROWS + 1);
    assert_int_equal(hg__kitnet_clusters(k), BLOCKS + 1);
    const int32_t *cluster = hg__kitnet_cluster(k);
    for (int a = 0; a < FEATURES; a++) {
        for (int b = 0; b < FEATURES; b++) {
            const bool is_one = block_of(feature_at(a)) == block_of(feature_at(b));
            assert_true((cluster[a] == cluster[b]) == is_one);
        }
    }
    int size[BLOCKS + 1] = {0}, first[BLOCKS + 1];
    for (int a = FEATURES - 1; a >= 0; a--) size[cluster[a]]++, first[cluster[a]] = a;
    assert_int_equal(size[0], 10);
    for (int c = 1; c <= BLOCKS; c++) {
        assert_true(size[c] < size[c - 1] || (size[c] == size[c - 1] && first[c] > first[c - 1]));
    }
    hg__kitnet_free(k);
}

// Fourteen features of one factor in two halves: the halves hold closer together than the whole.
static void what_is_larger_than_a_cluster_is_cut_where_it_hangs_together_least(void **state) {
    (void)state;
    const hg__kitnet_options o = options_of(MAP_ROWS, 10);
    hg__kitnet *k = hg__kitnet_new(14, &o, NULL);
    assert_non_null(k);
    for (uint32_t row = 0; row <= MAP_ROWS; row++) {
        float x[14];
        for (uint32_t i = 0; i < 14; i++) {
            x[i] = unit(row, 0) + 0.2F * unit(row, 1 + i % 2) + 0.01F * unit(row, 10 + i);
        }
        hg__kitnet_train(k, x);
    }
    assert_int_equal(hg__kitnet_clusters(k), 2);
    for (int i = 0; i < 14; i++) assert_int_equal(hg__kitnet_cluster(k)[i], i % 2);
    hg__kitnet_free(k);
}

static void a_row_against_what_was_learned_scores_above_nearly_all_that_follow_it(void **state) {
    (void)state;
    enum { GRACE = IS_SANITIZED ? 3000 : 20000, NORMAL = 2000, STRANGE = 20 };
    hg__kitnet *k = new_kitnet(GRACE);
    float x[FEATURES], part[FEATURES], normal[NORMAL];
    learn(k, 0, MAP_ROWS + 1 + GRACE);
    assert_int_equal(hg__kitnet_phase(k), HG_KITNET_RUNNING);
    for (uint32_t i = 0; i < NORMAL; i++) {
        draw_row(1000000 + i, false, x);
        normal[i] = hg__kitnet_run(k, x);
        assert_true(normal[i] > 0 && normal[i] < 1);
    }
    for (uint32_t i = 0; i < STRANGE; i++) {
        int above = 0;
        draw_row(2000000 + i, true, x);
        const float score = hg__kitnet_score(k, x, part);
        for (int n = 0; n < NORMAL; n++) above += normal[n] >= score;
        assert_true(above <= NORMAL / 1000);
        for (int c = 0; c < hg__kitnet_clusters(k); c++) assert_true(part[c] >= 0 && part[c] < 2);
        assert_true(part[0] > 0.05F);
    }
    hg__kitnet_free(k);
}

static void phases_last_as_published_and_scoring_learns_nothing(void **state) {
    (void)state;
    hg__kitnet *k = new_kitnet(30);
    float x[FEATURES];
    for (uint32_t row = 0; row < MAP_ROWS + 40; row++) {
        const hg__kitnet_phase_id phase = hg__kitnet_phase(k);
        assert_int_equal(phase, row <= MAP_ROWS        ? HG_KITNET_MAPPING
                                : row <= MAP_ROWS + 30 ? HG_KITNET_TRAINING
                                                       : HG_KITNET_RUNNING);
        draw_row(row, false, x);
        if (row <= MAP_ROWS) assert_true(hg__kitnet_score(k, x, NULL) == 0);
        const float score = hg__kitnet_run(k, x);
        assert_true(phase == HG_KITNET_RUNNING ? score > 0 : score == 0);
    }
    draw_row(MAP_ROWS + 5, false, x);
    const float first = hg__kitnet_score(k, x, NULL);
    assert_true(hg__kitnet_score(k, x, NULL) == first);
    assert_true(hg__kitnet_train(k, x) > 0);
    assert_true(hg__kitnet_score(k, x, NULL) != first);
    assert_int_equal(hg__kitnet_features(k), FEATURES);
    assert_true(hg__kitnet_flops(k, true) > 2 * hg__kitnet_flops(k, false));
    hg__kitnet_free(k);
}

// Every number of the two is the same.
static void assert_same(const hg__kitnet *a, const hg__kitnet *b) {
    assert_true(a->clusters == b->clusters && a->rows == b->rows);
    for (int32_t c = 0; c <= a->clusters && a->clusters > 0; c++) {
        const int32_t inputs = hg__kitnet_inputs(a, c);
        for (int32_t i = 0; i < inputs; i++) {
            assert_memory_equal(hg__kitnet_low(a, c, i), hg__kitnet_low(b, c, i), 4);
            assert_memory_equal(hg__kitnet_high(a, c, i), hg__kitnet_high(b, c, i), 4);
            for (int32_t j = 0; j < hg__kitnet_hidden(&a->o, inputs); j++) {
                assert_memory_equal(hg__kitnet_weight(a, c, i, j), hg__kitnet_weight(b, c, i, j),
                                    4);
            }
        }
        assert_memory_equal(hg__kitnet_bias(a, c, 0), hg__kitnet_bias(b, c, 0), 4);
        assert_memory_equal(hg__kitnet_bias(a, c, 1), hg__kitnet_bias(b, c, 1), 4);
    }
}

static void every_instruction_set_learns_and_scores_to_the_same_bits(void **state) {
    (void)state;
    enum { ROWS = IS_SANITIZED ? 60 : 400 };
    hg__kitnet *all[4] = {0};
    const hg__kernels *const *table = hg__kernels_all();
    for (int t = 0; table[t]; t++) {
        hg__kitnet_options o = options_of(MAP_ROWS, ROWS);
        o.max_inputs = 3; // two groups, an output wider than a vector
        all[t] = hg__kitnet_new(FEATURES, &o, NULL);
        assert_non_null(all[t]);
        all[t]->kernels = table[t];
        learn(all[t], 0, MAP_ROWS + 1 + ROWS);
        assert_true(all[t]->clusters > HG_LANES);
        assert_same(all[0], all[t]);
        for (uint32_t i = 0; i < 10; i++) {
            float x[FEATURES], a[FEATURES], b[FEATURES];
            draw_row(i, i % 2 == 1, x);
            x[i] *= 9;
            const float want = hg__kitnet_score(all[0], x, a), got = hg__kitnet_score(all[t], x, b);
            assert_memory_equal(&want, &got, sizeof got);
            assert_memory_equal(a, b, (size_t)all[t]->clusters * sizeof *a);
        }
    }
    for (int t = 0; table[t]; t++) hg__kitnet_free(all[t]);
}

static void what_is_no_number_counts_as_0(void **state) {
    (void)state;
    const float bad[] = {NAN, INFINITY, -INFINITY, 2e38F, -1e38F};
    hg__kitnet *a = new_kitnet(50), *b = new_kitnet(50);
    for (uint32_t row = 0; row < MAP_ROWS + 60; row++) {
        float x[FEATURES], y[FEATURES];
        draw_row(row, false, x);
        memcpy(y, x, sizeof y);
        const uint32_t at = row % FEATURES;
        x[at] = bad[row % 5];
        y[at] = 0;
        const float want = hg__kitnet_run(b, y), got = hg__kitnet_run(a, x);
        assert_true(got == want && isfinite(got));
    }
    assert_same(a, b);
    hg__kitnet_free(a);
    hg__kitnet_free(b);
}

static void scores_stay_finite_whatever_comes(void **state) {
    (void)state;
    hg__kitnet *k = new_kitnet(50);
    float x[FEATURES];
    learn(k, 0, MAP_ROWS + 60);
    draw_row(3, false, x);
    const float usual = hg__kitnet_score(k, x, NULL);
    for (int place = 0; place < FEATURES; place++) { // the constant one among them
        const float kept = x[place];
        x[place] = 9e37F;
        const float score = hg__kitnet_score(k, x, NULL);
        assert_true(isfinite(score) && score > 10 * usual);
        x[place] = kept;
    }
    for (int place = 0; place < FEATURES; place++) x[place] = place % 2 ? 9e37F : -9e37F;
    for (int i = 0; i < 3; i++) assert_true(isfinite(hg__kitnet_train(k, x)));
    assert_true(isfinite(hg__kitnet_score(k, x, NULL)));
    hg__kitnet_free(k);
}

// Rows of independent features, or of five factors: in all phases, without allocating.
static void run_few_rows(int32_t features, int32_t max_inputs, uint32_t factors) {
    hg__kitnet_options o = options_of(20, 3);
    o.max_inputs = max_inputs;
    hg__kitnet *k = hg__kitnet_new(features, &o, NULL);
    assert_non_null(k);
    const uint64_t allocations = hg__alloc_count();
    for (uint32_t row = 0; row < 26; row++) {
        float x[300];
        for (uint32_t i = 0; i < 300; i++) {
            x[i] = unit(row, i % factors) + 0.1F * unit(row, 300 + i);
        }
        assert_true(isfinite(hg__kitnet_run(k, x)));
    }
    assert_true(hg__alloc_count() == allocations);
    assert_true(k->clusters >= 1 && k->size[0] <= max_inputs);
    hg__kitnet_free(k);
}

static void any_number_of_features_and_inputs_has_its_memory(void **state) {
    (void)state;
    const int32_t features[] = {1, 2, 16, 17, 33, 115, 300}, most[] = {1, 3, 10, 1000};
    for (int f = 0; f < 7; f++) {
        for (int m = 0; m < 4; m++) {
            run_few_rows(features[f], most[m], 5);
            run_few_rows(features[f], most[m], 300);
        }
    }
    hg__kitnet_free(NULL);
}

static void options_that_cannot_be_are_refused(void **state) {
    (void)state;
    hg_error err = {0};
    for (int i = 0; i < 9; i++) {
        hg__kitnet_options o = hg__kitnet_defaults();
        if (i == 0) o.max_inputs = 0;
        if (i == 1) o.hidden_ratio = 0;
        if (i == 2) o.hidden_ratio = 1.1;
        if (i == 3) o.rate = (double)NAN;
        if (i == 4) o.map_grace = 0;
        if (i == 5) o.grace = 0;
        if (i == 6) o.grace = INT64_MAX;
        const int32_t features = i == 7 ? 0 : i == 8 ? HG_KITNET_MOST_FEATURES + 1 : 3;
        assert_null(hg__kitnet_new(features, &o, &err));
        assert_int_equal(err.code, HG_ERR_USAGE);
        assert_non_null(strstr(err.message, "kitnet: expected"));
    }
}

// ---- in a model -----------------------------------------------------------------------------------

static hg_model *small_model(hg_error *err) {
    const hg__shape input = {1, {3}};
    return hg__model_from_spec("dense 2 | dense input", &input, 0, 1, err);
}

static hg__kitnet *through_file(const hg__kitnet *k) {
    hg_error err = {0};
    char path[] = "/tmp/hourglass-kitnet-XXXXXX";
    const int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    hg_model *m = small_model(&err);
    assert_non_null(m);
    assert_int_equal(hg__kitnet_save(k, m, &err), HG_OK);
    assert_int_equal(hg__kitnet_save(k, m, &err), HG_OK); // over what is there
    assert_int_equal(hg__model_save(m, path, NULL, &err), HG_OK);
    hg_model_free(m);
    m = hg_model_load(path, &err);
    assert_non_null(m);
    hg__kitnet *back = hg__kitnet_load(m, path, &err);
    if (!back) fail_msg("%s", err.message);
    hg_model_free(m);
    unlink(path);
    return back;
}

static void a_model_keeps_it_to_the_bit_and_it_learns_on_as_if_it_had_stayed(void **state) {
    (void)state;
    const uint32_t saved_at[] = {0, 50, MAP_ROWS, MAP_ROWS + 1, MAP_ROWS + 25, MAP_ROWS + 80};
    for (int i = 0; i < 6; i++) {
        hg__kitnet *k = new_kitnet(50);
        learn(k, 0, saved_at[i]);
        hg__kitnet *back = through_file(k);
        assert_int_equal(hg__kitnet_phase(back), hg__kitnet_phase(k));
        assert_same(k, back);
        learn(k, saved_at[i], MAP_ROWS + 120);
        learn(back, saved_at[i], MAP_ROWS + 120);
        assert_same(k, back);
        float x[FEATURES];
        draw_row(9, true, x);
        assert_true(hg__kitnet_score(k, x, NULL) == hg__kitnet_score(back, x, NULL));
        hg__kitnet_free(k);
        hg__kitnet_free(back);
    }
}

// One number of one part changed, and the sentence it must be refused with.
static void parts_that_cannot_be_meant_are_refused(void **state) {
    (void)state;
    const struct {
        const char *part;
        int at;
        double value;
        const char *expected;
    } bad[] = {
        {"options",  0,  0,                "expected 1 to 1024 features"                    },
        {"options",  0,  2000,             "expected 1 to 1024 features"                    },
        {"options",  0,  39,               "of shape [39]"                                  },
        {"options",  1,  0,                "expected 1 input or more"                       },
        {"options",  1,  45,               "expected 1 input or more"                       },
        {"options",  1,  2.5,              "expected 1 input or more"                       },
        {"options",  1,  9,                "expected cluster 0 to have 1 to 9 features"     },
        {"options",  2,  0,                "expected a ratio"                               },
        {"options",  2,  0.9,              "'detector.kitnet.weight': expected F32 of shape"},
        {"options",  3,  (double)NAN,      "expected a rate"                                },
        {"options",  4,  0,                "expected 1 packet or more that map"             },
        {"options",  4,  1e9,              "'detector.kitnet.sums': expected F64"           },
        {"options",  5,  0.5,              "expected 1 packet or more that train"           },
        {"options",  6,  -1,               "expected a number of packets"                   },
        {"options",  6,  (double)INFINITY, "expected a number of packets"                   },
        {"options",  6,  5,                "'detector.kitnet.sums': expected F64"           },
        {"cluster",  3,  -1,               "expected clusters from 0 on"                    },
        {"cluster",  3,  40,               "expected clusters from 0 on"                    },
        {"cluster",  3,  39,               "features, got 0"                                },
        {"cluster",  3,  4,                "to have 1 to 6 features, got 7"                 },
        {"weight",   5,  (double)NAN,      "expected numbers up to 1e+15 in size, got nan"  },
        {"weight",   5,  -1e20,            "expected numbers up to 1e+15 in size"           },
        {"bias",     27, (double)INFINITY, "'detector.kitnet.bias': expected numbers"       },
        {"range",    0,  1e9,              "expected the lowest before the highest"         },
        {"range",    0,  (double)NAN,      "'detector.kitnet.range': expected numbers"      },
        {"sums",     39, (double)NAN,      "expected finite sums"                           },
        {"products", 11, (double)INFINITY, "expected finite products"                       },
        {"products", 2,  -1,               "expected squares of 0 at least"                 },
    };
    hg__kitnet *trained = new_kitnet(50), *mapping = new_kitnet(50);
    learn(trained, 0, MAP_ROWS + 20);
    learn(mapping, 0, 30);
    hg_model *m = small_model(NULL);
    assert_non_null(m);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const bool maps = bad[i].part[0] == 's' || bad[i].part[0] == 'p';
        assert_int_equal(hg__kitnet_save(maps ? mapping : trained, m, NULL), HG_OK);
        char name[64];
        snprintf(name, sizeof name, HG_KITNET_PREFIX "%s", bad[i].part);
        const hg__tensor *t = hg__model_part(m, name);
        assert_non_null(t);
        void *data = (void *)t->data;
        if (t->dtype == HG_F64) ((double *)data)[bad[i].at] = bad[i].value;
        if (t->dtype == HG_F32) ((float *)data)[bad[i].at] = (float)bad[i].value;
        if (t->dtype == HG_I32) ((int32_t *)data)[bad[i].at] = (int32_t)bad[i].value;
        hg_error err = {0};
        assert_null(hg__kitnet_load(m, "m.safetensors", &err));
        assert_int_equal(err.code, HG_ERR_MODEL);
        if (!strstr(err.message, bad[i].expected)) fail_msg("%zu: %s", i, err.message);
        assert_non_null(strstr(err.message, "m.safetensors: '" HG_KITNET_PREFIX));
    }
    static const char *const parts[] = {"options", "seed", "cluster", "weight", "bias", "range"};
    for (int i = 0; i < 6; i++) {
        char name[64];
        hg_error err = {0};
        assert_int_equal(hg__kitnet_save(trained, m, NULL), HG_OK);
        snprintf(name, sizeof name, HG_KITNET_PREFIX "%s", parts[i]);
        hg__model_drop_parts(m, name);
        assert_null(hg__kitnet_load(m, "m", &err));
        assert_int_equal(err.code, HG_ERR_MODEL);
    }
    hg_model_free(m);
    hg__kitnet_free(trained);
    hg__kitnet_free(mapping);
}

static int scenario(void) {
    hg_error err = {0};
    const hg__kitnet_options o = options_of(5, 5);
    hg__kitnet *k = hg__kitnet_new(FEATURES, &o, &err), *back = NULL;
    hg_model *m = k ? small_model(&err) : NULL;
    int code = m ? HG_OK : HG_ERR_MEMORY;
    for (uint32_t part = 0; part < 2 && code == HG_OK; part++) {
        learn(k, part * 3, part * 6 + 3);
        code = hg__kitnet_save(k, m, &err);
        hg__kitnet_free(back);
        back = code == HG_OK ? hg__kitnet_load(m, "m", &err) : NULL;
        if (!back) code = HG_ERR_MEMORY;
    }
    hg__kitnet_free(k);
    hg__kitnet_free(back);
    hg_model_free(m);
    if (code == HG_OK) return CHILD_WORKED;
    return err.code == HG_ERR_MEMORY && *err.message ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

static void without_memory_there_is_an_error_and_nothing_is_lost(void **state) {
    (void)state;
    assert_true(count_faults("kitnet", "HG_FAIL_ALLOC", "") > 40);
}

int main(int count, char **word) {
    if (count == 3 && strcmp(word[1], "child") == 0) return scenario();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_of_one_factor_form_a_cluster_large_ones_first),
        cmocka_unit_test(what_is_larger_than_a_cluster_is_cut_where_it_hangs_together_least),
        cmocka_unit_test(a_row_against_what_was_learned_scores_above_nearly_all_that_follow_it),
        cmocka_unit_test(phases_last_as_published_and_scoring_learns_nothing),
        cmocka_unit_test(every_instruction_set_learns_and_scores_to_the_same_bits),
        cmocka_unit_test(what_is_no_number_counts_as_0),
        cmocka_unit_test(scores_stay_finite_whatever_comes),
        cmocka_unit_test(any_number_of_features_and_inputs_has_its_memory),
        cmocka_unit_test(options_that_cannot_be_are_refused),
        cmocka_unit_test(a_model_keeps_it_to_the_bit_and_it_learns_on_as_if_it_had_stayed),
        cmocka_unit_test(parts_that_cannot_be_meant_are_refused),
        cmocka_unit_test(without_memory_there_is_an_error_and_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

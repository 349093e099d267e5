// SPDX-License-Identifier: Apache-2.0
// test_quantised.c - codes of symbols: how many are used, codes that die, what is drawn, runs that go on, what is refused.
#include "array/data.h"
#include "latent/perplexity.h"
#include "plan_case.h"
#include "sanitized.h"

// ---- use -----------------------------------------------------------------------------------------

static void train(hg_model *m, hg__pool *pool, int32_t rows, int32_t steps) {
    const hg__train_setup s = setup_of("mse", "adam", BATCH);
    hg__train_plan *p = new_plan(m, pool, &s);
    const int32_t width = m->net.spec.width, batches = rows / BATCH;
    for (int32_t i = 0; i < steps; i++) {
        const hg__input in = rows_of(width, (int64_t)(i % batches) * BATCH, BATCH);
        assert_true(isfinite(hg__train_step(p, &in, 3e-3, i + 1)));
    }
    hg__train_plan_free(p);
}

// Of the codes of rows 0 .. rows-1 of x.
static hg__code_figures figures_of(hg_model *m, hg__pool *pool, int32_t rows) {
    static float code[MOST_ROWS * 64];
    hg__code_usage u;
    assert_true(hg__has_symbols(&m->net));
    assert_true(m->net.spec.code <= 64);
    assert_int_equal(hg__code_usage_init(&u, &m->net, NULL), HG_OK);
    hg__run_plan *runner = hg__run_plan_new(&m->net, pool, NULL, NULL);
    assert_non_null(runner);
    const hg__input in = rows_of(m->net.spec.width, 0, rows);
    hg__run(runner, HG_ENCODE, &in, code);
    hg__code_usage_add(&u, code, rows);
    const hg__code_figures f = hg__code_usage_find(&u);
    hg__run_plan_free(runner);
    hg__code_usage_clear(&u);
    return f;
}

static hg__real *param(hg_model *m, const char *type, int32_t i) {
    for (int32_t k = 0; k < m->net.spec.layers; k++) {
        const hg__layer *l = &m->net.spec.layer[k];
        if (strcmp(l->type->name, type) == 0) return m->net.params + l->param[i].offset;
    }
    fail();
    return NULL;
}

static const hg__layer *neck_of(const hg_model *m) {
    return &m->net.spec.layer[m->net.spec.neck - 1];
}

static void the_first_batch_gives_the_codebook_its_vectors(void **state) {
    (void)state;
    hg__pool *pool = hg__pool_new(2, NULL);
    hg_model *m = new_model("dense 12, vq 24 4 | dense input", 30);
    hg__real *count = param(m, "vq", 1);
    for (int i = 0; i < 24; i++) assert_true(count[i] == 0);
    train(m, pool, BATCH, 1);
    double total = 0;
    for (int i = 0; i < 24; i++) total += (double)count[i];
    assert_true(fabs(total - BATCH * 3) < 0.1);
    assert_true(figures_of(m, pool, BATCH).used > 12);
    hg_model_free(m);
    hg__pool_free(pool);
}

// A codebook far from everything that comes: but for one code they are never the nearest.
static int64_t used_after_a_bad_start(const char *spec, hg__pool *pool) {
    static float far[16 * 4], once[16];
    hg_model *m = new_model(spec, 30);
    const hg__layer *l = neck_of(m);
    for (int i = 0; i < 16; i++) once[i] = 1;
    for (int i = 0; i < 16 * 4; i++) far[i] = (float)(1000 + 10 * i);
    hg__param_import(&l->param[0], m->net.params, far);
    hg__param_import(&l->param[1], m->net.params, once);
    hg__param_import(&l->param[2], m->net.params, far);
    train(m, pool, MOST_ROWS / BATCH * BATCH, 200);
    const hg__code_figures f = figures_of(m, pool, MOST_ROWS);
    assert_int_equal(f.codes, 16);
    assert_true(f.perplexity >= 1 && f.perplexity <= (double)f.used + 1e-9);
    hg_model_free(m);
    return f.used;
}

static void dead_codes_begin_anew(void **state) {
    (void)state;
    hg__pool *pool = hg__pool_new(2, NULL);
    assert_int_equal(used_after_a_bad_start("dense 12, vq 16 4 restart=0 | dense input", pool), 1);
    assert_true(used_after_a_bad_start("dense 12, vq 16 4 | dense input", pool) >= 12);
    hg__pool_free(pool);
}

// On Fashion-MNIST, where it is installed: the perplexity is above half of the codes.
static void most_codes_are_used_on_real_pictures(void **state) {
    (void)state;
    const char *const specs[] = {"dense 64 relu, dense 32, vq 64 4 | dense 64 relu, dense input",
                                 "dense 64 relu, dense 32, fsq 8 8 | dense 64 relu, dense input"};
    const hg__data_options in_memory = {.memory = (size_t)1 << 30};
    hg_error err = {0};
    hg__data *d = hg__data_open("fashion-test", &in_memory, &err);
    if (!d) {
        printf("skipped: %s\n", err.message);
        return;
    }
    hg__pool *pool = hg__pool_new(2, NULL);
    for (int64_t i = 0; i < MOST_ROWS; i++) {
        assert_int_equal(hg__data_row(d, i, x + i * 784, &err), HG_OK);
    }
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        hg_model *m = new_model(specs[i], 784);
        train(m, pool, MOST_ROWS / BATCH * BATCH, IS_SANITIZED ? 60 : 300);
        const hg__code_figures f = figures_of(m, pool, MOST_ROWS);
        assert_int_equal(f.codes, 64);
        if (f.perplexity <= 32 && !IS_SANITIZED) {
            fail_msg("%s: perplexity %g", specs[i], f.perplexity);
        }
        hg_model_free(m);
    }
    hg__pool_free(pool);
    hg__data_close(d);
}

static void perplexity_is_what_it_is_said_to_be(void **state) {
    (void)state;
    static const float codebook[] = {0, 1, 2, 3};
    hg_model *m = new_model("dense 2, vq 4 1 | dense input", 3);
    hg__code_usage u;
    hg__param_import(&neck_of(m)->param[0], m->net.params, codebook);
    assert_int_equal(hg__code_usage_init(&u, &m->net, NULL), HG_OK);
    assert_true(hg__code_usage_find(&u).perplexity == 0);
    const float code[][2] = {
        {0, 0},
        {2, 2}
    };
    hg__code_usage_add(&u, code[0], 1);
    assert_true(hg__code_usage_find(&u).perplexity == 1);
    hg__code_usage_add(&u, code[1], 1);
    hg__code_figures f = hg__code_usage_find(&u);
    assert_true(fabs(f.perplexity - 2) < 1e-12 && f.active == 0.5 && f.used == 2);
    for (int i = 0; i < 2; i++) hg__code_usage_add(&u, code[1], 1); // 1/4 and 3/4
    f = hg__code_usage_find(&u);
    assert_true(fabs(log(f.perplexity) - (log(4) - 0.75 * log(3))) < 1e-12);
    hg__code_usage_clear(&u);
    hg_model_free(m);
}

static void other_models_have_no_symbols(void **state) {
    (void)state;
    hg_model *m = new_model("dense 2 | vq 4 1, dense input", 3);
    assert_false(hg__has_symbols(&m->net));
    hg_model_free(m);
}

// ---- draws ---------------------------------------------------------------------------------------

enum { DRAWS = 4000 };

// seen (codes): how often rows drawn of a neck's prior have each symbol.
static void count_draws(hg_model *m, int64_t *seen, int64_t codes) {
    const hg__layer *l = neck_of(m);
    hg__code_usage u;
    const hg__pass pass = {.k = hg__kernels_pick(), .params = m->net.params, .seed = 7};
    hg__real drawn[64], again[64];
    float code[64];
    assert_int_equal(hg__code_usage_init(&u, &m->net, NULL), HG_OK);
    assert_int_equal(u.codes, codes);
    for (int64_t r = 0; r < DRAWS; r++) {
        l->type->draw(l, &pass, r, drawn);
        l->type->draw(l, &pass, r, again);
        for (int32_t i = 0; i < m->net.spec.code; i++) {
            assert_true(drawn[i] == again[i]);
            code[i] = (float)drawn[i];
        }
        hg__code_usage_add(&u, code, 1);
    }
    memcpy(seen, u.count, (size_t)codes * sizeof *seen);
    hg__code_usage_clear(&u);
}

static void draws_follow_how_often_codes_were_used(void **state) {
    (void)state;
    static const float codebook[] = {0, 0, 1, 1, -2, 3, 4, 0}, count[] = {1, 0, 2, 5};
    int64_t seen[4];
    hg_model *m = new_model("dense 4, vq 4 2 | dense input", 3);
    hg__param_import(&neck_of(m)->param[0], m->net.params, codebook);
    hg__param_import(&neck_of(m)->param[1], m->net.params, count);
    count_draws(m, seen, 4);
    for (int i = 0; i < 4; i++) {
        assert_true(fabs((double)seen[i] / (2 * DRAWS) - (double)count[i] / 8) < 0.03);
    }
    assert_int_equal(seen[1], 0);
    hg_model_free(m);
}

static void draws_of_levels_are_alike(void **state) {
    (void)state;
    int64_t seen[15];
    hg_model *m = new_model("dense 6, fsq 5 3 | dense input", 3);
    count_draws(m, seen, 15);
    for (int i = 0; i < 15; i++) assert_true(llabs(seen[i] - 3 * DRAWS / 15) < DRAWS / 25);
    hg_model_free(m);
}

// ---- arguments -----------------------------------------------------------------------------------

static void impossible_codebooks_are_refused(void **state) {
    (void)state;
    const char *const specs[] = {"vq 1",
                                 "vq 1e9",
                                 "vq 4 5",
                                 "vq 4 2.5",
                                 "vq decay=1",
                                 "vq beta=-1",
                                 "vq restart=1",
                                 "fsq 2",
                                 "fsq 8 5 5 5 5",
                                 "fsq 1001",
                                 "fsq 5 5 5",
                                 "fsq 5 0 5",
                                 "fsq 1000 1000 9 3"};
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        char spec[80];
        hg_error err = {0};
        const hg__shape shape = {1, {3}};
        snprintf(spec, sizeof spec, "dense 4, %s | dense input", specs[i]);
        hg_model *m = hg__model_from_spec(spec, &shape, 0, 3, &err);
        if (m) fail_msg("%s was taken", spec);
        assert_int_equal(err.code, HG_ERR_USAGE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_first_batch_gives_the_codebook_its_vectors, fill_rows),
        cmocka_unit_test(dead_codes_begin_anew),
        cmocka_unit_test(most_codes_are_used_on_real_pictures),
        cmocka_unit_test(perplexity_is_what_it_is_said_to_be),
        cmocka_unit_test(other_models_have_no_symbols),
        cmocka_unit_test(draws_follow_how_often_codes_were_used),
        cmocka_unit_test(draws_of_levels_are_alike),
        cmocka_unit_test(impossible_codebooks_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

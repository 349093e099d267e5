// SPDX-License-Identifier: Apache-2.0
// test_regularised.c - that each way of keeping a code honest does what it says: how many numbers are active and how often, which
// order a code has, whose weights are whose.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "base/mem.h"
#include "base/real.h"
#include "base/rng.h"
#include "exec/plan.h"
#include "fit/pca.h"
#include "layer_case.h"
#include "model/model.h"
#include "nn/order.h"
#include "sanitized.h"

#include <cmocka.h>

enum { ROWS = 300, WIDTH = 8, CODE = 4, MOST_CODE = 16 };

// x, y: (ROWS, WIDTH); z: (ROWS, code)
static float x[ROWS * WIDTH], z[ROWS * MOST_CODE], y[ROWS * WIDTH];

static double draw(uint32_t i, uint32_t j) { // near the standard normal
    double sum = -2;
    const hg__philox word = hg__philox_run(9, i, j, 0, 0);
    for (int k = 0; k < 4; k++) sum += (double)hg__unit_float(word.word[k]);
    return sum * 1.732;
}

// Directions of different spread, no two of them alike, not along the axes.
static int fill(void **state) {
    static const double spread[WIDTH] = {2, 1.4, 1, 0.7, 0.2, 0.2, 0.15, 0.1};
    (void)state;
    for (uint32_t r = 0; r < ROWS; r++) {
        for (uint32_t i = 0; i < WIDTH; i++) x[r * WIDTH + i] = 0.5F;
        for (uint32_t d = 0; d < WIDTH; d++) {
            const double much = spread[d] * draw(r, d);
            for (uint32_t i = 0; i < WIDTH; i++) {
                const double wave = hg__cos_turn((i + 0.5) * (double)d / (2.0 * WIDTH));
                x[r * WIDTH + i] += (float)(much * wave * (d ? 0.5 : 0.35355));
            }
        }
    }
    return 0;
}

static hg_model *train(const char *spec, const char *more) {
    const hg_array rows = {.data = x, .rows = ROWS, .shape = {WIDTH}};
    char text[512], *rest = text;
    hg_error err = {0};
    hg_options *o = hg_options_new("train", &err);
    assert_non_null(o);
    assert_int_equal(hg_options_set(o, "model", spec, &err), HG_OK);
    snprintf(text, sizeof text, "val=0 batch=50 threads=2 seed=4 schedule=cosine %s", more);
    for (char *word; (word = strsep(&rest, " "));) {
        char *value = strchr(word, '=');
        *value++ = '\0';
        if (hg_options_set(o, word, value, &err) < 0) fail_msg("%s", err.message);
    }
    hg_model *m = hg_fit(o, &rows, NULL, NULL, NULL, &err);
    if (!m) fail_msg("%s: %s", spec, err.message);
    hg_options_free(o);
    return m;
}

// Fills z and y. Returns the mean squared error.
static double run(const hg_model *m) {
    double sum = 0;
    hg_scorer *s = hg_scorer_new(m, 1, NULL);
    assert_non_null(s);
    assert_true(m->net.spec.code <= MOST_CODE);
    hg_encode_rows(s, x, ROWS, z);
    hg_reconstruct_rows(s, x, ROWS, y);
    for (int i = 0; i < ROWS * WIDTH; i++) sum += pow((double)(x[i] - y[i]), 2);
    hg_scorer_free(s);
    return sum / (ROWS * WIDTH);
}

// ---- sparse ---------------------------------------------------------------------------------------

static int falling(const void *a, const void *b) {
    const double one = *(const double *)a, other = *(const double *)b;
    return (one < other) - (one > other);
}

static void the_kth_largest_is_that_of_the_sorted_numbers(void **state) {
    enum { N = 65 };
    double doubles[N], sorted[N];
    hg__real reals[N];
    (void)state;
    for (uint32_t pass = 0; pass < 3; pass++) {
        for (uint32_t i = 0; i < N; i++) {
            const double u = draw(pass, i);
            reals[i] = pass ? (hg__real)(u * (pass == 1 ? 1e-30 : 1e30)) : (hg__real)floor(u);
            if (i % 9 == 4) reals[i] = i % 2 ? (hg__real)-0.0 : 0;
            sorted[i] = doubles[i] = (double)reals[i];
        }
        qsort(sorted, N, sizeof *sorted, falling);
        for (size_t k = 1; k <= N; k++) {
            size_t above[2], larger = 0;
            const hg__numbers one = {.reals = reals, .count = N},
                              other = {.doubles = doubles, .count = N};
            assert_true(hg__kth_largest(&one, k, &above[0]) == sorted[k - 1]);
            assert_true(hg__kth_largest(&other, k, &above[1]) == sorted[k - 1]);
            while (sorted[larger] > sorted[k - 1]) larger++;
            assert_true(above[0] == larger && above[1] == larger);
        }
    }
}

static void of_equal_numbers_the_first_stay(void **state) {
    static layer_case c;
    hg_error err = {0};
    (void)state;
    const hg__real rows[2][6] = {
        {1, 2, 2, -1, 2, 0},
        {2, 2, 0, 2,  1, 3}
    };
    const struct {
        const char *type, *item;
        int wanted[2][6];
    } trials[] = {
        {"topk",       "topk 2",       {{0, 1, 1, 0, 0, 0}, {1, 0, 0, 0, 0, 1}}},
        {"batch_topk", "batch_topk 3", {{0, 1, 1, 0, 1, 0}, {1, 1, 0, 0, 0, 1}}},
    };
    for (size_t t = 0; t < 2; t++) {
        hg__real in[2][HG_LANES] = {{0}}, out[2][HG_LANES];
        const hg__view from = {in[0], HG_LANES}, to = {out[0], HG_LANES};
        const hg__test_case trial = {
            trials[t].item, {1,  1, 6},
             {0}
        };
        assert_int_equal(
            case_build(&c, hg__layer_type_find(trials[t].type), &trial, hg__kernels_pick(), &err),
            HG_OK);
        for (int r = 0; r < 2; r++) memcpy(in[r], rows[r], sizeof rows[r]);
        case_forward(&c, from, to, 2);
        for (int i = 0; i < 12; i++) {
            const hg__real want = trials[t].wanted[i / 6][i % 6] ? rows[i / 6][i % 6] : 0;
            assert_true(out[i / 6][i % 6] == want);
        }
    }
}

static int count_active(int32_t from, int32_t to) {
    int active = 0;
    for (int32_t i = from; i < to; i++) active += z[i] != 0;
    return active;
}

static void exactly_k_numbers_of_a_topk_code_are_active(void **state) {
    (void)state;
    hg_model *m = train("dense 16, topk 3 | dense input", "epochs=30 lr=0.01");
    const double error = run(m);
    for (int r = 0; r < ROWS; r++) assert_int_equal(count_active(r * 16, r * 16 + 16), 3);
    assert_true(error < 0.3);
    hg_model_free(m);
}

static void about_k_numbers_a_row_of_a_batch_topk_code_are_active(void **state) {
    int least = 16, most = 0;
    (void)state;
    hg_model *m = train("dense 16 relu, batch_topk 3 | dense input", "epochs=60 lr=0.01");
    (void)run(m);
    for (int r = 0; r < ROWS; r++) {
        const int active = count_active(r * 16, r * 16 + 16);
        least = active < least ? active : least;
        most = active > most ? active : most;
    }
    const double mean = count_active(0, ROWS * 16) / (double)ROWS;
    if (!(fabs(mean - 3) < 0.15)) fail_msg("%g active numbers a row", mean);
    assert_true(least < 3 && most > 3);
    hg_model_free(m);
}

static void mean_activations_come_to_their_target(void **state) {
    double mean[8] = {0};
    (void)state;
    hg_model *m =
        train("dense 8 sigmoid, kl_sparse 0.1 weight=100 | dense input", "epochs=150 lr=0.02");
    (void)run(m);
    for (int i = 0; i < ROWS * 8; i++) mean[i % 8] += (double)z[i] / ROWS;
    for (int i = 0; i < 8; i++) {
        if (!(fabs(mean[i] - 0.1) < 0.01)) fail_msg("unit %d: mean activation %g", i, mean[i]);
    }
    hg_model_free(m);
}

// ---- ordered --------------------------------------------------------------------------------------

static const char *const longer = IS_SANITIZED ? "epochs=150 lr=0.01" : "epochs=600 lr=0.01";

// The model of PCA with a code of CODE numbers.
static hg_model *pca(void) {
    hg__data d;
    hg_error err = {0};
    hg_model *m = NULL;
    assert_int_equal(hg__data_wrap(&d, x, ROWS, WIDTH, &err), HG_OK);
    const hg__rows all = hg__rows_all(hg__array_source(&d));
    if (hg__pca_fit(&m, &all, CODE, NULL, &err) != HG_OK) fail_msg("%s", err.message);
    return m;
}

static void weights_of(const hg_model *m, float w[CODE][WIDTH]) {
    hg__param_export(&m->net.spec.layer[0].param[0], m->net.params, w[0]);
}

// Every prefix of a nested code against the model trained for that many numbers, which a linear one's best is PCA's.
static void every_prefix_is_as_good_as_a_model_of_that_size(void **state) {
    (void)state;
    hg_model *m = train("dense 4, nested | dense input", longer);
    for (int k = 1; k <= CODE; k++) {
        char spec[64];
        snprintf(spec, sizeof spec, "dense %d | dense input", k);
        hg_model *own = train(spec, longer);
        const double limit = 1.05 * run(own);
        assert_int_equal(hg__network_set_prefix(&m->net, k, NULL), HG_OK);
        const double error = run(m);
        if (!(error < limit || IS_SANITIZED)) fail_msg("prefix %d: %g, not %g", k, error, limit);
        for (int i = 0; i < ROWS * CODE; i++) assert_true(i % CODE < k || z[i] == 0);
        hg_model_free(own);
    }
    hg_error err = {0};
    assert_int_equal(hg__network_set_prefix(&m->net, 5, &err), HG_ERR_USAGE);
    assert_string_equal(err.message, "prefix: expected 0 to 4 numbers of the code, got 5");
    hg_model_free(m);
}

static double dot_of(const float *a, const float *b) {
    double sum = 0;
    for (int i = 0; i < WIDTH; i++) sum += (double)a[i] * (double)b[i];
    return sum;
}

// Each component of its own, so also the space they span; longest spread first.
static void an_ordered_linear_code_is_that_of_pca(void **state) {
    float ours[CODE][WIDTH], theirs[CODE][WIDTH];
    double before = HUGE_VAL;
    (void)state;
    if (!hg__eigen_is_available() || IS_SANITIZED) skip();
    hg_model *m = train("dense 4, ordered 0.3 | dense input tied=1", "epochs=600 lr=0.02"),
             *best = pca();
    weights_of(m, ours);
    weights_of(best, theirs);
    for (int k = 0; k < CODE; k++) {
        const double dot = dot_of(ours[k], theirs[k]), size = dot_of(ours[k], ours[k]);
        const double sine = sqrt(fmax(0, 1 - dot * dot / size));
        if (!(sine < 1e-3)) fail_msg("component %d: sine %g", k, sine);
        assert_true(fabs(size - (1 - 0.3 * k / (2 * CODE))) < 1e-3);
    }
    (void)run(m);
    for (int k = 0; k < CODE; k++) {
        double sum = 0, squares = 0;
        for (int r = 0; r < ROWS; r++) sum += (double)z[r * CODE + k] / ROWS;
        for (int r = 0; r < ROWS; r++) squares += pow((double)z[r * CODE + k] - sum, 2);
        assert_true(squares < before);
        before = squares;
    }
    hg_model_free(best);
    hg_model_free(m);
}

// ---- tied -----------------------------------------------------------------------------------------

static void tied_weights_stay_equal_to_the_bit(void **state) {
    static const char *const ways[] = {"epochs=3",
                                       "epochs=3 optimizer=adamw weight_decay=0.1 clip=0.1",
                                       "epochs=3 optimizer=sgd momentum=0.9 init=torch"};
    static const char spec[] =
        "dense 70 relu, dense 4 tanh | dense 70 tied=1 relu, dense input tied=1";
    static float first[70 * WIDTH], last[70 * WIDTH];
    (void)state;
    for (int w = 0; w < 3; w++) {
        hg_model *start = train(spec, "epochs=1 lr=1e-9"), *m = train(spec, ways[w]);
        assert_int_equal(hg__network_check_ties(&m->net, NULL), HG_OK);
        const hg__param *p = &m->net.spec.layer[0].param[0], *q = &m->net.spec.layer[6].param[0];
        hg__param_export(p, m->net.params, first);
        hg__param_export(q, m->net.params, last);
        for (int i = 0; i < 70 * WIDTH; i++) {
            assert_true(first[i] == last[i % WIDTH * 70 + i / WIDTH]);
        }
        hg__param_export(p, start->net.params, last);
        assert_memory_not_equal(first, last, sizeof first);
        hg_model_free(start);
        hg_model_free(m);
    }
}

static void expect_refused(const char *spec, const char *sentence) {
    const hg__shape shape = {1, {WIDTH}};
    hg_error err = {0};
    assert_null(hg__model_from_spec(spec, &shape, 0, 0, &err));
    if (!strstr(err.message, sentence)) fail_msg("%s: %s", spec, err.message);
}

static void what_cannot_be_tied_is_refused(void **state) {
    (void)state;
    hg_error err = {0};
    expect_refused("dense 3 tied=1 | dense input",
                   "tied=1: expected a dense in the encoder that this one mirrors");
    expect_refused("dense 3 | dense 4, dense input tied=1",
                   "tied=1: expected a dense in the encoder that this one mirrors");
    expect_refused("dense 3, relu | dense 9 tied=1, dense input",
                   "tied=1: expected [3] in and [8] out, as encoder.0 has them turned round");
    expect_refused("dense 3 | dense 8 tied=2", "dense: expected tied=0 or tied=1, got 2");
    hg_model *m = train("dense 4 | dense input tied=1", "epochs=1");
    const hg_array rows = {.data = x, .rows = ROWS, .shape = {WIDTH}};
    hg_options *o = hg_options_new("train", NULL);
    m->net.params[m->net.spec.layer[1].param[0].offset] += 1;
    assert_null(hg_fit_from(m, o, &rows, NULL, NULL, NULL, &err));
    assert_string_equal(err.message, "model: expected decoder.0.weight to be encoder.0.weight "
                                     "turned round, for it is tied to it, got other numbers");
    hg_options_free(o);
    hg_model_free(m);
}

// ---- contractive ----------------------------------------------------------------------------------

// The mean squared norm of the encoder's Jacobian over some rows, by finite differences.
static double jacobian(const hg_model *m) {
    enum { TRIED = 50 };
    const float step = 1e-3F;
    const int32_t code = m->net.spec.code;
    static float near[TRIED * WIDTH], above[TRIED * MOST_CODE], below[TRIED * MOST_CODE];
    double sum = 0;
    hg_scorer *s = hg_scorer_new(m, 1, NULL);
    assert_non_null(s);
    for (int i = 0; i < WIDTH; i++) {
        memcpy(near, x, sizeof near);
        for (int r = 0; r < TRIED; r++) near[r * WIDTH + i] += step;
        hg_encode_rows(s, near, TRIED, above);
        for (int r = 0; r < TRIED; r++) near[r * WIDTH + i] -= 2 * step;
        hg_encode_rows(s, near, TRIED, below);
        for (int j = 0; j < TRIED * code; j++) {
            sum += pow((double)(above[j] - below[j]) / (2 * (double)step), 2) / TRIED;
        }
    }
    hg_scorer_free(s);
    return sum;
}

static void a_contractive_encoder_changes_less_with_its_row(void **state) {
    static const char *const specs[][2] = {
        {"dense 6 sigmoid | dense input",                     "dense 6 sigmoid, contractive 3 | dense input"},
        {"dense 9 tanh, dense 4 | dense 9 tanh, dense input",
         "dense 9 tanh, dense 4, contractive 0.3 | dense 9 tanh, dense input"                               },
    };
    (void)state;
    for (int i = 0; i < 2; i++) {
        hg_model *plain = train(specs[i][0], "epochs=60 lr=0.01"),
                 *contracted = train(specs[i][1], "epochs=60 lr=0.01");
        const double before = jacobian(plain), after = jacobian(contracted);
        if (!(after < before / 2)) fail_msg("%s: %g, %g without", specs[i][1], after, before);
        assert_true(run(contracted) < 0.3);
        hg_model_free(plain);
        hg_model_free(contracted);
    }
}

enum { BATCH = 40, STEP = 3 };

typedef struct descent {
    hg_model *m;
    hg__train_plan *p;
    hg__input in;
    hg__real *before; // (params)
    double error, size;
} descent;

// The loss of step STEP, whose draws are those of its number, with weight w moved.
static double loss_at(const descent *d, size_t w, hg__real by) {
    hg__real *params = d->m->net.params;
    memcpy(params, d->before, d->m->net.spec.params * sizeof *params);
    params[w] += by;
    hg__train_plan_refresh(d->p);
    return hg__train_step(d->p, &d->in, 0, STEP) / (BATCH * WIDTH);
}

static void check_descent(descent *d) {
    const hg__spec *s = &d->m->net.spec;
    hg__real *after = hg__alloc(s->params, sizeof *after, NULL);
    assert_non_null(after);
    (void)hg__train_step(d->p, &d->in, 1, STEP);
    memcpy(after, d->m->net.params, s->params * sizeof *after);
    for (int32_t i = 0; i < s->layers; i++) {
        for (int32_t q = 0; q < s->layer[i].params; q++) {
            const hg__param *param = &s->layer[i].param[q];
            for (size_t w = param->offset; w < param->offset + param->count; w++) {
                if (param->is_state || d->before[w] == after[w]) continue;
                const double want =
                    (loss_at(d, w, (hg__real)0.01) - loss_at(d, w, (hg__real)-0.01)) / 0.02;
                d->error = fmax(d->error, fabs(want - (double)(d->before[w] - after[w])));
                d->size = fmax(d->size, fabs(want));
            }
        }
    }
    hg__free(after);
}

// The mean loss over many steps that change nothing, of the same weights.
static double mean_loss(const char *spec, int32_t steps) {
    const hg__shape vector = {1, {WIDTH}};
    const hg__train_setup setup = {.batch = BATCH,
                                   .objective = hg__objective_of(hg__loss_find("mse"), 0),
                                   .optim = hg__optim_find("sgd")};
    const void *row[BATCH];
    hg_error err = {0};
    hg__pool *pool = hg__pool_new(1, &err);
    hg_model *m = hg__model_from_spec(spec, &vector, 0, 3, &err);
    assert_true(pool && m);
    for (size_t i = 0; i < m->net.spec.params; i++) {
        m->net.params[i] = (hg__real)(0.1 * sin((double)i));
    }
    hg__train_plan *p = hg__train_plan_new(&m->net, pool, &setup, &err);
    if (!p) fail_msg("%s", err.message);
    for (int r = 0; r < BATCH; r++) row[r] = x + (ptrdiff_t)r * WIDTH;
    const hg__input in = {.row = row, .count = BATCH, .dtype = HG_F32, .scale = 1};
    double sum = 0;
    for (int32_t i = 1; i <= steps; i++) sum += hg__train_step(p, &in, 0, i) / steps;
    hg__train_plan_free(p);
    hg__pool_free(pool);
    hg_model_free(m);
    return sum / BATCH;
}

// A layer between that changes nothing makes it the second run's.
static void both_ways_to_a_jacobian_agree(void **state) {
    static const char *const specs[][3] = {
        {"dense 6 sigmoid | dense input", "dense 6 sigmoid, contractive 9 | dense input",
         "dense 6 sigmoid, linear, contractive 9 | dense input"},
        {"dense 6 relu | dense input",    "dense 6 relu, contractive 9 | dense input",
         "dense 6 relu, linear, contractive 9 | dense input"   },
        {"dense 6 tanh | dense input",    "dense 6 tanh, contractive 9 | dense input",
         "dense 6 tanh, linear, contractive 9 | dense input"   },
    };
    (void)state;
    for (int i = 0; i < 3; i++) {
        const double plain = mean_loss(specs[i][0], 1), exact = mean_loss(specs[i][1], 1) - plain,
                     projected = mean_loss(specs[i][2], 300) - plain;
        assert_true(exact > 0.01 * plain);
        if (!(fabs(projected - exact) < 0.03 * exact)) {
            fail_msg("%s: %g, %g", specs[i][1], exact, projected);
        }
    }
}

// One step of gradient descent against differences of the loss.
static void contractive_encoders_have_the_gradient_of_what_is_paid(void **state) {
    static const char *const specs[] = {
        "dense 6 tanh, contractive 2 | dense input",
        "keep 1, conv 2 k3, batchnorm tanh, conv 1 k3 tanh, add 1, contractive 2 sigma=1 | conv 1 "
        "k3",
        "dense 5 sigmoid, contractive 8, dense 3, contractive 2 sigma=1 | dense input",
        "dense 70, contractive 0.1 | dense input",
        "dense 6 tanh, dense 3 tanh, contractive 2 sigma=1 | dense input",
        "dense 5 sigmoid, l1 3, dense 3, contractive 2 sigma=1 | dense input",
        "dense 5 silu, contractive 1 sigma=1, dropout 0.3, dense 3, contractive 2 sigma=1 | dense "
        "input",
    };
    const void *row[BATCH];
    (void)state;
    for (int r = 0; r < BATCH; r++) row[r] = x + (ptrdiff_t)r * WIDTH;
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        hg_error err = {0};
        const hg__shape vector =
                            {
                                1, {WIDTH}
        },
                        image = {3, {4, 2, 1}};
        const hg__train_setup setup = {.batch = BATCH,
                                       .objective = hg__objective_of(hg__loss_find("mse"), 0),
                                       .optim = hg__optim_find("sgd"),
                                       .seed = 5};
        hg__pool *pool = hg__pool_new(2, &err);
        descent d = {
            .in = {.row = row, .count = BATCH, .dtype = HG_F32, .scale = 1}
        };
        d.m = hg__model_from_spec(specs[i], i == 1 ? &image : &vector, 0, 3, &err);
        d.p = d.m && pool ? hg__train_plan_new(&d.m->net, pool, &setup, &err) : NULL;
        if (!d.p) fail_msg("%s", err.message);
        d.before = hg__alloc(d.m->net.spec.params, sizeof *d.before, &err);
        assert_non_null(d.before);
        memcpy(d.before, d.m->net.params, d.m->net.spec.params * sizeof *d.before);
        check_descent(&d);
        if (!(d.size > 0.01 && d.error < 2e-3 * d.size)) {
            fail_msg("%s: %g of %g", specs[i], d.error, d.size);
        }
        hg__free(d.before);
        hg__train_plan_free(d.p);
        hg__pool_free(pool);
        hg_model_free(d.m);
    }
}

// Validation rows and all: what every preset of this family is made of.
static void presets_are_trained_by_their_name(void **state) {
    static const char *const names[] = {"linear", "nested",      "tied",      "sparse",
                                        "topk",   "contractive", "denoising", "masked"};
    const hg_array rows = {.data = x, .rows = ROWS, .shape = {WIDTH}};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        hg_error err = {0};
        hg_result r = {.size = sizeof r};
        hg_options *o = hg_options_new("train", &err);
        assert_int_equal(hg_options_set(o, "model", names[i], &err), HG_OK);
        assert_int_equal(hg_options_set(o, "latent", "16", &err), HG_OK);
        assert_int_equal(hg_options_set(o, "epochs", "2", &err), HG_OK);
        hg_model *m = hg_fit(o, &rows, NULL, NULL, &r, &err);
        if (!m) fail_msg("%s: %s", names[i], err.message);
        assert_true(r.val_mse > 0 && r.best_val_loss > 0);
        hg_options_free(o);
        hg_model_free(m);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kth_largest_is_that_of_the_sorted_numbers),
        cmocka_unit_test(of_equal_numbers_the_first_stay),
        cmocka_unit_test(exactly_k_numbers_of_a_topk_code_are_active),
        cmocka_unit_test(about_k_numbers_a_row_of_a_batch_topk_code_are_active),
        cmocka_unit_test(mean_activations_come_to_their_target),
        cmocka_unit_test(every_prefix_is_as_good_as_a_model_of_that_size),
        cmocka_unit_test(an_ordered_linear_code_is_that_of_pca),
        cmocka_unit_test(tied_weights_stay_equal_to_the_bit),
        cmocka_unit_test(what_cannot_be_tied_is_refused),
        cmocka_unit_test(a_contractive_encoder_changes_less_with_its_row),
        cmocka_unit_test(presets_are_trained_by_their_name),
        cmocka_unit_test(both_ways_to_a_jacobian_agree),
        cmocka_unit_test(contractive_encoders_have_the_gradient_of_what_is_paid),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}

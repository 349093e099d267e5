// SPDX-License-Identifier: Apache-2.0
// test_plan.c - plans against the layers called one by one, a training step against plain double arithmetic, and
// what a step must not do: allocate, or depend on threads, instructions or the rows beside it.
#include <sys/wait.h>
#include <unistd.h>

#include "array/data.h"
#include "array/sink.h"
#include "exec/plan_train.h"
#include "model/model.h"
#include "plan_case.h"
#include "rows/loader.h"

// ---- the layers called one by one ---------------------------------------------------------------

static void compare_with_layers(const wiring *w, const char *loss, int32_t threads, bool as_bytes) {
    naive n;
    naive_init(&n, w->spec, w->width);
    hg_model *m = new_model(w->spec, w->width);
    hg__pool *pool = hg__pool_new(threads, NULL);
    const hg__train_setup s = setup_of(loss, "sgd", w->batch);
    hg__train_plan *p = new_plan(m, pool, &s);
    for (int64_t step = 1; step <= 4; step++) {
        const int64_t count = step == 3 ? w->batch / 2 + 1 : w->batch; // a smaller one between
        const hg__input in =
            as_bytes ? bytes_of(w->width, step, count) : rows_of(w->width, step, count);
        const double want = naive_step(&n, &s, &in, 0.1, step);
        const double got = hg__train_step(p, &in, 0.1, step);
        if (want != got) fail_msg("%s, %s: loss %a, not %a", w->spec, loss, got, want);
        expect_same_params(w->spec, m, n.m);
    }
    hg__train_plan_free(p);
    hg__pool_free(pool);
    hg_model_free(m);
    naive_clear(&n);
}

static void a_step_is_its_layers_one_after_the_other(void **state) {
    (void)state;
    const int32_t threads[] = {1, 2, 3, 8};
    for (int i = 0; i < WIRINGS; i++) {
        compare_with_layers(&wirings[i], loss_for(&wirings[i], i), threads[i % 4], false);
        compare_with_layers(&wirings[i], "mse", threads[(i + 1) % 4], true);
    }
}

// ---- plain double arithmetic --------------------------------------------------------------------

enum { IN = 7, HIDDEN = 5, REF_ROWS = 11, REF_STEPS = 25 };

// y = sigmoid(W2 tanh(W1 x + b1) + b2), mean squared error, the gradient clipped, Adam.
typedef struct twin {
    double p[HIDDEN * IN + HIDDEN + IN * HIDDEN + IN]; // W1 (HIDDEN, IN), b1, W2 (IN, HIDDEN), b2
    double g[HIDDEN * IN + HIDDEN + IN * HIDDEN + IN];
    double m[HIDDEN * IN + HIDDEN + IN * HIDDEN + IN], v[HIDDEN * IN + HIDDEN + IN * HIDDEN + IN];
} twin;
enum { B1 = HIDDEN * IN, W2 = B1 + HIDDEN, B2 = W2 + IN * HIDDEN, ALL = B2 + IN };

static void export_params(const hg_model *m, double *to) {
    float part[HIDDEN * IN];
    for (int32_t i = 0; i < m->net.spec.layers; i++) {
        for (int32_t q = 0; q < m->net.spec.layer[i].params; q++) {
            const hg__param *param = &m->net.spec.layer[i].param[q];
            size_t n = 0;
            assert_true(hg__shape_count(&param->shape, &n) && n <= HIDDEN * IN);
            hg__param_export(param, m->net.params, part);
            for (size_t j = 0; j < n; j++) *to++ = (double)part[j];
        }
    }
}

static double twin_row(twin *t, const float *in, int rows) {
    double h[HIDDEN], dz[IN], loss = 0;
    for (int i = 0; i < HIDDEN; i++) {
        double z = t->p[B1 + i];
        for (int k = 0; k < IN; k++) z += t->p[i * IN + k] * (double)in[k];
        h[i] = tanh(z);
    }
    for (int o = 0; o < IN; o++) {
        double z = t->p[B2 + o];
        for (int i = 0; i < HIDDEN; i++) z += t->p[W2 + o * HIDDEN + i] * h[i];
        const double y = 1 / (1 + exp(-z)), d = y - (double)in[o];
        loss += d * d;
        dz[o] = 2 * d / (rows * IN) * y * (1 - y);
    }
    for (int i = 0; i < HIDDEN; i++) {
        double dh = 0;
        for (int o = 0; o < IN; o++) {
            dh += dz[o] * t->p[W2 + o * HIDDEN + i];
            t->g[W2 + o * HIDDEN + i] += dz[o] * h[i];
        }
        const double da = dh * (1 - h[i] * h[i]);
        for (int k = 0; k < IN; k++) t->g[i * IN + k] += da * (double)in[k];
        t->g[B1 + i] += da;
    }
    for (int o = 0; o < IN; o++) t->g[B2 + o] += dz[o];
    return loss;
}

static double twin_step(twin *t, double lr, double clip, int step) {
    double loss = 0, squares = 0;
    memset(t->g, 0, sizeof t->g);
    for (int r = 0; r < REF_ROWS; r++) loss += twin_row(t, x + r * IN, REF_ROWS);
    for (int i = 0; i < ALL; i++) squares += t->g[i] * t->g[i];
    const double factor = clip > 0 && clip < sqrt(squares) ? clip / (sqrt(squares) + 1e-6) : 1;
    for (int i = 0; i < ALL; i++) {
        const double g = t->g[i] * factor;
        t->m[i] = 0.9 * t->m[i] + 0.1 * g;
        t->v[i] = 0.999 * t->v[i] + 0.001 * g * g;
        const double m = t->m[i] / (1 - pow(0.9, step)), v = t->v[i] / (1 - pow(0.999, step));
        t->p[i] -= lr * m / (sqrt(v) + 1e-8);
    }
    return loss;
}

static void compare_with_twin(double clip) {
    static twin t;
    memset(&t, 0, sizeof t);
    hg_model *m = new_model("dense 5 tanh | dense input sigmoid", IN);
    hg__pool *pool = hg__pool_new(2, NULL);
    hg__train_setup s = setup_of("mse", "adam", REF_ROWS);
    s.clip = clip;
    hg__train_plan *p = new_plan(m, pool, &s);
    export_params(m, t.p);
    for (int step = 1; step <= REF_STEPS; step++) {
        const hg__input in = rows_of(IN, 0, REF_ROWS);
        const double want = twin_step(&t, 0.01, clip, step);
        const double got = hg__train_step(p, &in, 0.01, step);
        assert_true(fabs(got - want) < 1e-5 * want);
    }
    double got[ALL];
    export_params(m, got);
    for (int i = 0; i < ALL; i++) {
        if (fabs(got[i] - t.p[i]) > 1e-5) fail_msg("parameter %d: %g, not %g", i, got[i], t.p[i]);
    }
    hg__train_plan_free(p);
    hg__pool_free(pool);
    hg_model_free(m);
}

static void a_step_is_what_plain_double_arithmetic_gives(void **state) {
    (void)state;
    compare_with_twin(0);
    compare_with_twin(0.02);
}

// ---- clipping -----------------------------------------------------------------------------------

// One step of plain descent with lr 1: how far the weights moved, which is the gradient's norm.
static double moved(double clip, hg_model *m) {
    hg_model *before = new_model(m->net.spec.text, m->net.spec.width);
    hg__pool *pool = hg__pool_new(2, NULL);
    hg__train_setup s = setup_of("mse", "sgd", 20);
    s.clip = clip;
    hg__train_plan *p = new_plan(m, pool, &s);
    const hg__input in = rows_of(m->net.spec.width, 0, 20);
    hg__train_step(p, &in, 1, 1);
    double squares = 0;
    for (size_t i = 0; i < m->net.spec.params; i++) {
        const double d = (double)m->net.params[i] - (double)before->net.params[i];
        squares += d * d;
    }
    hg__train_plan_free(p);
    hg__pool_free(pool);
    hg_model_free(before);
    return sqrt(squares);
}

static void the_norm_of_the_gradient_is_clipped_as_in_pytorch(void **state) {
    (void)state;
    const char *spec = "dense 70 relu | dense input";
    hg_model *free_run = new_model(spec, 90), *clipped = new_model(spec, 90),
             *loose = new_model(spec, 90), *start = new_model(spec, 90);
    const double norm = moved(0, free_run), clip = norm / 3;
    assert_true(norm > 0.01);
    assert_true(fabs(moved(clip, clipped) - norm * (clip / (norm + 1e-6))) < 1e-5 * norm);
    for (size_t j = 0; j < clipped->net.spec.params; j++) { // the direction is the same
        const double a = (double)free_run->net.params[j] - (double)start->net.params[j];
        const double b = (double)clipped->net.params[j] - (double)start->net.params[j];
        assert_true(fabs(a / 3 - b) < 1e-5 * norm);
    }
    moved(2 * norm, loose);
    expect_same_params("clip above the norm", loose, free_run);
    hg_model_free(free_run);
    hg_model_free(clipped);
    hg_model_free(loose);
    hg_model_free(start);
}

// ---- the same bits ------------------------------------------------------------------------------

static uint64_t hash_of(const void *from, size_t size, uint64_t h) { // FNV-1a
    const uint8_t *b = from;
    for (size_t i = 0; i < size; i++) h = (h ^ b[i]) * 1099511628211U;
    return h;
}

// Weights, optimiser state and losses after some steps.
static uint64_t trained_hash(const wiring *w, const hg__train_setup *s, int32_t threads) {
    hg_model *m = new_model(w->spec, w->width);
    hg__pool *pool = hg__pool_new(threads, NULL);
    hg__train_plan *p = new_plan(m, pool, s);
    uint64_t h = 14695981039346656037U;
    for (int64_t step = 1; step <= 5; step++) {
        const hg__input in = rows_of(w->width, step, step == 5 ? 7 : w->batch);
        const double loss = hg__train_step(p, &in, 0.01, step);
        assert_true(isfinite(loss));
        h = hash_of(&loss, sizeof loss, h);
    }
    const size_t size = m->net.spec.params * sizeof *m->net.params;
    h = hash_of(m->net.params, size, h);
    for (int i = 0; i < s->optim->states; i++) h = hash_of(hg__train_state(p, i), size, h);
    hg__train_plan_free(p);
    hg__pool_free(pool);
    hg_model_free(m);
    return h;
}

// Every wiring with some loss, optimiser and clipping.
static uint64_t hash_of_all(int32_t threads) {
    size_t optims;
    const hg__optim *optim = hg__optims(&optims);
    uint64_t h = 0;
    for (size_t i = 0; i < WIRINGS; i++) {
        const wiring *w = &wirings[i];
        hg__train_setup s = setup_of(loss_for(w, (int)i), optim[i % optims].name, w->batch);
        s.clip = i % 3 == 0 ? 0.1 : 0;
        s.optim_options.momentum = 0.5;
        s.optim_options.weight_decay = 0.01;
        const uint64_t one = trained_hash(w, &s, threads);
        h = hash_of(&one, sizeof one, h);
    }
    return h;
}

static void any_number_of_threads_gives_the_same_weights(void **state) {
    (void)state;
    const uint64_t want = hash_of_all(1);
    assert_true(hash_of_all(2) == want);
    assert_true(hash_of_all(3) == want);
    assert_true(hash_of_all(8) == want);
}

// The hash that this program prints when it runs with another kernel table.
static uint64_t hash_with(const char *isa) {
    int ends[2];
    uint64_t h = 0;
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        setenv("HG_ISA", isa, 1);
        execl("/proc/self/exe", "test", "hash", (char *)NULL);
        _exit(1);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &h, sizeof h), sizeof h);
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    return h;
}

static void every_kernel_table_gives_the_same_weights(void **state) {
    (void)state;
    const uint64_t want = hash_of_all(2);
    for (const hg__kernels *const *k = hg__kernels_all(); *k; k++) {
        if (hash_with((*k)->name) != want) fail_msg("%s gives other weights", (*k)->name);
    }
}

static void a_plan_that_takes_over_goes_on_in_the_same_bits(void **state) {
    (void)state;
    const wiring *w = &wirings[8];
    hg__train_setup s = setup_of("mse", "adam", w->batch);
    hg_model *a = new_model(w->spec, w->width), *b = new_model(w->spec, w->width);
    hg__pool *pool = hg__pool_new(2, NULL);
    hg__train_plan *first = new_plan(a, pool, &s), *second = new_plan(b, pool, &s);
    const hg__input in = rows_of(w->width, 0, w->batch);
    for (int64_t step = 1; step <= 3; step++) hg__train_step(first, &in, 0.01, step);
    const size_t size = a->net.spec.params * sizeof *a->net.params;
    memcpy(b->net.params, a->net.params, size);
    for (int i = 0; i < 2; i++) memcpy(hg__train_state(second, i), hg__train_state(first, i), size);
    hg__train_plan_refresh(second);
    for (int64_t step = 4; step <= 6; step++) {
        assert_true(hg__train_step(first, &in, 0.01, step) ==
                    hg__train_step(second, &in, 0.01, step));
    }
    expect_same_params("taken over", a, b);
    assert_true(hg__train_plan_bytes(first) >= 3 * size);
    hg__train_plan_free(first);
    hg__train_plan_free(second);
    hg__pool_free(pool);
    hg_model_free(a);
    hg_model_free(b);
}

// ---- what a plan takes --------------------------------------------------------------------------

static void expect_counted(hg_model *m, const hg__train_setup *s, int32_t threads) {
    hg__pool *pool = hg__pool_new(threads, NULL);
    size_t counted = 0;
    assert_int_equal(hg__train_plan_measure(&m->net, threads, s, &counted, NULL), HG_OK);
    const uint64_t before = hg__alloc_bytes();
    hg__train_plan *p = new_plan(m, pool, s);
    const uint64_t taken = hg__alloc_bytes() - before;
    // The program's lists grow, which is not counted here; what finds the values their places takes some bytes for each, for a while.
    const size_t lists = hg__program_bytes(&p->program), finds = 150 * (size_t)p->program.values;
    if (counted > taken + lists || taken > counted + finds || counted != hg__train_plan_bytes(p)) {
        fail_msg("%s: %zu bytes were counted, %llu taken", m->net.spec.text, counted,
                 (unsigned long long)taken);
    }
    hg__train_plan_free(p);
    hg__pool_free(pool);
}

static void a_plan_takes_what_was_counted(void **state) {
    (void)state;
    static const char *const optims[] = {"adam", "sgd", "adamw"};
    static const struct {
        const char *spec;
        hg__shape input;
        int32_t batch;
    } images[] = {
        {"conv",                                            {3, {28, 28, 1}}, 40},
        {"unet",                                            {3, {16, 24, 3}}, 5 },
        {"conv 8, batchnorm relu, conv input, groupnorm 1", {3, {9, 11, 2}},  17},
    };
    for (int i = 0; i < WIRINGS; i++) {
        hg_model *m = new_model(wirings[i].spec, wirings[i].width);
        hg__train_setup s = setup_of(loss_for(&wirings[i], i), optims[i % 3], wirings[i].batch);
        s.clip = i % 2;
        expect_counted(m, &s, 1 + i % 3);
        hg_model_free(m);
    }
    for (size_t i = 0; i < sizeof images / sizeof *images; i++) {
        const hg__train_setup s = setup_of("mse", "adam", images[i].batch);
        hg_model *m = hg__model_from_spec(images[i].spec, &images[i].input, 0, 3, NULL);
        assert_non_null(m);
        expect_counted(m, &s, 2);
        hg_model_free(m);
    }
    const hg__train_setup s = setup_of("columns", "adam", BATCH);
    const hg__column_span span[] = {
        {.first = 0, .width = 1, .kind = HG_SPAN_NUMBER  },
        {.first = 1, .width = 8, .kind = HG_SPAN_CATEGORY}
    };
    hg_model *m = new_model("table", 9);
    m->net.spans = hg__spans_new(span, 2, 9, NULL);
    assert_non_null(m->net.spans);
    expect_counted(m, &s, 2);
    hg_model_free(m);
}

static void what_no_machine_holds_is_counted_too(void **state) {
    (void)state;
    const hg__train_setup s = setup_of("mse", "adam", 1 << 20);
    const hg__shape input = {
        3, {4096, 4096, 1}
    };
    hg_model *m =
        hg__model_from_spec("keep 1, conv 100 k1, conv input k1, add 1", &input, 0, 0, NULL);
    size_t counted = 0;
    assert_non_null(m);
    assert_int_equal(hg__train_plan_measure(&m->net, HG_MAX_THREADS, &s, &counted, NULL), HG_OK);
    assert_true(counted > (size_t)1 << 52);
    hg_model_free(m);
    hg__layer l = {
        .type = hg__layer_type_find("up")}; // they fit an int32_t, but not with what pads them
    assert_int_equal(hg__layer_set_out(&l, 1, 1, INT32_MAX, NULL), HG_ERR_USAGE);
}

// ---- running ------------------------------------------------------------------------------------

static int32_t width_out(const hg_model *m, hg__goal goal) {
    return goal == HG_SCORE ? 1 : goal == HG_ENCODE ? m->net.spec.code : m->net.spec.width;
}

static void run_one_by_one(const wiring *w, const hg_model *m, hg__goal goal) {
    static float all[MOST_ROWS * WIDE], single[WIDE];
    const int32_t in_width = goal == HG_DECODE ? m->net.spec.code : w->width,
                  n = width_out(m, goal);
    const int64_t count = w->width == WIDE ? 35 : 77;
    const int32_t threads[] = {1, 2, 3, 8};
    for (int i = 0; i < 4; i++) {
        hg__pool *pool = hg__pool_new(threads[i], NULL);
        hg__run_plan *p = hg__run_plan_new(&m->net, pool, NULL, NULL);
        assert_non_null(p);
        hg__input in = rows_of(in_width, 0, count);
        if (i == 0) hg__run(p, goal, &in, all);
        for (int64_t r = 0; r < count; r += i + 1) {
            const hg__input one = rows_of(in_width, r, 1);
            hg__run(p, goal, &one, single);
            const bool same = memcmp(single, all + r * n, (size_t)n * sizeof *all) == 0;
            if (!same) fail_msg("%s, goal %d, row %d alone", w->spec, (int)goal, (int)r);
        }
        static float again[MOST_ROWS * WIDE];
        in = rows_of(in_width, 0, count);
        hg__run(p, goal, &in, again);
        assert_memory_equal(again, all, (size_t)(count * n) * sizeof *all);
        hg__run_plan_free(p);
        hg__pool_free(pool);
    }
}

static void a_batch_of_one_is_a_row_of_many_for_every_goal(void **state) {
    (void)state;
    const hg__goal goals[] = {HG_RECONSTRUCT, HG_ENCODE, HG_DECODE, HG_SCORE};
    for (int i = 0; i < WIRINGS; i++) {
        hg_model *m = new_model(wirings[i].spec, wirings[i].width);
        for (int g = 0; g < 4; g++) run_one_by_one(&wirings[i], m, goals[g]);
        hg_model_free(m);
    }
}

static void decoding_a_code_is_reconstructing_its_row(void **state) {
    (void)state;
    enum { ROWS = 70 };
    static float y[ROWS * 150], z[ROWS * 66], y2[ROWS * 150], score[ROWS];
    const wiring *w = &wirings[8];
    hg_model *m = new_model(w->spec, w->width);
    hg__pool *pool = hg__pool_new(2, NULL);
    hg__run_plan *p = hg__run_plan_new(&m->net, pool, NULL, NULL);
    const hg__input in = rows_of(w->width, 0, ROWS);
    hg__run(p, HG_RECONSTRUCT, &in, y);
    hg__run(p, HG_SCORE, &in, score);
    hg__run(p, HG_ENCODE, &in, z);
    const void *code[ROWS];
    for (int i = 0; i < ROWS; i++) code[i] = z + i * m->net.spec.code;
    const hg__input codes = {.row = code, .count = ROWS, .dtype = HG_F32, .scale = 1};
    hg__run(p, HG_DECODE, &codes, y2);
    assert_memory_equal(y, y2, sizeof y);
    for (int r = 0; r < ROWS; r++) {
        double sum = 0;
        for (int i = 0; i < w->width; i++) {
            const double d = (double)y[r * w->width + i] - (double)x[r * w->width + i];
            sum += d * d;
        }
        assert_true(fabs((double)score[r] - sum / w->width) < 1e-6);
    }
    hg__run(p, HG_SCORE, &(hg__input){.row = code, .count = 0, .dtype = HG_F32}, score);
    hg__run_plan_free(p);
    hg__pool_free(pool);
    hg_model_free(m);
}

static double loss_by_hand(const char *loss, double arg, double y, double t) {
    const double d = y - t;
    if (strcmp(loss, "mse") == 0) return d * d;
    if (strcmp(loss, "mae") == 0) return fabs(d);
    if (strcmp(loss, "gaussian") == 0) return (d * d + log(2 * 3.14159265358979324)) / 2;
    if (strcmp(loss, "bce") == 0) return -(t * log(y) + (1 - t) * log1p(-y));
    return fabs(d) <= arg ? d * d / 2 : arg * (fabs(d) - arg / 2);
}

enum { HAND_ROWS = 40, HAND_WIDTH = 31 };

static void check_by_hand(const char *loss, const float *y, const double *sums) {
    for (int r = 0; r < HAND_ROWS; r++) {
        double want = 0;
        for (int k = r * HAND_WIDTH; k < (r + 1) * HAND_WIDTH; k++) {
            want += loss_by_hand(loss, 0.25, (double)y[k], (double)x[k]);
        }
        if (fabs(sums[r] - want) > 2e-5 * want) {
            fail_msg("%s, row %d: %.9g, not %.9g", loss, r, sums[r], want);
        }
    }
}

static void the_loss_of_a_run_is_the_loss_by_hand(void **state) {
    (void)state;
    static float y[HAND_ROWS * HAND_WIDTH];
    double sums[HAND_ROWS];
    hg_model *m = new_model(wirings[0].spec, HAND_WIDTH);
    hg__pool *pool = hg__pool_new(3, NULL);
    hg__run_plan *p = hg__run_plan_new(&m->net, pool, NULL, NULL);
    const hg__input in = rows_of(HAND_WIDTH, 0, HAND_ROWS);
    hg__run(p, HG_RECONSTRUCT, &in, y);
    for (const hg__loss *const *l = hg__losses(); *l; l++) {
        const hg__objective o = hg__objective_of(*l, 0.25);
        if ((*l)->is_of_spans || (*l)->check) continue;
        hg__run_loss(p, &o, &in, sums);
        check_by_hand((*l)->name, y, sums);
    }
    hg__run_plan_free(p);
    hg__pool_free(pool);
    hg_model_free(m);
}

static void the_loss_of_a_step_is_the_loss_of_a_run(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        const wiring *w = &wirings[i];
        const char *const names[] = {"bce", "mse", "huber"};
        double sums[BATCH], want = 0;
        const hg__train_setup s = setup_of(names[i], "sgd", BATCH);
        hg_model *m = new_model(w->spec, w->width);
        hg__pool *pool = hg__pool_new(2, NULL);
        hg__run_plan *p = hg__run_plan_new(&m->net, pool, NULL, NULL);
        hg__train_plan *t = new_plan(m, pool, &s);
        const hg__input in = rows_of(w->width, 0, BATCH);
        hg__run_loss(p, &s.objective, &in, sums);
        for (int r = 0; r < BATCH; r++) want += sums[r];
        assert_true(hg__train_step(t, &in, 0.1, 1) == want);
        hg__train_plan_free(t);
        hg__run_plan_free(p);
        hg__pool_free(pool);
        hg_model_free(m);
    }
}

static void set_param(hg_model *m, int32_t layer, int32_t param, float value) {
    static float values[WIDE];
    const hg__param *p = &m->net.spec.layer[layer].param[param];
    size_t n = 0;
    assert_true(hg__shape_count(&p->shape, &n) && n <= WIDE);
    for (size_t i = 0; i < n; i++) values[i] = value;
    hg__param_import(p, m->net.params, values);
}

// Outputs of sigmoid(200) = 1 for zeros: from the logits, the loss is 200 a feature; from the rounded output,
// log(0), which PyTorch takes as -100.
static double loss_of_certainty(const char *spec, float bias) {
    static const float zeros[8];
    const void *const rows[] = {zeros};
    const hg__input in = {.row = rows, .count = 1, .dtype = HG_F32, .scale = 1};
    const hg__train_setup s = setup_of("bce", "sgd", 4);
    double sum = 0;
    hg_model *m = new_model(spec, 8);
    const int32_t last = m->net.spec.layers - 1,
                  dense = m->net.spec.layer[last].params ? last : last - 1;
    set_param(m, dense, 0, 0);
    set_param(m, dense, 1, bias);
    hg__pool *pool = hg__pool_new(1, NULL);
    hg__run_plan *p = hg__run_plan_new(&m->net, pool, NULL, NULL);
    hg__train_plan *t = new_plan(m, pool, &s);
    hg__run_loss(p, &s.objective, &in, &sum);
    assert_true(hg__train_step(t, &in, 0, 1) == sum);
    hg__train_plan_free(t);
    hg__run_plan_free(p);
    hg__pool_free(pool);
    hg_model_free(m);
    return sum / 8;
}

static void cross_entropy_is_taken_from_the_logits(void **state) {
    (void)state;
    assert_true(fabs(loss_of_certainty("dense 1 | dense input sigmoid", 200) - 200) < 1e-3);
    assert_true(fabs(loss_of_certainty("dense 1 | dense input", 1) - 100) < 1e-3);
}

// ---- no allocations -----------------------------------------------------------------------------

static void count_allocations(const hg__data *d, const char *spec, double clip) {
    const hg__rows rows = hg__rows_all(hg__array_source(d));
    hg__train_setup s = setup_of("mse", "adam", 16);
    s.clip = clip;
    hg_model *m = new_model(spec, d->width);
    hg__pool *pool = hg__pool_new(3, NULL);
    hg__train_plan *p = new_plan(m, pool, &s);
    hg__run_plan *runner = hg__run_plan_new(&m->net, pool, NULL, NULL);
    hg__loader *loader = hg__loader_new(&rows, 16, NULL, NULL);
    static float out[16 * 64];
    double sums[16];
    assert_true(runner && loader);
    const uint64_t before = hg__alloc_count();
    int64_t step = 0;
    for (int32_t epoch = 1; epoch <= 5; epoch++) {
        hg__batch b;
        hg__loader_start(loader, true, 1, epoch, 0);
        while (hg__loader_next(loader, &b, NULL) > 0) {
            const hg__input in = {.row = b.row,
                                  .count = b.count,
                                  .dtype = d->dtype,
                                  .scale = d->scale,
                                  .ahead = b.ahead,
                                  .ahead_count = b.ahead_count};
            assert_true(isfinite(hg__train_step(p, &in, 1e-3, ++step)));
            hg__run(runner, HG_RECONSTRUCT, &in, out);
            hg__run(runner, HG_ENCODE, &in, out);
            hg__run(runner, HG_SCORE, &in, out);
            hg__run_loss(runner, &s.objective, &in, sums);
        }
    }
    assert_int_equal(hg__alloc_count() - before, 0);
    assert_int_equal(step, 5 * ((d->rows + 15) / 16));
    hg__loader_free(loader);
    hg__run_plan_free(runner);
    hg__train_plan_free(p);
    hg__pool_free(pool);
    hg_model_free(m);
}

static void a_step_allocates_nothing(void **state) {
    (void)state;
    hg__data d;
    assert_int_equal(hg__data_wrap(&d, x, 100, 50, NULL), HG_OK);
    count_allocations(&d, "dense 20 relu dropout, layernorm, batchnorm | dense input sigmoid", 0);
    count_allocations(&d, "dense 20 relu | dense input", 0.5);
}

static void a_step_with_rows_on_disk_allocates_nothing(void **state) {
    (void)state;
    char path[64];
    hg__writer w;
    const hg__shape shape = {
        2, {100, 50}
    };
    snprintf(path, sizeof path, "/tmp/hourglass-test-plan-%ld.npy", (long)getpid());
    assert_int_equal(hg__writer_open(&w, path, NULL), HG_OK);
    assert_int_equal(hg__npy_add_header(&w, HG_F32, &shape, NULL), HG_OK);
    assert_int_equal(hg__writer_add(&w, x, 100 * 50 * sizeof *x, NULL), HG_OK);
    assert_int_equal(hg__writer_commit(&w, NULL), HG_OK);
    hg__data *d = hg__data_open(
        path, &(hg__data_options){.label = "", .ignore = "", .on_bad = "", .memory = 1}, NULL);
    unlink(path);
    assert_non_null(d);
    assert_null(d->base);
    count_allocations(d, "dense 20 relu | dense input", 0);
    hg__data_close(d);
}

// ---- divergence ---------------------------------------------------------------------------------

// One step with the weights of a layer set to `value`: what is found to be not finite.
static void expect_blame(const char *spec, int32_t layer, int32_t param, float value,
                         const char *want) {
    char name[64];
    hg_model *m = new_model(spec, 20), *before = new_model(spec, 20);
    hg__pool *pool = hg__pool_new(2, NULL);
    const hg__train_setup s = setup_of("mse", "sgd", BATCH);
    set_param(m, layer, param, value);
    set_param(before, layer, param, value);
    hg__train_plan *p = new_plan(m, pool, &s);
    const hg__input in = rows_of(20, 0, BATCH);
    assert_true(!isfinite(hg__train_step(p, &in, 0.1, 1)));
    hg__train_find_not_finite(p, &in, name);
    assert_string_equal(name, want);
    expect_same_params("a step that failed", m, before);
    hg__train_plan_free(p);
    hg__pool_free(pool);
    hg_model_free(m);
    hg_model_free(before);
}

static void what_is_not_finite_is_named(void **state) {
    (void)state;
    const char *spec = "dense 8, dense 6 | dense 8, dense input";
    expect_blame(spec, 3, 0, INFINITY, "decoder.1.weight");
    expect_blame(spec, 2, 1, NAN, "decoder.0.bias");
    expect_blame(spec, 1, 0, NAN, "encoder.1.weight");
    expect_blame(spec, 0, 1, -INFINITY, "encoder.0.bias");
    expect_blame("dense 8, dense 6 | dense input", 0, 0, 3e38F, "output of encoder.0 (dense)");
    expect_blame("dense 8 relu, dense 6 | dense input", 2, 0, 3e38F, "output of encoder.2 (dense)");
    expect_blame("dense 8 | dense input", 1, 1, 1e30F, "the loss");
}

// Prints the hash instead of testing: what hash_with() asks for.
static int print_hash(void) {
    void *state = NULL;
    (void)fill_rows(&state);
    const uint64_t h = hash_of_all(2);
    return fwrite(&h, sizeof h, 1, stdout) == 1 ? 0 : 1;
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "hash") == 0) return print_hash();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_its_layers_one_after_the_other),
        cmocka_unit_test(a_step_is_what_plain_double_arithmetic_gives),
        cmocka_unit_test(the_norm_of_the_gradient_is_clipped_as_in_pytorch),
        cmocka_unit_test(any_number_of_threads_gives_the_same_weights),
        cmocka_unit_test(every_kernel_table_gives_the_same_weights),
        cmocka_unit_test(a_plan_that_takes_over_goes_on_in_the_same_bits),
        cmocka_unit_test(a_plan_takes_what_was_counted),
        cmocka_unit_test(what_no_machine_holds_is_counted_too),
        cmocka_unit_test(a_batch_of_one_is_a_row_of_many_for_every_goal),
        cmocka_unit_test(decoding_a_code_is_reconstructing_its_row),
        cmocka_unit_test(the_loss_of_a_run_is_the_loss_by_hand),
        cmocka_unit_test(the_loss_of_a_step_is_the_loss_of_a_run),
        cmocka_unit_test(cross_entropy_is_taken_from_the_logits),
        cmocka_unit_test(a_step_allocates_nothing),
        cmocka_unit_test(a_step_with_rows_on_disk_allocates_nothing),
        cmocka_unit_test(what_is_not_finite_is_named),
    };
    return cmocka_run_group_tests(tests, fill_rows, NULL);
}

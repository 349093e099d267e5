// SPDX-License-Identifier: Apache-2.0
// test_program.c - programs: no value is overwritten while it is needed, memory is shared where it can be, and a program can say
// more than a chain of layers: values taken more than once, several losses, frozen networks.
#include <string.h>

#include "exec/plan_train.h"
#include "graph/program.h"
#include "model/model.h"
#include "plan_case.h"

// ---- places ---------------------------------------------------------------------------------------

static bool meet(const hg__block *a, const hg__block *b) {
    return a->first <= b->last && b->first <= a->last;
}

static size_t rounded(size_t n) {
    return (n + HG_LANES - 1) / HG_LANES * HG_LANES;
}

enum { BLOCKS = 60, TIMES = 40 };

static void expect_apart(const hg__block *a, const hg__block *b) {
    assert_true(!meet(a, b) || a->at >= b->at + b->count || b->at >= a->at + a->count);
}

// What is there at a time, together.
static size_t needed_at(const hg__block *list, int32_t time) {
    size_t now = 0;
    for (int i = 0; i < BLOCKS; i++) {
        if (list[i].first <= time && time <= list[i].last) now += rounded(list[i].count);
    }
    return now;
}

static void blocks_that_live_at_the_same_time_lie_apart(void **state) {
    (void)state;
    for (uint32_t round = 0; round < 200; round++) {
        hg__block list[BLOCKS];
        size_t total = 0, most = 0, sum = 0;
        for (uint32_t i = 0; i < BLOCKS; i++) {
            const hg__philox p = hg__philox_run(8, round, i, 0, 0);
            const int32_t first = (int32_t)(p.word[0] % TIMES);
            list[i] = (hg__block){
                .count = p.word[1] % 200, .first = first, .last = first + (int32_t)(p.word[2] % 6)};
        }
        assert_int_equal(hg__places_find(list, BLOCKS, &total, NULL), HG_OK);
        for (int i = 0; i < BLOCKS; i++) {
            sum += rounded(list[i].count);
            assert_true(list[i].at % HG_LANES == 0 && list[i].at + list[i].count <= total);
            for (int k = 0; k < i; k++) expect_apart(&list[i], &list[k]);
        }
        for (int32_t t = 0; t < TIMES; t++) {
            if (needed_at(list, t) > most) most = needed_at(list, t);
        }
        assert_true(total >= most && total <= sum && total <= most + most / 3);
    }
}

static void a_chain_takes_two_blocks(void **state) {
    (void)state;
    hg__block list[50];
    size_t total;
    for (int32_t i = 0; i < 50; i++) list[i] = (hg__block){.count = 64, .first = i, .last = i + 1};
    assert_int_equal(hg__places_find(list, 50, &total, NULL), HG_OK);
    assert_int_equal(total, 128);
}

// ---- nothing is overwritten that is needed --------------------------------------------------------

// Memory that remembers which value each element is of.
typedef struct owners {
    int32_t *owner; // (count)
    size_t count;
} owners;

static void write_value(owners *m, size_t at, size_t count, int32_t value) {
    assert_true(at + count <= m->count);
    for (size_t i = 0; i < count; i++) m->owner[at + i] = value;
}

static void read_value(const owners *m, size_t at, size_t count, int32_t value, const char *spec) {
    for (size_t i = 0; i < count; i++) {
        if (m->owner[at + i] == value) continue;
        fail_msg("%s: value %d is overwritten by %d", spec, value, m->owner[at + i]);
    }
}

// What an operation has to have, as layer.h promises it to layers, and what it makes.
static void values_of(const hg__op *op, int32_t reads[3], int32_t writes[2]) {
    reads[0] = op->x, reads[1] = op->x2, reads[2] = op->dy;
    writes[0] = op->y, writes[1] = HG_NO_VALUE;
    if (op->kind == HG_OP_LOSS && op->x2 == HG_NO_VALUE) reads[1] = 0;
    if (op->kind != HG_OP_BACKWARD) return;
    const bool needs_none = op->layer->type->is_linear && op->layer->params == 0;
    reads[0] = needs_none ? HG_NO_VALUE : op->layer->type->in_place ? op->y : op->x;
    reads[1] = HG_NO_VALUE;
    writes[0] = op->dx, writes[1] = op->dx2;
}

// The chunk's (or the batch's) values through all operations.
static void walk(const hg__program *g, const size_t *at, bool whole, size_t rows, owners *m,
                 const char *spec) {
    for (int32_t i = 0; i < g->ops; i++) {
        int32_t reads[3], writes[2];
        values_of(&g->op[i], reads, writes);
        for (int k = 0; k < 3; k++) {
            const int32_t v = reads[k];
            if (v == HG_NO_VALUE || g->value[g->value[v].alias_of].is_whole != whole) continue;
            read_value(m, at[v], rows * (size_t)g->value[v].ld, v, spec);
        }
        for (int k = 0; k < 2; k++) {
            const int32_t v = writes[k];
            if (v == HG_NO_VALUE || g->value[g->value[v].alias_of].is_whole != whole) continue;
            write_value(m, at[v], rows * (size_t)g->value[v].ld, v);
        }
    }
}

static const char *const bridged[] = {
    "keep 1, dense 24 relu, keep 2, dense 24 relu dropout 0.2, add 2, dense input, add 1",
    "keep 1, dense 24, add 1, add 1, dense 24 relu, concat 1, dense input",
    "keep 1, keep 2, dense 24 tanh, add 1, layernorm, concat 2, dense input sigmoid",
    "dense 24, keep 1, relu, dense 24, batchnorm, add 1, keep 1, batchnorm gelu, add 1, dense 24",
    "dense 24 relu, keep 1, tanh, sigmoid | add 1, dense input",
    "dense 24 relu, keep 1, dense 9, keep 2, recall 1, dense 9, add 2, relu, dense input",
    "keep 1, relu, keep 2, recall 1, tanh, add 2, keep 3, recall 1, concat 3, dense input",
};
enum { BRIDGED = sizeof bridged / sizeof *bridged };

static void check_training(const char *spec, int32_t width) {
    hg_error err = {0};
    hg__train_plan *p = hg__alloc(1, sizeof *p, NULL);
    hg_model *m = new_model(spec, width);
    const hg__train_setup s = setup_of("mse", "adam", 48);
    size_t elements;
    const int code = hg__train_layout_init(p, &m->net, 2, &s, &elements, &err);
    if (code < 0) fail_msg("%s: %s", spec, err.message);
    const size_t count = p->whole_count > p->chunk_stride ? p->whole_count : p->chunk_stride;
    owners memory = {.owner = hg__alloc(count + 1, sizeof(int32_t), NULL), .count = count};
    walk(&p->program, p->value_at, false, (size_t)p->chunk, &memory, spec);
    walk(&p->program, p->value_at, true, (size_t)s.batch, &memory, spec);
    for (int32_t i = 0; i < p->program.layers; i++) { // phase 2 comes behind all of it
        const hg__trained *t = &p->program.trained[i];
        const int32_t values[] = {t->x, t->dy};
        for (int k = 0; k < 2 && t->layer->type->gradient && !t->layer->type->batch; k++) {
            if (values[k] == 0 && p->program.widens_again) continue;
            read_value(&memory, p->value_at[values[k]],
                       (size_t)s.batch * (size_t)p->program.value[values[k]].ld, values[k], spec);
        }
    }
    hg__free(memory.owner);
    hg__train_layout_clear(p);
    hg_model_free(m);
    hg__free(p);
}

static void check_running(const char *spec, int32_t width) {
    hg_model *m = new_model(spec, width);
    hg__program g;
    size_t *at, total;
    hg__program_begin(&g, &m->net.spec.input, false);
    const int32_t y = hg__program_apply(&g, &m->net.spec, m->net.spec.layers, 0, 0, NULL);
    assert_int_equal(hg__program_finish(&g, y, NULL), HG_OK);
    at = hg__alloc((size_t)g.values, sizeof *at, NULL);
    assert_int_equal(hg__program_place(&g, 5, at, &total, NULL), HG_OK);
    owners memory = {.owner = hg__alloc(total, sizeof(int32_t), NULL), .count = total};
    walk(&g, at, false, 5, &memory, spec);
    read_value(&memory, at[y], 5 * (size_t)g.value[y].ld, y, spec);
    read_value(&memory, at[0], 5 * (size_t)g.value[0].ld, 0, spec);
    hg__free(memory.owner);
    hg__free(at);
    hg__program_clear(&g);
    hg_model_free(m);
}

static void no_value_is_overwritten_while_it_is_needed(void **state) {
    (void)state;
    for (int i = 0; i < WIRINGS; i++) {
        if (wirings[i].width == WIDE) continue;
        check_training(wirings[i].spec, wirings[i].width);
        check_running(wirings[i].spec, wirings[i].width);
    }
    for (int i = 0; i < BRIDGED; i++) {
        check_training(bridged[i], 24);
        check_running(bridged[i], 24);
    }
}

// ---- a model is not written to by who plans with it -----------------------------------------------

// Two plans of one model, unlike in batch and loss, take turns; the same steps with a plan made for each.
static void two_plans_of_a_model_train_side_by_side(void **state) {
    (void)state;
    const char *const spec =
        "dense 40 relu, batchnorm, dense 9 | dense 40 tanh dropout 0.2, dense input sigmoid";
    const hg__train_setup setups[] = {setup_of("bce", "sgd", 32), setup_of("huber", "sgd", 20)};
    hg_model *both = new_model(spec, 30), *apart = new_model(spec, 30);
    hg__pool *pool = hg__pool_new(2, NULL);
    hg__train_plan *plan[] = {new_plan(both, pool, &setups[0]), new_plan(both, pool, &setups[1])};
    for (int step = 1; step <= 6; step++) {
        const int which = step % 2;
        const hg__input in = rows_of(30, step, which ? 20 : 32);
        hg__train_plan_refresh(plan[which]); // the other one has changed the weights
        const double got = hg__train_step(plan[which], &in, 0.1, step);
        hg__train_plan *own = new_plan(apart, pool, &setups[which]);
        assert_true(hg__train_step(own, &in, 0.1, step) == got);
        hg__train_plan_free(own);
        assert_memory_equal(both->net.params, apart->net.params,
                            both->net.spec.params * sizeof *both->net.params);
    }
    hg__train_plan_free(plan[0]);
    hg__train_plan_free(plan[1]);
    hg__pool_free(pool);
    hg_model_free(both);
    hg_model_free(apart);
}

// ---- more than a chain ----------------------------------------------------------------------------

static double step_once(const char *spec, int32_t threads, const hg__train_setup *s,
                        hg__real *params) {
    hg_model *m = new_model(spec, 24);
    hg__pool *pool = hg__pool_new(threads, NULL);
    hg__train_plan *p = new_plan(m, pool, s);
    const hg__input in = rows_of(24, 0, 40);
    double loss = 0;
    for (int step = 1; step <= 3; step++) loss = hg__train_step(p, &in, 0.05, step);
    memcpy(params, m->net.params, m->net.spec.params * sizeof *params);
    hg__train_plan_free(p);
    hg__pool_free(pool);
    hg_model_free(m);
    return loss;
}

// What was kept twice under two names is what is taken twice under one.
static void a_value_may_be_taken_more_than_once(void **state) {
    (void)state;
    static hg__real one[1 << 14], two[1 << 14];
    const hg__train_setup s = setup_of("mse", "sgd", 40);
    const char *const specs[] = {
        "dense 24 relu, keep 1, linear, dense 24 tanh, add 1, dense 24, add 1, dense input",
        "dense 24 relu, keep 1, keep 2, dense 24 tanh, add 1, dense 24, add 2, dense input"};
    for (int32_t threads = 1; threads <= 3; threads += 2) {
        const double loss = step_once(specs[0], threads, &s, one);
        assert_true(loss == step_once(specs[1], threads, &s, two));
        assert_memory_equal(one, two, 4 * 24 * 32 * sizeof *one);
    }
}

// The loss of features by hand: both through the frozen network's encoder.
static double feature_loss(const hg_model *m, const hg_model *frozen, hg__pool *pool,
                           const hg__input *in) {
    static float y[40 * 24], of_y[40 * 7], of_t[40 * 7];
    const void *made[40];
    hg__run_plan *run = hg__run_plan_new(&m->net, pool, NULL, NULL);
    hg__run_plan *features = hg__run_plan_new(&frozen->net, pool, NULL, NULL);
    double sum = 0;
    hg__run(run, HG_RECONSTRUCT, in, y);
    for (int r = 0; r < 40; r++) made[r] = y + r * 24;
    hg__run(features, HG_ENCODE, in, of_t);
    hg__run(features, HG_ENCODE, &(hg__input){.row = made, .count = 40, .dtype = HG_F32}, of_y);
    for (int i = 0; i < 40 * 7; i++) sum += pow((double)(of_y[i] - of_t[i]), 2) * 24 / 7;
    for (int i = 0; i < 40 * 24; i++) {
        sum += pow((double)(y[i] - ((const float *)in->row[i / 24])[i % 24]), 2);
    }
    hg__run_plan_free(run);
    hg__run_plan_free(features);
    return sum;
}

static void a_frozen_network_can_be_part_of_the_loss(void **state) {
    (void)state;
    hg_model *m = new_model("dense 12 tanh | dense input sigmoid", 24);
    hg_model *frozen = new_model("dense 20 gelu, dense 7 tanh | dense input", 24);
    const size_t bytes_of_frozen = frozen->net.spec.params * sizeof *frozen->net.params;
    hg__real *before = hg__alloc(frozen->net.spec.params, sizeof *before, NULL);
    hg__pool *pool = hg__pool_new(2, NULL);
    hg__train_setup s = setup_of("mse", "sgd", 40);
    s.features.network = &frozen->net;
    s.features.objective = hg__objective_of(hg__loss_find("mse"), 0);
    memcpy(before, frozen->net.params, bytes_of_frozen);
    hg__train_plan *p = new_plan(m, pool, &s);
    const hg__input in = rows_of(24, 0, 40);
    const double want = feature_loss(m, frozen, pool, &in);
    const double got = hg__train_step(p, &in, 0, 1);
    assert_true(fabs(got / want - 1) < 1e-5);
    for (int step = 2; step <= 60; step++) (void)hg__train_step(p, &in, 2, step);
    assert_true(hg__train_step(p, &in, 0, 61) < 0.9 * want);
    assert_memory_equal(before, frozen->net.params, bytes_of_frozen);
    // The slope of one weight, against the change of the loss by hand.
    hg__real *weight = &m->net.params[m->net.spec.layer[0].param[0].offset + 3];
    const hg__real kept = *weight, step = (hg__real)0.01;
    *weight = kept + step;
    const double above = feature_loss(m, frozen, pool, &in);
    *weight = kept - step;
    const double below = feature_loss(m, frozen, pool, &in);
    *weight = kept;
    hg__train_plan_refresh(p);
    (void)hg__train_step(p, &in, 1, 62);
    const double slope = (above - below) / (2 * (double)step) / (40 * 24);
    assert_true(fabs((double)(kept - *weight) / slope - 1) < 2e-2);
    hg__train_plan_free(p);
    hg__pool_free(pool);
    hg__free(before);
    hg_model_free(frozen);
    hg_model_free(m);
}

static void features_are_of_rows_like_the_models(void **state) {
    (void)state;
    hg_error err = {0};
    hg_model *m = new_model("dense 12 | dense input", 24),
             *other = new_model("dense 7 | dense input", 23);
    hg_model *batch = new_model("dense 7, batchnorm | dense input", 24);
    hg__pool *pool = hg__pool_new(1, NULL);
    hg__train_setup s = setup_of("mse", "sgd", 40);
    s.features.objective = s.objective;
    s.features.network = &other->net;
    assert_null(hg__train_plan_new(&m->net, pool, &s, &err));
    assert_non_null(strstr(err.message, "rows of the model's shape"));
    s.features.network = &batch->net;
    assert_null(hg__train_plan_new(&m->net, pool, &s, &err));
    assert_non_null(strstr(err.message, "without batchnorm"));
    s.features.network = &m->net;
    s.features.objective = hg__objective_of(hg__loss_find("columns"), 0);
    assert_null(hg__train_plan_new(&m->net, pool, &s, &err));
    assert_non_null(strstr(err.message, "rows of a table"));
    s.features.objective = hg__objective_of(hg__loss_find("ssim"), 0);
    assert_null(hg__train_plan_new(&m->net, pool, &s, &err));
    assert_non_null(strstr(err.message, "images"));
    hg__pool_free(pool);
    hg_model_free(m);
    hg_model_free(other);
    hg_model_free(batch);
}

static void losses_beyond_the_most_are_refused(void **state) {
    (void)state;
    hg_error err = {0};
    hg_model *m = new_model("dense 7 | dense input", 24);
    const hg__objective mse = hg__objective_of(hg__loss_find("mse"), 0);
    hg__program g;
    hg__program_begin(&g, &m->net.spec.input, true);
    const int32_t y = hg__program_apply(&g, &m->net.spec, m->net.spec.layers, 0, 0, NULL);
    for (int i = 0; i <= HG_MAX_LOSSES; i++) hg__program_add_loss(&g, &mse, y, HG_NO_VALUE);
    assert_int_equal(hg__program_differentiate(&g, &err), HG_ERR_USAGE);
    assert_non_null(strstr(err.message, "at most 4 losses"));
    hg__program_clear(&g);
    hg_model_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_that_live_at_the_same_time_lie_apart),
        cmocka_unit_test(a_chain_takes_two_blocks),
        cmocka_unit_test(no_value_is_overwritten_while_it_is_needed),
        cmocka_unit_test(two_plans_of_a_model_train_side_by_side),
        cmocka_unit_test(a_value_may_be_taken_more_than_once),
        cmocka_unit_test(a_frozen_network_can_be_part_of_the_loss),
        cmocka_unit_test(losses_beyond_the_most_are_refused),
        cmocka_unit_test(features_are_of_rows_like_the_models),
    };
    return cmocka_run_group_tests(tests, fill_rows, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// test_optim.c - ten steps of every optimiser and option against PyTorch's documented algorithms, written
// here in double and plainly; the schedules.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/rng.h"
#include "nn/optim.h"

#include <cmocka.h>

enum { N = 48, STEPS = 10 };

// One parameter and its state, as torch.optim's "Algorithm" boxes have them.
typedef struct scalar {
    double w, m, v, b;
} scalar;

typedef struct run_case {
    const char *name;
    hg__optim_options o;
} run_case;

// torch.optim.SGD, dampening 0.
static void sgd(scalar *s, double g, const hg__optim_options *o, int t) {
    g += o->weight_decay * s->w;
    if (o->momentum != 0) {
        s->b = t == 1 ? g : o->momentum * s->b + g;
        g = o->nesterov ? g + o->momentum * s->b : s->b;
    }
    s->w -= o->lr * g;
}

static void adam_update(scalar *s, double g, const hg__optim_options *o, int t) {
    s->m = o->beta1 * s->m + (1 - o->beta1) * g;
    s->v = o->beta2 * s->v + (1 - o->beta2) * g * g;
    double m = s->m / (1 - pow(o->beta1, t)), v = s->v / (1 - pow(o->beta2, t));
    s->w -= o->lr * m / (sqrt(v) + o->eps);
}

// torch.optim.Adam: weight decay is part of the gradient.
static void adam(scalar *s, double g, const hg__optim_options *o, int t) {
    adam_update(s, g + o->weight_decay * s->w, o, t);
}

// torch.optim.AdamW: weight decay is beside it.
static void adamw(scalar *s, double g, const hg__optim_options *o, int t) {
    s->w -= o->lr * o->weight_decay * s->w;
    adam_update(s, g, o, t);
}

// torch.optim.RMSprop, not centred.
static void rmsprop(scalar *s, double g, const hg__optim_options *o, int t) {
    (void)t;
    g += o->weight_decay * s->w;
    s->v = o->alpha * s->v + (1 - o->alpha) * g * g;
    double d = g / (sqrt(s->v) + o->eps);
    if (o->momentum > 0) d = s->b = o->momentum * s->b + d;
    s->w -= o->lr * d;
}

typedef void reference(scalar *s, double g, const hg__optim_options *o, int t);
static const struct {
    const char *name;
    reference *run;
} references[] = {
    {"sgd",     sgd    },
    {"adam",    adam   },
    {"adamw",   adamw  },
    {"rmsprop", rmsprop}
};

#define STANDARD .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .alpha = 0.99
static const run_case cases[] = {
    {"sgd",     {STANDARD, .lr = 0.1}                                                         },
    {"sgd",     {STANDARD, .lr = 0.1, .weight_decay = 0.3}                                    },
    {"sgd",     {STANDARD, .lr = 0.1, .momentum = 0.9}                                        },
    {"sgd",     {STANDARD, .lr = 0.1, .momentum = 0.9, .nesterov = true, .weight_decay = 0.01}},
    {"adam",    {STANDARD, .lr = 0.001}                                                       },
    {"adam",    {STANDARD, .lr = 0.01, .weight_decay = 0.3}                                   },
    {"adam",    {.lr = 0.01, .beta1 = 0.5, .beta2 = 0.9, .eps = 1e-3}                         },
    {"adamw",   {STANDARD, .lr = 0.01, .weight_decay = 0.3}                                   },
    {"rmsprop", {STANDARD, .lr = 0.01}                                                        },
    {"rmsprop", {.lr = 0.01, .alpha = 0.9, .eps = 1e-4, .momentum = 0.8, .weight_decay = 0.1} },
};

static float number(uint32_t a, uint32_t b) {
    return hg__unit_float(hg__philox_run(3, a, b, 0, 0).word[0]) * 2 - 1;
}

static void check(const run_case *c, const hg__kernels *k, double scale) {
    hg__real w[N], s1[N] = {0}, s2[N] = {0}, g[N];
    scalar want[N] = {{0}};
    reference *run = NULL;
    for (size_t i = 0; i < sizeof references / sizeof *references; i++) {
        if (strcmp(references[i].name, c->name) == 0) run = references[i].run;
    }
    const hg__optim *optim = hg__optim_find(c->name);
    assert_true(run && optim);
    for (uint32_t i = 0; i < N; i++) {
        w[i] = (hg__real)number(0, i);
        want[i].w = (double)w[i];
    }
    for (int t = 1; t <= STEPS; t++) {
        hg__optim_step s = hg__optim_step_at(optim, &c->o, c->o.lr, t);
        s.grad_scale = (hg__real)scale;
        for (uint32_t i = 0; i < N; i++) {
            g[i] = (hg__real)number((uint32_t)t, i);
            run(&want[i], (double)g[i] * scale, &c->o, t);
        }
        optim->pick(k)(w, s1, s2, g, N, &s);
    }
    for (int i = 0; i < N; i++) {
        double error = fabs((double)w[i] - want[i].w);
        if (!(error < 1e-6)) fail_msg("%s %s: w off by %g", k->name, c->name, error);
    }
}

static void ten_steps_are_those_of_pytorch(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (const hg__kernels *const *k = hg__kernels_all(); *k; k++) {
            check(&cases[i], *k, 1);
            check(&cases[i], *k, 0.25); // clipped
        }
    }
}

static void a_step_late_in_a_run_is_still_exact(void **state) {
    (void)state;
    const hg__optim_options o = {STANDARD, .lr = 0.001};
    const int64_t steps[] = {1, 2, 3, 1000, 123456, 1000000000};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const double t = (double)steps[i];
        hg__optim_step s = hg__optim_step_at(hg__optim_find("adam"), &o, o.lr, steps[i]);
        assert_true(fabs((double)s.step_size / (o.lr / (1 - pow(0.9, t))) - 1) < 1e-7);
        assert_true(fabs((double)s.root_scale * sqrt(1 - pow(0.999, t)) - 1) < 1e-7);
        assert_int_equal(s.first, steps[i] == 1);
    }
}

static void tables_are_found_by_name(void **state) {
    (void)state;
    size_t count = 0;
    const hg__optim *o = hg__optims(&count);
    assert_int_equal(count, sizeof references / sizeof *references);
    for (size_t i = 0; i < count; i++) assert_ptr_equal(hg__optim_find(o[i].name), &o[i]);
    assert_null(hg__optim_find("adamx"));
    const hg__schedule *s = hg__schedules(&count);
    for (size_t i = 0; i < count; i++) assert_ptr_equal(hg__schedule_find(s[i].name), &s[i]);
    assert_null(hg__schedule_find("cosin"));
}

static void cosine_falls_from_one_to_zero(void **state) {
    (void)state;
    const hg__schedule *s = hg__schedule_find("cosine");
    const double pi = acos(-1);
    for (int t = 0; t < 1000; t++) {
        double got = hg__schedule_at(s, t, 1000, 0, 0, 1, 1), want = 0.5 * (1 + cos(pi * t / 1000));
        assert_true(fabs(got - want) < 1e-14);
    }
}

static void warm_up_is_pytorchs_linear_lr(void **state) {
    (void)state;
    const hg__schedule *s = hg__schedule_find("constant");
    for (int t = 0; t < 10; t++) {
        double start = 0.1, want = start + (1 - start) * t / 10;
        assert_true(fabs(hg__schedule_at(s, t, 100, 10, 0, 1, 1) - want) < 1e-15);
    }
    assert_true(hg__schedule_at(s, 10, 100, 10, 0, 1, 1) == 1);
    assert_true(hg__schedule_at(hg__schedule_find("cosine"), 10, 100, 10, 0, 1, 1) == 1);
}

static void step_falls_every_few_epochs(void **state) {
    (void)state;
    const hg__schedule *s = hg__schedule_find("step");
    const double want[] = {1, 1, 1, 0.5, 0.5, 0.5, 0.25};
    for (int32_t e = 0; e < 7; e++) {
        assert_true(hg__schedule_at(s, e, 7, 0, e, 3, 0.5) == want[e]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_steps_are_those_of_pytorch),
        cmocka_unit_test(a_step_late_in_a_run_is_still_exact),
        cmocka_unit_test(tables_are_found_by_name),
        cmocka_unit_test(cosine_falls_from_one_to_zero),
        cmocka_unit_test(warm_up_is_pytorchs_linear_lr),
        cmocka_unit_test(step_falls_every_few_epochs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

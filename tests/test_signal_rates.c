// SPDX-License-Identifier: Apache-2.0
// test_signal_rates.c - alarms of a model of a recording: false ones come as often as they are asked for, over a million steps of a plant that
// drifts, and faults of three standard deviations of a residual are found within two windows.
#define DRAWN_STEPS 20000
#include "monitor/signal_alarms.h"
#include "signal_case.h"

enum { LONG_RUN = 1000000, CHANNELS = 4, FACTORS = 2, APART = 1000, LASTS = 200, FAULTS = 40 };
static const double innovation =
    0.43; // of a channel's own noise: what is left of it where all else is known

// What a plant does slowly: u goes from 0 to 1.
typedef struct slow {
    const char *name;
    double level, noise; // what is added to the level, and what share to the noise, at u = 1
    double swing;        // of the level, every 100 000 steps
    bool has_faults;     // every APART steps: the last LASTS of them
} slow;

typedef struct plant {
    double factor[FACTORS], rest[CHANNELS];
    int64_t at;
} plant;

// Four uniform numbers together are nearly normal.
static double normal(int64_t t, int32_t c) {
    const hg__philox b = hg__philox_run(11, (uint32_t)t, (uint32_t)c, 0, 0);
    double sum = -2;
    for (int k = 0; k < 4; k++) sum += (double)hg__unit_float(b.word[k]);
    return sum * 1.7320508;
}

// Factors that all channels follow, slow noise of each, and what drifts.
static void step(plant *p, const slow *s, double u, float *x) {
    static const double of[CHANNELS][FACTORS] = {
        {0.8,  0.6 },
        {-0.6, 0.8 },
        {0.9,  -0.4},
        {0.3,  0.95}
    };
    static const double part[CHANNELS] = {1, -0.6, 0.8, 0.5};
    const double swing = u > 0 ? s->swing * hg__sin_turn((double)p->at / 1e5) : 0;
    for (int32_t k = 0; k < FACTORS; k++) {
        p->factor[k] = 0.98 * p->factor[k] + 0.199 * normal(p->at, CHANNELS + k);
    }
    for (int32_t c = 0; c < CHANNELS; c++) {
        p->rest[c] = 0.5 * p->rest[c] + innovation * normal(p->at, c);
        double sum = p->rest[c] * (1 + s->noise * u) + part[c] * (s->level * u + swing);
        for (int32_t k = 0; k < FACTORS; k++) sum += of[c][k] * p->factor[k];
        x[c] = (float)sum;
    }
    const int64_t number = p->at / APART;
    const float by = (float)(3 * innovation) * (number / CHANNELS % 2 ? 1 : -1);
    if (s->has_faults && p->at % APART >= APART - LASTS) x[number % CHANNELS] += by;
    p->at++;
}

static drawn training;

static void learn(fitted *f, plant *p) {
    training = (drawn){.steps = DRAWN_STEPS, .channels = CHANNELS};
    for (int64_t t = 0; t < DRAWN_STEPS; t++) {
        step(p, &(slow){.name = ""}, 0, training.value + t * CHANNELS);
        training.row[t] = t;
        training.time[t] = (double)t;
        training.begins[t] = t == 0;
    }
    fit_drawn(f, &training, 0, HG_SIGNAL_KINDS);
}

// The scores of now of all steps.
static void score(const fitted *f, plant p, const slow *s, int64_t all, float *now) {
    static float value[HG_STEPS * CHANNELS];
    static int64_t row[HG_STEPS];
    static uint8_t begins[HG_STEPS];
    hg_error err = {0};
    int64_t taken = 0, given = 0;
    hg__signal_scorer *scorer = hg__signal_scorer_new(f->model, f->pool, "m", &err);
    assert_non_null(scorer);
    while (given < all) {
        const int64_t left = all - taken;
        const hg__steps steps = {.count = (int32_t)(left < HG_STEPS ? left : HG_STEPS),
                                 .value = value,
                                 .row = row,
                                 .begins = begins};
        for (int32_t i = 0; i < steps.count; i++) {
            step(&p, s, (double)(taken + i) / (double)all, value + i * CHANNELS);
            row[i] = taken + i;
            begins[i] = taken + i == 0;
        }
        taken += steps.count;
        if (steps.count == 0) hg__signal_scorer_end(scorer);
        for (int32_t i = 0; i < steps.count || steps.count == 0;) {
            const hg__scored_step *scored;
            i += hg__signal_scorer_take(scorer, &steps, i);
            const int32_t count = hg__signal_scorer_next(scorer, &scored);
            for (int32_t k = 0; k < count; k++) now[given++] = scored[k].now;
            if (steps.count == 0) break;
        }
    }
    hg__signal_scorer_free(scorer);
}

// per_step 0: as the model has it. How many events, and which share of the steps lies in them.
static int64_t count_events(const fitted *f, const float *now, double per_step, double *share) {
    hg_error err = {0};
    hg__signal_alarms a;
    int64_t alarms = 0;
    assert_int_equal(hg__signal_alarms_init(&a, f->model, "m", &err), HG_OK);
    if (per_step > 0) assert_int_equal(hg__signal_alarms_ask_events(&a, per_step, &err), HG_OK);
    for (int64_t i = 0; i < LONG_RUN; i++) {
        const hg__scored_step s = {.now = now[i], .begins = i == 0};
        alarms += hg__signal_alarms_take(&a, &s).is_alarm;
    }
    const int64_t events = a.state.events;
    *share = (double)alarms / LONG_RUN;
    hg__signal_alarms_clear(&a);
    return events;
}

// Of a plant whose scores these are.
static void expect_rates(const fitted *f, const float *now, const char *name, double most) {
    // 2, 8.64, 30 and 100 a day at a step a second; 12 a day at a step a minute
    static const double rate[] = {2 / 86400.0, 1e-4, 30 / 86400.0, 100 / 86400.0, 12 / 1440.0};
    double share;
    for (size_t r = 0; r < sizeof rate / sizeof *rate; r++) {
        const double want = rate[r] * LONG_RUN;
        const double got = (double)count_events(f, now, rate[r], &share);
        if (fabs(got / want - 1) > 0.2) fail_msg("%s: %g events, not %g", name, got, want);
    }
    (void)count_events(f, now, 0, &share);
    if (share > most) fail_msg("%s: %g of the steps in alarms, not 0.01", name, share);
}

static void false_alarms_come_as_often_as_they_are_asked_for(void **state) {
    (void)state;
    static const slow slows[] = {
        {"nothing",     0,   0,   0,   false},
        {"noise",       0,   0.7, 0,   false},
        {"swing",       0,   0,   0.5, false},
        {"all of them", 0.5, 0.5, 0.3, false},
    };
    float *now = hg__alloc(LONG_RUN, sizeof *now, NULL);
    plant p = {0};
    fitted f;
    assert_non_null(now);
    learn(&f, &p);
    for (size_t k = 0; k < sizeof slows / sizeof *slows; k++) {
        score(&f, p, &slows[k], LONG_RUN, now);
        expect_rates(&f, now, slows[k].name, k == 0 ? 0.012 : 0.02);
    }
    clear_fitted(&f);
    hg__free(now);
}

// Each by alarms that know of no other. How many steps it takes to find number k; LASTS + 1: it is not found.
static int32_t delay_of(const fitted *f, const float *now, int32_t k, double per_step) {
    hg_error err = {0};
    hg__signal_alarms a;
    int32_t delay = LASTS + 1;
    assert_int_equal(hg__signal_alarms_init(&a, f->model, "m", &err), HG_OK);
    if (per_step > 0) assert_int_equal(hg__signal_alarms_ask_events(&a, per_step, &err), HG_OK);
    const int32_t begins = (k + 1) * APART - LASTS;
    for (int32_t t = begins - LASTS; t < begins + LASTS && delay > LASTS; t++) {
        const hg__scored_step s = {.now = now[t], .begins = t == begins - LASTS};
        if (hg__signal_alarms_take(&a, &s).is_alarm && t >= begins) delay = t - begins + 1;
    }
    hg__signal_alarms_clear(&a);
    return delay;
}

static void a_fault_of_three_deviations_is_found_within_two_windows(void **state) {
    (void)state;
    static const double rate[] = {0, 2 / 86400.0};
    static float now[FAULTS * APART];
    plant p = {0};
    fitted f;
    learn(&f, &p);
    score(&f, p, &(slow){.name = "faults", .has_faults = true}, FAULTS * APART, now);
    for (int r = 0; r < 2; r++) {
        int32_t within = 0;
        for (int32_t k = 0; k < FAULTS; k++) {
            const int32_t delay = delay_of(&f, now, k, rate[r]);
            within += delay <= f.signal.length;
            if (delay > 2 * f.signal.length) fail_msg("fault %d is found after %d", k, delay);
        }
        assert_true(within >= FAULTS * 3 / 4);
    }
    clear_fitted(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(false_alarms_come_as_often_as_they_are_asked_for),
        cmocka_unit_test(a_fault_of_three_deviations_is_found_within_two_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

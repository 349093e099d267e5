// SPDX-License-Identifier: Apache-2.0
// test_affiliation.c - affiliation precision and recall: the reference's numbers, random alarms, several series.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "faults.h"
#include "monitor/affiliation.h"
#include "series_case.h"

#include <cmocka.h>

static series_case drawn;

static hg__affiliation affiliation_of(const hg__scored_series *s) {
    hg__affiliation a;
    assert_int_equal(hg__affiliation_of(s, &a, NULL), HG_OK);
    return a;
}

static void assert_near(double x, double y) {
    if (!(fabs(x - y) < 1e-12)) fail_msg("expected %.17g, got %.17g", y, x);
}

// ---- the reference ------------------------------------------------------------------------------

typedef struct
    expected { // NOLINT(clang-analyzer-optin.performance.Padding): in the order of the table
    hg__event event[3];
    int events;
    hg__event alarm[5];
    int alarms;
    double precision, recall;
} expected;

// pr_from_events(alarms, events, (0, 100)) of the authors' reference, as vus 0.0.6 (vus/affiliation) and TSB-AD 1.5 carry it: an event
// [first, last] is the interval (first, last + 1).
static const expected reference[] = {
    {{{10, 19}, {50, 50}, {70, 89}},
     3,                                 {{0, 2}, {8, 11}, {30, 36}, {45, 60}, {85, 99}},
     5,                                                                                     0.4804339525384129,
     0.8517058468957203                                                                                                               },
    {{{30, 39}},                     1, {{29, 29}, {41, 55}},                            2, 0.74,                 0.9404999999999999  },
    {{{30, 39}, {60, 69}},           2, {{0, 1}},                                        1, 0.020000000000000018, 0.020000000000000018},
    {{{2, 3}},                       1, {{50, 60}, {70, 75}},                            2, 0.38323529411764706,  0.5                 },
    {{{0, 99}},                      1, {{3, 4}, {90, 91}},                              2, 1.0,                  0.633275            },
};
enum { REFERENCES = sizeof reference / sizeof *reference };

static void the_numbers_are_those_of_the_reference(void **state) {
    (void)state;
    const hg__scored_series s = {100, NULL, drawn.label, drawn.alarm, NULL};
    for (int i = 0; i < REFERENCES; i++) {
        const expected *e = &reference[i];
        mark_events(drawn.label, 100, e->event, e->events);
        mark_events(drawn.alarm, 100, e->alarm, e->alarms);
        const hg__affiliation a = affiliation_of(&s);
        assert_int_equal(a.events, e->events);
        assert_near(a.precision, e->precision);
        assert_near(a.recall, e->recall);
        assert_near(a.f1, 2 * e->precision * e->recall / (e->precision + e->recall));
    }
}

static void many_short_alarms_have_the_reference_s_numbers(void **state) {
    (void)state;
    const hg__event four[] = {
        {40,  59 },
        {100, 100},
        {110, 125},
        {590, 599}
    };
    const hg__event five[] = {
        {0,   9  },
        {20,  20 },
        {22,  24 },
        {26,  26 },
        {300, 420}
    };
    hg__scored_series s = draw_series(&drawn, 600, four, 4, 0);
    assert_near(affiliation_of(&s).precision, 0.67597474550421688);
    assert_near(affiliation_of(&s).recall, 0.91042974697703727);
    s = draw_series(&drawn, 600, five, 5, 0);
    assert_near(affiliation_of(&s).precision, 0.79055752654772582);
    assert_near(affiliation_of(&s).recall, 0.96106258460897642);
}

// ---- properties ---------------------------------------------------------------------------------

static void alarms_that_are_the_events_are_perfect(void **state) {
    (void)state;
    const hg__event some[] = {
        {0,   3  },
        {40,  59 },
        {100, 100},
        {590, 599}
    };
    const hg__scored_series s = draw_series(&drawn, 600, some, 4, 0);
    memcpy(drawn.alarm, drawn.label, 600);
    const hg__affiliation a = affiliation_of(&s);
    assert_near(a.precision, 1);
    assert_near(a.recall, 1);
    assert_near(a.f1, 1);
}

static void random_alarms_have_half_the_precision(void **state) {
    (void)state;
    const hg__event some[] = {
        {1500, 1509},
        {4000, 4009},
        {6500, 6519},
        {9000, 9009}
    };
    const hg__scored_series s = draw_series(&drawn, 10000, some, 4, 0);
    for (int t = 0; t < 10000; t++) {
        drawn.alarm[t] = hg__philox_run(5, (uint32_t)t, 0, 0, 0).word[0] % 20 == 0;
    }
    assert_true(fabs(affiliation_of(&s).precision - 0.5) < 0.05);
}

static void without_alarms_there_is_no_precision(void **state) {
    (void)state;
    const hg__event some[] = {
        {10, 19}
    };
    const hg__scored_series s = draw_series(&drawn, 100, some, 1, 0);
    memset(drawn.alarm, 0, 100);
    const hg__affiliation a = affiliation_of(&s);
    assert_true(isnan(a.precision) && isnan(a.f1) && a.recall == 0);
    memset(drawn.label, 0, 100);
    assert_true(isnan(affiliation_of(&s).recall) && affiliation_of(&s).events == 0);
}

// The same events and alarms in two series of 100 steps, and a third without events: means are those of one.
static void each_series_has_zones_of_its_own(void **state) {
    (void)state;
    const expected *e = &reference[0];
    const hg__scored_series s = {300, NULL, drawn.label, drawn.alarm, drawn.begins};
    mark_events(drawn.label, 300, e->event, e->events);
    mark_events(drawn.alarm, 300, e->alarm, e->alarms);
    memcpy(drawn.label + 100, drawn.label, 100);
    memcpy(drawn.alarm + 100, drawn.alarm, 100);
    memset(drawn.alarm + 200, 1, 100);
    memset(drawn.begins, 0, 300);
    drawn.begins[0] = drawn.begins[100] = drawn.begins[200] = 1;
    const hg__affiliation a = affiliation_of(&s);
    assert_int_equal(a.events, 6);
    assert_near(a.precision, e->precision);
    assert_near(a.recall, e->recall);
}

static void memory_may_fail(void **state) {
    (void)state;
    assert_int_equal(count_faults("affiliation", "HG_FAIL_ALLOC", ""), 2);
}

static int child(void) {
    const hg__event some[] = {
        {10, 19}
    };
    const hg__scored_series s = draw_series(&drawn, 100, some, 1, 0);
    hg__affiliation a;
    hg_error err = {0};
    if (hg__affiliation_of(&s, &a, &err) == HG_OK) return CHILD_WORKED;
    return err.code == HG_ERR_MEMORY && *err.message ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "child") == 0) return child();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_numbers_are_those_of_the_reference),
        cmocka_unit_test(many_short_alarms_have_the_reference_s_numbers),
        cmocka_unit_test(alarms_that_are_the_events_are_perfect),
        cmocka_unit_test(random_alarms_have_half_the_precision),
        cmocka_unit_test(without_alarms_there_is_no_precision),
        cmocka_unit_test(each_series_has_zones_of_its_own),
        cmocka_unit_test(memory_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

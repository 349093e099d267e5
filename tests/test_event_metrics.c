// SPDX-License-Identifier: Apache-2.0
// test_event_metrics.c - events, delays and false alarms worked out by hand; steps by SKAB's definitions; point adjustment.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "faults.h"
#include "monitor/event_metrics.h"
#include "series_case.h"

#include <cmocka.h>

static series_case drawn;

// '#' in label and alarm is a mark, '|' in begins a beginning.
static hg__scored_series written(const char *label, const char *alarm, const char *begins) {
    const int64_t steps = (int64_t)strlen(label);
    assert_int_equal(strlen(alarm), steps);
    for (int64_t t = 0; t < steps; t++) {
        drawn.label[t] = label[t] == '#';
        drawn.alarm[t] = alarm[t] == '#';
        drawn.begins[t] = begins && begins[t] == '|';
    }
    return (hg__scored_series){steps, NULL, drawn.label, drawn.alarm, begins ? drawn.begins : NULL};
}

static hg__event_metrics events_of(const hg__scored_series *s, int64_t slack) {
    hg__event_metrics m;
    assert_int_equal(hg__event_metrics_of(s, slack, 0.95, &m, NULL), HG_OK);
    return m;
}

static hg__step_metrics steps_of(const hg__scored_series *s) {
    hg__step_metrics m;
    assert_int_equal(hg__step_metrics_of(s, &m, NULL), HG_OK);
    return m;
}

static double adjusted(const hg__scored_series *s) {
    double f1;
    assert_int_equal(hg__point_adjusted_f1(s, &f1, NULL), HG_OK);
    return f1;
}

static bool near(double x, double y) {
    return fabs(x - y) < 1e-12;
}

// ---- events -------------------------------------------------------------------------------------

static void events_are_found_where_an_alarm_is_on_in_them(void **state) {
    (void)state;
    const hg__scored_series s = written("..###.....##..#####.....", //
                                        "....#..##......##.#...#.", NULL);
    const hg__event_metrics m = events_of(&s, 0);
    assert_int_equal(m.events, 3);
    assert_int_equal(m.found, 2);
    assert_int_equal(m.alarms, 5);
    assert_int_equal(m.false_alarms, 2);
    assert_int_equal(m.normal_steps, 14);
    assert_true(near(m.false_alarms_a_million / 1e6, 2.0 / 14));
    assert_true(near(m.recall.value, 2.0 / 3) && near(m.precision.value, 3.0 / 5));
    assert_true(m.recall.low < 2.0 / 3 && m.recall.high > 2.0 / 3);
    assert_true(near(m.f1, 2 * (2.0 / 3) * 0.6 / (2.0 / 3 + 0.6)));
    assert_true(m.delay_min == 1 && m.delay_median == 1.5 && m.delay_max == 2);
}

static void slack_reaches_behind_an_event_not_into_the_next(void **state) {
    (void)state;
    const hg__scored_series s = written("..##....##..##..", //
                                        ".....#....#...##", NULL);
    assert_int_equal(events_of(&s, 0).found, 0);
    assert_int_equal(events_of(&s, 1).found, 2);
    assert_int_equal(events_of(&s, 1).false_alarms, 1);
    const hg__event_metrics m = events_of(&s, 1000);
    assert_int_equal(m.found, 3);
    assert_int_equal(m.false_alarms, 0);
    assert_true(m.delay_max == 3 && m.delay_min == 2);
    // an alarm in the second event is none of the first's
    const hg__scored_series next = written("##.##", "...#.", NULL);
    assert_int_equal(events_of(&next, 10).found, 1);
}

static void an_alarm_that_is_already_on_has_no_delay(void **state) {
    (void)state;
    const hg__scored_series s = written("....###..##.", //
                                        "..#########.", NULL);
    const hg__event_metrics m = events_of(&s, 0);
    assert_int_equal(m.found, 2);
    assert_int_equal(m.alarms, 1);
    assert_int_equal(m.false_alarms, 0);
    assert_true(m.delay_max == 0);
    assert_true(m.f1 == 1);
}

static void neither_events_nor_slack_cross_series(void **state) {
    (void)state;
    const hg__scored_series s = written("...###.##......", //
                                        "...#.....#.....", //
                                        "|...|....|.....");
    const hg__event_metrics m = events_of(&s, 5);
    assert_int_equal(m.events, 3); // the first two lie in two series
    assert_int_equal(m.found, 1);
    assert_int_equal(m.false_alarms, 1);
    const hg__scored_series alarm = written("..#.....", "..######", "|....|..");
    assert_int_equal(events_of(&alarm, 0).alarms, 2);
    assert_int_equal(events_of(&alarm, 0).false_alarms, 1);
}

static void what_does_not_occur_has_no_rate(void **state) {
    (void)state;
    const hg__scored_series quiet = written("......", "......", NULL);
    hg__event_metrics m = events_of(&quiet, 0);
    assert_true(isnan(m.recall.value) && isnan(m.precision.value) && isnan(m.f1));
    assert_true(isnan(m.delay_median) && m.false_alarms_a_million == 0);
    const hg__scored_series missed = written("..##..", "......", NULL);
    m = events_of(&missed, 0);
    assert_true(m.recall.value == 0 && isnan(m.precision.value) && m.f1 == 0);
    const hg__scored_series all = written("####", "####", NULL);
    m = events_of(&all, 0);
    assert_true(m.recall.value == 1 && isnan(m.false_alarms_a_million));
    const hg__scored_series none = written("", "", NULL);
    assert_int_equal(events_of(&none, 3).steps, 0);
}

// ---- steps --------------------------------------------------------------------------------------

// chp_score(label, alarm, metric="binary") of SKAB's core/metrics.py (commit f3d94c4), before it rounds to two digits.
static void steps_are_counted_as_skab_does(void **state) {
    (void)state;
    const hg__event four[] = {
        {40,  59 },
        {100, 100},
        {110, 125},
        {590, 599}
    };
    const hg__scored_series s = draw_series(&drawn, 600, four, 4, 0);
    const hg__step_metrics m = steps_of(&s);
    assert_int_equal(m.hits, 30);
    assert_int_equal(m.false_alarms, 44);
    assert_int_equal(m.misses, 17);
    assert_int_equal(m.quiet, 509);
    assert_true(near(m.f1, 0.49586776859504134));
    assert_true(near(m.far, 7.956600361663653));
    assert_true(near(m.mar, 36.17021276595745));
    assert_true(near(m.precision, 30.0 / 74) && near(m.recall, 30.0 / 47));
}

static void one_kind_of_step_has_half_the_rates(void **state) {
    (void)state;
    const hg__scored_series quiet = written("......", ".#....", NULL);
    const hg__step_metrics m = steps_of(&quiet);
    assert_true(isnan(m.mar) && isnan(m.recall) && near(m.far, 100.0 / 6));
    assert_true(m.precision == 0 && m.f1 == 0);
}

static void point_adjustment_is_another_figure(void **state) {
    (void)state;
    const hg__scored_series s = written("..####....####..", //
                                        "....#..#........", NULL);
    assert_true(near(steps_of(&s).f1, 1 / (1 + (7 + 1) / 2.0)));
    assert_true(near(adjusted(&s), 4 / (4 + (4 + 1) / 2.0)));
    const hg__scored_series none = written("....", "....", NULL);
    assert_true(isnan(adjusted(&none)));
}

static void what_is_no_mark_is_refused(void **state) {
    (void)state;
    const hg__scored_series s = written("..##", "...#", NULL);
    hg__event_metrics m;
    hg_error err;
    drawn.alarm[1] = 7;
    assert_int_equal(hg__event_metrics_of(&s, 0, 0.95, &m, &err), HG_ERR_DATA);
    assert_string_equal(err.message, "alarm of step 1: expected 0 or 1, got 7");
}

static void memory_may_fail(void **state) {
    (void)state;
    assert_int_equal(count_faults("events", "HG_FAIL_ALLOC", ""), 2);
}

static int child(void) {
    const hg__event some[] = {
        {10, 19}
    };
    const hg__scored_series s = draw_series(&drawn, 100, some, 1, 0);
    hg__event_metrics m;
    hg_error err = {0};
    if (hg__event_metrics_of(&s, 0, 0.95, &m, &err) == HG_OK) return CHILD_WORKED;
    return err.code == HG_ERR_MEMORY && *err.message ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "child") == 0) return child();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_found_where_an_alarm_is_on_in_them),
        cmocka_unit_test(slack_reaches_behind_an_event_not_into_the_next),
        cmocka_unit_test(an_alarm_that_is_already_on_has_no_delay),
        cmocka_unit_test(neither_events_nor_slack_cross_series),
        cmocka_unit_test(what_does_not_occur_has_no_rate),
        cmocka_unit_test(steps_are_counted_as_skab_does),
        cmocka_unit_test(one_kind_of_step_has_half_the_rates),
        cmocka_unit_test(point_adjustment_is_another_figure),
        cmocka_unit_test(what_is_no_mark_is_refused),
        cmocka_unit_test(memory_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// test_series_metrics.c - all metrics of a series at once, as lines and as JSON.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "faults.h"
#include "monitor/series_metrics.h"
#include "series_case.h"

#include <cmocka.h>

static series_case drawn;
static const hg__event four[] = {
    {40,  59 },
    {100, 100},
    {110, 125},
    {590, 599}
};
static const hg__series_metrics_options plain = {.window = 40, .step = 0.5, .level = 0.95};

static hg__series_metrics metrics_of(const hg__scored_series *s,
                                     const hg__series_metrics_options *o) {
    hg__series_metrics m;
    assert_int_equal(hg__series_metrics_of(s, o, &m, NULL), HG_OK);
    return m;
}

static char *lines_of(const hg__series_metrics *m) {
    hg__text t = {0};
    hg__series_metrics_add_lines(&t, m);
    char *text = hg__text_take(&t, NULL);
    assert_non_null(text);
    return text;
}

static hg__json *json_of(const hg__series_metrics *m) {
    hg__text t = {0};
    hg__json_writer w = {.to = &t};
    hg__json_begin(&w, NULL, '{');
    hg__series_metrics_add_json(&w, m);
    hg__json_end(&w, '}');
    char *text = hg__text_take(&t, NULL);
    assert_non_null(text);
    hg__json *json = hg__json_read(text, strlen(text), "metrics", NULL);
    assert_non_null(json);
    hg__free(text);
    return json;
}

static double value(const hg__json *json, const char *key, const char *part) {
    const hg__json *figure = hg__json_object_get(json, key);
    assert_non_null(figure);
    return hg__json_number_value(part ? hg__json_object_get(figure, part) : figure);
}

static bool near(double x, double y) {
    return fabs(x - y) < 1e-6 * (1 + fabs(y));
}

static void a_series_has_all_figures(void **state) {
    (void)state;
    const hg__scored_series s = draw_series(&drawn, 600, four, 4, 0);
    const hg__series_metrics m = metrics_of(&s, &plain);
    hg__vus v;
    hg__affiliation a;
    assert_int_equal(hg__vus_of(&s, 40, &v, NULL), HG_OK);
    assert_int_equal(hg__affiliation_of(&s, &a, NULL), HG_OK);
    assert_true(m.vus.pr == v.pr && m.affiliation.recall == a.recall);
    hg__json *json = json_of(&m);
    assert_true(near(value(json, "vus_pr", "value"), 0.67853644466825602));
    assert_true(near(value(json, "event_recall", "value"), m.event.recall.value));
    assert_true(value(json, "event_recall", "low") < m.event.recall.value);
    assert_true(near(value(json, "far", "value"), 7.956600361663653));
    assert_true(near(value(json, "delay_max", "seconds"), m.event.delay_max / 2));
    assert_true(near(value(json, "auroc", "value"), m.auroc) && m.auroc > 0.8);
    assert_true(value(json, "anomalies", NULL) == 47 && value(json, "vus_window", NULL) == 40);
    assert_null(hg__json_object_get(json, "nab_standard"));
    hg__json_free(json);
}

static void lines_say_what_they_count(void **state) {
    (void)state;
    const hg__event one[] = {
        {20, 23}
    };
    const hg__scored_series s = draw_series(&drawn, 40, one, 1, 0);
    for (int t = 0; t < 40; t++) drawn.score[t] = drawn.alarm[t] = t == 22 || t == 23;
    hg__series_metrics_options o = plain;
    o.window = 4, o.has_nab = true;
    const hg__series_metrics m = metrics_of(&s, &o);
    char *text = lines_of(&m);
    static const char *const expected[] = {
        "steps                  36 normal, 4 anomalies\n",
        "events                 1, 1 found\n",
        "alarms                 1, 0 false\n",
        "AUROC                  0.75    \n",
        "event recall           1         (95 %: 0.025 to 1)\n",
        "delay, median          2         steps, 1 s\n",
        "false alarms           0         in 10^6 normal steps\n",
        "MAR, %                 50      \n",
        "NAB, standard          92.99   \n",
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        if (!strstr(text, expected[i])) fail_msg("no '%s' in:\n%s", expected[i], text);
    }
    hg__free(text);
}

static void of_several_series_each_has_its_probation(void **state) {
    (void)state;
    const hg__event some[] = {
        {110, 119},
        {140, 149},
        {350, 359}
    };
    const hg__scored_series s = draw_series(&drawn, 400, some, 3, 0);
    for (int t = 0; t < 400; t++) drawn.alarm[t] = t == 140 || t == 350 || t == 105;
    drawn.begins[100] = 1; // 45 of 300 steps are probation: the first event is in it
    hg__series_metrics_options o = plain;
    o.has_nab = true;
    const hg__series_metrics m = metrics_of(&s, &o);
    assert_int_equal(m.nab[HG_NAB_STANDARD].windows, 2);
    assert_int_equal(m.nab[HG_NAB_STANDARD].found, 1); // 140 too
    assert_true(near(m.nab[HG_NAB_STANDARD].raw, 0));
    assert_int_equal(m.event.found, 2);
}

static void the_benchmark_counts_where_alarms_begin(void **state) {
    (void)state;
    const hg__event some[] = {
        {250, 259},
        {350, 359}
    };
    const hg__scored_series s = draw_series(&drawn, 400, some, 2, 0);
    for (int t = 0; t < 400; t++) drawn.alarm[t] = (t >= 252 && t < 300) || (t >= 340 && t < 360);
    hg__series_metrics_options o = plain;
    o.has_nab = true;
    const hg__series_metrics m = metrics_of(&s, &o);
    assert_int_equal(m.nab[HG_NAB_STANDARD].found, 1); // the other began too early
    assert_int_equal(m.nab[HG_NAB_STANDARD].hits, 1);
    assert_int_equal(m.nab[HG_NAB_STANDARD].false_alarms, 1);
}

static void what_is_not_known_is_left_out(void **state) {
    (void)state;
    hg__scored_series s = draw_series(&drawn, 600, four, 4, 0);
    s.alarm = NULL;
    hg__series_metrics_options o = plain;
    o.window = -1;
    hg__series_metrics m = metrics_of(&s, &o);
    char *text = lines_of(&m);
    assert_non_null(strstr(text, "AUROC"));
    assert_null(strstr(text, "VUS"));
    assert_null(strstr(text, "event"));
    hg__free(text);
    s = draw_series(&drawn, 600, four, 0, 0); // no anomalies
    m = metrics_of(&s, &plain);
    text = lines_of(&m);
    assert_null(strstr(text, "AUROC"));
    assert_null(strstr(text, "nan"));
    assert_non_null(strstr(text, "false alarms"));
    hg__free(text);
    hg__json *json = json_of(&m);
    assert_null(hg__json_object_get(json, "recall"));
    assert_true(value(json, "false_alarms", NULL) > 0);
    hg__json_free(json);
}

static void memory_may_fail(void **state) {
    (void)state;
    assert_true(count_faults("metrics", "HG_FAIL_ALLOC", "") > 15);
    assert_true(count_faults("metrics", "HG_FAIL_ALLOC", "+") > 15);
}

static int child(void) {
    const hg__scored_series s = draw_series(&drawn, 600, four, 4, 0);
    hg__series_metrics m;
    hg__series_metrics_options o = plain;
    hg_error err = {0};
    o.has_nab = true;
    if (hg__series_metrics_of(&s, &o, &m, &err) == HG_OK) return CHILD_WORKED;
    return err.code == HG_ERR_MEMORY && *err.message ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "child") == 0) return child();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_series_has_all_figures),
        cmocka_unit_test(lines_say_what_they_count),
        cmocka_unit_test(of_several_series_each_has_its_probation),
        cmocka_unit_test(the_benchmark_counts_where_alarms_begin),
        cmocka_unit_test(what_is_not_known_is_left_out),
        cmocka_unit_test(memory_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

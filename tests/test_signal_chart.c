// SPDX-License-Identifier: Apache-2.0
// test_signal_chart.c - lines over steps in bins that do not grow in number, and the page that shows them.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "own_folder.h"
#include "report/signal_chart.h"

#include <cmocka.h>

enum { CHANNELS = 2, LINES = HG_SIGNAL_CHANNELS + 2 * CHANNELS };

static hg__signal_series series_or_fail(int32_t lines, int32_t most) {
    hg__signal_series s;
    hg_error err;
    assert_int_equal(hg__signal_series_init(&s, lines, most, &err), HG_OK);
    return s;
}

// ---- bins ---------------------------------------------------------------------------------------

static void bins_become_longer_and_no_more(void **state) {
    (void)state;
    hg__signal_series s = series_or_fail(2, 8);
    for (int i = 0; i < 100; i++) {
        const float value[2] = {(float)i, i % 10 ? NAN : (float)-i};
        hg__signal_series_add(&s, value, i == 37 ? HG_STEP_ALARM : 0, i);
    }
    assert_int_equal(s.width, 16);
    assert_int_equal(hg__signal_series_bins(&s), 7);
    for (int32_t b = 0; b < 7; b++) {
        const hg__low_high all = hg__signal_series_of(&s, 0, b, b + 1);
        assert_float_equal(all.low, (float)(16 * b), 0);
        assert_float_equal(all.high, (float)(b < 6 ? 16 * b + 15 : 99), 0);
        assert_int_equal((int)s.time[b], 16 * b);
        assert_int_equal(hg__signal_series_flags(&s, b, b + 1), b == 2 ? HG_STEP_ALARM : 0);
    }
    assert_float_equal(hg__signal_series_of(&s, 1, 1, 3).low, -40, 0);
    assert_float_equal(hg__signal_series_of(&s, 1, 1, 3).high, -20, 0);
    hg__signal_series_restart(&s);
    assert_int_equal(hg__signal_series_bins(&s), 0);
    hg__signal_series_clear(&s);
}

static void what_is_missing_takes_no_part(void **state) {
    (void)state;
    hg__signal_series s = series_or_fail(1, 4);
    const float none = NAN, some = 3;
    hg__signal_series_add(&s, &none, HG_STEP_MISSING, (double)NAN);
    assert_true(isnan(hg__signal_series_of(&s, 0, 0, 1).low));
    hg__signal_series_add(&s, &some, HG_STEP_BEGINS, (double)NAN);
    assert_float_equal(hg__signal_series_of(&s, 0, 0, 2).low, 3, 0);
    assert_true(isnan(hg__signal_series_of(&s, 0, 2, 2).high));
    assert_int_equal(hg__signal_series_flags(&s, 0, 2), HG_STEP_MISSING | HG_STEP_BEGINS);
    hg__signal_series_clear(&s);
}

// ---- the page -----------------------------------------------------------------------------------

static const char *const names[CHANNELS] = {"<b>\"flow\"&", "level"};

// 1000 steps, half an hour each, from 2014 on; an event from step 500 to 539, a gap at 100, a new stretch at 700.
static void add_steps(hg__signal_series *s, double from) {
    for (int i = 0; i < 1000; i++) {
        const bool is_on = i >= 500 && i < 540, is_gone = i == 100;
        const float wave = sinf((float)i / 8);
        const float value[LINES] = {
            is_on ? 4 : 1, is_on ? 5 : 1, 3, wave, 0, is_gone ? NAN : wave * 100, wave * 99};
        const int flags = (is_on ? HG_STEP_ALARM : 0) | (is_gone ? HG_STEP_MISSING : 0) |
                          (i == 700 ? HG_STEP_BEGINS : 0);
        hg__signal_series_add(s, value, (uint8_t)flags, from + 1800.0 * i);
    }
}

static hg__signal_shown shown_of(const hg__signal_series *s) {
    return (hg__signal_shown){
        .series = s,
        .name = names,
        .channels = CHANNELS,
        .overview = {1, 0},
        .overviews = 2,
        .missing = 1,
        .stretches = 2,
        .alarms = 40,
        .events = 1,
        .threshold = 3,
        .drift = 1.1,
        .threshold_words = "",
        .is_date = true,
        .has_time = true
    };
}

static char *page_of(const hg__signal_shown *s) {
    hg__page page = {0};
    hg__content c;
    hg_error err = {0};
    const hg__page_head head = {"a <page>", ""};
    hg__signal_chart_add(&page, s);
    assert_int_equal(hg__page_save(&page, at("page.html"), &head, &err), HG_OK);
    assert_int_equal(hg__content_read(&c, at("page.html"), &err), HG_OK);
    char *text = hg__alloc(c.size + 1, 1, &err);
    assert_non_null(text);
    memcpy(text, c.data, c.size);
    hg__content_free(&c);
    return text;
}

static int count_of(const char *text, const char *words) {
    int n = 0;
    for (const char *p = text; (p = strstr(p, words)); p++) n++;
    return n;
}

static void a_page_has_scores_channels_and_events(void **state) {
    (void)state;
    hg__signal_series s = series_or_fail(LINES, 400);
    add_steps(&s, 1.4e9);
    hg__signal_shown what = shown_of(&s);
    const hg__signal_event event = {
        .number = 1,
        .steps = 40,
        .first = "2014-05-24 02:53:20",
        .last = "</table>",
        .peak = 4,
        .p = 0.001,
        .cause = {{0, 0.75, 8, 2}, {1, 0.25, NAN, NAN}},
        .causes = 2,
        .near = &s
    };
    what.event = &event;
    what.shown = 1;
    char *text = page_of(&what);
    assert_null(strstr(text, "<b>"));
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "inf\""));
    assert_non_null(strstr(text,
                           "&lt;b&gt;&quot;flow&quot;&amp; is 8, expected 2 (75\u00a0%); level is "
                           "missing (25\u00a0%)"));
    assert_non_null(strstr(text, "&lt;/table&gt;"));
    assert_non_null(strstr(text, ">2014-05-"));
    assert_int_equal(count_of(text, "<div class=\"plot"), 6); // twice the score and two channels
    assert_int_equal(count_of(text, "class=\"event\" d=\"M"), 8); // two in legends
    assert_int_equal(count_of(text, "class=\"gap\" d=\"M"), 8);
    assert_int_equal(count_of(text, "<title id="), 6);
    hg__free(text);
    hg__signal_series_clear(&s);
}

static void a_page_without_times_counts_steps(void **state) {
    (void)state;
    hg__signal_series s = series_or_fail(LINES, 400);
    add_steps(&s, (double)NAN);
    hg__signal_shown what = shown_of(&s);
    what.has_time = what.is_date = false;
    char *text = page_of(&what);
    assert_non_null(strstr(text, "Along: the number of the step."));
    assert_non_null(strstr(text, ">600</span>"));
    assert_non_null(strstr(text, "None."));
    hg__free(text);
    hg__signal_series_clear(&s);
}

static void a_page_of_nothing_says_so(void **state) {
    (void)state;
    hg__signal_series s = series_or_fail(LINES, 4);
    hg__signal_shown what = shown_of(&s);
    what.threshold = (double)NAN;
    char *text = page_of(&what);
    assert_non_null(strstr(text, "There was no step."));
    assert_non_null(strstr(text, "nothing was held out"));
    hg__free(text);
    hg__signal_series_clear(&s);
}

static void strange_numbers_leave_a_page_whole(void **state) {
    (void)state;
    static const float strange[] = {INFINITY, -INFINITY, 3e38F, -3e38F, NAN, 0, 1e-45F};
    static const double times[] = {1e300, -1e300, 9e18, 0, (double)NAN, 1, (double)INFINITY};
    hg__signal_series s = series_or_fail(LINES, 8);
    for (size_t i = 0; i < 70; i++) {
        float value[LINES];
        for (size_t k = 0; k < LINES; k++) value[k] = strange[(i + k) % 7];
        hg__signal_series_add(&s, value, (uint8_t)(i % 16), times[i % 7]);
    }
    const hg__signal_shown what = shown_of(&s);
    char *text = page_of(&what);
    assert_non_null(strstr(text, "</html>"));
    hg__free(text);
    hg__signal_series_clear(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bins_become_longer_and_no_more),
        cmocka_unit_test(what_is_missing_takes_no_part),
        cmocka_unit_test(a_page_has_scores_channels_and_events),
        cmocka_unit_test(a_page_without_times_counts_steps),
        cmocka_unit_test(a_page_of_nothing_says_so),
        cmocka_unit_test(strange_numbers_leave_a_page_whole),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

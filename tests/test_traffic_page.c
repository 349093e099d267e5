// SPDX-License-Identifier: Apache-2.0
// test_traffic_page.c - packets over time in bins that do not grow in number, and the page that shows them: escaped, whole or not at all.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "own_folder.h"
#include "report/html.h"
#include "report/traffic_page.h"

#include <cmocka.h>

#define SECOND INT64_C(1000000000)
#define DAY    (86400 * SECOND)
static const int64_t noon = INT64_C(1700049600) * SECOND;

static hg__series series_or_fail(void) {
    hg__series s;
    hg_error err;
    assert_int_equal(hg__series_init(&s, &err), HG_OK);
    return s;
}

// Every packet is in a bin of its time, and in one level of it.
static void expect_whole(const hg__series *s) {
    uint64_t packets = 0, levels = 0;
    for (int32_t i = 0; i < HG_SERIES_BINS; i++) {
        packets += s->bin[i].packets;
        if (i >= s->bins) assert_int_equal(s->bin[i].packets, 0);
    }
    for (int32_t i = 0; i < HG_SERIES_BINS * HG_SERIES_LEVELS; i++) levels += s->level[i];
    assert_int_equal(packets, s->counted);
    assert_int_equal(levels, s->counted);
    assert_in_range(s->bins, 0, HG_SERIES_BINS);
}

// ---- bins ---------------------------------------------------------------------------------------

static void bins_become_longer_and_no_more(void **state) {
    (void)state;
    hg__series s = series_or_fail();
    for (int i = 0; i < 100000; i++) {
        hg__series_add(&s, noon + i * SECOND / 10, 2, i % 100 == 7, i < 5000);
    }
    expect_whole(&s);
    assert_int_equal(s.counted, 100000);
    assert_int_equal(s.start, noon);
    assert_int_equal(s.step, 64 * SECOND); // 10000 s in 256 bins at most
    assert_int_equal(s.bins, 157);
    uint64_t alarms = 0, attacks = 0;
    for (int32_t i = 0; i < s.bins; i++) {
        alarms += s.bin[i].alarms;
        attacks += s.bin[i].attacks;
        assert_int_equal(s.bin[i].packets, i < 156 ? 640 : 160);
        assert_true(i < 8 || s.bin[i].attacks == 0);
    }
    assert_int_equal(alarms, 1000);
    assert_int_equal(attacks, 5000);
    hg__series_clear(&s);
}

static void a_clock_that_goes_back_finds_its_bin(void **state) {
    (void)state;
    hg__series s = series_or_fail();
    for (int i = 0; i < 3000; i++) hg__series_add(&s, noon + i * SECOND, 1, false, false);
    hg__series_add(&s, noon + 17 * SECOND, 1, true, false);
    assert_int_equal(s.bin[17 * SECOND / s.step].alarms, 1);
    for (int i = 1; i < 3000; i++) hg__series_add(&s, noon - i * SECOND, 1, false, false);
    expect_whole(&s);
    assert_true(s.start <= noon - 2999 * SECOND && s.start > noon - 3100 * SECOND);
    assert_int_equal(s.bin[(noon + 17 * SECOND - s.start) / s.step].alarms, 1);
    assert_int_equal(s.left_out, 0);
    hg__series_clear(&s);
}

static void a_few_wrong_times_do_not_stretch_the_axis(void **state) {
    (void)state;
    static const int64_t wrong[] = {INT64_MAX, INT64_MIN, 0, INT64_C(4102444800) * SECOND};
    for (size_t k = 0; k < 4; k++) {
        hg__series s = series_or_fail();
        hg__series_add(&s, wrong[k], 1, false, false); // the first is one
        for (int i = 0; i < 1000; i++) {
            hg__series_add(&s, noon + i * SECOND, 1, false, false);
            if (i % 50 == 0) hg__series_add(&s, wrong[(k + 1) % 4], 1, false, false);
        }
        expect_whole(&s);
        assert_true(s.start >= noon && s.start < noon + 100 * SECOND);
        assert_true(s.step * s.bins < 1100 * SECOND);
        assert_int_equal(s.counted + s.left_out, 1021);
        hg__series_clear(&s);
    }
}

static void another_capture_months_later_is_shown(void **state) {
    (void)state;
    hg__series s = series_or_fail();
    for (int i = 0; i < 1000; i++) hg__series_add(&s, noon + i * SECOND, 1, false, false);
    for (int i = 0; i < 1000; i++) {
        hg__series_add(&s, noon + 90 * DAY + i * SECOND, 1, false, false);
    }
    expect_whole(&s);
    assert_true(s.start + s.step * s.bins > noon + 90 * DAY);
    assert_in_range(s.left_out, 1, 64);
    hg__series_clear(&s);
}

static void the_farthest_times_overflow_nothing(void **state) {
    (void)state;
    hg__series s = series_or_fail();
    for (int i = 0; i < 2000; i++) {
        hg__series_add(&s, i / 100 % 2 ? INT64_MAX - i : INT64_MIN + i, 1, false, false);
    }
    expect_whole(&s);
    hg__series_clear(&s);
}

static void a_median_is_near_the_middle_score(void **state) {
    (void)state;
    hg__series s = series_or_fail();
    assert_true(hg__series_median(&s, 0) <= 0);
    for (int i = 1; i <= 999; i++) hg__series_add(&s, noon, (float)i / 10, false, false);
    assert_in_range((int)hg__series_median(&s, 0), 46, 54);
    assert_true(fabsf(s.bin[0].highest - 99.9F) < 1e-4F);
    hg__series_add(&s, noon + 5 * SECOND, 1e30F, false, false);
    hg__series_add(&s, noon + 10 * SECOND, 0, false, false);
    hg__series_add(&s, noon + 15 * SECOND, 1e-30F, false, false);
    assert_true(hg__series_median(&s, (int32_t)(5 * SECOND / s.step)) > 1000);
    assert_true(hg__series_median(&s, (int32_t)(10 * SECOND / s.step)) <= 0);
    assert_true(hg__series_median(&s, (int32_t)(15 * SECOND / s.step)) <= 1e-30F);
    hg__series_clear(&s);
}

// ---- text ---------------------------------------------------------------------------------------

static void expect_html(void (*add)(hg__text *t, uint64_t n), uint64_t n, const char *want) {
    hg__text t = {0};
    add(&t, n);
    assert_string_equal(t.data, want);
    hg__text_clear(&t);
}

static void expect_span(double seconds, const char *want) {
    hg__text t = {0};
    hg__html_add_span(&t, seconds);
    assert_string_equal(t.data, want);
    hg__text_clear(&t);
}

static void numbers_are_for_people(void **state) {
    (void)state;
    expect_span(0.25, "0.25\u00a0s");
    expect_span(119, "119\u00a0s");
    expect_span(2048, "34.1\u00a0min");
    expect_span(8000, "2.22\u00a0h");
    expect_span(864000, "10\u00a0days");
    expect_html(hg__html_add_count, 0, "0");
    expect_html(hg__html_add_count, 9999, "9999");
    expect_html(hg__html_add_count, 12345, "12\u202f345");
    expect_html(hg__html_add_count, UINT64_MAX,
                "18\u202f446\u202f744\u202f073\u202f709\u202f551\u202f615");
    expect_html(hg__html_add_bytes, 999, "999\u00a0B");
    expect_html(hg__html_add_bytes, 1000, "1\u00a0kB");
    expect_html(hg__html_add_bytes, 999600, "1\u00a0MB");
    expect_html(hg__html_add_bytes, UINT64_MAX, "18.4\u00a0EB");
}

static void what_html_would_take_for_its_own_is_escaped(void **state) {
    (void)state;
    hg__text t = {0};
    hg__html_add(&t, "<b a=\"1\" c='2'>&amp;\x01\x1b[31m\xff\xe2\x80\xae gr\u00fcn");
    assert_string_equal(t.data,
                        "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;??[31m?? gr\u00fcn");
    hg__text_clear(&t);
}

// ---- the page -----------------------------------------------------------------------------------

static char *page_of(hg__traffic_page *p) {
    hg__content c;
    hg_error err = {0};
    assert_int_equal(hg__traffic_page_save(at("page.html"), p, &err), HG_OK);
    assert_int_equal(hg__content_read(&c, at("page.html"), &err), HG_OK);
    char *text = hg__alloc(c.size + 1, 1, &err);
    assert_non_null(text);
    memcpy(text, c.data, c.size);
    hg__content_free(&c);
    return text;
}

static void every_text_from_outside_is_escaped(void **state) {
    (void)state;
    hg__series s = series_or_fail();
    for (int i = 0; i < 1000; i++) {
        hg__series_add(&s, noon + i * SECOND, (float)(i % 70), i % 70 > 60, i % 200 < 50);
    }
    static const char hostile[] = "<script>alert('&\"')</script>";
    hg__traffic_alert alert = {
        .first = noon, .last = noon + 7, .packets = 9, .score = 70, .p = 1e-4};
    hg__traffic_talker talker = {.packets = 1, .bytes = 2, .alarms = 3};
    const hg__traffic_count count = {hostile, 17};
    const hg__traffic_measure measure = {hostile, 0.5};
    snprintf(alert.source, sizeof alert.source, "%s", hostile);
    snprintf(alert.destination, sizeof alert.destination, "%s", hostile);
    snprintf(alert.service, sizeof alert.service, "%s", hostile);
    snprintf(alert.why, sizeof alert.why, "%s", hostile);
    snprintf(talker.name, sizeof talker.name, "%s", hostile);
    hg__traffic_page p = {
        .data = hostile,
        .model = hostile,
        .kind = hostile,
        .threshold_words = hostile,
        .threshold = 60,
        .has_labels = true,
        .series = &s,
        .packets = 1000,
        .bytes = 100000,
        .alarms = 126,
        .alert_count = 1,
        .alert = &alert,
        .alerts = 1,
        .talker = {&talker, &talker, &talker},
        .talkers = {1,       1,       1      },
        .evidence = &count,
        .evidences = 1,
        .flaw = &count,
        .flaws = 1,
        .measure = &measure,
        .measures = 1,
        .baseline = &measure,
        .baselines = 1
    };
    char *text = page_of(&p);
    assert_null(strstr(text, "<script"));
    assert_null(strstr(text, "alert('"));
    int found = 0;
    for (const char *x = text; (x = strstr(x, "&lt;script&gt;")); x++) found++;
    assert_int_equal(found, 5 + 4 + 3 + 2 + 2);
    char *again = page_of(&p);
    assert_string_equal(text, again);
    hg__free(text);
    hg__free(again);
    hg__series_clear(&s);
}

static void a_page_of_nothing_and_of_one_packet_is_a_page(void **state) {
    (void)state;
    hg__series s = series_or_fail();
    hg__traffic_page p = {.data = "x",
                          .model = "m",
                          .kind = "",
                          .threshold_words = "",
                          .threshold = (double)NAN,
                          .series = &s};
    char *text = page_of(&p);
    assert_non_null(strstr(text, "There was no packet."));
    assert_null(strstr(text, "Alerts"));
    hg__free(text);
    hg__series_add(&s, noon, 0, false, false);
    p.packets = 1;
    text = page_of(&p);
    assert_non_null(strstr(text, "From 2023-11-15 12:00:00 to 2023-11-15 12:00:00 UTC."));
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "inf"));
    hg__free(text);
    hg__series_clear(&s);
}

static void spans_of_all_lengths_have_few_words_at_their_axis(void **state) {
    (void)state;
    static const int64_t spans[] = {1000,          SECOND / 50,  SECOND,   59 * SECOND,
                                    3599 * SECOND, DAY - SECOND, 13 * DAY, 40000 * DAY};
    for (size_t k = 0; k < sizeof spans / sizeof *spans; k++) {
        hg__series s = series_or_fail();
        for (int i = 0; i < 20000; i++) {
            hg__series_add(&s, noon + spans[k] / 20000 * i, 1, false, false);
        }
        hg__traffic_page p = {.series = &s, .threshold = 3};
        hg__text t = {0};
        hg__traffic_add_rate_chart(&t, &p);
        int ticks = 0;
        for (const char *x = t.data; (x = strstr(x, "<span class=\"x")); x++) ticks++;
        if (k > 0) assert_in_range(ticks, 3, 9);
        assert_in_range(ticks, 0, 9);
        hg__text_clear(&t);
        hg__series_clear(&s);
    }
}

static void a_page_that_cannot_be_written_is_told(void **state) {
    (void)state;
    hg__series s = series_or_fail();
    hg_error err = {0};
    const hg__traffic_page p = {
        .data = "x", .model = "m", .kind = "", .threshold_words = "", .series = &s};
    assert_int_equal(hg__traffic_page_save(at("none/page.html"), &p, &err), HG_ERR_IO);
    assert_non_null(strstr(err.message, "none"));
    hg__series_clear(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bins_become_longer_and_no_more),
        cmocka_unit_test(a_clock_that_goes_back_finds_its_bin),
        cmocka_unit_test(a_few_wrong_times_do_not_stretch_the_axis),
        cmocka_unit_test(another_capture_months_later_is_shown),
        cmocka_unit_test(the_farthest_times_overflow_nothing),
        cmocka_unit_test(a_median_is_near_the_middle_score),
        cmocka_unit_test(numbers_are_for_people),
        cmocka_unit_test(what_html_would_take_for_its_own_is_escaped),
        cmocka_unit_test(every_text_from_outside_is_escaped),
        cmocka_unit_test(a_page_of_nothing_and_of_one_packet_is_a_page),
        cmocka_unit_test(spans_of_all_lengths_have_few_words_at_their_axis),
        cmocka_unit_test(a_page_that_cannot_be_written_is_told),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

// SPDX-License-Identifier: Apache-2.0
// test_alerts.c - alarms gathered into alerts: when they open, when they end, whom they name.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "intrusion/alerts.h"

#include <cmocka.h>

enum { MOST = 64 };
static const int64_t second = 1000000000;

typedef struct heard {
    hg__alert alert[MOST];
    hg__verdict strongest[MOST];
    int32_t count;
    int code; // of every telling
} heard;

static int hear(void *context, const hg__alert *a, hg_error *err) {
    heard *h = context;
    if (h->code < 0) return hg__fail(err, HG_ERR_IO, "nobody hears");
    assert_in_range(h->count, 0, MOST - 1);
    h->strongest[h->count] = *a->verdict;
    h->alert[h->count++] = *a;
    return HG_OK;
}

static hg__alerts *make(heard *h, uint32_t capacity, double sure) {
    hg_error err = {0};
    hg__alerts_options o = hg__alerts_usual();
    o.capacity = capacity;
    o.sure = sure;
    o.tell = hear;
    o.context = h;
    memset(h, 0, sizeof *h);
    hg__alerts *a = hg__alerts_new(&o, &err);
    assert_non_null(a);
    return a;
}

// A packet of host `client` to `server`, or back.
static hg__verdict verdict(int64_t time, uint8_t client, uint8_t server, bool to_server,
                           float score) {
    hg__verdict v;
    memset(&v, 0, sizeof v);
    v.packet.time = time;
    v.packet.layers = HG_LAYER_IP;
    v.packet.from[15] = to_server ? client : server;
    v.packet.to[15] = to_server ? server : client;
    v.to_server = to_server;
    v.score = score;
    return v;
}

static void add(hg__alerts *a, int64_t time, uint8_t client, float score, double p) {
    hg_error err = {0};
    const hg__verdict v = verdict(time, client, 200, true, score);
    assert_int_equal(hg__alerts_add(a, &v, p, &err), HG_OK);
}

static void three_alarms_within_ten_seconds_open_one_alert(void **state) {
    (void)state;
    heard h;
    hg__alerts *a = make(&h, 16, 0);
    add(a, 1 * second, 1, 5, 0.001);
    add(a, 9 * second, 1, 7, 0.001);
    assert_int_equal(h.count, 0);
    add(a, 11 * second, 1, 6, 0.001); // 10 s after the first
    assert_int_equal(h.count, 1);
    assert_false(h.alert[0].is_end);
    assert_int_equal(h.alert[0].packets, 3);
    assert_true(h.alert[0].first == 1 * second && h.alert[0].last == 11 * second);
    assert_true(h.strongest[0].score == 7.0F);
    add(a, 12 * second, 1, 9, 0.001); // goes on
    assert_int_equal(h.count, 1);
    assert_int_equal(hg__alerts_count(a), 1);
    assert_int_equal(hg__alerts_open(a), 1);
    hg__alerts_free(a);
}

static void alarms_too_far_apart_open_none(void **state) {
    (void)state;
    heard h;
    hg__alerts *a = make(&h, 16, 0);
    for (int i = 0; i < 20; i++) add(a, i * 6 * second, 1, 5, 0.001);
    assert_int_equal(h.count, 0);
    hg__alerts_free(a);
}

static void one_alarm_beyond_doubt_opens_an_alert_alone(void **state) {
    (void)state;
    heard h;
    hg__alerts *a = make(&h, 16, 1e-4);
    add(a, second, 1, 5, 1e-4);
    add(a, second, 2, 5, (double)NAN);
    assert_int_equal(h.count, 0);
    add(a, second, 3, 5, 0.9e-4);
    assert_int_equal(h.count, 1);
    assert_int_equal(h.strongest[0].packet.from[15], 3);
    hg__alerts_free(a);
}

static void a_minute_of_silence_ends_it_and_more_alarms_open_another(void **state) {
    (void)state;
    heard h;
    hg_error err = {0};
    hg__alerts *a = make(&h, 16, 1);
    add(a, 10 * second, 1, 5, 0.5);
    add(a, 60 * second, 1, 8, 0.25);
    assert_int_equal(hg__alerts_at(a, 120 * second - 1, &err), HG_OK);
    assert_int_equal(h.count, 1);
    assert_int_equal(hg__alerts_at(a, 120 * second, &err), HG_OK);
    assert_int_equal(h.count, 2);
    assert_true(h.alert[1].is_end && h.alert[1].number == 1 && h.alert[1].packets == 2);
    assert_true(h.strongest[1].score == 8.0F && h.alert[1].p == 0.25);
    assert_true(h.alert[1].last == 60 * second);
    add(a, 121 * second, 1, 5, 0.5);
    assert_int_equal(h.count, 3);
    assert_true(h.alert[2].number == 2 && h.alert[2].packets == 1);
    hg__alerts_free(a);
}

static void both_directions_of_a_talk_are_its_clients(void **state) {
    (void)state;
    heard h;
    hg_error err = {0};
    hg__alerts *a = make(&h, 16, 0);
    for (int i = 0; i < 3; i++) {
        const hg__verdict v = verdict(second, 1, 200, i != 1, (float)i);
        assert_int_equal(hg__alerts_add(a, &v, 0.5, &err), HG_OK);
    }
    assert_int_equal(h.count, 1);
    assert_true(h.alert[0].is_from_sender);
    hg__alerts_free(a);
}

static void a_clock_that_goes_back_counts_as_no_time(void **state) {
    (void)state;
    heard h;
    hg__alerts *a = make(&h, 16, 1);
    add(a, 100 * second, 1, 5, 0.5);
    add(a, 10 * second, 1, 5, 0.5);
    assert_int_equal(h.count, 1);
    add(a, 150 * second, 1, 5, 0.5);
    add(a, 209 * second, 1, 5, 0.5);
    assert_int_equal(h.count, 1);
    assert_int_equal(hg__alerts_end(a, NULL), HG_OK);
    assert_true(h.alert[1].is_end && h.alert[1].first == 100 * second && h.alert[1].packets == 4);
    assert_int_equal(hg__alerts_end(a, NULL), HG_OK); // once
    assert_int_equal(h.count, 2);
    hg__alerts_free(a);
}

static void a_full_table_ends_the_alert_that_was_silent_longest(void **state) {
    (void)state;
    heard h;
    hg__alerts *a = make(&h, 2, 1);
    add(a, 1 * second, 1, 5, 0.5);
    add(a, 2 * second, 2, 5, 0.5);
    add(a, 3 * second, 1, 5, 0.5);
    add(a, 4 * second, 3, 5, 0.5);
    assert_int_equal(h.count, 4);
    assert_true(h.alert[2].is_end && h.strongest[2].packet.from[15] == 2);
    assert_true(!h.alert[3].is_end && h.strongest[3].packet.from[15] == 3);
    assert_int_equal(hg__alerts_open(a), 2);
    hg__alerts_free(a);
}

static void what_could_not_be_told_is_a_failure(void **state) {
    (void)state;
    heard h;
    hg_error err = {0};
    hg__alerts *a = make(&h, 1, 1);
    add(a, second, 1, 5, 0.5);
    h.code = HG_ERR_IO;
    const hg__verdict v = verdict(second, 2, 200, true, 5);
    assert_int_equal(hg__alerts_add(a, &v, 0.5, &err), HG_ERR_IO);
    assert_string_equal(err.message, "nobody hears");
    hg__alerts_free(a);
}

static void a_restored_alert_of_a_clock_that_was_ahead_ends_as_others_do(void **state) {
    (void)state;
    heard h;
    hg__alerts *a = make(&h, 16, 1);
    const hg__verdict ahead = verdict(0, 1, 200, true, 5), other = verdict(0, 2, 200, true, 5);
    const hg__alert all[] = {
        {.verdict = &ahead,
         .first = 900 * second,
         .last = 1000 * second,
         .packets = 3,
         .number = 1                                                                          },
        {.verdict = &other, .first = 5 * second, .last = 6 * second, .packets = 3, .number = 2}
    };
    for (int i = 0; i < 2; i++) hg__alerts_restore(a, &all[i]);
    assert_int_equal(hg__alerts_at(a, 10 * second, NULL), HG_OK);
    assert_int_equal(h.count, 0);
    assert_int_equal(hg__alerts_at(a, 70 * second, NULL), HG_OK);
    assert_int_equal(h.count, 2);
    assert_true(h.alert[0].last == 10 * second && h.alert[0].first == 10 * second);
    assert_true(h.alert[1].last == 6 * second && h.alert[1].first == 5 * second);
    hg__alerts_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_alarms_within_ten_seconds_open_one_alert),
        cmocka_unit_test(alarms_too_far_apart_open_none),
        cmocka_unit_test(one_alarm_beyond_doubt_opens_an_alert_alone),
        cmocka_unit_test(a_minute_of_silence_ends_it_and_more_alarms_open_another),
        cmocka_unit_test(both_directions_of_a_talk_are_its_clients),
        cmocka_unit_test(a_clock_that_goes_back_counts_as_no_time),
        cmocka_unit_test(a_full_table_ends_the_alert_that_was_silent_longest),
        cmocka_unit_test(what_could_not_be_told_is_a_failure),
        cmocka_unit_test(a_restored_alert_of_a_clock_that_was_ahead_ends_as_others_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

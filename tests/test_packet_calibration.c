// SPDX-License-Identifier: Apache-2.0
// test_packet_calibration.c - from scores of packets to thresholds: what counts is talks, and what would have opened an alert.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "intrusion/packet_detector_internal.h"

#include <cmocka.h>

enum { POLLED = 1000, SHORT = 10, LONG = 1000 }; // packets
#define SECOND INT64_C(1000000000)
#define BEGIN  (INT64_C(28333334) * 60 * SECOND) // a minute begins

static const hg__siphash_key key = {1, 2};

static hg__held_packets *held_packets(int64_t packets) {
    hg_error err = {0};
    hg__held_packets *h = hg__held_packets_new(&key, packets, &err);
    if (!h) fail_msg("%s", err.message);
    return h;
}

static void add(hg__held_packets *h, uint64_t talk, uint8_t client, double seconds, float score,
                int32_t piece) {
    hg__verdict v = {.talk = talk, .to_server = true, .score = score};
    v.packet.time = BEGIN + (int64_t)(seconds * (double)SECOND);
    v.packet.layers = HG_LAYER_IP;
    v.packet.from[15] = client;
    const hg__scored_packet x = hg__scored_packet_of(&v);
    assert_int_equal(hg__held_packets_add(h, &x, piece, NULL), HG_OK);
}

// Of a detector only what is calibrated here.
static void fit(hg__held_packets *h, hg__packet_detector *d) {
    hg_error err = {0};
    memset(d, 0, sizeof *d);
    if (hg__held_packets_fit(h, 0.05, d, &err) < 0) fail_msg("%s", err.message);
    hg__held_packets_free(h);
}

static void clear(hg__packet_detector *d) {
    hg__thresholds_clear(&d->thresholds);
    hg__calibration_clear(&d->alerts);
}

// In each of 8 pieces a talk that is always there, and a short one that is nowhere else and scores high; in one a long one, whose score
// is in between.
static void add_day(hg__held_packets *h) {
    for (int32_t piece = 0; piece < HG_FOLDS; piece++) {
        for (int i = 0; i < POLLED; i++) add(h, 1, 1, 60 * piece, 1, piece);
        for (int i = 0; i < SHORT; i++) add(h, 100 + (uint64_t)piece, 1, 60 * piece, 10, piece);
    }
    for (int i = 0; i < LONG; i++) add(h, 200, 2, 60 * HG_FOLDS, 5, HG_FOLDS - 1);
}

// ---- packets ------------------------------------------------------------------------------------

// 80 of 9080 packets score 10. New talks are 1080, and of these 8 of 9 score 10: 0.106, not 0.009.
static void a_new_talk_counts_as_any_other_however_long_it_is(void **state) {
    hg__packet_detector d;
    hg__held_packets *h = held_packets(10000);
    (void)state;
    add_day(h);
    fit(h, &d);
    const hg__calibration *c = &d.thresholds.held.whole;
    assert_true(fabs(hg__calibration_p(c, 10) - 1080.0 / 9080 * 8 / 9) < 0.02);
    assert_true(fabs(hg__calibration_p(c, 5) - 1080.0 / 9080) < 0.02);
    assert_true(d.thresholds.group[0].at.value == 10);
    clear(&d);
}

// A further talk of one piece would be 1 in 9080 / (1080 / 9).
static void no_more_is_known_than_new_talks_tell(void **state) {
    hg__packet_detector d;
    hg__held_packets *h = held_packets(10000);
    (void)state;
    add_day(h);
    fit(h, &d);
    assert_int_equal(d.thresholds.held.whole.count, 9080 * 9 / 1080);
    assert_true(hg__calibration_is_enough(d.thresholds.group[0].held, 0.05));
    assert_false(hg__calibration_is_enough(d.thresholds.group[0].held, 0.01));
    clear(&d);
}

static void where_nothing_is_new_packets_count_as_they_are(void **state) {
    hg__packet_detector d;
    hg__held_packets *h = held_packets(8000);
    (void)state;
    for (int i = 0; i < 8000; i++) {
        add(h, 1 + (uint64_t)i % 4, 1, i * 0.01, (float)(i % 100), i / 1000);
    }
    fit(h, &d);
    const hg__calibration *c = &d.thresholds.held.whole;
    assert_int_equal(c->count, 8000);
    for (int i = 0; i < 8000; i++) {
        const int hundredth = i / 80;
        assert_true(c->score[i] == (float)hundredth);
    }
    clear(&d);
}

static void of_more_packets_than_there_is_room_for_some_stand_for_all(void **state) {
    enum { ROOM = 1000, COUNT = 50000 };
    hg__packet_detector d;
    hg__held_packets *h = held_packets(ROOM);
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        add(h, 1 + (uint64_t)(i % 7), 1 + (uint8_t)(i % 50), i, (float)(i % 101), i / (COUNT / 8));
    }
    fit(h, &d);
    const hg__calibration *c = &d.thresholds.held.whole;
    assert_in_range(c->count, ROOM / 2, ROOM);
    for (int p = 1; p < 10; p++) {
        assert_true(fabs(hg__calibration_p(c, 10.1 * p) - (1 - p * 0.1)) < 0.03);
    }
    assert_true(fabs(d.median - 50) < 3);
    assert_in_range(d.alerts.count, ROOM / 2, ROOM);
    const double minutes = d.seconds / 60, sources = (double)d.alerts.count / minutes;
    if (fabs(sources - 50) > 1) fail_msg("%g sources a minute", sources);
    clear(&d);
}

static void the_order_of_packets_of_a_piece_does_not_matter(void **state) {
    enum { COUNT = 2000 };
    hg__packet_detector a, b;
    hg__held_packets *forth = held_packets(COUNT), *back = held_packets(COUNT);
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        const int j = i / 250 * 250 + (249 - i % 250); // within a piece
        add(forth, 1 + (uint64_t)(i % 37) * (uint64_t)(i / 250 + 1), 1, 0, (float)(i * 7 % 101),
            i / 250);
        add(back, 1 + (uint64_t)(j % 37) * (uint64_t)(j / 250 + 1), 1, 0, (float)(j * 7 % 101),
            j / 250);
    }
    fit(forth, &a);
    fit(back, &b);
    const hg__calibration *x = &a.thresholds.held.whole, *y = &b.thresholds.held.whole;
    assert_int_equal(x->count, y->count);
    assert_memory_equal(x->score, y->score, (size_t)x->count * sizeof *x->score);
    clear(&a);
    clear(&b);
}

// ---- alerts -------------------------------------------------------------------------------------

// The third highest of a source's scores within ten seconds, a minute each.
static void a_minute_is_as_odd_as_what_would_open_its_alert(void **state) {
    hg__packet_detector d;
    hg__held_packets *h = held_packets(100);
    (void)state;
    for (int i = 0; i < 6; i++) add(h, 1, 1, 8 * i, 50, 0);          // never three in ten seconds
    for (int i = 0; i < 4; i++) add(h, 2, 2, i, (float)(20 + i), 0); // 21
    for (int i = 0; i < 2; i++) add(h, 3, 3, i, 70, 0);              // only two
    for (int i = 0; i < 40; i++) add(h, 4, 4, 70 + 0.1 * i, (float)i, 1); // 37, a minute later
    fit(h, &d);
    const float expected[] = {0, 0, 21, 37};
    assert_int_equal(d.alerts.count, 4);
    assert_memory_equal(d.alerts.score, expected, sizeof expected);
    assert_true(d.seconds == 120);
    clear(&d);
}

static void an_alert_may_begin_in_one_minute_and_open_in_the_next(void **state) {
    hg__packet_detector d;
    hg__held_packets *h = held_packets(100);
    (void)state;
    for (int i = 0; i < 3; i++) add(h, 1, 1, 57 + 2 * i, 9, 0);
    fit(h, &d);
    assert_int_equal(d.alerts.count, 2);
    assert_true(d.alerts.score[0] == 0 && d.alerts.score[1] == 9);
    clear(&d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_talk_counts_as_any_other_however_long_it_is),
        cmocka_unit_test(no_more_is_known_than_new_talks_tell),
        cmocka_unit_test(where_nothing_is_new_packets_count_as_they_are),
        cmocka_unit_test(of_more_packets_than_there_is_room_for_some_stand_for_all),
        cmocka_unit_test(the_order_of_packets_of_a_piece_does_not_matter),
        cmocka_unit_test(a_minute_is_as_odd_as_what_would_open_its_alert),
        cmocka_unit_test(an_alert_may_begin_in_one_minute_and_open_in_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

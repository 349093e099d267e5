// SPDX-License-Identifier: Apache-2.0
// test_watch_drift.c - the last hour held against training: traffic like it has as many alarms as were asked for, other traffic a note.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "intrusion/packet_detector_internal.h"
#include "jobs/watch.h"
#include "traffic/mix.h"

#include <cmocka.h>

enum {
    POLLED = 1000, // packets of a piece that are of two talks that are always there
    TALKS = 100,   // of a piece alone
    LONGEST = 20   // packets of one
};
#define SECOND INT64_C(1000000000)
#define BEGIN  (INT64_C(28333334) * 60 * SECOND)
static const double fpr = 0.02;

// ---- a day of talks -------------------------------------------------------------------------------

typedef struct day {
    uint64_t seed, drawn;
    float odder;    // that all scores are
    int64_t before; // ns that all is earlier
    int (*take)(struct day *d, const hg__verdict *v, int32_t piece);
    void *context;
} day;

// In [0, 1).
static float draw(day *d) {
    return (float)(hg__mix(d->seed, ++d->drawn) >> 40) / (float)(1 << 24);
}

static void take(day *d, uint64_t talk, float score, int32_t piece, double seconds) {
    hg__verdict v = {.talk = talk, .to_server = true, .score = score + d->odder};
    v.packet.time = BEGIN - d->before + (int64_t)((60 * piece + seconds) * (double)SECOND);
    assert_int_equal(d->take(d, &v, piece), HG_OK);
}

// Of a talk that is new all packets score alike.
static void live(day *d) {
    for (int32_t piece = 0; piece < HG_FOLDS; piece++) {
        for (int i = 0; i < POLLED; i++) take(d, 1 + (uint64_t)(i % 2), draw(d), piece, 0.03 * i);
        for (int i = 0; i < TALKS; i++) {
            const uint64_t talk = hg__mix(d->seed + 100, ++d->drawn);
            const float u = draw(d), score = 10 * u * u;
            const int packets = 1 + (int)(draw(d) * LONGEST);
            for (int k = 0; k < packets; k++) take(d, talk, score, piece, 30);
        }
    }
}

// ---- training, and the hour -----------------------------------------------------------------------

static int hold_out(day *d, const hg__verdict *v, int32_t piece) {
    const hg__scored_packet x = hg__scored_packet_of(v);
    return hg__held_packets_add(d->context, &x, piece, NULL);
}

typedef struct drift_case {
    hg__packet_detector trained; // of it only what is calibrated
    hg__watch_drift drift;
    hg__watch_counters count;
    int notes;
} drift_case;

static void hear(void *context, const char *text) {
    drift_case *c = context;
    assert_non_null(strstr(text, "odder than half of those of training"));
    c->notes++;
}

static int set_up(void **state) {
    const hg__siphash_key key = {1, 2};
    drift_case *c = calloc(1, sizeof *c);
    day d = {.seed = 1, .take = hold_out};
    hg__held_packets *h = hg__held_packets_new(&key, 100000, NULL);
    assert_non_null(c);
    assert_non_null(h);
    d.context = h;
    live(&d);
    assert_int_equal(hg__held_packets_fit(h, fpr, &c->trained, NULL), HG_OK);
    hg__held_packets_free(h);
    *state = c;
    return 0;
}

static int tear_down(void **state) {
    drift_case *c = *state;
    hg__thresholds_clear(&c->trained.thresholds);
    hg__calibration_clear(&c->trained.alerts);
    free(c);
    return 0;
}

static int watch(day *d, const hg__verdict *v, int32_t piece) {
    drift_case *c = d->context;
    const hg_listener l = {.size = sizeof l, .context = c, .note = hear};
    (void)piece;
    hg__watch_drift_take(&c->drift, v, 1, c->trained.thresholds.group, c->trained.median, &c->count,
                         &l);
    return HG_OK;
}

static double share(const _Atomic uint64_t *gauge) {
    return (double)atomic_load(gauge) / 1e6;
}

// ---- tests ----------------------------------------------------------------------------------------

static void traffic_like_training_has_as_many_alarms_as_were_asked_for(void **state) {
    drift_case *c = *state;
    day d = {.seed = 2, .take = watch, .context = c};
    live(&d);
    const double alarms = share(&c->count.hour_alarms), above = share(&c->count.hour_above);
    assert_true(fabs(share(&c->count.asked_alarms) - fpr) < 1e-6);
    if (alarms < fpr / 2 || alarms > fpr * 2) fail_msg("%g of %g", alarms, fpr);
    if (above < 0.45 || above > 0.55) fail_msg("%g above the median", above);
    assert_int_equal(c->notes, 0);
}

static void other_traffic_has_one_note_an_hour(void **state) {
    drift_case *c = *state;
    day d = {.seed = 3, .odder = 2, .take = watch, .context = c};
    live(&d);
    assert_true(share(&c->count.hour_above) > 0.9);
    assert_true(share(&c->count.hour_alarms) > fpr);
    assert_int_equal(c->notes, 1);
}

static void of_a_model_that_has_no_median_what_was_held_out_has_one(void **state) {
    drift_case *c = *state;
    day d = {.seed = 2, .take = watch, .context = c};
    c->trained.median = (double)NAN;
    live(&d);
    const double above = share(&c->count.hour_above);
    if (above < 0.2 || above > 0.6) fail_msg("%g above the median", above);
}

static void before_1970_an_hour_is_one_too(void **state) {
    drift_case *c = *state;
    day d = {.seed = 3, .odder = 2, .before = 2 * BEGIN, .take = watch, .context = c};
    live(&d);
    const uint64_t above = atomic_load(&c->count.hour_above);
    assert_int_equal(c->notes, 1);
    day next = {.seed = 4, .before = 2 * BEGIN - 90 * 60 * SECOND, .take = watch, .context = c};
    live(&next);
    assert_true(atomic_load(&c->count.hour_above) < above);
    assert_true(c->drift.hour.packets < 40000);
    int64_t packets = 0;
    for (int i = 0; i < HG_DRIFT_MINUTES; i++) packets += c->drift.minute[i].packets;
    assert_int_equal(packets, c->drift.hour.packets);
    const hg__verdict last = {.packet = {.time = -1}}; // 1969 ends
    assert_int_equal(watch(&next, &last, 0), HG_OK);
    assert_int_equal(c->drift.now, -1);
    assert_int_equal(c->drift.minute[HG_DRIFT_MINUTES - 1].packets, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(traffic_like_training_has_as_many_alarms_as_were_asked_for,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_traffic_has_one_note_an_hour, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_a_model_that_has_no_median_what_was_held_out_has_one,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(before_1970_an_hour_is_one_too, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// test_watch_drift.c - the last hour held against training: traffic like it has as many alarms as were asked for, other traffic a note.
#include <math.h>

#include "jobs/watch.h"
#include "plant_case.h"

enum { HOUR = 24000 }; // packets of rather more than the least of which something is said

typedef struct heard {
    int notes;
    char last[300];
} heard;

static void hear(void *context, const char *text) {
    heard *h = context;
    h->notes++;
    snprintf(h->last, sizeof h->last, "%s", text);
}

typedef struct drift_case {
    hg__packet_detector *detector;
    hg__watch_drift drift;
    hg__watch_counters count;
    heard heard;
    double median;
} drift_case;

static drift_case *open_case(const trained *all, double fpr) {
    drift_case *c = calloc(1, sizeof *c);
    assert_non_null(c);
    c->detector = detector_of(all->model, all);
    c->median = hg__packet_detector_median(c->detector);
    assert_int_equal(hg__packet_detector_ask(c->detector, fpr, NULL), HG_OK);
    return c;
}

static void close_case(drift_case *c) {
    hg__packet_detector_free(c->detector);
    free(c);
}

static void judge(drift_case *c) {
    const hg_listener l = {.note = hear, .context = &c->heard};
    int32_t count;
    const hg__verdict *v = hg__packet_detector_judge(c->detector, &count);
    const hg__threshold_group *g = hg__packet_detector_thresholds(c->detector)->group;
    hg__watch_drift_take(&c->drift, v, count, g, c->median, &c->count, &l);
}

// Packets of the plant, of which every `every`-th asks for what nobody asked for; 0: none does.
static void watch(drift_case *c, int64_t first, int64_t packets, int64_t every) {
    plant t = {0};
    for (int64_t i = first; i < first + packets; i++) {
        hg__packet p;
        put_normal(&t, &p, i);
        if (every && i % every == 0) put_packet(&t, &p, i, false, WRITE_COIL, 77);
        if (hg__packet_detector_take(c->detector, &p)) judge(c);
    }
    judge(c);
}

static void traffic_like_training_has_as_many_alarms_as_were_asked_for(void **state) {
    static const double asked[] = {0.01, 0.05};
    for (int i = 0; i < 2; i++) {
        drift_case *c = open_case(*state, asked[i]);
        watch(c, PACKETS, HOUR, 0);
        const double alarms = (double)atomic_load(&c->count.hour_alarms) / 1e6;
        const double above = (double)atomic_load(&c->count.hour_above) / 1e6;
        assert_int_equal(atomic_load(&c->count.asked_alarms), (uint64_t)(asked[i] * 1e6 + 0.5));
        if (alarms > 2 * asked[i]) fail_msg("%g of %g", alarms, asked[i]);
        if (above > 0.6 || above < 0.3) fail_msg("%g above the median", above);
        assert_int_equal(atomic_load(&c->count.hour_strangers), 0);
        assert_int_equal(c->heard.notes, 0);
        close_case(c);
    }
}

static void other_traffic_has_a_note_once_an_hour(void **state) {
    drift_case *c = open_case(*state, 0.01);
    watch(c, PACKETS, HOUR, 1);
    assert_true(atomic_load(&c->count.hour_above) > 900000);
    assert_int_equal(c->heard.notes, 1);
    assert_non_null(strstr(c->heard.last, "odder than half of those of training"));
    close_case(c);
}

// What is above is a share of packets, whatever share of talks that is.
static void what_is_above_the_median_is_counted_by_packets(void **state) {
    drift_case *c = open_case(*state, 0.01);
    hg__verdict v[100] = {{.score = 0}};
    const hg_listener l = {.note = hear, .context = &c->heard};
    for (int i = 0; i < 100; i++) {
        v[i].packet.time = BEGIN;
        v[i].score = i < 30 ? 8 : 2;
    }
    const hg__threshold_group *g = hg__packet_detector_thresholds(c->detector)->group;
    hg__watch_drift_take(&c->drift, v, 100, g, 5, &c->count, &l);
    assert_int_equal(atomic_load(&c->count.hour_above), 300000);
    hg__watch_drift_take(&c->drift, v, 100, g, 1, &c->count, &l);
    assert_int_equal(atomic_load(&c->count.hour_above), 650000);
    close_case(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traffic_like_training_has_as_many_alarms_as_were_asked_for),
        cmocka_unit_test(other_traffic_has_a_note_once_an_hour),
        cmocka_unit_test(what_is_above_the_median_is_counted_by_packets),
    };
    return cmocka_run_group_tests(tests, train, clear);
}

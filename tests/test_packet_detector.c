// SPDX-License-Identifier: Apache-2.0
// test_packet_detector.c - a model of a small plant's packets: what stands out, the same after a model file, and files that are wrong.
#include <math.h>
#include <stdio.h>

#include "detect/table_model.h"
#include "intrusion/packet_detector.h"
#include "plant_case.h"

// ---- at work ------------------------------------------------------------------------------------

static void a_forged_command_scores_above_nearly_all_normal_packets(void **state) {
    enum { COUNT = 1000, FIRST = 100, ODD = 900 }; // the first packets of all are odd themselves
    hg__packet_detector *d = detector_of(((trained *)*state)->model, *state);
    float scores[COUNT];
    int below = 0;
    score(d, COUNT, ODD, scores);
    for (int i = FIRST; i < ODD; i++) below += scores[i] < scores[ODD];
    if (below * 100 < (ODD - FIRST) * 99) fail_msg("above %d of %d", below, ODD - FIRST);
    const hg__thresholds *t = hg__packet_detector_thresholds(d);
    assert_true(t->groups == 1 && (double)scores[ODD] > t->group[0].at.value);
    hg__packet_detector_free(d);
}

static void normal_packets_seldom_raise_an_alarm(void **state) {
    enum { COUNT = 1000 };
    hg__packet_detector *d = detector_of(((trained *)*state)->model, *state);
    const hg__thresholds *t = hg__packet_detector_thresholds(d);
    float scores[COUNT];
    int alarms = 0;
    score(d, COUNT, -1, scores);
    for (int i = 0; i < COUNT; i++) alarms += (double)scores[i] > t->group[0].at.value;
    if (alarms > COUNT / 20) fail_msg("%d of %d, asked for 1 %%", alarms, (int)COUNT);
    hg__packet_detector_free(d);
}

// The keys of its hashes come through whole.
static void hosts_that_were_there_are_known(void **state) {
    hg__packet_detector *d = detector_of(((trained *)*state)->model, *state);
    plant t = {0};
    int32_t count;
    for (int64_t i = 0; i < 200; i++) {
        hg__packet p;
        put_normal(&t, &p, PACKETS + i);
        assert_false(hg__packet_detector_take(d, &p));
    }
    const hg__verdict *v = hg__packet_detector_judge(d, &count);
    for (int32_t i = 0; i < count; i++) {
        float who = 0;
        for (int32_t k = 0; k < hg__level_count; k++) {
            if (hg__levels[k].kind == HG_EVIDENCE_WHO) who += v[i].bits[k];
        }
        assert_true(who < 10);
    }
    hg__packet_detector_free(d);
}

static void a_verdict_says_why(void **state) {
    hg__packet_detector *d = detector_of(((trained *)*state)->model, *state);
    plant t = {0};
    char why[HG_WHY];
    int32_t count;
    for (int64_t i = 0; i <= 100; i++) {
        hg__packet p;
        put_normal(&t, &p, PACKETS + i);
        if (i == 100) put_packet(&t, &p, PACKETS + i, false, WRITE_COIL, 77);
        assert_false(hg__packet_detector_take(d, &p));
    }
    const hg__verdict *v = hg__packet_detector_judge(d, &count);
    assert_int_equal(count, 101);
    assert_null(v[100].packet.payload);
    assert_true(v[100].to_server && v[100].server_port == 502 && v[100].action == WRITE_COIL);
    hg__verdict_explain(&v[100], HG_KINDS, why);
    if (!strstr(why, "asks for") || !strstr(why, "Modbus function 5")) fail_msg("%s", why);
    hg__verdict_explain(&v[100], 0, why);
    assert_string_equal(why, "");
    hg__packet_detector_free(d);
}

static void words_about_the_oddest_packet_fit(void **state) {
    char why[HG_WHY];
    hg__verdict v = {.largest = hg__level_count - 1, .amount = 1e300, .most = 1e300};
    (void)state;
    for (int32_t i = 0; i < hg__level_count; i++) v.bits[i] = 100;
    for (int32_t k = 0; k < HG_KINDS; k++) v.evidence[k] = 10;
    for (int32_t i = 0; i < hg__level_count; i++) {
        v.largest = i;
        memset(why, 'x', sizeof why);
        hg__verdict_explain(&v, HG_KINDS, why);
        assert_non_null(memchr(why, 0, sizeof why));
        assert_true(strlen(why) > 40);
    }
}

static void scores_do_not_depend_on_how_many_wait(void **state) {
    enum { COUNT = 600 };
    hg__packet_detector *a = detector_of(((trained *)*state)->model, *state);
    hg__packet_detector *b = detector_of(((trained *)*state)->model, *state);
    float all[COUNT];
    plant t = {0};
    score(a, COUNT, 300, all);
    for (int64_t i = 0; i < COUNT; i++) {
        hg__packet p;
        int32_t one;
        put_normal(&t, &p, PACKETS + i);
        if (i == 300) put_packet(&t, &p, PACKETS + i, false, WRITE_COIL, 77);
        assert_false(hg__packet_detector_take(b, &p));
        const hg__verdict *v = hg__packet_detector_judge(b, &one);
        assert_true(one == 1 && v->score == all[i]);
    }
    int32_t none;
    hg__packet_detector_judge(b, &none);
    assert_int_equal(none, 0);
    hg__packet_detector_free(a);
    hg__packet_detector_free(b);
}

static void too_few_packets_are_refused(void **state) {
    hg_error err = {0};
    hg_model *m = empty_model();
    assert_int_equal(fit(m, ((trained *)*state)->pool, 19, &err), HG_ERR_DATA);
    assert_non_null(strstr(err.message, "20 packets or more"));
    assert_false(hg__is_packet_model(m));
    hg_model_free(m);
}

// ---- in a model file ----------------------------------------------------------------------------

static void a_loaded_model_gives_the_same_scores_to_the_bit(void **state) {
    enum { COUNT = 1000 };
    const trained *all = *state;
    static float before[COUNT], after[COUNT];
    hg_model *again = copy_of(all->model);
    assert_true(hg__is_packet_model(again));
    hg__packet_detector *a = detector_of(all->model, all), *b = detector_of(again, all);
    score(a, COUNT, 500, before);
    score(b, COUNT, 500, after);
    assert_memory_equal(before, after, sizeof before);
    hg__packet_detector_free(a);
    hg__packet_detector_free(b);
    hg_model_free(again);
}

static void another_rate_moves_the_threshold_and_no_score(void **state) {
    enum { COUNT = 300 };
    const trained *all = *state;
    float before[COUNT], after[COUNT];
    hg__packet_detector *a = detector_of(all->model, all), *b = detector_of(all->model, all);
    assert_int_equal(hg__packet_detector_ask(b, 0.2, NULL), HG_OK);
    assert_true(hg__packet_detector_thresholds(b)->group[0].at.value <
                hg__packet_detector_thresholds(a)->group[0].at.value);
    score(a, COUNT, -1, before);
    score(b, COUNT, -1, after);
    assert_memory_equal(before, after, sizeof before);
    hg__packet_detector_free(a);
    hg__packet_detector_free(b);
}

static void fewer_alerts_a_day_are_a_higher_threshold(void **state) {
    const trained *all = *state;
    hg_model *again = copy_of(all->model);
    hg__packet_detector *a = detector_of(all->model, all), *b = detector_of(again, all);
    const double rates[] = {0.2, 0.02, 1e-5, 1e-7}; // a second
    double before = -1;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        assert_int_equal(hg__packet_detector_ask_alerts(a, rates[i], NULL), HG_OK);
        assert_int_equal(hg__packet_detector_ask_alerts(b, rates[i], NULL), HG_OK);
        const hg__threshold *at = &hg__packet_detector_thresholds(a)->group[0].at;
        if (at->value < before) fail_msg("%g after %g", at->value, before);
        if (at->value != hg__packet_detector_thresholds(b)->group[0].at.value) fail();
        assert_true(at->fpr > 0 && at->fpr < 1);
        before = at->value;
    }
    hg__packet_detector_free(a);
    hg__packet_detector_free(b);
    hg_model_free(again);
}

// Its 150 seconds are in three minutes.
static void who_asks_for_nothing_gets_as_many_alerts_as_the_capture_can_show(void **state) {
    const trained *all = *state;
    hg__packet_detector *a = detector_of(all->model, all), *b = detector_of(all->model, all);
    assert_int_equal(hg__packet_detector_ask_usual(a, NULL), HG_OK);
    assert_int_equal(hg__packet_detector_ask_alerts(b, 2.0 / 180, NULL), HG_OK);
    assert_true(hg__packet_detector_thresholds(a)->group[0].at.value ==
                hg__packet_detector_thresholds(b)->group[0].at.value);
    hg__packet_detector_free(a);
    hg__packet_detector_free(b);
}

static void refuse(const hg_model *m, const trained *all, const char *words) {
    hg_error err = {0};
    assert_null(hg__packet_detector_new(m, all->pool, MEMORY, "m.safetensors", &err));
    if (err.code != HG_ERR_MODEL || !strstr(err.message, words)) {
        fail_msg("%d: '%s', not '%s'", (int)err.code, err.message, words);
    }
    assert_int_equal(strncmp(err.message, "m.safetensors: ", 15), 0);
}

static void another_feature_version_is_refused_by_its_number(void **state) {
    const trained *all = *state;
    hg_model *m = copy_of(all->model);
    char words[60];
    for (int64_t version = HG_LEVELS_VERSION - 1; version <= HG_LEVELS_VERSION + 1; version += 2) {
        hg__json *detector = hg__json_copy(hg__model_detector(m));
        hg__json *packets = hg__json_pack("{s:I}", "levels", version);
        assert_true(detector && hg__json_set(detector, "packets", packets) == 0);
        hg__model_set_detector(m, detector);
        snprintf(words, sizeof words, "version %d, got version %d", (int)HG_LEVELS_VERSION,
                 (int)version);
        refuse(m, all, words);
    }
    hg_model_free(m);
}

static const char *const parts[] = {
    "detector.counts.key",   "detector.counts.number", "detector.counts.bits", "detector.tails.key",
    "detector.tails.number", "detector.levels.scale",  "detector.evidence",    "detector.key"};
enum { PARTS = sizeof parts / sizeof *parts };

// Every type, with no row to nine, and no column to 64.
static void refuse_other_shapes(hg_model *m, const trained *all, const char *part) {
    static const double zeros[4096];
    static const hg__dtype types[] = {HG_U64, HG_U32, HG_F64, HG_F32, HG_U8};
    for (int i = 0; i < 5 * 4 * 3; i++) {
        const int64_t rows = i / 5 % 4 * 3, columns = i / 20 * 32;
        const int code = hg__model_keep_part(m, part, types[i % 5], rows, columns, zeros, NULL);
        assert_int_equal(code, HG_OK);
        refuse(m, all, "");
    }
}

static void a_part_that_is_not_there_or_has_another_shape_is_refused(void **state) {
    const trained *all = *state;
    for (int i = 0; i < PARTS; i++) {
        hg_model *m = copy_of(all->model);
        hg__model_drop_parts(m, parts[i]);
        refuse(m, all, parts[i]);
        refuse_other_shapes(m, all, parts[i]);
        hg_model_free(m);
    }
}

// Counts of nothing are counts; a calibration of nothing is none.
static void parts_without_a_row_are_taken_where_they_mean_something(void **state) {
    enum { COUNT = 300 };
    static const float nothing[1];
    const trained *all = *state;
    float scores[COUNT];
    hg_model *m = copy_of(all->model);
    static const hg__dtype types[] = {HG_U64, HG_U32, HG_F32, HG_U64, HG_U32};
    static const int64_t columns[] = {0, 2, 0, 0, HG_TAIL_BINS};
    for (int i = 0; i < 5; i++) {
        const int code = hg__model_keep_part(m, parts[i], types[i], 0, columns[i], nothing, NULL);
        assert_int_equal(code, HG_OK);
    }
    hg__packet_detector *d = detector_of(m, all);
    score(d, COUNT, 200, scores);
    for (int i = 0; i < COUNT; i++) assert_true(isfinite(scores[i]));
    hg__packet_detector_free(d);
    hg__tensor none = {
        .name = "detector.evidence", .dtype = HG_F32, .shape = {2, {HG_KINDS, 0}},
                .data = nothing
    };
    assert_int_equal(hg__model_add_part(m, &none, NULL), HG_OK);
    refuse(m, all, "detector.evidence");
    hg_model_free(m);
}

static void numbers_that_no_training_makes_are_refused(void **state) {
    static const struct {
        int part;
        int64_t at;
        double value;
        const char *words;
    } bad[] = {
        {0, 0, 0,                "ascending"         },
        {0, 1, 0,                "ascending"         },
        {1, 0, 0,                "counts above 0"    },
        {2, 0, -2,               "at most 32 bits"   },
        {2, 0, 1e30,             "at most 32 bits"   },
        {2, 0, (double)NAN,      "finite"            },
        {3, 1, 0,                "ascending"         },
        {5, 1, 0,                "deviations above 0"},
        {5, 1, -1,               "deviations above 0"},
        {5, 0, (double)NAN,      "finite"            },
        {6, 0, (double)NAN,      "finite"            },
        {6, 0, (double)INFINITY, "finite"            },
    };
    const trained *all = *state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hg_model *m = copy_of(all->model);
        const hg__tensor *t = hg__model_part(m, parts[bad[i].part]);
        assert_non_null(t);
        void *data = (void *)t->data;
        if (t->dtype == HG_U64) ((uint64_t *)data)[bad[i].at] = (uint64_t)bad[i].value;
        if (t->dtype == HG_U32) ((uint32_t *)data)[bad[i].at] = (uint32_t)bad[i].value;
        if (t->dtype == HG_F64) ((double *)data)[bad[i].at] = bad[i].value;
        if (t->dtype == HG_F32) ((float *)data)[bad[i].at] = (float)bad[i].value;
        refuse(m, all, bad[i].words);
        hg_model_free(m);
    }
}

static void a_network_of_another_width_is_refused(void **state) {
    const trained *all = *state;
    const hg__shape input = {1, {hg__level_count + 1}};
    hg_model *m = hg__model_from_spec("dense 6 relu | dense input", &input, 0, 1, NULL);
    assert_non_null(m);
    hg__json *detector = hg__json_copy(hg__model_detector(all->model));
    assert_non_null(detector);
    hg__model_set_detector(m, detector);
    refuse(m, all, "numbers a packet");
    hg_model_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_forged_command_scores_above_nearly_all_normal_packets),
        cmocka_unit_test(normal_packets_seldom_raise_an_alarm),
        cmocka_unit_test(hosts_that_were_there_are_known),
        cmocka_unit_test(a_verdict_says_why),
        cmocka_unit_test(words_about_the_oddest_packet_fit),
        cmocka_unit_test(scores_do_not_depend_on_how_many_wait),
        cmocka_unit_test(too_few_packets_are_refused),
        cmocka_unit_test(a_loaded_model_gives_the_same_scores_to_the_bit),
        cmocka_unit_test(another_rate_moves_the_threshold_and_no_score),
        cmocka_unit_test(fewer_alerts_a_day_are_a_higher_threshold),
        cmocka_unit_test(who_asks_for_nothing_gets_as_many_alerts_as_the_capture_can_show),
        cmocka_unit_test(another_feature_version_is_refused_by_its_number),
        cmocka_unit_test(a_part_that_is_not_there_or_has_another_shape_is_refused),
        cmocka_unit_test(parts_without_a_row_are_taken_where_they_mean_something),
        cmocka_unit_test(numbers_that_no_training_makes_are_refused),
        cmocka_unit_test(a_network_of_another_width_is_refused),
    };
    return cmocka_run_group_tests(tests, train, clear);
}

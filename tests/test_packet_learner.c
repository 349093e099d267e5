// SPDX-License-Identifier: Apache-2.0
// test_packet_learner.c - a model that goes on learning: what was new becomes usual, what is left out does not, thresholds, and a period that
// is not over in a file.
#include <math.h>

#include "detect/table_model.h"
#include "intrusion/packet_learner.h"
#include "plant_case.h"

enum { NEW_FUNCTION = 4, EVERY = 10 };
#define PERIOD 200e9 // ns

// ---- a plant that changes -------------------------------------------------------------------------

typedef struct school {
    const trained *all;
    hg_model *model; // owned: what is saved into
    hg__packet_detector *detector;
    hg__packet_learner *learner;
    hg__packet_learner *other; // borrowed: takes the same lessons; or NULL
    hg__lessons *lessons;      // owned
    int64_t number;            // of the next packet
} school;

static school open_school(const trained *all) {
    school s = {.all = all, .model = copy_of(all->model), .number = PACKETS};
    hg_error err = {0};
    s.detector = detector_of(all->model, all);
    s.learner = hg__packet_learner_new(all->model, PERIOD, MEMORY, "m", &err);
    if (!s.learner) fail_msg("%s", err.message);
    s.lessons = calloc(1, sizeof *s.lessons);
    assert_non_null(s.lessons);
    hg__packet_detector_listen(s.detector, s.lessons->answers);
    return s;
}

static void close_school(school *s) {
    hg__packet_learner_free(s->learner);
    hg__packet_detector_free(s->detector);
    hg_model_free(s->model);
    free(s->lessons);
}

static double threshold_of(const hg__packet_detector *d) {
    return hg__packet_detector_thresholds(d)->group[0].at.value;
}

// Takes what waits for lessons; what is left out counts with the threshold at most. Sum of the scores of what is new.
static double judge_all(school *s, int64_t first, bool is_counted) {
    int32_t count;
    double sum = 0;
    const float most = (float)threshold_of(s->detector);
    const hg__verdict *v = hg__packet_detector_judge(s->detector, &count);
    s->lessons->count = count;
    for (int32_t i = 0; i < count; i++) {
        s->lessons->lesson[i] = (hg__lesson){.scored = hg__scored_packet_of(&v[i]),
                                             .is_counted = is_counted,
                                             .is_alarm = !is_counted};
        if (!is_counted) s->lessons->lesson[i].scored.score = fminf(v[i].score, most);
        if ((first + i) % EVERY == 0) sum += (double)v[i].score;
    }
    assert_int_equal(hg__packet_learner_take(s->learner, s->lessons, NULL), HG_OK);
    if (s->other) assert_int_equal(hg__packet_learner_take(s->other, s->lessons, NULL), HG_OK);
    return sum;
}

// `count` packets, of which every EVERY-th asks for something that was never asked for; their mean score.
static double watch(school *s, int64_t count, bool is_counted) {
    plant t = {0};
    double sum = 0;
    int64_t first = s->number;
    for (int64_t i = 0; i < count; i++, s->number++) {
        hg__packet p;
        put_normal(&t, &p, s->number);
        if (s->number % EVERY == 0) put_packet(&t, &p, s->number, false, NEW_FUNCTION, 3);
        if (!hg__packet_detector_take(s->detector, &p)) continue;
        sum += judge_all(s, first, is_counted);
        first = s->number + 1;
    }
    sum += judge_all(s, first, is_counted);
    const int64_t odd = count / EVERY;
    return sum / (double)odd;
}

static void end_period(school *s) {
    hg_error err = {0};
    hg__packet_detector *next = hg__packet_learner_end(s->learner, s->model, &err);
    if (!next) fail_msg("%s", err.message);
    hg__packet_detector_adopt(s->detector, next);
    hg__packet_detector_free(next);
    const hg__threshold_group *g = hg__packet_detector_thresholds(s->detector)->group;
    assert_true(hg__calibration_p(g->held, g->at.value + 1) < 0.02);
    assert_true(hg__calibration_p(g->held, -1) == 1);
}

// ---- tests ----------------------------------------------------------------------------------------

static void what_comes_often_becomes_usual_and_only_once_the_period_is_over(void **state) {
    school s = open_school(*state);
    const double first = watch(&s, 2000, true), second = watch(&s, 2000, true);
    const hg__learned seen = hg__packet_learner_period(s.learner);
    assert_true(seen.packets == 4000 && seen.counted == 4000 && seen.lost == 0);
    assert_int_equal(seen.alarms, 0);
    end_period(&s);
    const double third = watch(&s, 2000, true);
    if (second < first * 0.7) fail_msg("%g, then %g within a period", first, second);
    if (third > second * 0.9) fail_msg("%g, then %g when it was learned", second, third);
    assert_int_equal(hg__packet_learner_period(s.learner).packets, 2000);
    close_school(&s);
}

static void what_is_left_out_stays_unusual_and_moves_no_threshold(void **state) {
    school s = open_school(*state);
    const double first = watch(&s, 4000, false), before = threshold_of(s.detector);
    end_period(&s);
    const double second = watch(&s, 2000, false), after = threshold_of(s.detector);
    if (second < first * 0.7) fail_msg("%g, then %g", first, second);
    if (after > before) fail_msg("%g, then %g", before, after);
    close_school(&s);
}

static void a_period_that_is_discarded_leaves_no_trace(void **state) {
    school s = open_school(*state), other = open_school(*state);
    watch(&s, 2000, true);
    assert_int_equal(hg__packet_learner_discard(s.learner, NULL), HG_OK);
    assert_int_equal(hg__packet_learner_period(s.learner).packets, 0);
    watch(&s, 1000, true);
    watch(&other, 2000, false);
    assert_int_equal(hg__packet_learner_discard(other.learner, NULL), HG_OK);
    watch(&other, 1000, true);
    end_period(&s);
    end_period(&other);
    assert_true(watch(&s, 500, true) == watch(&other, 500, true));
    close_school(&s);
    close_school(&other);
}

static void a_model_that_learned_scores_the_same_when_it_is_loaded(void **state) {
    enum { COUNT = 600 };
    school s = open_school(*state);
    float adopted[COUNT], loaded[COUNT];
    watch(&s, 3000, true);
    hg__packet_detector *next = hg__packet_learner_end(s.learner, s.model, NULL);
    assert_non_null(next);
    hg__packet_detector *a = detector_of(s.all->model, s.all), *b = detector_of(s.model, s.all);
    hg__packet_detector_adopt(a, next);
    assert_true(threshold_of(a) == threshold_of(b));
    score(a, COUNT, 300, adopted);
    score(b, COUNT, 300, loaded);
    assert_memory_equal(adopted, loaded, sizeof adopted);
    hg__packet_detector_free(next);
    hg__packet_detector_free(a);
    hg__packet_detector_free(b);
    close_school(&s);
}

static void a_period_in_a_file_goes_on_as_if_nothing_had_been(void **state) {
    school s = open_school(*state), again = open_school(*state);
    hg_error err = {0};
    watch(&s, 2000, true);
    watch(&s, 500, false);
    if (hg__packet_learner_save(s.learner, again.model, &err) < 0) fail_msg("%s", err.message);
    assert_true(hg__packet_learner_fits(again.learner, again.model));
    if (hg__packet_learner_load(again.learner, again.model, "f", &err) < 0) {
        fail_msg("%s", err.message);
    }
    const hg__learned kept = hg__packet_learner_period(again.learner);
    assert_true(kept.counted == 2000 && kept.alarms == 500);
    s.other = again.learner;
    watch(&s, 1000, true);
    hg__packet_detector *b = hg__packet_learner_end(again.learner, again.model, NULL);
    end_period(&s);
    hg__packet_detector_adopt(again.detector, b);
    hg__packet_detector *fresh = detector_of(s.model, s.all);
    static float without[600], with[600];
    score(fresh, 600, 300, without);
    score(again.detector, 600, 300, with);
    for (int i = 0; i < 600; i++) assert_true(fabsf(without[i] - with[i]) < 0.01F);
    assert_true(threshold_of(fresh) == threshold_of(again.detector));
    hg__packet_detector_free(fresh);
    hg__packet_detector_free(b);
    assert_false(hg__packet_learner_fits(s.learner, s.all->model)); // of before the period
    close_school(&s);
    close_school(&again);
}

// What is kept instead of a part of a period that is in order.
static void expect_refused(school *s, const char *part, hg__dtype type, int64_t rows,
                           const void *data, const char *why) {
    hg_error err = {0};
    watch(s, 100, true);
    assert_int_equal(hg__packet_learner_save(s->learner, s->model, NULL), HG_OK);
    assert_int_equal(hg__model_keep_part(s->model, part, type, rows, 0, data, NULL), HG_OK);
    assert_int_equal(hg__packet_learner_load(s->learner, s->model, "f", &err), HG_ERR_MODEL);
    if (!strstr(err.message, "f: ") || !strstr(err.message, why)) fail_msg("%s", err.message);
    assert_int_equal(hg__packet_learner_period(s->learner).packets, 0);
}

static void a_period_that_is_wrong_is_refused_and_begins_anew(void **state) {
    school s = open_school(*state);
    static const double bad[][10] = {
        {3,           2,  0, 0, 1, 1, 0, 1, 0, 0}, // more counted than came
        {3,           0,  0, 0, 1, 1, 0, 1, 0, 2}, // more alarms
        {3,           -1, 0, 0, 0, 1, 0, 1, 0, 0},
        {(double)NAN, 0,  0, 0, 0, 1, 0, 1, 0, 0},
        {3,           1,  1, 1, 1, 0, 0, 1, 0, 0}, // no stride
        {3,           1,  1, 1, 0, 1, 0, 1, 0, 0}, // scores of nothing
        {3,           1,  1, 1, 1, 1, 0, 1, 0, 0}, // more minutes than there were
    };
    static const uint32_t talk[100] = {UINT32_MAX}, pieces[1] = {1 << HG_FOLDS};
    static const float none[1] = {(float)NAN};
    watch(&s, 1500, true);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        watch(&s, 1500, true);
        expect_refused(&s, "detector.period.number", HG_F64, 10, bad[i], "expected");
    }
    expect_refused(&s, "detector.period.talk", HG_U32, 100, talk, "period.talk");
    expect_refused(&s, "detector.period.known", HG_U32, 1, talk, "period.known");
    expect_refused(&s, "detector.period.pieces", HG_U32, 1, pieces, "period.pieces");
    expect_refused(&s, "detector.period.score", HG_F32, 1, none, "period.score");
    expect_refused(&s, "detector.period.opening", HG_F32, 1, none, "period.opening");
    close_school(&s);
}

static void a_period_of_another_version_is_refused_by_name(void **state) {
    school s = open_school(*state);
    const double other[10] = {4, 0, 0, 0, 0, 1, 0, 1, 0, 0}, old[9] = {2, 0, 0, 0, 0, 1, 0, 1, 0};
    expect_refused(&s, "detector.period.number", HG_F64, 10, other, "version 3");
    expect_refused(&s, "detector.period.number", HG_F64, 9, old, "version 3");
    close_school(&s);
}

// How likely the score of a talk that was never there is, behind a period in which it was. packets: its.
static double with_long_talk(const trained *all, int64_t packets) {
    school s = open_school(all);
    watch(&s, 2000, true);
    hg__lessons *x = s.lessons;
    for (int64_t i = 0; i < packets; i++) {
        x->count = 1;
        x->lesson[0] = (hg__lesson){
            .scored = {.time = BEGIN + (PACKETS + 2000) * SECOND / 20, .talk = 17, .score = 30}
        };
        assert_int_equal(hg__packet_learner_take(s.learner, x, NULL), HG_OK);
    }
    end_period(&s);
    const double p =
        hg__calibration_p(hg__packet_detector_thresholds(s.detector)->group[0].held, 999);
    close_school(&s);
    return p;
}

// 200 of 5200 packets would be 0.04.
static void a_new_talk_of_a_period_counts_as_one_however_long_it_is(void **state) {
    const double one = with_long_talk(*state, 1), many = with_long_talk(*state, 200);
    if (one > 0.002 || many > 0.002) fail_msg("%g of one packet, %g of 200", one, many);
}

static void old_counts_fade_and_are_never_forgotten(void **state) {
    school s = open_school(*state);
    for (int i = 0; i < 8; i++) {
        watch(&s, PACKETS, true);
        end_period(&s);
    }
    const hg__json *packets = hg__json_object_get(hg__model_detector(s.model), "packets");
    const int64_t counted = hg__json_integer_value(hg__json_object_get(packets, "counted"));
    assert_in_range(counted, PACKETS, 3 * PACKETS);
    assert_int_equal(hg__json_integer_value(hg__json_object_get(packets, "periods")), 8);
    assert_true(watch(&s, 500, true) < 20);
    close_school(&s);
}

// ---- another capture ------------------------------------------------------------------------------

static int next_of_other(void *context, hg__packet *p, hg_error *err) {
    plant *t = context;
    const int64_t i = t->at;
    const int more = next_of_plant(context, p, err);
    if (more > 0 && i % 2 == 0) put_packet(t, p, i, false, NEW_FUNCTION, 3);
    return more;
}

// Of a plant in which all is asked for by NEW_FUNCTION, behind what `former` knows.
static hg_model *fit_other(const trained *all, const hg_model *former) {
    plant t = {0};
    hg__packet_fit f = {0};
    hg__meter meter = {0};
    hg_error err = {0};
    const hg__packet_source s = {&t, rewind_plant, next_of_other, PACKETS};
    const hg__packet_fit_options o = {
        .seed = 4, .max_bytes = MEMORY, .fpr = 0.01, .former = former};
    hg_model *m = empty_model();
    int code = hg__packet_fit_open(&f, &s, &o, &meter, &err);
    if (code == HG_OK) code = hg__packet_fit_end(&f, &s, &o, &meter, m, all->pool, &err);
    if (code < 0) fail_msg("%s", err.message);
    hg__packet_fit_clear(&f);
    return m;
}

// Bits of all packets of the plant as it was first, of what is asked for.
static double asked(const hg_model *m, const trained *all) {
    hg__packet_detector *d = detector_of(m, all);
    plant t = {0};
    double sum = 0;
    int32_t count;
    for (int64_t i = 0; i < 200; i++) {
        hg__packet p;
        put_normal(&t, &p, PACKETS + i);
        assert_false(hg__packet_detector_take(d, &p));
    }
    const hg__verdict *v = hg__packet_detector_judge(d, &count);
    for (int32_t i = 0; i < count; i++) {
        for (int32_t k = 0; k < hg__level_count; k++) {
            if (hg__levels[k].kind == HG_EVIDENCE_ASK) sum += (double)v[i].bits[k];
        }
    }
    hg__packet_detector_free(d);
    return sum;
}

static void a_model_trained_behind_another_knows_what_both_saw(void **state) {
    const trained *all = *state;
    hg_model *alone = fit_other(all, NULL), *behind = fit_other(all, all->model);
    const double first = asked(all->model, all), other = asked(alone, all);
    const double both = asked(behind, all);
    if (both > other / 4) fail_msg("%g behind %g, %g alone", both, first, other);
    hg_model_free(alone);
    hg_model_free(behind);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_often_becomes_usual_and_only_once_the_period_is_over),
        cmocka_unit_test(what_is_left_out_stays_unusual_and_moves_no_threshold),
        cmocka_unit_test(a_period_that_is_discarded_leaves_no_trace),
        cmocka_unit_test(a_model_that_learned_scores_the_same_when_it_is_loaded),
        cmocka_unit_test(a_period_in_a_file_goes_on_as_if_nothing_had_been),
        cmocka_unit_test(a_period_that_is_wrong_is_refused_and_begins_anew),
        cmocka_unit_test(a_new_talk_of_a_period_counts_as_one_however_long_it_is),
        cmocka_unit_test(a_period_of_another_version_is_refused_by_name),
        cmocka_unit_test(a_model_trained_behind_another_knows_what_both_saw),
        cmocka_unit_test(old_counts_fade_and_are_never_forgotten),
    };
    return cmocka_run_group_tests(tests, train, clear);
}

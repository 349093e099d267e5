// SPDX-License-Identifier: Apache-2.0
// test_kitnet_detector.c - KitNET over packets as a model: what is learned, held out, kept, said; and files that contradict themselves.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "hourglass.h"

#include "base/mem.h"
#include "detect/table_model.h"
#include "drawn_traffic.h"
#include "intrusion/kitnet_detector_internal.h"
#include "sanitized.h"

#include <cmocka.h>

enum { PACKETS = IS_SANITIZED ? 3000 : 8000, MEMORY = 1 << 20 };

// ---- packets ------------------------------------------------------------------------------------

static const drawn_traffic network = {.state = 5, .hosts = 20, .sockets = 60};
static drawn_traffic drawn;
static int64_t drawn_so_far;

static int begin(void *context, hg_error *err) {
    (void)context, (void)err;
    drawn = network;
    drawn_so_far = 0;
    return HG_OK;
}

static int begin_late(void *context, hg_error *err) {
    begin(context, err);
    drawn_so_far = PACKETS - 50;
    return HG_OK;
}

static int next(void *context, hg__packet *p, hg_error *err) {
    (void)context, (void)err;
    if (drawn_so_far == PACKETS) return 0;
    drawn_so_far++;
    draw_packet(&drawn, p);
    return 1;
}

static const hg__packet_source source = {.rewind = begin, .next = next, .packets = PACKETS};

static hg_model *make(const hg__kitnet_fit_options *o, hg_error *err) {
    hg__meter nobody = {0};
    hg__kitnet_detector *d = hg__kitnet_fit_open(&source, o, &nobody, err);
    if (!d) return NULL;
    hg_model *m = hg__kitnet_fit_model(d, err);
    if (m && hg__kitnet_fit_end(d, &source, o, &nobody, m, err) < 0) {
        hg_model_free(m);
        m = NULL;
    }
    hg__kitnet_detector_free(d);
    return m;
}

static const hg__kitnet_fit_options usual = {.max_bytes = MEMORY, .held = 0.2, .fpr = 0.01};

// ---- tests --------------------------------------------------------------------------------------

static void what_is_held_out_is_the_end_and_is_not_learned(void **state) {
    hg_model *m = make(&usual, NULL);
    (void)state;
    hg__kitnet_detector *d = hg__kitnet_detector_new(m, MEMORY, "m", NULL);
    assert_non_null(d);
    assert_int_equal(d->kitnet->rows, PACKETS - PACKETS / 5);
    assert_int_equal(d->kitnet->o.map_grace, PACKETS / 10);
    assert_int_equal(hg__kitnet_phase(d->kitnet), HG_KITNET_RUNNING);
    assert_int_equal(hg__kitnet_detector_thresholds(d)->held.whole.count, PACKETS / 5);
    // The same packets once more, from empty tables: at the end their scores are those that the threshold was made of.
    float highest = 0;
    begin(NULL, NULL);
    hg__packet p;
    for (int64_t i = 0; next(NULL, &p, NULL) > 0; i++) {
        int32_t count;
        const int32_t at = d->waiting;
        if (hg__kitnet_detector_take(d, &p)) hg__kitnet_detector_judge(d, &count);
        if (i >= PACKETS - PACKETS / 5) highest = fmaxf(highest, d->verdict[at].score);
    }
    const hg__calibration *held = &hg__kitnet_detector_thresholds(d)->held.whole;
    assert_true(highest == held->score[held->count - 1]);
    hg__kitnet_detector_free(d);
    hg_model_free(m);
}

static void the_network_is_the_outputs_autoencoder(void **state) {
    hg_model *m = make(&usual, NULL);
    hg__kitnet_detector *d = hg__kitnet_detector_new(m, MEMORY, "m", NULL);
    const hg__kitnet *k = d->kitnet;
    const int32_t clusters = hg__kitnet_clusters(k);
    hg_scorer *s = hg_scorer_new(m, 1, NULL);
    hg__packet p;
    (void)state;
    assert_int_equal(hg_model_width(m), clusters);
    begin(NULL, NULL);
    for (int i = 0; i < 200 && next(NULL, &p, NULL) > 0; i++) {
        float row[HG_KITSUNE_FEATURES], squared;
        hg__kitnet_detector_take(d, &p);
        for (int32_t c = 0; c < clusters; c++) {
            const float low = *hg__kitnet_low(k, clusters, c),
                        high = *hg__kitnet_high(k, clusters, c);
            row[c] = (d->part[c] - low) / (high - low + 1e-16F);
        }
        hg_score(s, row, 1, &squared);
        assert_float_equal(sqrtf(squared), d->verdict[0].score, 1e-4F * (1 + d->verdict[0].score));
        d->waiting = 0;
    }
    hg_scorer_free(s);
    hg__kitnet_detector_free(d);
    hg_model_free(m);
}

static void a_flood_is_explained_by_what_it_does(void **state) {
    hg_model *m = make(&usual, NULL);
    hg__kitnet_detector *d = hg__kitnet_detector_new(m, MEMORY, "m", NULL);
    char why[HG_WHY];
    hg__packet p;
    int32_t count;
    (void)state;
    begin(NULL, NULL);
    next(NULL, &p, NULL);
    for (int i = 0; i < 2000; i++) {
        p.time += 1000;
        if (hg__kitnet_detector_take(d, &p)) hg__kitnet_detector_judge(d, &count);
    }
    const int32_t last = d->waiting - 1;
    const hg__verdict *v = hg__kitnet_detector_judge(d, &count);
    assert_true((double)v[last].score > hg__kitnet_detector_thresholds(d)->group[0].at.value);
    hg__kitnet_detector_explain(d, &v[last], 3, why);
    assert_non_null(strstr(why, "packets "));
    assert_non_null(strstr(why, "at most "));
    hg__kitnet_detector_explain(d, &v[last], 0, why);
    assert_string_equal(why, "");
    hg__kitnet_detector_explain(d, &v[last], HG_KITSUNE_FEATURES,
                                why); // as many as there is room for
    assert_true(strlen(why) < HG_WHY);
    hg__kitnet_detector_free(d);
    hg_model_free(m);
}

static void published_features_make_a_model_that_says_so(void **state) {
    hg__kitnet_fit_options o = usual;
    char what[200];
    (void)state;
    o.features = HG_KITSUNE_PUBLISHED;
    o.held = 0;
    hg_model *m = make(&o, NULL);
    assert_true(hg__is_kitnet_model(m) && hg__is_packet_model(m));
    assert_int_equal(hg__kitnet_model_describe(m, "m", what, sizeof what, NULL), HG_OK);
    assert_non_null(strstr(what, "100 features of a packet as published, in "));
    hg__kitnet_detector *d = hg__kitnet_detector_new(m, MEMORY, "m", NULL);
    assert_int_equal(hg__kitnet_detector_thresholds(d)->groups, 0);
    assert_int_equal(hg__kitnet_detector_ask(d, 0.1, NULL), HG_OK);
    hg__kitnet_detector_free(d);
    hg_model_free(m);
}

static void expect_refused(hg_model *m, const char *sentence) {
    hg_error err;
    assert_null(hg__kitnet_detector_new(m, MEMORY, "m", &err));
    assert_int_equal(err.code, HG_ERR_MODEL);
    assert_non_null(strstr(err.message, sentence));
}

static void say_kitnet(hg_model *m, const char *word) {
    hg__json *detector = hg__json_object();
    hg__json_set(detector, "packets", hg__json_pack("{s:s}", "kitnet", word));
    hg__model_set_detector(m, detector);
}

static void files_that_contradict_themselves_are_refused(void **state) {
    hg_model *m = make(&usual, NULL);
    (void)state;
    say_kitnet(m, "odd");
    expect_refused(m, "kitnet: expected sound or published, got 'odd'");
    say_kitnet(m, "published");
    expect_refused(m, "expected KitNET of 100 features, got 115");
    say_kitnet(m, "sound");
    const hg__shape other = {.rank = 1, .dim = {200}};
    hg_model *wide =
        hg__model_from_spec("dense 2 sigmoid | dense input sigmoid", &other, 0, 0, NULL);
    hg__kitnet *k = hg__kitnet_load(m, "m", NULL);
    assert_int_equal(hg__kitnet_save(k, wide, NULL), HG_OK);
    say_kitnet(wide, "sound");
    expect_refused(wide, "expected a network of ");
    hg__model_drop_parts(m, HG_KITNET_PREFIX "weight");
    expect_refused(m, "weight");
    hg__kitnet_free(k);
    hg_model_free(wide);
    hg_model_free(m);
}

static void what_cannot_be_learned_from_is_refused(void **state) {
    hg__packet_source few = source;
    hg__meter nobody = {0};
    hg_error err;
    (void)state;
    few.packets = 99;
    assert_null(hg__kitnet_fit_open(&few, &usual, &nobody, &err));
    assert_non_null(strstr(err.message, "expected 100 packets or more"));
    few.packets = PACKETS;
    few.rewind = begin_late; // as many were counted, and then there were fewer
    assert_null(hg__kitnet_fit_open(&few, &usual, &nobody, &err));
    hg__kitnet_fit_options all = usual;
    all.held = 0.95;
    assert_null(hg__kitnet_fit_open(&source, &all, &nobody, &err));
    assert_int_equal(err.code, HG_ERR_DATA);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_held_out_is_the_end_and_is_not_learned),
        cmocka_unit_test(the_network_is_the_outputs_autoencoder),
        cmocka_unit_test(a_flood_is_explained_by_what_it_does),
        cmocka_unit_test(published_features_make_a_model_that_says_so),
        cmocka_unit_test(files_that_contradict_themselves_are_refused),
        cmocka_unit_test(what_cannot_be_learned_from_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

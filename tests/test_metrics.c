// SPDX-License-Identifier: Apache-2.0
// test_metrics.c - metrics against their definitions, pair by pair and threshold by threshold.
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/rng.h"
#include "detect/metrics.h"

#include <cmocka.h>

enum { MOST = 400 };
static float score[MOST];
static uint8_t label[MOST];

static uint32_t word(uint64_t seed, int i, uint32_t stream) {
    return hg__philox_run(seed, (uint32_t)i, stream, 0, 5).word[0];
}

// n rows, about a third anomalies that score higher; `levels` distinct scores at most, 0 for as many as there are.
static void draw(int n, uint64_t seed, int levels) {
    for (int i = 0; i < n; i++) {
        label[i] = word(seed, i, 1) % 3 == 0;
        const float u = hg__unit_float(word(seed, i, 2)) + (label[i] ? 0.3F : 0) - 0.5F;
        score[i] = levels ? floorf(u * (float)levels) / (float)levels : u;
    }
    label[0] = 1, label[1] = 0;
}

static const hg__metrics_options *with(double threshold, int32_t resamples) {
    static hg__metrics_options o;
    o = (hg__metrics_options){threshold, 0.95, resamples, 1};
    return &o;
}

static hg__metrics metrics_of(int n, double threshold, int resamples, uint64_t seed) {
    hg__metrics m;
    const hg__metrics_options o = {threshold, 0.95, resamples, seed};
    assert_int_equal(hg__metrics_of(score, label, n, &o, &m, NULL), 0);
    return m;
}

static bool near(double x, double y) {
    return fabs(x - y) < 1e-13;
}

static double auroc_by_pairs(int n) {
    double sum = 0, pairs = 0;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            if (label[i] != 1 || label[j] != 0) continue;
            pairs += 1;
            sum += score[i] > score[j] ? 1 : score[i] == score[j] ? 0.5 : 0;
        }
    }
    return sum / pairs;
}

typedef struct at {
    double hits, alarms, anomalies, normal;
} at;

static at count_above(int n, double threshold) {
    at a = {0};
    for (int i = 0; i < n; i++) {
        const bool alarm = (double)score[i] > threshold;
        a.hits += alarm && label[i];
        a.alarms += alarm;
        a.anomalies += label[i];
        a.normal += !label[i];
    }
    return a;
}

// Every row's own score, taken as "alarm where score >= it".
static void best_by_thresholds(int n, double *f1, double *fpr, double *ap) {
    *f1 = 0, *fpr = 1, *ap = 0;
    for (int i = 0; i < n; i++) {
        const at a = count_above(n, nextafter((double)score[i], (double)-INFINITY));
        *f1 = fmax(*f1, 2 * a.hits / (a.anomalies + a.alarms));
        if (a.hits >= 0.95 * a.anomalies - 1e-9) {
            *fpr = fmin(*fpr, (a.alarms - a.hits) / a.normal);
        }
        if (label[i]) *ap += a.hits / a.alarms / a.anomalies;
    }
}

// The mean over all ways of breaking ties: each tied row has the same chance of a place.
static double precision_at_n_by_rows(int n) {
    double sum = 0;
    const at all = count_above(n, (double)-INFINITY);
    for (int i = 0; i < n; i++) {
        if (!label[i]) continue;
        const double above = count_above(n, (double)score[i]).alarms;
        const double tied =
            count_above(n, nextafter((double)score[i], (double)-INFINITY)).alarms - above;
        const double left = all.anomalies - above;
        sum += left <= 0 ? 0 : left >= tied ? 1 : left / tied;
    }
    return sum / all.anomalies;
}

static void every_metric_is_its_definition_with_and_without_ties(void **state) {
    (void)state;
    const int levels[] = {0, 1, 2, 7, 40};
    for (int l = 0; l < 5; l++) {
        for (uint64_t seed = 0; seed < 40; seed++) {
            const int n = seed < 5 ? 2 + (int)seed : 3 + (int)(word(seed, 0, 9) % 300);
            draw(n, seed, levels[l]);
            const hg__metrics m = metrics_of(n, (double)NAN, 0, 1);
            double f1, fpr, ap;
            best_by_thresholds(n, &f1, &fpr, &ap);
            assert_true(near(m.auroc.value, auroc_by_pairs(n)));
            assert_true(near(m.ap.value, ap));
            assert_true(near(m.best_f1.value, f1));
            assert_true(near(m.fpr_at_95_tpr.value, fpr));
            assert_true(near(m.precision_at_n.value, precision_at_n_by_rows(n)));
            // The threshold separates, and gives the F1 it is said to give.
            const at a = count_above(n, m.best_f1_threshold);
            assert_true(near(2 * a.hits / (a.anomalies + a.alarms), f1));
            for (int i = 0; i < n; i++) assert_true((double)score[i] != m.best_f1_threshold);
            assert_true(isnan(m.auroc.low) && isnan(m.ap.high) && m.resamples == 0);
            assert_true(isnan(m.recall.value) && isnan(m.precision.low));
        }
    }
}

static void the_best_threshold_is_halfway_or_just_below_all(void **state) {
    (void)state;
    const float scores[] = {1, 2, 4, 8};
    const uint8_t labels[] = {0, 0, 1, 1}, mostly[] = {1, 0, 1, 1};
    hg__metrics m;
    assert_int_equal(hg__metrics_of(scores, labels, 4, with((double)NAN, 0), &m, NULL), 0);
    assert_true(m.best_f1_threshold == 3 && m.best_f1.value == 1);
    assert_int_equal(hg__metrics_of(scores, mostly, 4, with((double)NAN, 0), &m, NULL), 0);
    assert_true(m.best_f1_threshold < 1 && m.best_f1_threshold > 0.999);
    const float edge[] = {-FLT_MAX, FLT_MAX, nextafterf(FLT_MAX, 0)};
    const uint8_t lowest[] = {1, 0, 0}, highest[] = {0, 1, 0};
    assert_int_equal(hg__metrics_of(edge, lowest, 3, with((double)NAN, 0), &m, NULL), 0);
    assert_true(isfinite(m.best_f1_threshold) && m.best_f1_threshold < (double)-FLT_MAX);
    assert_int_equal(hg__metrics_of(edge, highest, 3, with((double)NAN, 0), &m, NULL), 0);
    assert_true(m.best_f1_threshold < (double)edge[1] && m.best_f1_threshold > (double)edge[2]);
}

static void rates_at_a_threshold_count_scores_strictly_above_it(void **state) {
    (void)state;
    const float scores[] = {1, 2, 2, 3, 3, 5};
    const uint8_t labels[] = {0, 0, 1, 0, 1, 1};
    hg__metrics m;
    assert_int_equal(hg__metrics_of(scores, labels, 6, with(2, 0), &m, NULL), 0);
    assert_true(m.normal == 3 && m.anomalies == 3);
    assert_true(near(m.false_alarm_rate.value, 1.0 / 3) && near(m.recall.value, 2.0 / 3));
    assert_true(near(m.precision.value, 2.0 / 3));
    assert_true(m.recall.low > 0.09 && m.recall.low < 0.1 &&
                m.recall.high > 0.99); // 0.0943, 0.9916
    assert_int_equal(hg__metrics_of(scores, labels, 6, with(5, 0), &m, NULL), 0);
    assert_true(m.recall.value == 0 && m.recall.low == 0 && isnan(m.precision.value));
}

static void rates_at_a_threshold_need_one_label_only_and_the_rest_needs_both(void **state) {
    (void)state;
    const float scores[] = {1, 2, 3, 4};
    const uint8_t none[] = {0, 0, 0, 0}, all[] = {1, 1, 1, 1};
    hg__metrics m;
    hg_error err = {0};
    assert_int_equal(hg__metrics_at(scores, none, 4, with(3, 0), &m, &err), 0);
    assert_true(m.normal == 4 && m.anomalies == 0 && m.false_alarm_rate.value == 0.25);
    assert_true(isnan(m.recall.value) && m.precision.value == 0 && isnan(m.auroc.value));
    assert_int_equal(hg__metrics_of(scores, none, 4, with(3, 0), &m, &err), HG_ERR_DATA);
    assert_string_equal(err.message,
                        "labels: expected normal rows and anomalies, got 4 normal rows "
                        "and 0 anomalies");
    assert_int_equal(hg__metrics_of(scores, all, 4, with(3, 0), &m, &err), HG_ERR_DATA);
    assert_int_equal(hg__metrics_of(scores, all, 0, with(3, 0), &m, &err), HG_ERR_DATA);
}

static void scores_that_are_not_finite_and_other_labels_are_refused_by_row(void **state) {
    (void)state;
    const float scores[] = {1, -INFINITY, NAN};
    const uint8_t labels[] = {0, 1, 0}, wrong[] = {7, 1, 0};
    hg__metrics m;
    hg_error err = {0};
    assert_int_equal(hg__metrics_of(scores, labels, 3, with(0, 0), &m, &err), HG_ERR_DATA);
    assert_string_equal(err.message, "score of row 2: expected a finite number, got -inf");
    assert_int_equal(hg__metrics_at(scores + 2, labels, 1, with(0, 0), &m, &err), HG_ERR_DATA);
    assert_int_equal(hg__metrics_of(scores, wrong, 3, with(0, 0), &m, &err), HG_ERR_DATA);
    assert_string_equal(err.message, "label of row 1: expected 0 or 1, got 7");
}

static void the_order_of_rows_changes_no_bit_and_a_seed_repeats(void **state) {
    (void)state;
    draw(301, 3, 20);
    for (int i = 0; i < 301; i += 2) score[i] = score[i] == 0 ? -0.0F : score[i];
    const hg__metrics a = metrics_of(301, 0.1, 200, 7);
    for (int i = 0; i < 150; i++) {
        const float s = score[i];
        const uint8_t l = label[i];
        score[i] = score[300 - i], label[i] = label[300 - i];
        score[300 - i] = s, label[300 - i] = l;
    }
    const hg__metrics b = metrics_of(301, 0.1, 200, 7), c = metrics_of(301, 0.1, 200, 8);
    assert_memory_equal(&a.auroc, &b.auroc, sizeof a.auroc);
    assert_memory_equal(&a.ap, &b.ap, sizeof a.ap);
    assert_memory_equal(&a.best_f1, &b.best_f1, sizeof a.best_f1);
    assert_memory_equal(&a.fpr_at_95_tpr, &b.fpr_at_95_tpr, sizeof a.ap);
    assert_memory_equal(&a.recall, &b.recall, sizeof a.recall);
    assert_true(a.auroc.low != c.auroc.low && a.auroc.value == c.auroc.value);
}

// Distinct scores and few rows: the deviation of AUROC under resampling, from pairs (DeLong et al., 1988).
static double deviation_by_structure(int n) {
    double sum[2] = {0}, squares[2] = {0}, rows[2] = {0};
    for (int i = 0; i < n; i++) {
        double higher = 0, of = 0;
        for (int j = 0; j < n; j++) {
            if (label[j] == label[i]) continue;
            of += 1;
            higher += label[i] ? score[i] > score[j] : score[j] > score[i];
        }
        rows[label[i]] += 1;
        sum[label[i]] += higher / of;
        squares[label[i]] += higher / of * (higher / of);
    }
    double variance = 0;
    for (int l = 0; l < 2; l++) {
        const double mean = sum[l] / rows[l];
        variance += (squares[l] / rows[l] - mean * mean) / rows[l];
    }
    return sqrt(variance);
}

static void the_bootstrap_interval_of_auroc_is_as_wide_as_its_deviation_says(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 6; seed++) {
        draw(MOST, seed, 0);
        const hg__metrics m = metrics_of(MOST, (double)NAN, 2000, seed);
        const double deviation = deviation_by_structure(MOST);
        assert_int_equal(m.resamples, 2000);
        assert_true(fabs((m.auroc.high - m.auroc.low) / (2 * 1.96 * deviation) - 1) < 0.08);
        assert_true(fabs((m.auroc.high + m.auroc.low) / 2 - m.auroc.value) < 0.3 * deviation);
        assert_true(m.ap.low < m.ap.value && m.ap.value < m.ap.high);
        assert_true(m.precision_at_n.low <= m.precision_at_n.value &&
                    m.precision_at_n.value <= m.precision_at_n.high);
        assert_true(m.fpr_at_95_tpr.low < m.fpr_at_95_tpr.high);
        assert_true(m.best_f1.low < m.best_f1.value && m.best_f1.value < m.best_f1.high);
    }
}

static void scores_that_are_all_equal_or_separate_wholly_have_intervals_of_no_width(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) score[i] = 1.5F, label[i] = i < 5;
    hg__metrics m = metrics_of(20, (double)NAN, 50, 1);
    assert_true(m.auroc.value == 0.5 && m.auroc.low == 0.5 && m.auroc.high == 0.5);
    assert_true(near(m.ap.value, 0.25) && near(m.precision_at_n.value, 0.25));
    assert_true(m.fpr_at_95_tpr.value == 1 && near(m.best_f1.value, 0.4));
    for (int i = 0; i < 20; i++) score[i] = label[i] ? 2 : 1;
    m = metrics_of(20, (double)NAN, 50, 1);
    assert_true(m.auroc.low == 1 && m.auroc.high == 1 && m.ap.low == 1 && m.best_f1.high == 1);
    assert_true(m.fpr_at_95_tpr.high == 0 && m.precision_at_n.low == 1);
}

static void many_rows_get_fewer_resamples(void **state) {
    (void)state;
    const int64_t rows = 1000100;
    float *s = hg__alloc((size_t)rows, sizeof *s, NULL);
    uint8_t *l = hg__alloc((size_t)rows, sizeof *l, NULL);
    assert_true(s && l);
    for (int64_t i = 0; i < rows; i++) s[i] = (float)(i % 1000), l[i] = i % 7 == 0;
    hg__metrics m;
    assert_int_equal(hg__metrics_of(s, l, rows, with((double)NAN, 250), &m, NULL), 0);
    assert_int_equal(m.resamples, 200);
    assert_true(m.auroc.low > 0.49 && m.auroc.high < 0.51);
    hg__free(s);
    hg__free(l);
}

static void an_interval_of_percentiles_needs_more_than_half_of_its_values(void **state) {
    (void)state;
    const double none = (double)NAN;
    hg__interval got = {0.5, none, none};
    double value[] = {3, none, 1, 2, none, 5, 4};
    assert_true(hg__percentile_interval(value, 7, 0.5, &got));
    assert_true(got.value == 0.5 && got.low == 2 && got.high == 4);
    double half[] = {none, 1, (double)INFINITY, 2};
    assert_false(hg__percentile_interval(half, 4, 0.5, &got));
    assert_true(got.low == 2 && got.high == 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_metric_is_its_definition_with_and_without_ties),
        cmocka_unit_test(the_best_threshold_is_halfway_or_just_below_all),
        cmocka_unit_test(rates_at_a_threshold_count_scores_strictly_above_it),
        cmocka_unit_test(rates_at_a_threshold_need_one_label_only_and_the_rest_needs_both),
        cmocka_unit_test(scores_that_are_not_finite_and_other_labels_are_refused_by_row),
        cmocka_unit_test(the_order_of_rows_changes_no_bit_and_a_seed_repeats),
        cmocka_unit_test(the_bootstrap_interval_of_auroc_is_as_wide_as_its_deviation_says),
        cmocka_unit_test(scores_that_are_all_equal_or_separate_wholly_have_intervals_of_no_width),
        cmocka_unit_test(many_rows_get_fewer_resamples),
        cmocka_unit_test(an_interval_of_percentiles_needs_more_than_half_of_its_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// test_calibration.c - thresholds and p-values: by enumeration, on known distributions, at the edges.
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/rng.h"
#include "detect/calibration.h"
#include "detect/metrics.h"

#include <cmocka.h>

enum { MOST = 30000 };

static hg__calibration calibrated(const float *score, int64_t count) {
    hg__calibration c;
    assert_int_equal(hg__calibration_init(&c, score, count, NULL), HG_OK);
    return c;
}

static hg__threshold threshold_of(const hg__calibration *c, double fpr) {
    hg__threshold t;
    assert_int_equal(hg__calibration_threshold(c, fpr, &t, NULL), HG_OK);
    return t;
}

static bool near(double x, double y, double share) {
    return fabs(x - y) <= share * fabs(y);
}

// ---- exact --------------------------------------------------------------------------------------

// n + 1 distinct exchangeable values: the fresh one is as likely each of the n + 1 ranks. With fpr = k / (n + 1) it must
// alarm at exactly k of them, just below that at k - 1 of them.
static void of_all_places_of_a_fresh_row_exactly_the_promised_number_alarms(void **state) {
    (void)state;
    for (int n = 1; n <= 60; n++) {
        for (int k = 1; k <= n; k++) {
            const double fpr = (double)k / (n + 1);
            int alarms = 0, alarms_below = 0, by_p = 0;
            for (int fresh = 0; fresh <= n; fresh++) {
                float held[60];
                for (int i = 0; i < n; i++) held[n - 1 - i] = (float)(i < fresh ? i : i + 1);
                hg__calibration c = calibrated(held, n);
                const hg__threshold t = threshold_of(&c, fpr);
                assert_int_equal(t.method, HG_THRESHOLD_CONFORMAL);
                alarms += fresh > t.value;
                const hg__threshold below = threshold_of(&c, fpr * (1 - 1e-9));
                assert_int_equal(below.method, k > 1 ? HG_THRESHOLD_CONFORMAL : HG_THRESHOLD_TAIL);
                if (k > 1) alarms_below += fresh > below.value;
                by_p += hg__calibration_p(&c, fresh) <= fpr;
                hg__calibration_clear(&c);
            }
            assert_int_equal(alarms, k);
            assert_int_equal(alarms_below, k - 1);
            assert_int_equal(by_p, k);
        }
    }
}

// All arrangements of a multiset over n held-out rows and the fresh one.
static void with_ties_no_more_than_the_promised_number_of_places_alarms(void **state) {
    (void)state;
    const float all[] = {1, 1, 2, 2, 2, 3, 3, 3, 3, 7, 7};
    enum { N = 10 };
    for (int k = 1; k <= N; k++) {
        int alarms = 0, by_p = 0;
        for (int fresh = 0; fresh <= N; fresh++) {
            float held[N];
            for (int i = 0; i < N; i++) held[i] = all[i < fresh ? i : i + 1];
            hg__calibration c = calibrated(held, N);
            const double fpr = (double)k / (N + 1);
            alarms += (double)all[fresh] > threshold_of(&c, fpr).value;
            by_p += hg__calibration_p(&c, (double)all[fresh]) <= fpr;
            hg__calibration_clear(&c);
        }
        assert_true(alarms <= k && by_p == alarms);
        // Where ties end at k, all of them alarm.
        if (k == 2 || k == 6 || k == 9) assert_int_equal(alarms, k);
    }
}

static void nineteen_rows_do_for_one_in_twenty_and_eighteen_do_not(void **state) {
    (void)state;
    float score[19];
    for (int i = 0; i < 19; i++) score[i] = (float)(i * 7 % 19);
    hg__calibration c = calibrated(score, 19);
    hg__threshold t = threshold_of(&c, 0.05);
    assert_int_equal(t.method, HG_THRESHOLD_CONFORMAL);
    assert_true(t.value == 18 && t.least == 19 && t.count == 19);
    hg__calibration_clear(&c);
    c = calibrated(score, 18);
    t = threshold_of(&c, 0.05);
    assert_int_equal(t.method, HG_THRESHOLD_TAIL);
    assert_true(t.value >= 18 && t.least == 19 && t.count == 18);
    char text[200];
    hg__threshold_describe(&t, "rows", text, sizeof text);
    assert_non_null(strstr(text, "takes 19 held-out rows and there are 18"));
    hg__calibration_clear(&c);
}

static void the_least_rows_of_a_rate_are_exact_for_decimal_fractions(void **state) {
    (void)state;
    const struct {
        double fpr;
        int64_t least;
    } known[] = {
        {0.5,     1               },
        {0.3,     3               },
        {0.1,     9               },
        {0.05,    19              },
        {0.01,    99              },
        {0.001,   999             },
        {0.7,     1               },
        {0.02,    49              },
        {1e-4,    9999            },
        {1e-6,    999999          },
        {0.03,    33              },
        {1.0 / 3, 2               },
        {0.06,    16              },
        {0.99,    1               },
        {1e-300,  INT64_C(1) << 52},
    };
    float one = 1;
    hg__calibration c = calibrated(&one, 1);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_int_equal(threshold_of(&c, known[i].fpr).least, known[i].least);
    }
    hg__calibration_clear(&c);
}

// 0.29 * 100 is 28.999999999999996 in binary, 0.07 * 100 is 7.000000000000001.
static void rounding_of_a_decimal_rate_costs_no_row(void **state) {
    (void)state;
    float score[999];
    for (int i = 0; i < 999; i++) score[i] = (float)i;
    for (int n = 9; n <= 999; n = n * 10 + 9) {
        hg__calibration c = calibrated(score, n);
        for (int k = 1; k <= n; k++) {
            assert_true(threshold_of(&c, (double)k / (n + 1)).value == n - k);
        }
        hg__calibration_clear(&c);
    }
}

static void p_counts_the_held_out_scores_that_are_as_high(void **state) {
    (void)state;
    const float score[] = {3, 1, 2, 2, -0.0F, 0, 5};
    hg__calibration c = calibrated(score, 7);
    const struct {
        double score;
        int from;
    } known[] = {
        {-9,                7},
        {(double)-INFINITY, 7},
        {0,                 7},
        {-0.0,              7},
        {1e-9,              5},
        {1,                 5},
        {1.5,               4},
        {2,                 4},
        {2.5,               2},
        {3,                 2},
        {4,                 1},
        {5,                 1},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_true(hg__calibration_p(&c, known[i].score) == (1 + known[i].from) / 8.0);
        for (int64_t near = 0; near <= 7; near++) { // whatever came before
            int64_t at = near;
            assert_true(hg__calibration_p_near(&c, known[i].score, &at) ==
                        (1 + known[i].from) / 8.0);
            assert_int_equal(at, known[i].from);
        }
    }
    assert_true(isnan(hg__calibration_p(&c, (double)NAN)));
    c.tail.count = 0;
    assert_true(hg__calibration_p(&c, 6) == 1 / 8.0 &&
                hg__calibration_p(&c, (double)INFINITY) == 1 / 8.0);
    hg__calibration_clear(&c);
}

static void scores_that_are_not_finite_and_rates_that_are_none_are_refused(void **state) {
    (void)state;
    hg_error err = {0};
    hg__calibration c;
    const float bad[] = {1, 2, INFINITY};
    assert_int_equal(hg__calibration_init(&c, bad, 3, &err), HG_ERR_DATA);
    assert_string_equal(err.message, "score of held-out row 3: expected a finite number, got inf");
    assert_int_equal(hg__calibration_init(&c, bad, 0, &err), HG_ERR_DATA);
    c = calibrated(bad, 2);
    const double rates[] = {0, 1, -0.1, 2, (double)NAN};
    for (int i = 0; i < 5; i++) {
        hg__threshold t;
        assert_int_equal(hg__calibration_threshold(&c, rates[i], &t, &err), HG_ERR_USAGE);
    }
    hg__calibration_clear(&c);
    hg__calibration_clear(&c);
}

// ---- on draws -----------------------------------------------------------------------------------

static double unit(uint64_t seed, uint32_t stream, uint32_t i) {
    const hg__philox r = hg__philox_run(seed, stream, i, 0, 99);
    return ((double)r.word[0] + (double)r.word[1] * 0x1p-32 + 0x1p-33) * 0x1p-32;
}

typedef double quantile_of(double u);
static double normal(double u) { // by halving: it is only for drawing
    double low = -9, high = 9;
    for (int i = 0; i < 60; i++) {
        const double x = (low + high) / 2;
        *(erfc(-x / sqrt(2)) / 2 < u ? &low : &high) = x;
    }
    return low;
}
static double exponential(double u) {
    return -log(1 - u);
}
static double pareto(double u) {
    return pow(1 - u, -1 / 1.5);
}
static double normal_above(double x) {
    return erfc(x / sqrt(2)) / 2;
}
static double exponential_above(double x) {
    return exp(-x);
}
static double pareto_above(double x) {
    return pow(x, -1.5);
}

static void draw(float *to, int n, quantile_of *quantile, uint64_t seed, uint32_t stream) {
    for (int i = 0; i < n; i++) to[i] = (float)quantile(unit(seed, stream, (uint32_t)i));
}

// Where 1 - level / 2 of the alarms lie on either side, over held-out sets as well as fresh rows. The share that passes the
// threshold is Beta(k, n + 1 - k) (it is an order statistic of uniform numbers); given it, alarms among m are binomial. So
// P(alarms <= a) is a beta-binomial sum: of choose(m, j) B(j + k, m - j + n + 1 - k) / B(k, n + 1 - k), built up by ratios.
static void alarm_range(int n, int k, int m, double level, int *least, int *most) {
    const double a = k, b = n + 1 - k, side = (1 - level) / 2;
    double term = exp(lgamma(b + m) + lgamma(a + b) - lgamma(b) - lgamma(a + b + m)), sum = 0;
    *least = *most = -1;
    for (int j = 0; j <= m && *most < 0; j++) {
        sum += term;
        if (*least < 0 && sum > side) *least = j;
        if (sum >= 1 - side) *most = j;
        term *= (double)(m - j) / (j + 1) * (a + j) / (b + m - j - 1);
    }
    assert_true(*least >= 0 && *most >= *least);
}

// 20 seeds each: of 180 draws 1 % fall outside a 99 % interval in the mean. An off-by-one is
// the business of the enumerations above; this is that draws behave as they say.
static void the_realised_rate_on_fresh_rows_is_the_one_asked_for(void **state) {
    (void)state;
    quantile_of *const quantile[] = {normal, exponential, pareto};
    static float held[MOST], fresh[MOST];
    const double rates[] = {0.05, 0.01, 0.001};
    const int rows[] = {199, 999, 4999};
    int outside = 0, drawn = 0;
    for (int d = 0; d < 3; d++) {
        for (int r = 0; r < 3; r++) {
            const int n = rows[r], m = 8000;
            int least, most, total = 0;
            alarm_range(n, (int)(rates[r] * (n + 1) + 1e-9), m, 0.99, &least, &most);
            for (uint64_t seed = 0; seed < 20; seed++, drawn++) {
                draw(held, n, quantile[d], seed, (uint32_t)(10 * d + r));
                draw(fresh, m, quantile[d], seed, (uint32_t)(100 + 10 * d + r));
                hg__calibration c = calibrated(held, n);
                const double value = threshold_of(&c, rates[r]).value;
                int alarms = 0;
                for (int i = 0; i < m; i++) alarms += (double)fresh[i] > value;
                outside += alarms < least || alarms > most;
                total += alarms;
                hg__calibration_clear(&c);
            }
            // The mean over 20 held-out sets: its deviation is that of one by the root of 20.
            const double p = rates[r];
            const double deviation = sqrt(p * (1 - p) * (1.0 / (n + 2) + 1.0 / m) / 20);
            assert_true(fabs(total / (20.0 * m) - p) < 3.5 * deviation);
        }
    }
    // Binomial(180, 0.01): more than 7 happen once in 3000 runs; these are the same draws each time.
    assert_int_equal(drawn, 180);
    assert_true(outside <= 7);
}

// Over 40 held-out sets of 2000 the mean rate let through at 1 / (10 n), and the geometric mean.
static void the_tail_is_right_within_a_factor_at_a_tenth_of_the_guaranteed_rate(void **state) {
    (void)state;
    const struct {
        quantile_of *quantile;
        double (*above)(double x);
        double least, most; // of the geometric mean, by the rate asked for
    } known[] = {
        {exponential, exponential_above, 0.2,  2},
        {pareto,      pareto_above,      0.5,  4},
        {normal,      normal_above,      0.02, 2},
    };
    static float held[MOST];
    const int n = 2000;
    const double fpr = 1 / (10.0 * n);
    for (int d = 0; d < 3; d++) {
        double mean = 0, log_mean = 0;
        for (uint64_t seed = 0; seed < 40; seed++) {
            draw(held, n, known[d].quantile, seed, (uint32_t)(50 + d));
            hg__calibration c = calibrated(held, n);
            const hg__threshold t = threshold_of(&c, fpr);
            assert_int_equal(t.method, HG_THRESHOLD_TAIL);
            assert_int_equal(t.least, 19999);
            const double let_through = known[d].above(t.value) / fpr;
            mean += let_through / 40;
            log_mean += log(let_through) / 40;
            hg__calibration_clear(&c);
        }
        print_message("tail %d: mean %.2f, geometric mean %.2f of the rate\n", d, mean,
                      exp(log_mean));
        assert_true(exp(log_mean) > known[d].least && exp(log_mean) < known[d].most);
        assert_true(mean < 6);
    }
}

static void beyond_the_last_score_p_falls_without_a_step_and_never_to_0(void **state) {
    (void)state;
    quantile_of *const quantile[] = {normal, exponential, pareto};
    static float held[MOST];
    const int sizes[] = {1, 2, 4, 7, 40, 100, 1000, 20000};
    for (int d = 0; d < 3; d++) {
        for (int s = 0; s < 8; s++) {
            const int n = sizes[s];
            draw(held, n, quantile[d], (uint64_t)s, 7);
            hg__calibration c = calibrated(held, n);
            const double last = (double)c.score[n - 1], width = last - (double)c.score[0] + 1;
            double before = hg__calibration_p(&c, last);
            assert_true(before == 2.0 / (n + 1));
            before = 1.0 / (n + 1);
            for (int i = 1; i < 4000; i++) {
                const double x = last + width * i / 400, p = hg__calibration_p(&c, x);
                assert_true(p > 0 && p <= before);
                const double close = hg__calibration_p(&c, x + 1e-9 * width);
                assert_true(close <= p && close > p * (1 - 1e-5)); // continuous
                before = p;
            }
            if (c.tail.count > 0) assert_true(before < 0.9 / (n + 1));
            assert_true(hg__calibration_p(&c, (double)INFINITY) > 0 &&
                        hg__calibration_p(&c, 1e300) > 0);
            hg__calibration_clear(&c);
        }
    }
}

static void the_threshold_of_a_tiny_rate_is_where_p_passes_that_rate(void **state) {
    (void)state;
    quantile_of *const quantile[] = {normal, exponential, pareto};
    static float held[MOST];
    for (int d = 0; d < 3; d++) {
        draw(held, 500, quantile[d], 3, 8);
        hg__calibration c = calibrated(held, 500);
        for (int i = 0; i < 20; i++) {
            const double fpr = 1e-3 * pow(3, -i);
            const hg__threshold t = threshold_of(&c, fpr);
            assert_true(t.value >= (double)c.score[499]);
            if (t.value > (double)c.score[499]) {
                assert_true(near(hg__calibration_p(&c, t.value), fpr, 1e-9));
            } else {
                assert_true(hg__calibration_p(&c, nextafter(t.value, (double)INFINITY)) <= fpr);
            }
        }
        assert_true(isfinite(threshold_of(&c, 1e-300).value));
        hg__calibration_clear(&c);
    }
}

// The library's functions may differ in the last bit from one C library to the next: they are the oracle, not the means.
static void the_tail_is_its_formula(void **state) {
    (void)state;
    const double shapes[] = {0, 2e-4, 0.1, 0.5, 0.99};
    for (int s = 0; s < 5; s++) {
        const double k = shapes[s];
        const hg__tail t = {2, k, 3, 0.02, 20};
        for (int i = 0; i < 80; i++) {
            const double x = 2 + 1e-3 * (pow(1.3, i) - 1);
            const double want =
                0.02 * (k > 0 ? exp(-log1p(k * (x - 2) / 3) / k) : exp(-(x - 2) / 3));
            const double p = hg__tail_p(&t, x);
            assert_true(near(p, want, 1e-11) || (want < 1e-300 && p <= DBL_MIN));
            if (want < 1e-290 || x - 2 < 1e-2) continue;
            assert_true(near(hg__tail_quantile(&t, want), x, 1e-8));
        }
    }
}

static void a_bounded_p_ends_a_tenth_below_the_least_that_rows_can_say(void **state) {
    (void)state;
    float score[40];
    for (int i = 0; i < 40; i++) score[i] = (float)i;
    hg__calibration c = calibrated(score, 40);
    assert_true(hg__calibration_p(&c, 1e6) < 1e-6);
    assert_true(hg__calibration_p_bounded(&c, 1e6) == 0.1 / 41);
    assert_true(hg__calibration_p_bounded(&c, (double)INFINITY) == 0.1 / 41);
    assert_true(isnan(hg__calibration_p_bounded(&c, (double)NAN)));
    for (int i = -1; hg__calibration_p(&c, 0.5 * i) > 0.1 / 41; i++) {
        const double x = 0.5 * i;
        assert_true(hg__calibration_p_bounded(&c, x) == hg__calibration_p(&c, x));
    }
    hg__calibration_clear(&c);
}

static void without_peaks_that_differ_there_is_no_tail_and_p_stays(void **state) {
    (void)state;
    float score[300];
    for (int i = 0; i < 300; i++) score[i] = 4;
    hg__calibration c = calibrated(score, 300);
    assert_int_equal(c.tail.count, 0);
    const hg__threshold t = threshold_of(&c, 1e-5);
    assert_true(t.value == 4 && t.method == HG_THRESHOLD_TAIL);
    assert_true(hg__calibration_p(&c, 4) == 1 && hg__calibration_p(&c, 4.1) == 1 / 301.0);
    hg__calibration_clear(&c);
    score[17] = 3e38F; // one row apart: a peak, but only one
    score[3] = -3e38F;
    c = calibrated(score, 300);
    assert_true(c.tail.count == 1 && c.tail.shape == 0);
    assert_true(threshold_of(&c, 1e-9).value > 3e38);
    hg__calibration_clear(&c);
}

static void of_more_than_a_million_rows_the_same_million_stays_in_any_order(void **state) {
    (void)state;
    const int64_t n = 1200000;
    float *score = hg__alloc((size_t)n, sizeof *score, NULL),
          *turned = hg__alloc((size_t)n, sizeof *turned, NULL);
    assert_true(score && turned);
    for (int64_t i = 0; i < n; i++) score[i] = (float)((i * 7919) % n);
    for (int64_t i = 0; i < n; i++) turned[i] = score[n - 1 - i];
    hg__calibration a = calibrated(score, n), b = calibrated(turned, n);
    assert_int_equal(a.count, HG_CALIBRATION_MOST);
    assert_int_equal(b.count, HG_CALIBRATION_MOST);
    assert_memory_equal(a.score, b.score, (size_t)a.count * sizeof *a.score);
    assert_memory_equal(&a.tail, &b.tail, offsetof(hg__tail, count));
    for (int64_t i = 1; i < a.count; i++) assert_true(a.score[i - 1] < a.score[i]);
    // A random part: its middle is the whole's, within 5 deviations, and its threshold too.
    assert_true(fabs(threshold_of(&a, 0.5).value / (double)n - 0.5) < 5 * 0.5 / 1000);
    assert_true(fabs(threshold_of(&a, 0.01).value / (double)n - 0.99) < 5 * 0.1 / 1000);
    hg__calibration_clear(&a);
    hg__calibration_clear(&b);
    hg__free(score);
    hg__free(turned);
}

// ---- false discovery rate -----------------------------------------------------------------------

// The definition: the highest p that is no more than its rank's share of fdr.
static double limit_by_definition(const double *p, int n, double fdr) {
    double limit = 0;
    for (int i = 0; i < n; i++) {
        int rank = 0; // of the last of those equal to it
        for (int j = 0; j < n; j++) rank += p[j] <= p[i];
        if (p[i] <= rank * fdr / n && p[i] > limit) limit = p[i];
    }
    return limit;
}

static void the_limit_of_a_false_discovery_rate_is_benjamini_and_hochbergs(void **state) {
    (void)state;
    double p[200];
    int found = 0;
    for (uint64_t seed = 0; seed < 300; seed++) {
        const int n = 1 + (int)(seed % 200);
        for (int i = 0; i < n; i++) {
            const double u = unit(seed, 5, (uint32_t)i);
            p[i] = i % 3 ? ceil(u * 50) / 50 : u * u * u * u; // ties, and some that are low
        }
        const double limit = hg__fdr_limit(p, n, 0.1, NULL);
        assert_true(limit == limit_by_definition(p, n, 0.1));
        found += limit > 0;
    }
    assert_true(found > 100 && found < 300);
    assert_true(hg__fdr_limit(p, 0, 0.1, NULL) == 0);
    hg_error err;
    p[3] = 1.5;
    assert_true(hg__fdr_limit(p, 10, 0.1, &err) == HG_ERR_DATA);
    assert_string_equal(err.message, "p of row 4: expected 0 to 1, got 1.5");
    assert_true(hg__fdr_limit(p, 3, 0, &err) == HG_ERR_USAGE);
}

// ---- counted shares, alarms a day ---------------------------------------------------------------

// P(least <= hits <= most) of n trials with probability x, summed term by term.
static double binomial_between(int64_t least, int64_t most, int64_t n, double x) {
    double sum = 0;
    for (int64_t j = least; j <= most; j++) {
        const double ways =
            lgamma((double)n + 1) - lgamma((double)j + 1) - lgamma((double)(n - j) + 1);
        sum += exp(ways + (double)j * log(x) + (double)(n - j) * log1p(-x));
    }
    return sum;
}

static void clopper_and_pearsons_interval_leaves_half_of_the_rest_on_each_side(void **state) {
    (void)state;
    const int64_t trials[] = {1, 2, 10, 117, 1000};
    for (int t = 0; t < 5; t++) {
        const int64_t n = trials[t], step = n > 100 ? 13 : 1;
        for (int64_t k = 0; k <= n; k += step) {
            const hg__interval share = hg__proportion(k, n, 0.9);
            assert_true(share.value == (double)k / (double)n);
            assert_true(k < n ? near(binomial_between(0, k, n, share.high), 0.05, 1e-9)
                              : share.high == 1);
            assert_true(k > 0 ? near(binomial_between(k, n, n, share.low), 0.05, 1e-9)
                              : share.low == 0);
        }
    }
    assert_true(isnan(hg__proportion(0, 0, 0.95).value) && isnan(hg__proportion(0, 0, 0.95).high));
}

static void alarms_a_day_at_rows_a_minute_are_a_rate(void **state) {
    (void)state;
    const struct {
        const char *alarms, *rate;
        double fpr;
    } good[] = {
        {"2/day",     "1000/min",  2.0 / 1440000 },
        {"1/week",    "1/s",       1.0 / 604800  },
        {"0.5/h",     "10/hour",   0.05          },
        {"3/minute",  "1e3/sec",   3.0 / 60000   },
        {"7/d",       "1/second",  7.0 / 86400   },
        {"2 per day", "10k / min", 2.0 / 14400000},
        {"1 /week",   "0.5 M/h",   1.0 / 84e6    },
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        double fpr = 0;
        assert_int_equal(hg__alarms_fpr(good[i].alarms, good[i].rate, &fpr, NULL), HG_OK);
        assert_true(near(fpr, good[i].fpr, 1e-15));
    }
    const char *const bad[] = {"",        "2",      "2/",     "/day",   "2/fortnight",
                               "0/day",   "-1/day", "x/day",  "2/day ", "2//day",
                               "inf/day", "2 days", "2Q/day", "k/day",  "per day"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double fpr = 7;
        hg_error err = {0};
        assert_int_equal(hg__alarms_fpr(bad[i], "1/s", &fpr, &err), HG_ERR_USAGE);
        assert_non_null(strstr(err.message, "alarms="));
        assert_int_equal(hg__alarms_fpr("1/week", bad[i], &fpr, &err), HG_ERR_USAGE);
        assert_non_null(strstr(err.message, "rate="));
        assert_true(fpr == 7);
    }
    hg_error err = {0};
    double fpr;
    assert_int_equal(hg__alarms_fpr("60/min", "1/s", &fpr, &err), HG_ERR_USAGE);
    assert_string_equal(err.message,
                        "alarms=60/min rate=1/s: expected fewer alarms than rows, got 1 "
                        "alarms a row");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_all_places_of_a_fresh_row_exactly_the_promised_number_alarms),
        cmocka_unit_test(with_ties_no_more_than_the_promised_number_of_places_alarms),
        cmocka_unit_test(nineteen_rows_do_for_one_in_twenty_and_eighteen_do_not),
        cmocka_unit_test(the_least_rows_of_a_rate_are_exact_for_decimal_fractions),
        cmocka_unit_test(rounding_of_a_decimal_rate_costs_no_row),
        cmocka_unit_test(p_counts_the_held_out_scores_that_are_as_high),
        cmocka_unit_test(scores_that_are_not_finite_and_rates_that_are_none_are_refused),
        cmocka_unit_test(the_realised_rate_on_fresh_rows_is_the_one_asked_for),
        cmocka_unit_test(the_tail_is_right_within_a_factor_at_a_tenth_of_the_guaranteed_rate),
        cmocka_unit_test(beyond_the_last_score_p_falls_without_a_step_and_never_to_0),
        cmocka_unit_test(the_threshold_of_a_tiny_rate_is_where_p_passes_that_rate),
        cmocka_unit_test(the_tail_is_its_formula),
        cmocka_unit_test(a_bounded_p_ends_a_tenth_below_the_least_that_rows_can_say),
        cmocka_unit_test(without_peaks_that_differ_there_is_no_tail_and_p_stays),
        cmocka_unit_test(of_more_than_a_million_rows_the_same_million_stays_in_any_order),
        cmocka_unit_test(the_limit_of_a_false_discovery_rate_is_benjamini_and_hochbergs),
        cmocka_unit_test(clopper_and_pearsons_interval_leaves_half_of_the_rest_on_each_side),
        cmocka_unit_test(alarms_a_day_at_rows_a_minute_are_a_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

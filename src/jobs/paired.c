// SPDX-License-Identifier: Apache-2.0
// paired.c - what paired errors of models say, and Student's t.
#include "jobs/paired.h"

#include <math.h>

#include "base/mem.h"
#include "base/real.h"

// ---- Student's t ----------------------------------------------------------------------------------

enum { MOST_FREEDOM = 100000, MOST_TERMS = 4000 };

static double exponential(double x) {
    return x < 0 ? 1 / (1 + hg__expm1(-x)) : 1 + hg__expm1(x);
}

// Stirling's series, from where it is exact to the last bits; below by log gamma(x) = log gamma(x + 1) - log x.
static double log_gamma(double x) {
    double below = 0;
    while (x < 12) {
        below += hg__log(x);
        x += 1;
    }
    const double r = 1 / (x * x), half_log_turn = 0.91893853320467274178;
    const double series = (1.0 / 12 - r * (1.0 / 360 - r * (1.0 / 1260 - r / 1680))) / x;
    return (x - 0.5) * hg__log(x) - x + half_log_turn + series - below;
}

// The continued fraction of the incomplete beta function (Abramowitz and Stegun 26.5.8), by Lentz's method.
static double beta_fraction(double a, double b, double x) {
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double all = d;
    for (int m = 1; m <= MOST_TERMS; m++) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double step = 1;
        for (int half = 0; half < 2; half++) {
            const double term = half ? odd : even;
            d = 1 + term * d;
            c = 1 + term / c;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = fabs(c) < tiny ? tiny : c;
            step = c * d;
            all *= step;
        }
        if (fabs(step - 1) < 1e-15) break;
    }
    return all;
}

// The share of a beta distribution below x; y is 1 - x, told apart where x is near 1.
static double beta_below(double a, double b, double x, double y) {
    if (x <= 0) return 0;
    if (y <= 0) return 1;
    const double log_beta = log_gamma(a) + log_gamma(b) - log_gamma(a + b);
    const double front = exponential(a * hg__log(x) + b * hg__log(y) - log_beta);
    if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, y) / b;
}

double hg__student_beyond(double t, double df) {
    if (isnan(t) || isnan(df)) return (double)NAN;
    if (isinf(t)) return 0;
    const double n = df > MOST_FREEDOM ? MOST_FREEDOM : df, squared = t * t;
    return beta_below(n / 2, 0.5, n / (n + squared), squared / (n + squared));
}

double hg__student_limit(double p, double df) {
    double low = 0, high = 1;
    while (high < 1e15 && hg__student_beyond(high, df) > p) high *= 2;
    for (int i = 0; i < 100; i++) {
        const double middle = (low + high) / 2;
        if (hg__student_beyond(middle, df) > p) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return high;
}

// ---- several tests --------------------------------------------------------------------------------

void hg__holm(double *p, int32_t *order, int32_t count) {
    int32_t tests = 0;
    for (int32_t i = 0; i < count; i++) { // insertion: pairs of a dozen models
        if (isnan(p[i])) continue;
        int32_t at = tests++;
        for (; at > 0 && p[order[at - 1]] > p[i]; at--) order[at] = order[at - 1];
        order[at] = i;
    }
    double least = 0;
    for (int32_t k = 0; k < tests; k++) {
        const double own = p[order[k]] * (tests - k);
        least = own > least ? own : least;
        p[order[k]] = least < 1 ? least : 1;
    }
}

// ---- errors ---------------------------------------------------------------------------------------

int hg__paired_init(hg__paired *p, int32_t models, int32_t seeds, int64_t rows, bool has_same_rows,
                    hg_error *err) {
    *p = (hg__paired){.models = models, .rows = rows, .has_same_rows = has_same_rows};
    p->mean = hg__alloc((size_t)seeds * (size_t)models, sizeof *p->mean, err);
    if (p->mean) p->spread = hg__alloc((size_t)models * (size_t)models, sizeof *p->spread, err);
    if (p->spread && has_same_rows) {
        p->sum = hg__alloc((size_t)models * (size_t)rows, sizeof *p->sum, err);
    }
    if (p->spread && (p->sum || !has_same_rows)) return HG_OK;
    hg__paired_clear(p);
    return HG_ERR_MEMORY;
}

void hg__paired_clear(hg__paired *p) {
    hg__free(p->mean);
    hg__free(p->spread);
    hg__free(p->sum);
    *p = (hg__paired){0};
}

// The variance of x - y (rows) between rows; y NULL: of x.
static double variance(const double *x, const double *y, int64_t rows) {
    double mean = 0, squares = 0;
    for (int64_t i = 0; i < rows; i++) mean += x[i] - (y ? y[i] : 0);
    mean /= (double)rows;
    for (int64_t i = 0; i < rows; i++) {
        const double d = x[i] - (y ? y[i] : 0) - mean;
        squares += d * d;
    }
    return rows > 1 ? squares / (double)(rows - 1) : (double)NAN;
}

void hg__paired_add(hg__paired *p, const double *error) {
    double *mean = p->mean + (ptrdiff_t)p->seeds * p->models;
    for (int32_t a = 0; a < p->models; a++) {
        const double *own = error + a * p->rows;
        for (int64_t i = 0; i < p->rows; i++) {
            mean[a] += own[i];
            if (p->sum) p->sum[a * p->rows + i] += own[i];
        }
        mean[a] /= (double)p->rows;
        for (int32_t b = 0; !p->sum && b <= a; b++) {
            p->spread[a * p->models + b] +=
                variance(own, a == b ? NULL : error + b * p->rows, p->rows);
        }
    }
    p->seeds++;
}

// Of model a's error, b < 0, or of the difference.
static double seed_value(const hg__paired *p, int32_t seed, int32_t a, int32_t b) {
    const double *mean = p->mean + (ptrdiff_t)seed * p->models;
    return b < 0 ? mean[a] : mean[a] - mean[b];
}

// What other rows would change: the variance of the mean.
static double row_part(const hg__paired *p, int32_t a, int32_t b) {
    const double n = p->seeds, rows = (double)p->rows;
    if (p->sum) {
        const double *own = p->sum + a * p->rows, *other = b < 0 ? NULL : p->sum + b * p->rows;
        return variance(own, other, p->rows) / (n * n * rows);
    }
    const int32_t high = a > b ? a : b, low = b < 0 ? a : a < b ? a : b;
    return p->spread[high * p->models + low] / (n * n * rows);
}

static hg__estimate estimate(const hg__paired *p, int32_t a, int32_t b) {
    const double n = p->seeds, freedom = (double)(p->rows - 1) * (p->sum ? 1 : n);
    hg__estimate e = {.low = (double)NAN, .high = (double)NAN, .p = (double)NAN};
    double between = 0;
    for (int32_t s = 0; s < p->seeds; s++) e.mean += seed_value(p, s, a, b) / n;
    for (int32_t s = 0; s < p->seeds; s++) {
        const double d = seed_value(p, s, a, b) - e.mean;
        if (p->seeds > 1) between += d * d / (n * (n - 1));
    }
    const double rows = row_part(p, a, b), all = between + rows;
    if (isnan(all)) return e;
    if (all == 0) {
        e.low = e.high = e.mean;
        e.p = e.mean == 0;
        return e;
    }
    const double parts = (p->seeds > 1 ? between * between / (n - 1) : 0) + rows * rows / freedom;
    const double df = all * all / parts, error = sqrt(all);
    const double reach = hg__student_limit(0.05, df) * error;
    e.low = e.mean - reach;
    e.high = e.mean + reach;
    e.p = hg__student_beyond(e.mean / error, df);
    return e;
}

hg__estimate hg__paired_mean(const hg__paired *p, int32_t model) {
    hg__estimate e = estimate(p, model, -1);
    if (e.low < 0) e.low = 0; // no error is
    return e;
}

hg__estimate hg__paired_difference(const hg__paired *p, int32_t a, int32_t b) {
    return estimate(p, a, b);
}

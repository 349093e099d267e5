// SPDX-License-Identifier: Apache-2.0
// calibration.c - conformal p-values and thresholds, the tail beyond them, and the false discovery rate.
#include "detect/calibration.h"

#include <inttypes.h>
#include <math.h>

#include "base/mem.h"
#include "base/rng.h"

static int by_score(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

// score (count), sorted, owned -> a random part of it, sorted. The part depends on ranks, not on the order of rows.
static float *keep_some(float *score, int64_t count, int64_t kept, hg_error *err) {
    float *some = hg__alloc((size_t)kept, sizeof *some, err);
    const hg__shuffle s = hg__shuffle_init(0, HG_STREAM_SPLIT, 0, (uint64_t)count);
    for (int64_t i = 0; some && i < kept; i++) some[i] = score[hg__shuffle_at(&s, (uint64_t)i)];
    hg__free(score);
    if (some) qsort(some, (size_t)kept, sizeof *some, by_score);
    return some;
}

int hg__calibration_init(hg__calibration *c, const float *score, int64_t count, hg_error *err) {
    *c = (hg__calibration){0};
    if (count < 1) return hg__fail(err, HG_ERR_DATA, "calibration: expected held-out rows, got 0");
    for (int64_t i = 0; i < count; i++) {
        if (isfinite(score[i])) continue;
        return hg__fail(err, HG_ERR_DATA,
                        "score of held-out row %" PRId64 ": expected a finite number, got %g",
                        i + 1, (double)score[i]);
    }
    float *sorted = hg__alloc((size_t)count, sizeof *sorted, err);
    if (!sorted) return HG_ERR_MEMORY;
    for (int64_t i = 0; i < count; i++) sorted[i] = score[i] + 0.0F; // -0 is 0
    qsort(sorted, (size_t)count, sizeof *sorted, by_score);
    if (count > HG_CALIBRATION_MOST) {
        sorted = keep_some(sorted, count, HG_CALIBRATION_MOST, err);
        if (!sorted) return HG_ERR_MEMORY;
        count = HG_CALIBRATION_MOST;
    }
    *c = (hg__calibration){sorted, count, hg__tail_fit(sorted, count)};
    return HG_OK;
}

void hg__calibration_clear(hg__calibration *c) {
    hg__free(c->score);
    *c = (hg__calibration){0};
}

// How many held-out scores are at least this one.
static int64_t count_from(const hg__calibration *c, double score) {
    int64_t low = 0, high = c->count; // all below low are less; none from high on is
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if ((double)c->score[middle] < score) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return c->count - low;
}

static double p_of(const hg__calibration *c, double score, int64_t from) {
    const double p = (double)(1 + from) / (double)(c->count + 1);
    if (from > 0 || c->tail.count == 0) return p;
    const double beyond = hg__tail_p(&c->tail, score);
    return beyond < p ? beyond : p;
}

double hg__calibration_p(const hg__calibration *c, double score) {
    return isnan(score) ? score : p_of(c, score, count_from(c, score));
}

double hg__calibration_p_near(const hg__calibration *c, double score, int64_t *near) {
    const int64_t low = c->count - *near; // the first that may be as much
    if (isnan(score)) return score;
    const bool is_same = low >= 0 && low <= c->count &&
                         (low == 0 || (double)c->score[low - 1] < score) &&
                         (low == c->count || !((double)c->score[low] < score));
    if (!is_same) *near = count_from(c, score);
    return p_of(c, score, *near);
}

double hg__calibration_p_bounded(const hg__calibration *c, double score) {
    const double p = hg__calibration_p(c, score), least = 0.1 / (double)(c->count + 1);
    return p < least ? least : p; // NaN stays one
}

// floor(fpr (n + 1)). fpr is a decimal fraction rounded to binary, so a product that misses a whole number by no more
// than rounding is that number: 0.29 of 100 is 29.
static double alarms_among(double fpr, double n) {
    return floor(fpr * (n + 1) * (1 + 4 * 0x1p-52));
}

bool hg__calibration_is_enough(const hg__calibration *c, double fpr) {
    return alarms_among(fpr, (double)c->count) >= 1;
}

static int64_t least_rows(double fpr) {
    double n = ceil(1 / fpr) - 1;
    if (n > 0x1p52) return INT64_C(1) << 52;
    while (n > 1 && alarms_among(fpr, n - 1) >= 1) n--;
    while (alarms_among(fpr, n) < 1) n++;
    return n > 1 ? (int64_t)n : 1;
}

int hg__calibration_threshold(const hg__calibration *c, double fpr, hg__threshold *t,
                              hg_error *err) {
    if (!(fpr > 0 && fpr < 1)) {
        return hg__fail(err, HG_ERR_USAGE, "fpr=%g: expected a number between 0 and 1", fpr);
    }
    *t = (hg__threshold){0, fpr, HG_THRESHOLD_CONFORMAL, c->count, least_rows(fpr)};
    const int64_t k = (int64_t)alarms_among(fpr, (double)c->count);
    if (k >= 1) {
        // k <= count, for fpr < 1; at k = count + 1 every gap would be an alarm.
        t->value = (double)c->score[k <= c->count ? c->count - k : 0];
        return HG_OK;
    }
    t->method = HG_THRESHOLD_TAIL;
    t->value = (double)c->score[c->count - 1];
    if (c->tail.count > 0 && fpr < c->tail.rate) {
        const double beyond = hg__tail_quantile(&c->tail, fpr);
        if (beyond > t->value) t->value = beyond;
    }
    return HG_OK;
}

void hg__threshold_describe(const hg__threshold *t, const char *what, char *text, size_t size) {
    if (t->method == HG_THRESHOLD_CONFORMAL) {
        snprintf(text, size,
                 "threshold %.9g: at most %g of normal %s raise an alarm (%" PRId64 " held-out %s)",
                 t->value, t->fpr, what, t->count, what);
    } else {
        snprintf(text, size,
                 "threshold %.9g: extrapolated; a guarantee at a rate of %g takes %" PRId64
                 " held-out %s and there are %" PRId64,
                 t->value, t->fpr, t->least, what, t->count);
    }
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double hg__fdr_limit(const double *p, int64_t count, double fdr, hg_error *err) {
    if (!(fdr > 0 && fdr <= 1)) {
        return hg__fail(err, HG_ERR_USAGE, "fdr=%g: expected a number between 0 and 1", fdr);
    }
    double *sorted = hg__alloc((size_t)count, sizeof *sorted, err);
    if (!sorted) return HG_ERR_MEMORY;
    double limit = 0;
    for (int64_t i = 0; i < count; i++) {
        sorted[i] = p[i];
        if (p[i] >= 0 && p[i] <= 1) continue;
        limit = hg__fail(err, HG_ERR_DATA, "p of row %" PRId64 ": expected 0 to 1, got %g", i + 1,
                         p[i]);
        break;
    }
    if (limit < 0) count = 0;
    qsort(sorted, (size_t)count, sizeof *sorted, by_value);
    for (int64_t k = count; k >= 1; k--) {
        if (sorted[k - 1] > (double)k * fdr / (double)count) continue;
        limit = sorted[k - 1];
        break;
    }
    hg__free(sorted);
    return limit;
}

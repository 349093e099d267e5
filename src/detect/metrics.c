// SPDX-License-Identifier: Apache-2.0
// metrics.c - all metrics in one walk down the distinct scores, and how sure a share is that was counted.
//
//   distinct score   9.1  7.4  7.0  3.3 ...     highest first
//   anomalies          1    0    2    0         how many of each label have that score; a resample has other
//   normal rows        0    1    1    4         counts for the same scores, so nothing is sorted again
#include "detect/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/real.h"
#include "base/rng.h"

enum { AUROC, AP, BEST_F1, PRECISION_AT_N, FPR_AT_95_TPR, POINTS };

typedef struct tally {
    uint32_t normal, anomalies;
} tally;

typedef struct walk {
    int64_t places;  // distinct scores
    float *score;    // (places) highest first
    tally *count;    // (places)
    int64_t rows[2]; // of each label
} walk;

typedef struct point {
    double value[POINTS];
    int64_t best; // the place down to which F1 is best
} point;

// ---- one walk -----------------------------------------------------------------------------------

// AUROC: Mann & Whitney's U over the pairs. All counts are integers: the sums of pairs stay below 2^63.
static point measure(const walk *w, const tally *count) {
    const int64_t normal = w->rows[0], anomalies = w->rows[1];
    point p = {{0}, 0};
    int64_t found = 0, alarms = 0, pairs_twice = 0;
    bool reached_95 = false, reached_n = false;
    for (int64_t i = 0; i < w->places; i++) {
        const int64_t hit = count[i].anomalies, missed = count[i].normal;
        if (hit + missed == 0) continue;
        const int64_t below = normal - (alarms - found) - missed;
        pairs_twice += hit * (2 * below + missed);
        if (!reached_n && alarms + hit + missed >= anomalies) {
            const double part = (double)(anomalies - alarms) / (double)(hit + missed);
            p.value[PRECISION_AT_N] = ((double)found + part * (double)hit) / (double)anomalies;
            reached_n = true;
        }
        found += hit;
        alarms += hit + missed;
        if (hit == 0) continue;
        p.value[AP] += (double)hit / (double)anomalies * ((double)found / (double)alarms);
        const double f1 = 2.0 * (double)found / (double)(anomalies + alarms);
        if (f1 > p.value[BEST_F1]) p.value[BEST_F1] = f1, p.best = i;
        if (!reached_95 && 20 * found >= 19 * anomalies) {
            p.value[FPR_AT_95_TPR] = (double)(alarms - found) / (double)normal;
            reached_95 = true;
        }
    }
    p.value[AUROC] = (double)pairs_twice / (2.0 * (double)normal * (double)anomalies);
    return p;
}

// A threshold that the scores down to place i are above, and no others.
static double threshold_below(const walk *w, int64_t i) {
    const double score = (double)w->score[i];
    if (i + 1 < w->places) return (score + (double)w->score[i + 1]) / 2;
    const float next = nextafterf(w->score[i], -INFINITY);
    return isinf(next) ? nextafter(score, (double)-INFINITY) : (double)next;
}

// ---- from rows to places ------------------------------------------------------------------------

static int check(const float *score, const uint8_t *label, int64_t rows, hg__metrics *m,
                 hg_error *err) {
    if (rows > INT32_MAX) {
        return hg__fail(err, HG_ERR_DATA, "expected at most %d scores, got %lld", INT32_MAX,
                        (long long)rows);
    }
    for (int64_t i = 0; i < rows; i++) {
        if (!isfinite(score[i])) {
            return hg__fail(err, HG_ERR_DATA, "score of row %lld: expected a finite number, got %g",
                            (long long)i + 1, (double)score[i]);
        }
        if (label[i] > 1) {
            return hg__fail(err, HG_ERR_DATA, "label of row %lld: expected 0 or 1, got %d",
                            (long long)i + 1, label[i]);
        }
        m->anomalies += label[i];
    }
    m->normal = rows - m->anomalies;
    return HG_OK;
}

// A key that sorts as the score, with the label in its lowest bit.
static uint64_t key_of(float score, uint8_t label) {
    const float x = score + 0.0F; // -0 is 0
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits ^= bits >> 31 ? UINT32_MAX : UINT32_C(1) << 31;
    return (uint64_t)bits << 1 | label;
}

static float score_of(uint64_t key) {
    uint32_t bits = (uint32_t)(key >> 1);
    bits ^= bits >> 31 ? UINT32_C(1) << 31 : UINT32_MAX;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static int highest_first(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x < y) - (x > y);
}

static void walk_clear(walk *w) {
    hg__free(w->score);
    hg__free(w->count);
}

static int walk_init(walk *w, const float *score, const uint8_t *label, int64_t rows,
                     hg_error *err) {
    *w = (walk){0};
    const size_t n = (size_t)rows;
    uint64_t *key = hg__alloc(n, sizeof *key, err); // (rows)
    w->score = hg__alloc(n, sizeof *w->score, err);
    w->count = hg__alloc(n, sizeof *w->count, err);
    if (!key || !w->score || !w->count) {
        hg__free(key);
        walk_clear(w);
        return HG_ERR_MEMORY;
    }
    for (size_t i = 0; i < n; i++) key[i] = key_of(score[i], label[i]);
    qsort(key, n, sizeof *key, highest_first);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || key[i] >> 1 != key[i - 1] >> 1) w->score[w->places++] = score_of(key[i]);
        tally *t = w->count + w->places - 1;
        *(key[i] & 1 ? &t->anomalies : &t->normal) += 1;
        w->rows[key[i] & 1]++;
    }
    hg__free(key);
    return HG_OK;
}

// ---- resamples ----------------------------------------------------------------------------------

typedef struct bootstrap {
    const walk *w;
    uint64_t seed;
    int32_t resamples;
    uint32_t *place[2]; // (rows of the label): where each row of that label is
    tally *count;       // (places): of the resample
    double *value;      // (POINTS, resamples)
} bootstrap;

static void bootstrap_clear(bootstrap *b) {
    hg__free(b->place[0]);
    hg__free(b->place[1]);
    hg__free(b->count);
    hg__free(b->value);
}

static int bootstrap_init(bootstrap *b, hg_error *err) {
    const walk *w = b->w;
    for (int32_t l = 0; l < 2; l++) {
        b->place[l] = hg__alloc((size_t)w->rows[l], sizeof *b->place[l], err);
    }
    b->count = hg__alloc((size_t)w->places, sizeof *b->count, err);
    b->value = hg__alloc((size_t)b->resamples * POINTS, sizeof *b->value, err);
    if (!b->place[0] || !b->place[1] || !b->count || !b->value) return HG_ERR_MEMORY;
    size_t at[2] = {0, 0};
    for (int64_t i = 0; i < w->places; i++) {
        for (uint32_t k = 0; k < w->count[i].normal; k++) b->place[0][at[0]++] = (uint32_t)i;
        for (uint32_t k = 0; k < w->count[i].anomalies; k++) b->place[1][at[1]++] = (uint32_t)i;
    }
    return HG_OK;
}

// As many rows of each label as there are, drawn with replacement: 32 random bits times the count, the upper half.
static void draw(bootstrap *b, int32_t resample) {
    memset(b->count, 0, (size_t)b->w->places * sizeof *b->count);
    for (uint32_t l = 0; l < 2; l++) {
        const uint64_t rows = (uint64_t)b->w->rows[l];
        const uint32_t *place = b->place[l];
        for (uint64_t i = 0; i < rows; i += 4) {
            const hg__philox r = hg__philox_run(b->seed, HG_STREAM_BOOTSTRAP, (uint32_t)resample,
                                                (uint32_t)(i / 4), l);
            const uint64_t some = rows - i < 4 ? rows - i : 4;
            for (uint64_t k = 0; k < some; k++) {
                tally *t = b->count + place[r.word[k] * rows >> 32];
                *(l ? &t->anomalies : &t->normal) += 1;
            }
        }
    }
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

bool hg__percentile_interval(double *value, int32_t n, double level, hg__interval *to) {
    int32_t finite = 0;
    for (int32_t r = 0; r < n; r++) {
        if (isfinite(value[r])) value[finite++] = value[r];
    }
    if (2 * finite <= n) return false;
    qsort(value, (size_t)finite, sizeof *value, ascending);
    to->low = hg__quantile(value, finite, (1 - level) / 2);
    to->high = hg__quantile(value, finite, (1 + level) / 2);
    return true;
}

static int add_intervals(const walk *w, double level, uint64_t seed, int32_t resamples,
                         hg__interval *const to[POINTS], hg_error *err) {
    bootstrap b = {w, seed, resamples, {0}, 0, 0};
    int code = bootstrap_init(&b, err);
    for (int32_t r = 0; r < resamples && code == HG_OK; r++) {
        draw(&b, r);
        const point p = measure(w, b.count);
        for (int32_t k = 0; k < POINTS; k++) b.value[k * resamples + r] = p.value[k];
    }
    for (int32_t k = 0; k < POINTS && code == HG_OK; k++) {
        (void)hg__percentile_interval(b.value + k * resamples, resamples, level, to[k]);
    }
    bootstrap_clear(&b);
    return code;
}

// ---- the whole ----------------------------------------------------------------------------------

static int32_t affordable(int32_t resamples, int64_t rows) {
    const int64_t most = 100000000 / rows, allowed = most < 200 ? 200 : most;
    return resamples < allowed ? resamples : (int32_t)allowed;
}

static void add_counts_at(const float *score, const uint8_t *label, int64_t rows,
                          const hg__metrics_options *o, hg__metrics *m) {
    int64_t alarms[2] = {0, 0}; // by label
    for (int64_t i = 0; i < rows; i++) alarms[label[i]] += (double)score[i] > o->threshold;
    m->false_alarm_rate = hg__proportion(alarms[0], m->normal, o->level);
    m->recall = hg__proportion(alarms[1], m->anomalies, o->level);
    m->precision = hg__proportion(alarms[1], alarms[0] + alarms[1], o->level);
}

static hg__metrics nothing_known(void) {
    const hg__interval none = {(double)NAN, (double)NAN, (double)NAN};
    return (hg__metrics){.auroc = none,
                         .ap = none,
                         .best_f1 = none,
                         .best_f1_threshold = (double)NAN,
                         .precision_at_n = none,
                         .fpr_at_95_tpr = none,
                         .false_alarm_rate = none,
                         .recall = none,
                         .precision = none};
}

int hg__metrics_at(const float *score, const uint8_t *label, int64_t rows,
                   const hg__metrics_options *o, hg__metrics *m, hg_error *err) {
    *m = nothing_known();
    HG_TRY(check(score, label, rows, m, err));
    if (!isnan(o->threshold)) add_counts_at(score, label, rows, o, m);
    return HG_OK;
}

int hg__metrics_of(const float *score, const uint8_t *label, int64_t rows,
                   const hg__metrics_options *o, hg__metrics *m, hg_error *err) {
    HG_TRY(hg__metrics_at(score, label, rows, o, m, err));
    if (m->normal == 0 || m->anomalies == 0) {
        return hg__fail(err, HG_ERR_DATA,
                        "labels: expected normal rows and anomalies, got %lld normal rows and %lld "
                        "anomalies",
                        (long long)m->normal, (long long)m->anomalies);
    }
    walk w;
    HG_TRY(walk_init(&w, score, label, rows, err));
    const point p = measure(&w, w.count);
    hg__interval *const to[POINTS] = {&m->auroc, &m->ap, &m->best_f1, &m->precision_at_n,
                                      &m->fpr_at_95_tpr};
    for (int32_t k = 0; k < POINTS; k++) to[k]->value = p.value[k];
    m->best_f1_threshold = threshold_below(&w, p.best);
    m->resamples = affordable(o->resamples, rows);
    const int code =
        m->resamples > 0 ? add_intervals(&w, o->level, o->seed, m->resamples, to, err) : HG_OK;
    walk_clear(&w);
    return code;
}

static double log_gamma(double x) {
    int sign;
    return lgamma_r(x, &sign);
}

// 1 / (1 + d_1 / (1 + d_2 / (1 + ...))) for x < (a + 1) / (a + b + 2): NIST's Digital Library of Mathematical Functions,
// 8.17.22, by Lentz's method as modified by Thompson and Barnett (1986). It takes about sqrt(max(a, b)) terms.
static double fraction(double a, double b, double x) {
    const double tiny = 1e-300;
    double value = 1, up = 1, down = 0;
    for (int32_t i = 1; i < 100000; i++) {
        const int32_t half = i / 2;
        const double m = (double)half;
        const double d = i % 2 ? -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
                               : m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        up = 1 + d / up;
        down = 1 + d * down;
        if (fabs(up) < tiny) up = tiny;
        if (fabs(down) < tiny) down = tiny;
        down = 1 / down;
        value *= up * down;
        if (fabs(up * down - 1) < 1e-15) break;
    }
    return 1 / value;
}

double hg__incomplete_beta(double a, double b, double x) {
    if (x <= 0) return 0;
    if (x >= 1) return 1;
    const double front =
        exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2)) return front * fraction(a, b, x) / a;
    return 1 - front * fraction(b, a, 1 - x) / b;
}

// The x at which I_x(a, b) is p, by halving: it rises with x.
static double beta_quantile(double a, double b, double p) {
    double low = 0, high = 1;
    for (int32_t i = 0; i < 80; i++) {
        const double x = (low + high) / 2;
        if (hg__incomplete_beta(a, b, x) < p) {
            low = x;
        } else {
            high = x;
        }
    }
    return (low + high) / 2;
}

hg__interval hg__proportion(int64_t hits, int64_t trials, double level) {
    if (trials < 1) return (hg__interval){(double)NAN, (double)NAN, (double)NAN};
    const double k = (double)hits, n = (double)trials, side = (1 - level) / 2;
    const double low = hits ? beta_quantile(k, n - k + 1, side) : 0;
    const double high = hits < trials ? beta_quantile(k + 1, n - k, 1 - side) : 1;
    return (hg__interval){k / n, low, high};
}

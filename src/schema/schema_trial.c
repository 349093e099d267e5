// SPDX-License-Identifier: Apache-2.0
// schema_trial.c - whether numbers above 0 are seen better through a log, tried with errors planted into held-out rows.
//
// No shape of a column says it: of two that look alike, one may follow the other columns in proportion (a price its article), the
// other be high where something is wrong and else mean nothing. So each skewed column is predicted from the others (schema_regression.c)
// as it is, through a log whose unit is the typical value, and through one whose unit is a low value, which is a log throughout.
// What counts is how many planted errors lie farther from their prediction than the farthest of the rows do. A log is taken
// where it finds clearly more, and hardly fewer of any kind.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/real.h"
#include "base/rng.h"
#include "schema/schema_internal.h"
#include "schema/schema_measure.h"

enum {
    COLUMNS = 256, // of a table, the first
    ROWS = 2048,   // of the sample, fewer where a table has many columns
    MANY = 64,
    LEAST_ROWS = 100,
    LEAST_DIFFERENT = 20,
    FARTHEST = 20 // one in so many rows is among the farthest
};
static const double span = 4; // between the hundredth from below and from above, at least
static const double gain = 0.1, loss = 0.03, chance = 0.3, draw = 0.02;

// ---- the rows -----------------------------------------------------------------------------------

int hg__trial_take(hg__trial *t, const hg__measuring *m, hg_error *err) {
    t->positions = hg__min(m->columns, COLUMNS);
    const int64_t most = m->columns > MANY ? (int64_t)ROWS * MANY / t->positions : ROWS;
    t->rows = m->sampled < most ? m->sampled : most;
    if (t->rows < LEAST_ROWS) return HG_OK;
    t->cell = hg__alloc((size_t)t->positions * (size_t)t->rows, sizeof *t->cell, err);
    if (!t->cell) return HG_ERR_MEMORY;
    // In no order: sources that take turns would all be of one half.
    const hg__shuffle order = hg__shuffle_init(0, HG_STREAM_SCHEMA, 1, (uint64_t)m->sampled);
    for (int64_t i = 0; i < t->rows; i++) {
        const int64_t row = (int64_t)hg__shuffle_at(&order, (uint64_t)i);
        for (int32_t p = 0; p < t->positions; p++) {
            t->cell[p * t->rows + i] = m->sample[(int64_t)p * m->sample_rows + row];
        }
    }
    return HG_OK;
}

void hg__trial_clear(hg__trial *t) {
    hg__free(t->cell);
    *t = (hg__trial){0};
}

// ---- errors -------------------------------------------------------------------------------------

// One column under trial.
typedef struct tried {
    const double *x; // (rows): NaN where there is none
    int64_t rows;
    double *sorted; // (count)
    int64_t count;
} tried;

static double ten_times(const tried *t, int64_t row) {
    return t->x[row] * 10;
}

static double a_tenth(const tried *t, int64_t row) {
    return t->x[row] / 10;
}

// Of its first four digits the first two neighbours that differ change places: 38.6 for 83.6.
static double swap_digits(const tried *t, int64_t row) {
    double size = t->x[row];
    if (!(size > 1e-100 && size < 1e100)) return size;
    while (size >= 10000) size /= 10;
    while (size < 1000) size *= 10;
    const int32_t all = (int32_t)(size + 0.5);
    for (int32_t place = 100; place > 0; place /= 10) {
        const int32_t high = all / place / 10 % 10, low = all / place % 10;
        if (high == low) continue;
        return t->x[row] * (double)(all + (low - high) * 9 * place) / (double)all;
    }
    return t->x[row];
}

// That of another row.
static double copy_other(const tried *t, int64_t row) {
    return t->x[(row + t->rows / 2) % t->rows];
}

// One of the high values that the column has anyway, and those between them.
static double take_high(const tried *t, int64_t row) {
    const double low = t->sorted[t->count - 1 - t->count / 20], high = t->sorted[t->count - 1];
    const double turns = (double)row * 0.6180339887498949; // evenly spread
    return low + (high - low) * (turns - (double)(int64_t)turns);
}

static double (*const plant[])(const tried *t, int64_t row) = {ten_times, a_tenth, swap_digits,
                                                               copy_other, take_high};
enum { KINDS = sizeof plant / sizeof *plant };

// ---- a scale and what it finds ------------------------------------------------------------------

typedef struct way {
    double unit; // of the log; 0: none
    double found[KINDS], mean;
} way;

static double apply(const way *w, double x) {
    const double size = w->unit > 0 ? x / w->unit : 0;
    return w->unit > 0 ? hg__log1p(size < HG_TRIED_MOST ? size : HG_TRIED_MOST) : x;
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// How many of `limits` (count, ascending) lie below x.
static int64_t count_below(const double *limit, int64_t count, double x) {
    int64_t low = 0, high = count;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (limit[middle] < x) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

// y (rows): through w, of mean 0 and deviation 1, which *mean and *deviation say; false where nothing varies.
static bool standardise(const tried *t, const way *w, double *y, double *mean, double *deviation) {
    double sum = 0, square = 0;
    for (int64_t i = 0; i < t->rows; i++) {
        y[i] = isnan(t->x[i]) ? t->x[i] : apply(w, t->x[i]);
        if (!isnan(y[i])) sum += y[i];
    }
    *mean = sum / (double)t->count;
    for (int64_t i = 0; i < t->rows; i++) {
        if (!isnan(y[i])) square += (y[i] - *mean) * (y[i] - *mean);
    }
    *deviation = sqrt(square / (double)t->count);
    if (!(*deviation > 0 && *deviation < HUGE_VAL)) return false;
    for (int64_t i = 0; i < t->rows; i++) y[i] = (y[i] - *mean) / *deviation;
    return true;
}

// room (3, rows).
static void measure_way(way *w, hg__regression *g, int32_t column, const tried *t, double *room) {
    double *y = room, *predicted = room + t->rows, *gap = predicted + t->rows, mean, deviation;
    const int64_t limits = t->count / FARTHEST;
    int64_t n = 0;
    w->mean = 0;
    if (!standardise(t, w, y, &mean, &deviation)) return;
    hg__regression_run(g, column, y, predicted);
    for (int64_t i = 0; i < t->rows; i++) {
        if (!isnan(y[i])) gap[n++] = fabs(y[i] - predicted[i]);
    }
    qsort(gap, (size_t)n, sizeof *gap, compare);
    for (int k = 0; k < KINDS; k++) {
        int64_t below = 0, planted = 0;
        for (int64_t i = 0; i < t->rows; i++) {
            const double x = isnan(t->x[i]) ? t->x[i] : plant[k](t, i);
            if (isnan(x) || !(x < t->x[i] || x > t->x[i])) continue;
            const double far = fabs((apply(w, x) - mean) / deviation - predicted[i]);
            below += count_below(gap + n - limits, limits, far);
            planted++;
        }
        w->found[k] = planted ? (double)below / (double)(planted * limits) : 0;
        w->mean += w->found[k] / KINDS;
    }
}

// Of `rows`: clearly more errors are found, and of no kind fewer, but for a little, or an eighth of what is won, or chance.
static bool is_better(const way *w, const way *than, int64_t rows) {
    const double won = w->mean - than->mean;
    const double lost = (won / 8 > loss ? won / 8 : loss) + chance / sqrt((double)rows);
    bool better = won >= gain;
    for (int k = 0; k < KINDS && better; k++) better = w->found[k] >= than->found[k] - lost;
    return better;
}

// ---- columns that may need it -------------------------------------------------------------------

// Values of t in order into room (rows).
static void sort_values(tried *t, double *room) {
    t->sorted = room;
    t->count = 0;
    for (int64_t i = 0; i < t->rows; i++) {
        if (!isnan(t->x[i])) room[t->count++] = t->x[i];
    }
    qsort(room, (size_t)t->count, sizeof *room, compare);
}

// Whether a log could matter: many different values, most of them above 0, skewed, over several sizes. *low: a low one.
static bool is_skewed(const tried *t, double *low) {
    if (t->count < LEAST_ROWS) return false;
    int64_t different = 1, zeros = 0;
    double sum = 0;
    for (int64_t i = 0; i < t->count; i++) {
        different += i > 0 && t->sorted[i] > t->sorted[i - 1];
        zeros += t->sorted[i] <= 0;
        sum += t->sorted[i];
    }
    const int64_t above = t->count - zeros;
    if (different < LEAST_DIFFERENT || 2 * zeros > t->count) return false;
    *low = t->sorted[zeros + above / 100];
    return *low > 1 / HG_TRIED_MOST && t->sorted[t->count - 1 - above / 100] >= span * *low &&
           t->sorted[t->count / 2] < sum / (double)t->count;
}

// Whether the column's scale is to be tried at all: nothing else was said of it, or seen.
static bool is_open(const hg__column *c, const hg__override *said, const hg__trial *t) {
    const bool is_plain = c->kind == HG_COLUMN_NUMBER && !c->log && c->position < t->positions;
    return is_plain && said->log < 0 && said->scaling < 0 && c->least >= 0 &&
           c->most < HG_TRIED_MOST;
}

enum { PLAIN, TYPICAL, THROUGHOUT, WAYS };

// Measures all ways (WAYS); the one that the column is to have. room (4, rows).
static int try_column(way *all, hg__regression *g, const hg__column *c, int32_t column, tried *t,
                      double *room) {
    double low;
    sort_values(t, room);
    if (!is_skewed(t, &low)) return PLAIN;
    all[TYPICAL].unit = c->unit;
    all[THROUGHOUT].unit = low;
    for (int w = 0; w < WAYS; w++) measure_way(&all[w], g, column, t, room + t->rows);
    const bool one = is_better(&all[TYPICAL], &all[PLAIN], t->count);
    const bool other = is_better(&all[THROUGHOUT], &all[PLAIN], t->count);
    if (other && (!one || all[THROUGHOUT].mean > all[TYPICAL].mean + draw)) return THROUGHOUT;
    return one ? TYPICAL : PLAIN;
}

static int set_log(hg__column *c, hg__measuring *m, const way *log, const way *plain,
                   hg_error *err) {
    const hg__measure *of = &m->column[c->position];
    double *sample = m->sample + (size_t)c->position * (size_t)m->sample_rows;
    hg__override said = m->way[c->position];
    char why[80];
    said.log = 1;
    said.unit = log->unit;
    HG_TRY(hg__scale_choose(c, &said, &of->number, sample, of->sampled, 0, err));
    if (c->hint) return HG_OK;
    snprintf(why, sizeof why, "finds %.0f %% of planted errors, %.0f %% without log",
             100 * log->mean, 100 * plain->mean);
    c->hint = hg__copy_text(why, err);
    return c->hint ? HG_OK : HG_ERR_MEMORY;
}

static int choose_all(hg__schema *s, hg__measuring *m, const hg__trial *t, hg__regression *g,
                      double *room, hg_error *err) {
    for (int32_t i = 0; i < s->columns; i++) {
        hg__column *c = &s->column[i];
        if (!is_open(c, &m->way[c->position], t)) continue;
        tried now = {.x = t->cell + c->position * t->rows, .rows = t->rows};
        way all[WAYS] = {0};
        const int best = try_column(all, g, c, i, &now, room);
        if (best != PLAIN) HG_TRY(set_log(c, m, &all[best], &all[PLAIN], err));
    }
    return HG_OK;
}

static bool has_open(const hg__schema *s, const hg__measuring *m, const hg__trial *t) {
    bool open = false;
    for (int32_t i = 0; t->cell && i < s->columns && !open; i++) {
        open = is_open(&s->column[i], &m->way[s->column[i].position], t);
    }
    return open;
}

int hg__trial_choose(const hg__trial *t, hg__schema *s, hg__measuring *m, hg_error *err) {
    if (!has_open(s, m, t)) return HG_OK;
    double *room = hg__alloc((size_t)t->rows, 4 * sizeof *room, err);
    hg__regression *g = room ? hg__regression_new(s, t->cell, t->positions, t->rows, err) : NULL;
    const int code = g ? choose_all(s, m, t, g, room, err) : HG_ERR_MEMORY;
    hg__regression_free(g);
    hg__free(room);
    return code;
}

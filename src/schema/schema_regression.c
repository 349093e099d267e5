// SPDX-License-Identifier: Apache-2.0
// schema_regression.c - ridge regression of one column on those of the others that go with it most.
//
// Numbers are features as they are and, where none is below 0, through a log; a category is one by the mean its level has. From
// + - * / and square root alone, in one order: the same bits everywhere.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/real.h"
#include "schema/schema_internal.h"

enum {
    FEATURES = 512,  // considered
    USED = 32,       // of them, those with the highest correlation
    CATEGORIES = 16, // considered
    QUARTERS = 4
};
static const double far = 20, ridge = 1;

struct hg__regression {
    int64_t rows;
    int32_t features, categories, levels; // levels: the most that a category has
    int32_t of[FEATURES];                 // which column of the schema
    double *feature;                      // owned, (FEATURES, rows): of mean 0 and deviation 1
    int32_t *code;                        // owned, (CATEGORIES, rows): level
    double *sum;                          // owned, (2, levels), and
    int64_t *count; // owned, (2, levels): of a category's levels in two quarters
};

void hg__regression_free(hg__regression *g) {
    if (!g) return;
    hg__free(g->feature);
    hg__free(g->code);
    hg__free(g->sum);
    hg__free(g->count);
    hg__free(g);
}

// ---- features ---------------------------------------------------------------------------------------

// Takes to (rows), values with NaN where there is none, for a feature; not where it is always the same.
static void add_feature(hg__regression *g, int32_t column) {
    double *x = g->feature + g->features * g->rows, sum = 0, square = 0;
    int64_t count = 0;
    for (int64_t i = 0; i < g->rows; i++) {
        if (isnan(x[i])) continue;
        sum += x[i];
        count++;
    }
    const double mean = count ? sum / (double)count : 0;
    for (int64_t i = 0; i < g->rows; i++) {
        if (!isnan(x[i])) square += (x[i] - mean) * (x[i] - mean);
    }
    const double deviation = count ? sqrt(square / (double)count) : 0;
    if (!(deviation > 0 && deviation < HUGE_VAL)) return;
    for (int64_t i = 0; i < g->rows; i++) {
        const double z = isnan(x[i]) ? 0 : (x[i] - mean) / deviation;
        x[i] = z > far ? far : z < -far ? -far : z;
    }
    g->of[g->features++] = column;
}

static void add_number(hg__regression *g, const hg__column *c, int32_t column, const double *cell) {
    double *x = g->feature + g->features * g->rows;
    memcpy(x, cell, (size_t)g->rows * sizeof *x);
    add_feature(g, column);
    if (c->least < 0 || g->features == FEATURES) return;
    x = g->feature + g->features * g->rows;
    for (int64_t i = 0; i < g->rows; i++) {
        const double size = cell[i] / c->unit;
        x[i] = isnan(size) ? size : hg__log1p(size < HG_TRIED_MOST ? size : HG_TRIED_MOST);
    }
    add_feature(g, column);
}

static uint64_t bits_of(double cell) {
    uint64_t bits;
    cell = isnan(cell) ? cell : cell + 0; // -0 is 0
    memcpy(&bits, &cell, sizeof bits);
    return bits;
}

static int compare_bits(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

// key (rows): room. Levels are numbered in the order of their bits; how many there are.
static int32_t number_levels(const hg__regression *g, const double *cell, uint64_t *key,
                             int32_t *code) {
    for (int64_t i = 0; i < g->rows; i++) key[i] = bits_of(cell[i]);
    qsort(key, (size_t)g->rows, sizeof *key, compare_bits);
    int32_t levels = 0;
    for (int64_t i = 0; i < g->rows; i++) {
        if (levels == 0 || key[i] != key[levels - 1]) key[levels++] = key[i];
    }
    for (int64_t i = 0; i < g->rows; i++) {
        const uint64_t mine = bits_of(cell[i]);
        const uint64_t *at = bsearch(&mine, key, (size_t)levels, sizeof *key, compare_bits);
        code[i] = (int32_t)(at - key);
    }
    return levels;
}

// Yes and no, or 0 and 1: its two levels are a feature.
static void add_truth(hg__regression *g, int32_t column, const int32_t *code) {
    double *x = g->feature + g->features * g->rows;
    for (int64_t i = 0; i < g->rows; i++) x[i] = code[i];
    add_feature(g, column);
}

static void add_columns(hg__regression *g, const hg__schema *s, const double *cell,
                        int32_t positions, uint64_t *key) {
    for (int32_t i = 0; i < s->columns && g->features < FEATURES; i++) {
        const hg__column *c = &s->column[i];
        if (c->position >= positions) return;
        const double *x = cell + c->position * g->rows;
        int32_t *code = g->code + g->categories * g->rows;
        const bool is_category = c->kind == HG_COLUMN_CATEGORY && g->categories < CATEGORIES;
        if (c->kind == HG_COLUMN_NUMBER) add_number(g, c, i, x);
        if (!is_category && c->kind != HG_COLUMN_BOOLEAN) continue;
        const int32_t levels = number_levels(g, x, key, code);
        if (c->kind == HG_COLUMN_BOOLEAN) {
            add_truth(g, i, code);
        } else {
            g->levels = levels > g->levels ? levels : g->levels;
            g->categories++;
        }
    }
}

static int fill(hg__regression *g, const hg__schema *s, const double *cell, int32_t positions,
                hg_error *err) {
    const size_t rows = (size_t)g->rows;
    const size_t features = (size_t)(s->columns < FEATURES / 2 ? 2 * s->columns : FEATURES);
    g->feature = hg__alloc((features + CATEGORIES) * rows, sizeof *g->feature, err);
    if (!g->feature) return HG_ERR_MEMORY;
    g->code = hg__alloc((CATEGORIES + 1) * rows, sizeof *g->code, err);
    if (!g->code) return HG_ERR_MEMORY;
    uint64_t *key = hg__alloc(rows, sizeof *key, err);
    if (!key) return HG_ERR_MEMORY;
    add_columns(g, s, cell, positions, key);
    hg__free(key);
    g->sum = hg__alloc(2 * (size_t)g->levels + 1, sizeof *g->sum, err);
    if (!g->sum) return HG_ERR_MEMORY;
    g->count = hg__alloc(2 * (size_t)g->levels + 1, sizeof *g->count, err);
    return g->count ? HG_OK : HG_ERR_MEMORY;
}

hg__regression *hg__regression_new(const hg__schema *s, const double *cell, int32_t positions,
                                   int64_t rows, hg_error *err) {
    hg__regression *g = hg__alloc(1, sizeof *g, err);
    if (!g) return NULL;
    g->rows = rows;
    if (fill(g, s, cell, positions, err) == HG_OK) return g;
    hg__regression_free(g);
    return NULL;
}

// ---- a prediction -----------------------------------------------------------------------------------

// Rows 0, 4, 8 ... and so on are quarters, two of them a half: what learns from one knows nothing of the other.
static bool is_in(int64_t row, int half) {
    return row % 2 == half;
}

// The features made of categories for this y, behind the others: the mean of y where the level is the same, from the other
// quarter of the half that teaches, and from both for the half that is predicted.
static void encode_levels(const hg__regression *g, int half, const double *y, double mean) {
    for (int32_t c = 0; c < g->categories; c++) {
        const int32_t *code = g->code + c * g->rows;
        double *x = g->feature + (g->features + c) * g->rows;
        memset(g->sum, 0, 2 * (size_t)g->levels * sizeof *g->sum);
        memset(g->count, 0, 2 * (size_t)g->levels * sizeof *g->count);
        for (int64_t i = half; i < g->rows; i += 2) {
            if (isnan(y[i])) continue;
            const int64_t at = (i % QUARTERS / 2) * g->levels + code[i];
            g->sum[at] += y[i] - mean;
            g->count[at]++;
        }
        for (int64_t i = 0; i < g->rows; i++) {
            const bool teaches = is_in(i, half);
            double sum = 0, count = 1; // one more, of the mean: a level with few rows says little
            for (int64_t q = 0; q < 2; q++) {
                if (teaches && q == i % QUARTERS / 2) continue;
                sum += g->sum[q * g->levels + code[i]];
                count += (double)g->count[q * g->levels + code[i]];
            }
            x[i] = sum / count;
        }
    }
}

// What a feature has to do with y among the rows that teach.
typedef struct tie {
    int32_t feature;
    double mean, strength; // strength: squared correlation, times the squares of y
} tie;

static tie measure_tie(const hg__regression *g, int32_t feature, int half, const double *y,
                       double mean) {
    const double *x = g->feature + feature * g->rows;
    tie t = {.feature = feature};
    double product = 0, square = 0;
    int64_t count = 0;
    for (int64_t i = half; i < g->rows; i += 2) {
        if (isnan(y[i])) continue;
        t.mean += x[i];
        count++;
    }
    t.mean /= count > 0 ? (double)count : 1;
    for (int64_t i = half; i < g->rows; i += 2) {
        if (isnan(y[i])) continue;
        product += (x[i] - t.mean) * (y[i] - mean);
        square += (x[i] - t.mean) * (x[i] - t.mean);
    }
    t.strength = square > 0 ? product * product / (square + ridge) : 0;
    return t;
}

// The USED strongest, the strongest first; equals in their order. How many.
static int32_t pick_ties(const hg__regression *g, int32_t column, int half, const double *y,
                         double mean, tie best[USED]) {
    int32_t count = 0;
    for (int32_t f = 0; f < g->features + g->categories; f++) {
        if (f < g->features && g->of[f] == column) continue;
        const tie t = measure_tie(g, f, half, y, mean);
        if (!(t.strength > 0)) continue;
        int32_t at = count;
        while (at > 0 && best[at - 1].strength < t.strength) at--;
        if (at == USED) continue;
        if (count < USED) count++;
        for (int32_t k = count - 1; k > at; k--) best[k] = best[k - 1];
        best[at] = t;
    }
    return count;
}

// a (n, n), symmetric and positive, b (n): b becomes the solution of a x = b (Cholesky).
static void solve(double a[USED][USED], double *b, int32_t n) {
    for (int32_t j = 0; j < n; j++) {
        for (int32_t i = j; i < n; i++) {
            double sum = a[i][j];
            for (int32_t k = 0; k < j; k++) sum -= a[i][k] * a[j][k];
            a[i][j] = i == j ? sqrt(sum > 1e-9 ? sum : 1e-9) : sum / a[j][j];
        }
    }
    for (int32_t i = 0; i < n; i++) {
        for (int32_t k = 0; k < i; k++) b[i] -= a[i][k] * b[k];
        b[i] /= a[i][i];
    }
    for (int32_t i = n - 1; i >= 0; i--) {
        for (int32_t k = i + 1; k < n; k++) b[i] -= a[k][i] * b[k];
        b[i] /= a[i][i];
    }
}

static void find_weights(const hg__regression *g, const tie *best, int32_t n, int half,
                         const double *y, double mean, double *weight) {
    double a[USED][USED] = {0};
    for (int32_t p = 0; p < n; p++) a[p][p] = ridge;
    for (int64_t i = half; i < g->rows; i += 2) {
        double x[USED];
        if (isnan(y[i])) continue;
        for (int32_t p = 0; p < n; p++) {
            x[p] = g->feature[best[p].feature * g->rows + i] - best[p].mean;
        }
        for (int32_t p = 0; p < n; p++) {
            weight[p] += x[p] * (y[i] - mean);
            for (int32_t q = 0; q <= p; q++) a[p][q] += x[p] * x[q];
        }
    }
    solve(a, weight, n);
}

static void predict_half(hg__regression *g, int32_t column, int half, const double *y,
                         double *predicted) {
    double mean = 0, weight[USED] = {0};
    int64_t count = 0;
    tie best[USED];
    for (int64_t i = half; i < g->rows; i += 2) {
        if (isnan(y[i])) continue;
        mean += y[i];
        count++;
    }
    mean /= count > 0 ? (double)count : 1;
    encode_levels(g, half, y, mean);
    const int32_t n = pick_ties(g, column, half, y, mean, best);
    find_weights(g, best, n, half, y, mean, weight);
    for (int64_t i = 1 - half; i < g->rows; i += 2) {
        predicted[i] = mean;
        for (int32_t p = 0; p < n; p++) {
            predicted[i] += weight[p] * (g->feature[best[p].feature * g->rows + i] - best[p].mean);
        }
    }
}

void hg__regression_run(hg__regression *g, int32_t column, const double *y, double *predicted) {
    for (int half = 0; half < 2; half++) predict_half(g, column, half, y, predicted);
}

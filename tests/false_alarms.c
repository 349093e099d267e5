// SPDX-License-Identifier: Apache-2.0
// false_alarms.c - how many fresh normal rows raise an alarm, against how many may:
//
//   false_alarms FOLDER TABLE SEEDS ROWS VAL FPR ...
//
// For each seed half of the table's normal rows (ROWS at most) train a model as `hourglass train` does, 200 steps, and
// the other half (ROWS at most) are scored. Each seed splits the rows anew, so with n held-out rows and k = floor(fpr (n + 1))
// the alarms among m rows are beta-binomial, Beta(k, n + 1 - k), and seeds are independent: whatever the rows are, as long as
// nothing tells the held-out from the fresh ones (src/detect/calibration.h). Out goes a line a rate:
//
//   set fpr n m k method rate low high above from mean variance
//
// low, high: the 99 % interval of the rate over all seeds. above, from: fresh rows whose score is above the threshold and
// at least at it; equal scores lie between. mean, variance: of the number of alarms, in theory.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "detect/table_detector.h"
#include "detect/table_model.h"
#include "detect/thresholds.h"
#include "jobs/trainer.h"
#include "table/table.h"

enum { MOST_RATES = 8, TRAINS = 1, FRESH = 2 };

typedef struct rate {
    double fpr;
    int64_t above, from; // rows, over all seeds
    int64_t held, fresh; // rows of one seed
    hg__threshold_method method;
} rate;

typedef struct job {
    const char *path, *val;
    int64_t seeds, most;
    rate rate[MOST_RATES];
    int32_t rates;
    hg__table *table;
    int64_t rows;
    uint8_t *role;   // owned, (rows): TRAINS, FRESH or neither
    int64_t *normal; // owned, (normals): numbers of the normal rows
    int64_t normals;
    uint8_t wanted; // what the view shows
} job;

// ---- which rows ---------------------------------------------------------------------------------

// One pass over the table: counts its rows and, once there is room for them, puts down which are normal.
static int read_labels(job *j, int32_t label, hg__cell *cell, hg_error *err) {
    int more;
    j->rows = 0;
    while ((more = hg__table_next(j->table, cell, err)) == 1) {
        if (j->normal && cell[label].number == 0) j->normal[j->normals++] = j->rows;
        j->rows++;
    }
    return more < 0 ? more : hg__table_rewind(j->table, err);
}

static int find_normal(job *j, hg_error *err) {
    const int32_t label = hg__table_find(j->table, "y");
    if (label < 0) return hg__fail(err, HG_ERR_DATA, "%s: expected a column y", j->path);
    hg__cell *cell = hg__alloc((size_t)j->table->columns, sizeof *cell, err); // (columns)
    int code = cell ? read_labels(j, label, cell, err) : HG_ERR_MEMORY;
    if (code == HG_OK) j->role = hg__alloc((size_t)j->rows, sizeof *j->role, err);
    if (j->role) j->normal = hg__alloc((size_t)j->rows, sizeof *j->normal, err);
    if (code == HG_OK) code = j->normal ? read_labels(j, label, cell, err) : HG_ERR_MEMORY;
    hg__free(cell);
    return code;
}

static void draw(job *j, uint64_t seed) {
    const hg__shuffle s = hg__shuffle_init(seed, HG_STREAM_SAMPLE, 0, (uint64_t)j->normals);
    const int64_t half = j->normals / 2, most = j->most < half ? j->most : half;
    for (int64_t i = 0; i < j->rows; i++) j->role[i] = 0;
    for (int64_t i = 0; i < most; i++) {
        j->role[j->normal[hg__shuffle_at(&s, (uint64_t)i)]] = TRAINS;
        j->role[j->normal[hg__shuffle_at(&s, (uint64_t)(half + i))]] = FRESH;
    }
}

static int keep(void *context, const hg__table *t, const hg__cell *cell, int64_t row,
                hg_error *err) {
    const job *j = context;
    (void)t, (void)cell, (void)err;
    return j->role[row] == j->wanted;
}

// ---- one seed -------------------------------------------------------------------------------------

static int train(job *j, uint64_t seed, hg_model **m, hg_error *err) {
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)seed);
    const char *const pairs[][2] = {
        {"data",    j->path},
        {"label",   "y"    },
        {"prepare", "table"},
        {"steps",   "200"  },
        {"val",     j->val },
        {"seed",    text   },
        {"threads", "1"    }
    };
    hg_options *o = hg_options_new("train", err);
    int code = o ? HG_OK : HG_ERR_MEMORY;
    for (size_t i = 0; code == HG_OK && i < sizeof pairs / sizeof *pairs; i++) {
        code = hg_options_set(o, pairs[i][0], pairs[i][1], err);
    }
    j->wanted = TRAINS;
    hg__table *view = code == HG_OK ? hg__table_view(j->table, keep, j, err) : NULL;
    *m = view ? hg__train_model(o, view, NULL, err) : NULL;
    if (code == HG_OK && !*m) code = (int)err->code;
    hg__table_close(view);
    hg_options_free(o);
    return code;
}

static int read_fresh(job *j, const hg_model *m, hg__data **d, hg_error *err) {
    const hg__encode_options how = {
        .label = "", .normal = "", .group = "", .on_bad = "score_missing", .memory = 1 << 30};
    hg__side_columns side = {0};
    hg__encoding_notes notes = {0};
    j->wanted = FRESH;
    hg__table *view = hg__table_view(j->table, keep, j, err);
    *d = view ? hg__schema_read(hg__model_schema(m), view, &how, &side, &notes, err) : NULL;
    hg__table_close(view);
    hg__side_columns_clear(&side);
    return *d ? HG_OK : (int)err->code;
}

// score (d->rows)
static int score_rows(const hg_model *m, const hg__data *d, hg__pool *pool, float *score,
                      hg_error *err) {
    hg__table_detector *detector = hg__table_detector_new(m, pool, d->path, err);
    int code = detector ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK) {
        code = hg__table_detector_score(detector, d->base, d->rows, score, NULL, err);
    }
    hg__table_detector_free(detector);
    return code;
}

static int count(job *j, const hg_model *m, const float *score, int64_t rows, hg_error *err) {
    hg__thresholds t;
    HG_TRY(hg__thresholds_load(&t, m, j->path, err));
    int code = t.groups ? HG_OK : HG_ERR_MODEL;
    for (int32_t r = 0; code == HG_OK && r < j->rates; r++) {
        rate *to = &j->rate[r];
        code = hg__thresholds_ask(&t, to->fpr, err);
        const hg__threshold *at = &t.group[0].at;
        to->held = at->count;
        to->fresh = rows;
        to->method = at->method;
        for (int64_t i = 0; i < rows; i++) {
            to->above += (double)score[i] > at->value;
            to->from += (double)score[i] >= at->value;
        }
    }
    hg__thresholds_clear(&t);
    return code;
}

static int count_alarms(job *j, const hg_model *m, const hg__data *d, hg__pool *pool,
                        hg_error *err) {
    float *score = hg__alloc((size_t)d->rows, sizeof *score, err); // (d->rows)
    int code = score ? score_rows(m, d, pool, score, err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = count(j, m, score, d->rows, err);
    hg__free(score);
    return code;
}

static int run_seed(job *j, uint64_t seed, hg__pool *pool, hg_error *err) {
    hg_model *m = NULL;
    hg__data *d = NULL;
    draw(j, seed);
    int code = train(j, seed, &m, err);
    if (code == HG_OK) code = read_fresh(j, m, &d, err);
    if (code == HG_OK && d) code = count_alarms(j, m, d, pool, err);
    hg__data_close(d);
    hg_model_free(m);
    return code;
}

// ---- what theory says -----------------------------------------------------------------------------

static double log_beta(double a, double b) {
    return lgamma(a) + lgamma(b) - lgamma(a + b);
}

// to (m + 1): the chances of 0 ... m alarms. The size behind which less than 1e-10 is left.
static int64_t beta_binomial(double *to, int64_t m, double a, double b) {
    double sum = 0;
    for (int64_t i = 0; i <= m; i++) {
        const double x = (double)i, rest = (double)(m - i);
        const double choose = -log((double)m + 1) - log_beta(x + 1, rest + 1);
        to[i] = exp(choose + log_beta(x + a, rest + b) - log_beta(a, b));
        sum += to[i];
        if (sum > 1 - 1e-10) return i + 1;
    }
    return m + 1;
}

// low, high: of the sum of `times` such numbers, with chances `one` (size), the interval that leaves half a per cent at
// either end.
static int sum_interval(const double *one, int64_t size, int64_t times, int64_t *low, int64_t *high,
                        hg_error *err) {
    const int64_t all = (size - 1) * times + 1;
    double *sum = hg__alloc((size_t)all, sizeof *sum, err); // (all)
    double *next = sum ? hg__alloc((size_t)all, sizeof *next, err) : NULL;
    if (!next) {
        hg__free(sum);
        return HG_ERR_MEMORY;
    }
    sum[0] = 1;
    for (int64_t t = 0; t < times; t++) {
        memset(next, 0, (size_t)all * sizeof *next);
        for (int64_t i = 0; i <= (size - 1) * t; i++) {
            if (sum[i] < 1e-14) continue;
            for (int64_t k = 0; k < size; k++) next[i + k] += sum[i] * one[k];
        }
        double *swap = sum;
        sum = next;
        next = swap;
    }
    double below = 0;
    *low = *high = -1;
    for (int64_t i = 0; i < all; i++) {
        below += sum[i];
        if (*low < 0 && below > 0.005) *low = i;
        if (*high < 0 && below > 0.995) *high = i;
    }
    if (*high < 0) *high = all - 1;
    hg__free(sum);
    hg__free(next);
    return HG_OK;
}

static int print_rate(const job *j, const rate *r, hg_error *err) {
    const bool is_tail = r->method == HG_THRESHOLD_TAIL;
    const char *slash = strrchr(j->path, '/'), *name = slash ? slash + 1 : j->path;
    const double n = (double)r->held, m = (double)r->fresh, seeds = (double)j->seeds;
    const double k = is_tail ? 1 : floor(r->fpr * (n + 1) + 1e-9), all = m * seeds;
    const double a = k, b = n + 1 - k;
    double *one = hg__alloc((size_t)r->fresh + 1, sizeof *one, err); // (fresh + 1)
    int64_t low, high;
    if (!one) return HG_ERR_MEMORY;
    const int64_t size = beta_binomial(one, r->fresh, a, b);
    const int code = sum_interval(one, size, j->seeds, &low, &high, err);
    hg__free(one);
    HG_TRY(code);
    const double variance = m * a * b * (a + b + m) / ((a + b) * (a + b) * (a + b + 1));
    printf("%s %g %lld %lld %g %s %.5f %.5f %.5f %lld %lld %.6g %.6g\n", name, r->fpr,
           (long long)r->held, (long long)r->fresh, is_tail ? 0 : k, is_tail ? "tail" : "conformal",
           (double)r->above / all, is_tail ? 0 : (double)low / all, (double)high / all,
           (long long)r->above, (long long)r->from, m * a / (a + b) * seeds, variance * seeds);
    return HG_OK;
}

static int run(job *j, hg_error *err) {
    hg__pool *pool = hg__pool_new(1, err);
    j->table = pool ? hg__table_open(j->path, NULL, err) : NULL;
    int code = j->table ? find_normal(j, err) : HG_ERR_MEMORY;
    for (int64_t s = 0; code == HG_OK && s < j->seeds; s++) {
        code = run_seed(j, (uint64_t)s, pool, err);
    }
    for (int32_t r = 0; code == HG_OK && r < j->rates; r++) code = print_rate(j, &j->rate[r], err);
    hg__table_close(j->table);
    hg__free(j->role);
    hg__free(j->normal);
    hg__pool_free(pool);
    return code;
}

int main(int argc, char **argv) {
    hg_error err = {0};
    if (argc < 6 || argc > 5 + MOST_RATES) {
        fputs("usage: false_alarms TABLE SEEDS ROWS VAL FPR ...\n", stderr);
        return 2;
    }
    job j = {.path = argv[1],
             .seeds = strtoll(argv[2], NULL, 10),
             .most = strtoll(argv[3], NULL, 10),
             .val = argv[4],
             .rates = argc - 5};
    for (int32_t r = 0; r < j.rates; r++) j.rate[r].fpr = strtod(argv[5 + r], NULL);
    if (run(&j, &err) == HG_OK) return 0;
    fprintf(stderr, "%s\n", err.message);
    return 1;
}

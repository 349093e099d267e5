// SPDX-License-Identifier: Apache-2.0
// code_probe.c - a linear probe: multinomial logistic regression on standardised codes.
//
//   p(i) = softmax(W z(i)), z with a 1 behind its numbers
//   loss = mean over i of -log p(i, class of i) + 1 / (2 rows) * |W|^2, the biases apart
//
// made small by L-BFGS (Liu & Nocedal, "On the limited memory BFGS method for large scale optimization", 1989) from W = 0: the loss
// is convex, and every sum has one order.
#include <math.h>

#include "backend/kernels.h"
#include "base/int.h"
#include "base/mem.h"
#include "base/real.h"
#include "detect/blocks.h"
#include "latent/code_quality.h"

enum { HISTORY = 8, ITERATIONS = 100, TRIES = 20 };
static const double slope_limit = 1e-4;

// A half, standardised. C: classes padded to whole vectors.
typedef struct half {
    int32_t rows;
    float *z;             // owned, (rows, D)
    float *out;           // owned, (rows, C): what comes of it, then its slope
    const int32_t *label; // (rows), borrowed
} half;

typedef struct probe {
    const hg__kernels *kernels;
    hg__pool *pool;
    int32_t D, C, classes; // D: the code and a 1
    half train, test;
    const half *at; // whose turn it is
    float *w, *dw;  // owned, (D, C)
    double *loss;   // owned, (rows of train)
    // Owned: all of L-BFGS's, vectors of D * C: point, slope, next point, next slope, direction; HISTORY steps and changes.
    double *vectors;
} probe;

// ---- the loss and its slope -----------------------------------------------------------------------

enum { BLOCK = 64 };

static int32_t rows_of(int32_t task, int32_t all) {
    return hg__min(BLOCK, all - task * BLOCK);
}

static void forward(void *context, int32_t task, int32_t thread) {
    const probe *p = context;
    const half *h = p->at;
    const size_t first = (size_t)task * BLOCK;
    (void)thread;
    for (int32_t c = 0; c < p->C; c += HG_PANEL) {
        const hg__gemm g = {.M = rows_of(task, h->rows),
                            .N = hg__min(HG_PANEL, p->C - c),
                            .K = p->D,
                            .blocks = 1,
                            .a = h->z + first * (size_t)p->D,
                            .a_m = p->D,
                            .a_k = 1,
                            .b = p->w + c,
                            .b_k = p->C,
                            .c = h->out + first * (size_t)p->C + (size_t)c,
                            .c_m = p->C};
        p->kernels->gemm(&g);
    }
}

// Logits become probabilities less 1 where the class is: the slope times the rows.
static void slopes(void *context, int32_t task, int32_t thread) {
    const probe *p = context;
    const half *h = p->at;
    const size_t first = (size_t)task * BLOCK, rows = (size_t)rows_of(task, h->rows);
    forward(context, task, thread);
    for (size_t i = first; i < first + rows; i++) {
        float *out = h->out + i * (size_t)p->C;
        p->kernels->softmax(out, p->classes);
        p->loss[i] = -hg__log(fmax((double)out[h->label[i]], 1e-30));
        out[h->label[i]] -= 1;
    }
}

// A block of lines of dw.
static void backward(void *context, int32_t task, int32_t thread) {
    const probe *p = context;
    const half *h = &p->train;
    const size_t first = (size_t)task * BLOCK;
    (void)thread;
    for (int32_t c = 0; c < p->C; c += HG_PANEL) {
        const hg__gemm g = {.M = rows_of(task, p->D),
                            .N = hg__min(HG_PANEL, p->C - c),
                            .K = h->rows,
                            .blocks = 1,
                            .a = h->z + first,
                            .a_m = 1,
                            .a_k = p->D,
                            .b = h->out + c,
                            .b_k = p->C,
                            .c = p->dw + first * (size_t)p->C + (size_t)c,
                            .c_m = p->C};
        p->kernels->gemm(&g);
    }
}

// The loss at w (D, C), and its slope; columns beyond the classes stay 0.
static double evaluate(probe *p, const double *w, double *slope) {
    const size_t n = (size_t)p->D * (size_t)p->C, own = (size_t)(p->D - 1) * (size_t)p->C;
    const double each = 1.0 / p->train.rows;
    double sum = 0, square = 0;
    for (size_t i = 0; i < n; i++) p->w[i] = (float)w[i];
    p->at = &p->train;
    hg__run_tasks(p->pool, slopes, p, hg__ceil_div(p->train.rows, BLOCK));
    hg__run_tasks(p->pool, backward, p, hg__ceil_div(p->D, BLOCK));
    for (int32_t i = 0; i < p->train.rows; i++) sum += p->loss[i];
    for (size_t i = 0; i < n; i++) {
        const bool is_class = (int32_t)(i % (size_t)p->C) < p->classes;
        slope[i] = is_class ? ((double)p->dw[i] + (i < own ? w[i] : 0)) * each : 0;
        if (i < own) square += w[i] * w[i];
    }
    return (sum + square / 2) * each;
}

// ---- the descent ----------------------------------------------------------------------------------

static double dot(const double *a, const double *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

static double largest(const double *a, size_t n) {
    double most = 0;
    for (size_t i = 0; i < n; i++) most = fmax(most, fabs(a[i]));
    return most;
}

typedef struct descent {
    size_t n;
    double *w, *slope, *next, *next_slope, *direction;
    double *step[HISTORY], *change[HISTORY], weight[HISTORY]; // weight: 1 / (step . change)
    int32_t kept, last;                                       // of the history; the newest's place
} descent;

// direction = -H slope, H the inverse of the curvature as the history has it.
static void find_direction(descent *d) {
    double share[HISTORY];
    for (size_t i = 0; i < d->n; i++) d->direction[i] = -d->slope[i];
    for (int32_t m = 0; m < d->kept; m++) {
        const int32_t k = (d->last - m + HISTORY) % HISTORY;
        share[k] = d->weight[k] * dot(d->step[k], d->direction, d->n);
        for (size_t i = 0; i < d->n; i++) d->direction[i] -= share[k] * d->change[k][i];
    }
    if (d->kept) {
        const double *y = d->change[d->last];
        const double scale = 1 / (d->weight[d->last] * dot(y, y, d->n));
        for (size_t i = 0; i < d->n; i++) d->direction[i] *= scale;
    }
    for (int32_t m = d->kept; m-- > 0;) {
        const int32_t k = (d->last - m + HISTORY) % HISTORY;
        const double back = share[k] - d->weight[k] * dot(d->change[k], d->direction, d->n);
        for (size_t i = 0; i < d->n; i++) d->direction[i] += back * d->step[k][i];
    }
}

// Remembers the step from w to next.
static void remember(descent *d) {
    const int32_t k = d->kept ? (d->last + 1) % HISTORY : 0;
    for (size_t i = 0; i < d->n; i++) {
        d->step[k][i] = d->next[i] - d->w[i];
        d->change[k][i] = d->next_slope[i] - d->slope[i];
    }
    const double along = dot(d->step[k], d->change[k], d->n);
    const double square = dot(d->change[k], d->change[k], d->n);
    if (!(along > 1e-12 * square) || !(along > 0)) return;
    d->weight[k] = 1 / along;
    d->last = k;
    d->kept = hg__min(d->kept + 1, HISTORY);
}

// A step along the direction that makes the loss smaller by a share of what its slope promises (Armijo); false where there is
// none.
static bool search(probe *p, descent *d, double *loss) {
    const double promise = dot(d->slope, d->direction, d->n);
    double far = d->kept ? 1 : 1 / fmax(1, largest(d->slope, d->n) * (double)p->C);
    for (int32_t t = 0; t < TRIES && promise < 0; t++) {
        for (size_t i = 0; i < d->n; i++) d->next[i] = d->w[i] + far * d->direction[i];
        const double reached = evaluate(p, d->next, d->next_slope);
        if (reached <= *loss + 1e-4 * far * promise) {
            *loss = reached;
            return true;
        }
        far /= 2;
    }
    return false;
}

static void descend(probe *p) {
    const size_t n = (size_t)p->D * (size_t)p->C;
    descent d = {.n = n, .w = p->vectors};
    d.slope = d.w + n;
    d.next = d.slope + n;
    d.next_slope = d.next + n;
    d.direction = d.next_slope + n;
    for (size_t k = 0; k < HISTORY; k++) {
        d.step[k] = d.direction + (1 + 2 * k) * n;
        d.change[k] = d.step[k] + n;
    }
    double loss = evaluate(p, d.w, d.slope);
    for (int32_t i = 0; i < ITERATIONS && largest(d.slope, n) > slope_limit; i++) {
        find_direction(&d);
        if (!search(p, &d, &loss)) break;
        remember(&d);
        memcpy(d.w, d.next, n * sizeof *d.w);
        memcpy(d.slope, d.next_slope, n * sizeof *d.slope);
    }
    for (size_t i = 0; i < n; i++) p->w[i] = (float)d.w[i];
}

// ---- all of it ------------------------------------------------------------------------------------

// Numbers that do not vary become 0.
static void standardise(probe *p, const hg__code_half *train, const hg__code_half *test) {
    const size_t Z = (size_t)train->code, D = Z + 1;
    const struct {
        const hg__code_half *from;
        half *to;
    } both[] = {
        {train, &p->train},
        {test,  &p->test }
    };
    for (size_t j = 0; j < Z; j++) {
        double mean = 0, square = 0;
        for (size_t i = 0; i < (size_t)train->rows; i++) mean += (double)train->z[i * Z + j];
        mean /= train->rows;
        for (size_t i = 0; i < (size_t)train->rows; i++) {
            const double d = (double)train->z[i * Z + j] - mean;
            square += d * d;
        }
        const double scale = square > 1e-20 ? 1 / sqrt(square / train->rows) : 0;
        for (int32_t h = 0; h < 2; h++) {
            for (size_t i = 0; i < (size_t)both[h].to->rows; i++) {
                both[h].to->z[i * D + j] =
                    (float)(((double)both[h].from->z[i * Z + j] - mean) * scale);
            }
        }
    }
    for (int32_t h = 0; h < 2; h++) {
        for (size_t i = 0; i < (size_t)both[h].to->rows; i++) both[h].to->z[i * D + Z] = 1;
    }
}

static int half_init(half *h, const hg__code_half *from, int32_t C, hg_error *err) {
    h->rows = from->rows;
    h->label = from->label;
    h->z = hg__numbers((size_t)from->rows, (size_t)from->code + 1, err);
    h->out = h->z ? hg__numbers((size_t)from->rows, (size_t)C, err) : NULL;
    return h->out ? HG_OK : HG_ERR_MEMORY;
}

static int probe_init(probe *p, const hg__code_half *train, const hg__code_half *test,
                      hg_error *err) {
    const size_t n = (size_t)p->D * (size_t)p->C;
    HG_TRY(half_init(&p->train, train, p->C, err));
    HG_TRY(half_init(&p->test, test, p->C, err));
    p->w = hg__numbers(2, n, err);
    p->loss = p->w ? hg__alloc((size_t)train->rows, sizeof *p->loss, err) : NULL;
    p->vectors = p->loss ? hg__alloc((5 + 2 * HISTORY) * n, sizeof *p->vectors, err) : NULL;
    if (!p->vectors) return HG_ERR_MEMORY;
    p->dw = p->w + n;
    standardise(p, train, test);
    return HG_OK;
}

static void probe_clear(probe *p) {
    hg__free(p->train.z);
    hg__free(p->train.out);
    hg__free(p->test.z);
    hg__free(p->test.out);
    hg__free(p->w);
    hg__free(p->loss);
    hg__free(p->vectors);
}

static double ask(probe *p) {
    int32_t right = 0;
    p->at = &p->test;
    hg__run_tasks(p->pool, forward, p, hg__ceil_div(p->test.rows, BLOCK));
    for (int32_t i = 0; i < p->test.rows; i++) {
        const float *out = p->test.out + (size_t)i * (size_t)p->C;
        int32_t best = 0;
        for (int32_t c = 1; c < p->classes; c++) {
            if (out[c] > out[best]) best = c;
        }
        right += best == p->test.label[i];
    }
    return (double)right / p->test.rows;
}

int hg__probe_accuracy(const hg__code_half *train, const hg__code_half *test, int32_t classes,
                       hg__pool *pool, double *accuracy, hg_error *err) {
    probe p = {.kernels = hg__kernels_pick(),
               .pool = pool,
               .D = train->code + 1,
               .C = hg__round_up(classes, HG_LANES),
               .classes = classes};
    const int code = probe_init(&p, train, test, err);
    if (code == HG_OK) {
        descend(&p);
        *accuracy = ask(&p);
    }
    probe_clear(&p);
    return code;
}

// SPDX-License-Identifier: Apache-2.0
// map_umap.c - UMAP: neighbours as a fuzzy set, points drawn to their neighbours and driven from points drawn at random.
//
//   v(j | i) = exp(-max(0, d_ij - rho_i) / sigma_i), rho_i: distance of the nearest that is no copy; sigma_i: sum_j v = log2(neighbours)
//   v_ij = v(j | i) + v(i | j) - v(j | i) v(i | j);   w(d) = 1 / (1 + a d^2b), which min_dist gives
//   an edge is taken in a share v_ij / max of all epochs, by both its ends and in both directions: slope of log w; and each
//   time its first end is driven from 5 points by the slope of log(1 - w). The rate falls from 1 to 0.
//
// McInnes, Healy & Melville, "UMAP: Uniform manifold approximation and projection", arXiv:1802.03426 (2018). There one edge
// moves after the other, which is another map for another number of threads. Here an epoch is ROUNDS rounds, in each of
// which every point sums an eighth of its edges, from where all were before the round. Where that would throw it
// beyond its neighbours (a point that many are near to) the whole step is shorter.
#include <math.h>
#include <string.h>

#include "backend/kernels.h"
#include "base/int.h"
#include "base/mem.h"
#include "base/real.h"
#include "base/rng.h"
#include "detect/neighbours.h"
#include "latent/map_curve.h"
#include "latent/map_internal.h"

enum { BLOCK = 256, ROUNDS = 8, NEGATIVES = 5, FEW = 10000, LONG = 500, SHORT = 200 };
#define START 3.0  // deviation along the first axis
#define MOST  4.0F // of a slope, in each direction

// ---- the fuzzy set ----------------------------------------------------------------------------------

static double decay(double x) { // exp(-x), x >= 0
    return 1 / (1 + hg__expm1(x));
}

// f(b) = sum exp(-b over_j) falls and is convex: Newton's steps from 0 come to the root without passing it.
static void weigh(const void *context, float *d, int32_t k, float *over) {
    enum { STEPS = 64 };
    const double wanted = *(const double *)context;
    float rho = 0;
    double mean = 0, b = 0;
    for (int32_t j = 0; j < k; j++) {
        d[j] = sqrtf(d[j]);
        mean += (double)d[j] / k;
        if (rho == 0) rho = d[j];
    }
    for (int32_t j = 0; j < k; j++) over[j] = d[j] > rho ? d[j] - rho : 0;
    const double most =
        mean > 0 ? 1000 / mean
                 : 0; // the paper's code: sigma is a thousandth of the mean distance at least
    for (int step = 0; step < STEPS && b < most; step++) {
        double sum = 0, slope = 0;
        for (int32_t j = 0; j < k; j++) {
            const double v = decay(b * (double)over[j]);
            sum += v;
            slope += v * (double)over[j];
        }
        if (sum - wanted < 1e-5 || slope <= 0) break;
        b += (sum - wanted) / slope;
    }
    if (b > most) b = most;
    for (int32_t j = 0; j < k; j++) d[j] = (float)decay(b * (double)over[j]);
}

// ---- moving -----------------------------------------------------------------------------------------

typedef struct point {
    float x, y;
} point;

typedef struct umap {
    const hg__map_work *w;
    hg__map_graph graph;  // owned
    hg__map_curve *curve; // owned
    point *now, *next;    // owned, (n)
    int32_t epochs, epoch, round;
    float rate;
} umap;

static void clear(umap *u) {
    hg__map_graph_clear(&u->graph);
    hg__free(u->curve);
    hg__free(u->now);
    hg__free(u->next);
}

// Random words of a point in a round.
typedef struct words {
    hg__philox block;
    uint32_t drawn;
} words;

static uint32_t draw(const umap *u, words *r, uint32_t i) {
    if (r->drawn % 4 == 0) {
        const uint32_t round = (uint32_t)(u->epoch * ROUNDS + u->round);
        r->block = hg__philox_run(u->w->options->seed, HG_STREAM_MAP, 2 + round, i, r->drawn / 4);
    }
    return r->block.word[r->drawn++ % 4];
}

static inline float clip(float x) {
    return x > MOST ? MOST : x < -MOST ? -MOST : x;
}

// What a point's edges ask for in a round.
typedef struct wish {
    point own;
    float x, y, pull; // pull: the sum of what draws it
} wish;

static inline void attract(const umap *u, wish *s, point other) {
    const float dx = other.x - s->own.x, dy = other.y - s->own.y;
    const float c = hg__map_curve_pull(u->curve, dx * dx + dy * dy);
    s->x += clip(c * dx);
    s->y += clip(c * dy);
    s->pull += c;
}

static inline void repel(const umap *u, wish *s, point other) {
    const float dx = s->own.x - other.x, dy = s->own.y - other.y;
    const float c = hg__map_curve_push(u->curve, dx * dx + dy * dy);
    s->x += clip(c * dx);
    s->y += clip(c * dy);
}

// Whether an edge that is taken in that share of all epochs is taken in this one.
static inline bool is_taken(const umap *u, float share) {
    const double before = (double)u->epoch * (double)share;
    return (int32_t)(before + (double)share) != (int32_t)before;
}

static point move(const umap *u, int32_t i) {
    const int64_t start = u->graph.start[i], end = u->graph.start[i + 1];
    const int32_t n = u->w->n, now = u->round + u->epoch;
    wish s = {.own = u->now[i]};
    words random = {.drawn = 0};
    for (int64_t e = start + now % ROUNDS; e < end; e += ROUNDS) {
        if (!is_taken(u, u->graph.weight[e])) continue;
        attract(u, &s, u->now[u->graph.index[e]]);
        for (int k = 0; k < NEGATIVES; k++) {
            const uint64_t word = draw(u, &random, (uint32_t)i);
            repel(u, &s, u->now[word * (uint64_t)n >> 32]);
        }
    }
    for (int64_t e = start + (now + ROUNDS / 2) % ROUNDS; e < end; e += ROUNDS) {
        if (is_taken(u, u->graph.weight[e])) attract(u, &s, u->now[u->graph.index[e]]);
    }
    const float pull = u->rate * s.pull, step = u->rate / (pull > 1 ? pull : 1);
    return (point){s.own.x + step * s.x, s.own.y + step * s.y};
}

static void move_block(void *context, int32_t task, int32_t thread) {
    (void)thread;
    const umap *u = context;
    const int32_t first = task * BLOCK, end = hg__min(first + BLOCK, u->w->n);
    for (int32_t i = first; i < end; i++) u->next[i] = move(u, i);
}

static int run(umap *u, hg_error *err) {
    hg__meter meter;
    hg__meter_start(&meter, u->w->listener, "placing", "epochs", u->epochs);
    for (u->epoch = 0; u->epoch < u->epochs; u->epoch++) {
        if (hg__is_stopped(u->w->listener)) {
            return hg__fail(err, HG_ERR_STOPPED, "a map: stopped on request");
        }
        u->rate = 1 - (float)u->epoch / (float)u->epochs;
        for (u->round = 0; u->round < ROUNDS; u->round++) {
            hg__map_run(u->w->pool, move_block, u, hg__ceil_div(u->w->n, BLOCK));
            point *const held = u->now;
            u->now = u->next;
            u->next = held;
        }
        hg__meter_add(&meter, 1);
    }
    hg__meter_end(&meter);
    return HG_OK;
}

static int make_graph(umap *u, hg_error *err) {
    const int32_t n = u->w->n, most = hg__min(n, HG_MAX_NEIGHBOURS);
    const int32_t neighbours = hg__max(2, hg__min(u->w->options->neighbours, most)); // with itself
    const double wanted = hg__log(neighbours) / hg__log(2);
    hg__map_graph *g = &u->graph;
    HG_TRY(hg__map_graph_make(g, u->w, neighbours - 1, weigh, &wanted, true, err));
    float top = 0;
    for (int64_t e = 0; e < g->start[n]; e++) top = g->weight[e] > top ? g->weight[e] : top;
    for (int64_t e = 0; e < g->start[n]; e++) g->weight[e] /= top;
    return HG_OK;
}

static int make_room(umap *u, hg_error *err) {
    const size_t n = (size_t)u->w->n;
    u->curve = hg__map_curve_new(u->w->options->min_dist, err);
    if (u->curve) u->now = hg__alloc(n, sizeof *u->now, err);
    if (u->now) u->next = hg__alloc(n, sizeof *u->next, err);
    return u->next ? HG_OK : HG_ERR_MEMORY;
}

int hg__map_umap(const hg__map_work *w, float *y, hg_error *err) {
    umap u = {.w = w};
    u.epochs = w->options->iterations;
    if (u.epochs <= 0) u.epochs = w->n <= FEW ? LONG : SHORT;
    int code = make_graph(&u, err);
    if (code == HG_OK) code = make_room(&u, err);
    if (code == HG_OK) {
        hg__map_start(y, w->n, START, w->options->seed);
        memcpy(u.now, y, (size_t)w->n * sizeof *u.now);
        code = run(&u, err);
    }
    if (code == HG_OK) memcpy(y, u.now, (size_t)w->n * sizeof *u.now);
    clear(&u);
    return code;
}

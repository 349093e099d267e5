// SPDX-License-Identifier: Apache-2.0
// baseline_iforest.c - isolation forest: what random cuts set apart early is rare.
//
// 100 trees, each of 256 training rows without repetition. A node cuts one of the columns that vary in it, any with the same
// chance, at a place drawn evenly between its least and its largest value; log2(rows) levels at most. With h(x) the depth of x's leaf, plus
// c(rows) for the rows still together in it, and c(n) = 2 H(n - 1) - 2 (n - 1) / n, H(n) = 1 + 1/2 + ... + 1/n,
//
//   score = -mean h(x) / c(256), the exponent of the paper's 2^(-mean h / c): the same order
//
// Columns are taken as they are: only their order counts.
#include "backend/kernels.h"
#include "base/mem.h"
#include "base/rng.h"
#include "detect/baseline.h"
#include "detect/blocks.h"

enum { TREES = 100, SAMPLE = 256, NODES = 2 * SAMPLE - 1, ROWS = 512, TOGETHER = 8 };

typedef struct node {
    float cut; // x[column] > cut goes to next[1], others to next[0]
    int32_t column;
    int32_t next[2]; // a leaf: itself, so that every walk takes `levels` steps
} node;

typedef struct tree {
    node node[NODES];
    float depth[NODES]; // h in this leaf
} tree;

typedef struct forest {
    int32_t width, sample, levels;
    double normal; // c(sample)
    tree *tree;    // owned, (TREES)
} forest;

// The mean depth of a row in a random tree of n.
static double mean_depth(int32_t n) {
    double harmonic = 0;
    for (int32_t i = 1; i < n; i++) harmonic += 1.0 / i;
    return n > 1 ? 2 * harmonic - 2.0 * (n - 1) / n : 0;
}

static void free_forest(void *state) {
    forest *f = state;
    if (!f) return;
    hg__free(f->tree);
    hg__free(f);
}

// ---- growing --------------------------------------------------------------------------------------

typedef struct growth {
    const forest *f;
    const float *x; // (rows, width)
    int64_t rows;
    uint64_t seed;
    float *range; // (threads, 2, width): least and largest values in a node
} growth;

typedef struct part {
    int32_t begin, end, level; // of the tree's rows
} part;

// Sets least and most, (width), and returns how many columns vary.
static int32_t find_range(const growth *g, const int64_t *row, const part *p, float *least,
                          float *most) {
    const int32_t width = g->f->width;
    int32_t varying = 0;
    for (int32_t i = p->begin; i < p->end; i++) {
        const float *x = g->x + (size_t)row[i] * (size_t)width;
        for (int32_t j = 0; j < width; j++) {
            least[j] = i == p->begin || x[j] < least[j] ? x[j] : least[j];
            most[j] = i == p->begin || x[j] > most[j] ? x[j] : most[j];
        }
    }
    for (int32_t j = 0; j < width; j++) varying += most[j] > least[j];
    return varying;
}

// The column of which `which` varying ones are before.
static int32_t find_varying(const float *least, const float *most, uint32_t which) {
    for (int32_t j = 0;; j++) {
        if (most[j] > least[j] && which-- == 0) return j;
    }
}

// Puts rows up to the cut first; where the others begin.
static int32_t divide(const growth *g, int64_t *row, const part *p, const node *n) {
    int32_t end = p->begin;
    for (int32_t i = p->begin; i < p->end; i++) {
        const int64_t r = row[i];
        if (g->x[(size_t)r * (size_t)g->f->width + (size_t)n->column] > n->cut) continue;
        row[i] = row[end];
        row[end++] = r;
    }
    return end;
}

static void make_leaf(tree *t, int32_t at, const part *p) {
    t->node[at] = (node){
        .next = {at, at}
    };
    t->depth[at] = (float)(p->level + mean_depth(p->end - p->begin));
}

// Nodes are made level by level; part (NODES) says which rows each has.
static void grow_tree(void *context, int32_t task, int32_t thread) {
    const growth *g = context;
    tree *t = &g->f->tree[task];
    float *least = g->range + (size_t)thread * 2 * (size_t)g->f->width, *most = least + g->f->width;
    const hg__shuffle s =
        hg__shuffle_init(g->seed, HG_STREAM_FOREST, (uint32_t)task, (uint64_t)g->rows);
    int64_t row[SAMPLE];
    part parts[NODES] = {
        {0, g->f->sample, 0}
    };
    for (int32_t i = 0; i < g->f->sample; i++) row[i] = (int64_t)hg__shuffle_at(&s, (uint64_t)i);
    for (int32_t at = 0, count = 1; at < count; at++) {
        const part p = parts[at];
        const bool may_grow = p.level < g->f->levels && p.end - p.begin > 1;
        const int32_t varying = may_grow ? find_range(g, row, &p, least, most) : 0;
        if (varying == 0) {
            make_leaf(t, at, &p);
            continue;
        }
        const hg__philox draw =
            hg__philox_run(g->seed, HG_STREAM_FOREST, (uint32_t)task, (uint32_t)at, 1U << 31);
        const int32_t column =
            find_varying(least, most, (uint32_t)((uint64_t)draw.word[0] * (uint32_t)varying >> 32));
        const float low = least[column], high = most[column];
        float cut = low + hg__unit_float(draw.word[1]) * (high - low);
        if (!(cut < high)) cut = low; // rounded up, or too far apart for float
        t->node[at] = (node){
            cut, column, {count, count + 1}
        };
        const int32_t middle = divide(g, row, &p, &t->node[at]);
        parts[count++] = (part){p.begin, middle, p.level + 1};
        parts[count++] = (part){middle, p.end, p.level + 1};
    }
}

static void *fit(const float *x, int64_t rows, int32_t width, uint64_t seed, hg__pool *pool,
                 hg_error *err) {
    forest *f = hg__alloc(1, sizeof *f, err);
    if (!f) return NULL;
    *f = (forest){.width = width, .sample = rows < SAMPLE ? (int32_t)rows : SAMPLE};
    f->normal = f->sample > 1 ? mean_depth(f->sample) : 1;
    while (1 << f->levels < f->sample) f->levels++;
    f->tree = hg__alloc(TREES, sizeof *f->tree, err);
    growth g = {.f = f, .x = x, .rows = rows, .seed = seed};
    if (f->tree) {
        g.range =
            hg__alloc((size_t)hg__pool_threads(pool), 2 * (size_t)width * sizeof *g.range, err);
    }
    if (!g.range) {
        free_forest(f);
        return NULL;
    }
    hg__pool_run(pool, grow_tree, &g, TREES);
    hg__free(g.range);
    return f;
}

// ---- scoring --------------------------------------------------------------------------------------

typedef struct job {
    const forest *f;
    const float *x; // (rows, width)
    float *score;   // (rows)
} job;

// Rows go down together, so that one does not wait for another's memory. sum (count) += depth.
static void walk(const forest *f, const tree *t, const float *x, int32_t count, float *sum) {
    int32_t at[TOGETHER] = {0};
    for (int32_t level = 0; level < f->levels; level++) {
        for (int32_t i = 0; i < count; i++) {
            const node *n = &t->node[at[i]];
            at[i] = n->next[x[(size_t)i * (size_t)f->width + (size_t)n->column] > n->cut];
        }
    }
    for (int32_t i = 0; i < count; i++) sum[i] += t->depth[at[i]];
}

// scratch: sums of depths (ROWS)
static void score_block(const void *context, int64_t first, int32_t rows, float *scratch) {
    const job *w = context;
    const size_t width = (size_t)w->f->width;
    for (int32_t i = 0; i < rows; i++) scratch[i] = 0;
    for (int32_t t = 0; t < TREES; t++) {
        const float *x = w->x + (size_t)first * width;
        for (int32_t i = 0; i < rows; i += TOGETHER, x += TOGETHER * width) {
            const int32_t count = rows - i < TOGETHER ? rows - i : TOGETHER;
            walk(w->f, &w->f->tree[t], x, count, scratch + i);
        }
    }
    for (int32_t i = 0; i < rows; i++) {
        w->score[first + i] = (float)(-(double)scratch[i] / (TREES * w->f->normal));
    }
}

static int score(const void *state, const float *x, int64_t rows, float *to, hg__pool *pool,
                 hg_error *err) {
    job w = {.f = state, .x = x};
    w.score = to;
    return hg__blocks_run_once(pool, rows, ROWS, ROWS, score_block, &w, err);
}

const hg__baseline hg__baseline_iforest = {
    .name = "iforest",
    .source = "Liu, Ting & Zhou, Isolation forest, 2008",
    .fit = fit,
    .score = score,
    .free = free_forest,
};

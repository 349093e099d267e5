// SPDX-License-Identifier: Apache-2.0
// neighbours.c - exact nearest neighbours: a matrix product finds candidates, differences decide.
//
// For a row x and a reference r, both moved by the references' mean, |x - r|^2 - |x|^2 = |r|^2 - 2 x.r is one element of
// a product whose sums start at |r|^2. It cancels, so it only tells which references cannot be among the nearest:
//
//   block of rows ──product──> (ROWS, 64) a panel of references ──> a mask a row: not above its limit?
//                                     sum of squared differences for each bit <──┘     limit: the k-th best so far
//
// References of a panel lie close together (near_order.h), and a row meets only panels whose box is not farther than its k-th
// best so far: first those whose boxes are the nearest, then all that are left. In tables that is one in five to ten.
//
// What the product can be wrong by, u = 2^-24, N columns (Higham, "Accuracy and stability of numerical algorithms", 2002,
// chapter 3; the bounds below are doubled, which also covers what is of order u^2):
//   its own N + 1 roundings                  (N + 1) u (|r|^2 + 2 |x| |r|)   <= (N + 1) u (2 |r|^2 + |x|^2)
//   moving x and r by the mean, rounded      2 u |x - r| (|x| + |r|)         <= 4 u (|r|^2 + |x|^2)
//   the sum of squared differences itself    (N / 64 + 12) u |x - r|^2
// The first two are taken off |r|^2 and |x|^2 beforehand, the last is added to the limit. The distance to a box is wrong by at most
// (N + 3) u of itself; that and the last are added to what it is compared with. So nothing near is ever lost, and the
// result depends on the sums of squared differences alone: not on blocks, threads or instruction sets.
#include "detect/neighbours.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "backend/kernels.h"
#include "base/int.h"
#include "base/mem.h"
#include "detect/blocks.h"

enum {
    ROWS = 192, // of a task: a panel of references is fetched once for all of them
    LEAST_ROWS = 16,
    NUMBERS = 1 << 20, // of its rows: wide ones are fewer
    KEPT =
        1 << 23, // numbers of all panels: of more, each is made again for each task that needs it
    FEW = 4,     // rows for which no panel is made
    NEAREST = 2  // panels a row meets before it is asked which it must
};

struct hg__neighbours {
    int32_t count, width;
    int32_t panels, boxes; // boxes: panels padded
    const float *ref;  // borrowed, (count, width), as given; in panels they stand in this order:
    int32_t *number;   // owned, (count): which reference stands there
    float *mean;       // owned, (width)
    float *panel;      // owned, panels of (width, count), less the mean; NULL: each made when met
    float *start;      // owned, (count padded): |r|^2 less what may be wrong
    float *low, *high; // owned, (width, boxes): edges of each panel's box
};

// 2 u times the roundings that an error bound counts.
static double relative_error(double roundings) {
    return 2 * 0x1p-24 * roundings;
}

// A limit rounded up: a float that is not below it.
static float at_least(double x) {
    const float f = (float)x;
    return (double)f < x ? nextafterf(f, INFINITY) : f;
}

static void find_mean(hg__neighbours *n) {
    for (int32_t j = 0; j < n->width; j++) {
        double sum = 0;
        for (int32_t i = 0; i < n->count; i++) {
            sum += (double)n->ref[(size_t)i * (size_t)n->width + (size_t)j];
        }
        n->mean[j] = (float)(sum / n->count);
        if (!isfinite(n->mean[j])) n->mean[j] = 0;
    }
}

// The reference that stands at i.
static void add_reference(hg__neighbours *n, int32_t i) {
    const float *ref = n->ref + (size_t)n->number[i] * (size_t)n->width;
    const size_t boxes = (size_t)n->boxes, box = (size_t)(i / HG_PANEL);
    double square = 0;
    for (int32_t j = 0; j < n->width; j++) {
        const float r = ref[j] - n->mean[j];
        float *low = n->low + (size_t)j * boxes + box, *high = n->high + (size_t)j * boxes + box;
        square += (double)r * (double)r;
        if (ref[j] < *low) *low = ref[j];
        if (ref[j] > *high) *high = ref[j];
    }
    n->start[i] = -at_least(-square * (1 - relative_error(2 * (n->width + 1) + 4)));
}

// to (width, padded count of the panel), of which what is padding stays as it is.
static void make_panel(const hg__neighbours *n, int32_t panel, float *to) {
    const int32_t first = panel * HG_PANEL, width = n->width;
    const int32_t count = n->count - first < HG_PANEL ? n->count - first : HG_PANEL;
    const size_t stride = hg__panel_width(n->count, first);
    for (int32_t from = 0; from < width; from += HG_PANEL) { // a square stays in the cache
        const int32_t end = from + HG_PANEL < width ? from + HG_PANEL : width;
        for (int32_t i = 0; i < count; i++) {
            const float *ref = n->ref + (size_t)n->number[first + i] * (size_t)width;
            for (int32_t j = from; j < end; j++) {
                to[(size_t)j * stride + (size_t)i] = ref[j] - n->mean[j];
            }
        }
    }
}

size_t hg__neighbours_panels(int32_t count, int32_t width) {
    const size_t numbers = hg__panel_count(width, count);
    return numbers <= KEPT ? numbers * sizeof(float) : 0;
}

static int make_room(hg__neighbours *n, hg_error *err) {
    const size_t width = (size_t)n->width, edges = width * (size_t)n->boxes;
    const size_t padded = hg__panel_count(1, n->count);
    const struct {
        float **at;
        size_t floats;
    } room[] = {
        {&n->mean,  width         },
        {&n->start, padded        },
        {&n->low,   edges         },
        {&n->high,  edges         },
        {&n->panel, padded * width},
    };
    const size_t made = sizeof room / sizeof *room - !hg__neighbours_panels(n->count, n->width);
    for (size_t i = 0; i < made; i++) {
        *room[i].at = hg__alloc(room[i].floats, sizeof(float), err);
        if (!*room[i].at) return HG_ERR_MEMORY;
    }
    for (size_t i = 0; i < edges; i++) { // boxes of nothing
        n->low[i] = INFINITY;
        n->high[i] = -INFINITY;
    }
    n->number = hg__alloc((size_t)n->count, sizeof *n->number, err);
    return n->number ? HG_OK : HG_ERR_MEMORY;
}

static int put_in_order(hg__neighbours *n, hg_error *err) {
    HG_TRY(hg__near_order(n->ref, n->count, n->width, n->number, err));
    for (int32_t i = 0; i < n->count; i++) add_reference(n, i);
    for (int32_t p = 0; n->panel && p < n->panels; p++) {
        make_panel(n, p, n->panel + hg__panel_index(n->width, n->count, 0, p * HG_PANEL));
    }
    return HG_OK;
}

hg__neighbours *hg__neighbours_new(const float *ref, int32_t count, int32_t width, hg_error *err) {
    hg__neighbours *n = hg__alloc(1, sizeof *n, err);
    if (!n) return NULL;
    *n = (hg__neighbours){.count = count, .width = width, .ref = ref};
    n->panels = hg__ceil_div(count, HG_PANEL);
    n->boxes = hg__round_up(n->panels, HG_LANES);
    int code = make_room(n, err);
    if (code == HG_OK) {
        find_mean(n);
        code = put_in_order(n, err);
    }
    if (code == HG_OK) return n;
    hg__neighbours_free(n);
    return NULL;
}

void hg__neighbours_free(hg__neighbours *n) {
    if (!n) return;
    hg__free(n->mean);
    hg__free(n->panel);
    hg__free(n->start);
    hg__free(n->number);
    hg__free(n->low);
    hg__free(n->high);
    hg__free(n);
}

// ---- a block of rows ------------------------------------------------------------------------------

typedef struct search {
    const hg__neighbours *n;
    const hg__kernels *kernels;
    const float *x;  // (rows, width)
    int32_t k, most; // neighbours; rows of a block
    size_t stride;   // width padded
    float *distance; // (rows, k)
    int32_t *index;  // (rows, k) or NULL
} search;

typedef struct block {
    int32_t rows;
    float *x;                        // (most, stride), as given
    float *product;                  // (most, HG_PANEL)
    float *moved, *picked;           // (most, width): -2 (x - mean); of the rows that meet a panel
    float *panel;                    // (width, HG_PANEL), where they are not kept
    float *gap;                      // (most, boxes): squared distance to each; NaN: was met
    float *best;                     // (most, k) so far, ascending
    int32_t *number;                 // (most, k)
    float limit[ROWS];               // of the product
    float box_limit[ROWS];           // of the distance to a box
    double square[ROWS];             // |x - mean|^2 less what may be wrong
    int32_t found[ROWS], next[ROWS]; // next: the panel whose box is the nearest, or -1
    int32_t row[ROWS], meeting;      // the rows that meet a panel
} block;

// Few enough rows that wide ones do not take much room, and that each thread has some.
static int32_t pick_rows(int32_t width, int64_t rows, int32_t threads) {
    int64_t most = NUMBERS / width;
    const int64_t each = hg__ceil_div_64(rows, threads);
    if (most > ROWS) most = ROWS;
    if (most < ROWS && most > each) most = each;
    if (most > rows) most = rows;
    return most < LEAST_ROWS ? LEAST_ROWS : (int32_t)most;
}

static size_t room_for(const search *s) {
    const hg__neighbours *n = s->n;
    const size_t width = (size_t)n->width, boxes = (size_t)n->boxes;
    return (size_t)s->most * (s->stride + HG_PANEL + 2 * (size_t)s->k + 2 * width + boxes) +
           (n->panel ? 0 : width * HG_PANEL) + HG_LANES;
}

static void fill(block *b, const search *s, float *scratch, int64_t first) {
    const hg__neighbours *n = s->n;
    const size_t width = (size_t)n->width, boxes = (size_t)n->boxes, most = (size_t)s->most;
    b->x = scratch;
    b->product = b->x + most * s->stride;
    b->best = b->product + most * HG_PANEL;
    b->number = (void *)(b->best + most * (size_t)s->k);
    b->gap = b->best + 2 * most * (size_t)s->k;
    b->panel = b->gap + most * boxes;
    b->moved = b->panel + (n->panel ? 0 : width * HG_PANEL);
    b->picked = b->moved + most * width;
    for (int32_t i = 0; i < b->rows; i++) {
        const float *from = s->x + (size_t)(first + i) * width;
        float *moved = b->moved + (size_t)i * width;
        double square = 0;
        memcpy(b->x + (size_t)i * s->stride, from, width * sizeof *from);
        for (size_t j = 0; j < width; j++) {
            const float y = from[j] - n->mean[j];
            square += (double)y * (double)y;
            moved[j] = -2 * y;
        }
        b->square[i] = square * (1 - relative_error(n->width + 1 + 4));
        b->limit[i] = b->box_limit[i] = INFINITY;
        b->found[i] = 0;
        s->kernels->box_distances(b->gap + (size_t)i * boxes, from, n->low, n->high, n->width,
                                  n->boxes);
    }
}

// A reference at distance d becomes one of the k nearest to row i; of those as near the lower number comes first.
static void insert(block *b, const search *s, int32_t i, float d, int32_t number) {
    const size_t row = (size_t)i * (size_t)s->k;
    float *best = b->best + row;
    int32_t *numbers = b->number + row, at = b->found[i] < s->k ? b->found[i]++ : s->k - 1;
    for (; at > 0 && (best[at - 1] > d || (best[at - 1] == d && numbers[at - 1] > number)); at--) {
        best[at] = best[at - 1];
        numbers[at] = numbers[at - 1];
    }
    best[at] = d;
    numbers[at] = number;
    if (b->found[i] < s->k) return;
    const double most = (double)best[s->k - 1], tiny = (s->n->width + 16) * (double)FLT_MIN,
                 own = (double)s->n->width / HG_PANEL + 14; // and to float
    b->limit[i] = at_least(most * (1 + relative_error(own)) - b->square[i] + tiny);
    b->box_limit[i] = at_least(most * (1 + relative_error(own + s->n->width + 4)) + tiny);
}

// Row i meets the reference that stands at `at`.
static void meet(block *b, const search *s, int32_t i, int32_t at) {
    const hg__neighbours *n = s->n;
    const int32_t number = n->number[at];
    const size_t last = (size_t)i * (size_t)s->k + (size_t)s->k - 1;
    const float *x = b->x + (size_t)i * s->stride;
    const float *ref = n->ref + (size_t)number * (size_t)n->width;
    float d = (float)s->kernels->sum_square_diff(x, ref, n->width);
    if (isnan(d)) d = INFINITY;
    if (b->found[i] < s->k || d < b->best[last] ||
        (d == b->best[last] && number < b->number[last])) {
        insert(b, s, i, d, number);
    }
}

// Row i, which has met fewer than k, meets those k of a panel whose products (columns) are the lowest: its limit comes down at
// once. Returns a bit for each other that is not above it.
static uint64_t meet_lowest(block *b, const search *s, int32_t i, const float *product,
                            int32_t first, int32_t columns) {
    int32_t lowest[HG_PANEL], n = 0;
    uint64_t left, met = 0;
    for (int32_t j = 0; j < columns; j++) {
        if (n && n == s->k && !(product[j] < product[lowest[n - 1]])) continue;
        int32_t at = n < s->k ? n++ : n - 1;
        for (; at > 0 && product[lowest[at - 1]] > product[j]; at--) lowest[at] = lowest[at - 1];
        lowest[at] = j;
    }
    for (int32_t m = 0; m < n; m++) {
        meet(b, s, i, first + lowest[m]);
        met |= (uint64_t)1 << lowest[m];
    }
    s->kernels->mask_below(&left, product, HG_PANEL, &b->limit[i], 1, columns);
    return left & ~met;
}

// The rows that were picked meet all of a panel.
static void meet_each(block *b, const search *s, int32_t panel) {
    const int32_t first = panel * HG_PANEL;
    const int32_t end = s->n->count - first < HG_PANEL ? s->n->count : first + HG_PANEL;
    for (int32_t at = first; at < end; at++) {
        for (int32_t m = 0; m < b->meeting; m++) meet(b, s, b->row[m], at);
    }
    b->meeting = 0;
}

// The rows that were picked meet those of a panel that may be among their nearest.
static void meet_likely(block *b, const search *s, int32_t panel) {
    const hg__neighbours *n = s->n;
    const int32_t first = panel * HG_PANEL;
    const int32_t columns = n->count - first < HG_PANEL ? n->count - first : HG_PANEL;
    const float *kept = n->panel;
    if (kept) kept += hg__panel_index(n->width, n->count, 0, first);
    uint64_t mask[ROWS];
    float limit[ROWS];
    const hg__gemm g = {.M = b->meeting,
                        .N = columns,
                        .K = n->width,
                        .blocks = 1,
                        .a = b->picked,
                        .a_m = n->width,
                        .a_k = 1,
                        .b = kept ? kept : b->panel,
                        .b_k = (ptrdiff_t)hg__panel_width(n->count, first),
                        .c = b->product,
                        .c_m = HG_PANEL,
                        .start = n->start + first};
    if (!kept) make_panel(n, panel, b->panel);
    for (int32_t m = 0; m < b->meeting; m++) limit[m] = b->limit[b->row[m]];
    s->kernels->gemm(&g);
    s->kernels->mask_below(mask, b->product, HG_PANEL, limit, b->meeting, columns);
    for (int32_t m = 0; m < b->meeting; m++) {
        const int32_t i = b->row[m];
        const float *product = b->product + (ptrdiff_t)m * HG_PANEL;
        uint64_t left = mask[m];
        if (b->found[i] < s->k) left = meet_lowest(b, s, i, product, first, columns);
        for (; left; left &= left - 1) {
            const int32_t j = __builtin_ctzll(left);
            if (product[j] > b->limit[i]) continue; // it has come down since
            meet(b, s, i, first + j);
        }
    }
    b->meeting = 0;
}

static void meet_panel(block *b, const search *s, int32_t panel) {
    if (b->meeting == 0) return;
    if (!s->n->panel && b->meeting <= FEW) {
        meet_each(b, s, panel);
    } else {
        meet_likely(b, s, panel);
    }
}

static void pick(block *b, const hg__neighbours *n, int32_t i, int32_t panel) {
    const size_t width = (size_t)n->width;
    memcpy(b->picked + (size_t)b->meeting * width, b->moved + (size_t)i * width,
           width * sizeof *b->picked);
    b->gap[(size_t)i * (size_t)n->boxes + (size_t)panel] = NAN;
    b->row[b->meeting++] = i;
}

// next: of each row the nearest box that it did not meet.
static void find_next(block *b, const hg__neighbours *n) {
    for (int32_t i = 0; i < b->rows; i++) {
        const float *gap = b->gap + (size_t)i * (size_t)n->boxes;
        float least = b->box_limit[i];
        b->next[i] = -1;
        for (int32_t p = 0; p < n->panels; p++) {
            if (!(gap[p] <= least) || (gap[p] == least && b->next[i] >= 0)) continue;
            least = gap[p];
            b->next[i] = p;
        }
    }
}

static void run_block(const void *context, int64_t first, int32_t rows, float *scratch) {
    const search *s = context;
    const hg__neighbours *n = s->n;
    const size_t k = (size_t)s->k, boxes = (size_t)n->boxes;
    block b = {.rows = rows};
    fill(&b, s, scratch, first);
    for (int32_t round = 0; round < NEAREST; round++) {
        find_next(&b, n);
        for (int32_t p = 0; p < n->panels; p++) {
            for (int32_t i = 0; i < rows; i++) {
                if (b.next[i] == p) pick(&b, n, i, p);
            }
            meet_panel(&b, s, p);
        }
    }
    for (int32_t p = 0; p < n->panels; p++) {
        for (int32_t i = 0; i < rows; i++) {
            if (b.gap[(size_t)i * boxes + (size_t)p] <= b.box_limit[i]) pick(&b, n, i, p);
        }
        meet_panel(&b, s, p);
    }
    for (int32_t i = 0; i < rows; i++) {
        memcpy(s->distance + (size_t)(first + i) * k, b.best + (size_t)i * k, k * sizeof(float));
        if (!s->index) continue;
        memcpy(s->index + (size_t)(first + i) * k, b.number + (size_t)i * k, k * sizeof(int32_t));
    }
}

int hg__neighbours_find(const hg__neighbours *n, const float *x, int64_t rows, int32_t k,
                        float *distance, int32_t *index, hg__blocks *b, hg_error *err) {
    assert(k >= 1 && k <= HG_MAX_NEIGHBOURS && k <= n->count);
    search s = {.n = n, .kernels = hg__kernels_pick(), .x = x, .k = k};
    s.stride = (size_t)hg__pad_columns(n->width);
    s.most = pick_rows(n->width, rows, b && b->pool ? hg__pool_threads(b->pool) : 1);
    s.distance = distance;
    s.index = index;
    return hg__blocks_run(b, rows, s.most, room_for(&s), run_block, &s, err);
}

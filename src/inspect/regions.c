// SPDX-License-Identifier: Apache-2.0
// regions.c - runs of pixels joined by union-find, measured in one walk, outlined by following their edge.
//
//     . # # . #      Runs are numbered from the top. A run joins those of the row above that it touches, at a corner too:
//     . . . # .      0 and 1 by way of 2. The root of a region is its first run, so that the order in which runs
//     # . . . .      are joined changes nothing. Wu, Otoo, Suzuki, "Optimizing two-pass connected-component labeling
//                    algorithms", 2009, on runs rather than pixels.
#include "inspect/regions.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"

// ---- runs ---------------------------------------------------------------------------------------

// Those within one, to `to` where that is not NULL; how many.
static int32_t runs_within(const hg__raster *map, const hg__region_run *one, float low,
                           hg__region_run *to) {
    const float *x = hg__raster_pixel(map, one->y, 0);
    int32_t n = 0;
    for (int32_t j = one->begin; j < one->end; j++) {
        if (!(x[j] > low)) continue;
        const int32_t begin = j;
        while (j < one->end && x[j] > low) j++;
        if (to) to[n] = (hg__region_run){one->y, begin, j, 0};
        n++;
    }
    return n;
}

static int32_t row_runs(const hg__raster *map, int32_t y, float low, hg__region_run *to) {
    const hg__region_run all = {y, 0, map->width, 0};
    return runs_within(map, &all, low, to);
}

static int find_runs(hg__regions *r, const hg__raster *map, float low, hg_error *err) {
    for (int32_t y = 0; y < map->height; y++) r->runs += row_runs(map, y, low, NULL);
    r->run = hg__alloc((size_t)r->runs, sizeof *r->run, err);
    if (!r->run) return HG_ERR_MEMORY;
    int32_t n = 0;
    for (int32_t y = 0; y < map->height; y++) n += row_runs(map, y, low, r->run + n);
    return HG_OK;
}

// The first run of the one that i belongs to; the way there becomes half as long.
static int32_t root_of(hg__region_run *run, int32_t i) {
    while (run[i].region != i) i = run[i].region = run[run[i].region].region;
    return i;
}

static void join(hg__region_run *run, int32_t a, int32_t b) {
    a = root_of(run, a);
    b = root_of(run, b);
    run[hg__max(a, b)].region = hg__min(a, b);
}

// Afterwards run[i].region is the first run of i's region. Returns how many regions there are.
static int32_t join_runs(hg__region_run *run, int32_t runs) {
    int32_t above = 0, count = 0; // above: the first run that may touch what follows
    for (int32_t i = 0; i < runs; i++) {
        const hg__region_run *now = run + i;
        run[i].region = i;
        while (run[above].y < now->y - 1 ||
               (run[above].y == now->y - 1 && run[above].end < now->begin)) {
            above++;
        }
        for (int32_t k = above; run[k].y < now->y && run[k].begin <= now->end; k++) join(run, k, i);
    }
    for (int32_t i = 0; i < runs; i++) count += (run[i].region = root_of(run, i)) == i;
    return count;
}

// ---- how far they reach -------------------------------------------------------------------------

// Of the height above the background that is its peak's. So a high spot has not all of its slopes.
static const float own_share = 0.25F;

static float reach_of(float peak, const hg__region_options *o) {
    const float low = hg__region_low(o->background, o->threshold);
    const float own = o->background + own_share * (peak - o->background);
    if (!(peak > o->threshold) || !(own > low)) return low;
    return own < o->threshold ? own : o->threshold;
}

// Of a joined run, while regions become smaller.
typedef struct shrinking {
    float reach;    // of its region, where it is the first run; a peak before
    int32_t pieces; // what that falls into, likewise
    int32_t within; // how many of the new runs lie in it
} shrinking;

// Whether there are regions that may become smaller.
static bool find_reaches(shrinking *s, const hg__regions *r, const hg__raster *map,
                         const hg__region_options *o) {
    const float low = hg__region_low(o->background, o->threshold);
    bool is_any = false;
    for (int32_t i = 0; i < r->runs; i++) {
        const hg__region_run *run = r->run + i;
        const float *row = hg__raster_pixel(map, run->y, 0);
        float *peak = &s[run->region].reach;
        if (run->region == i) *peak = row[run->begin];
        for (int32_t j = run->begin; j < run->end; j++) *peak = row[j] > *peak ? row[j] : *peak;
    }
    for (int32_t i = 0; i < r->runs; i++) {
        if (r->run[i].region != i) continue;
        s[i].reach = reach_of(s[i].reach, o);
        is_any |= s[i].reach > low;
    }
    return is_any;
}

// The runs of regions that stay in one piece where they reach down to their own height only, and of the others as they were.
static int32_t choose_runs(const shrinking *s, const hg__regions *r, const hg__region_run *fine,
                           hg__region_run *to) {
    int32_t n = 0;
    for (int32_t i = 0; i < r->runs; fine += s[i++].within) {
        const bool is_whole = s[r->run[i].region].pieces == 1;
        const int32_t count = is_whole ? s[i].within : 1;
        if (to) memcpy(to + n, is_whole ? fine : r->run + i, (size_t)count * sizeof *to);
        n += count;
    }
    return n;
}

static int shrink_by(shrinking *s, hg__regions *r, const hg__raster *map, hg_error *err) {
    int32_t count = 0, at = 0;
    for (int32_t i = 0; i < r->runs; i++) {
        s[i].within = runs_within(map, r->run + i, s[r->run[i].region].reach, NULL);
        count += s[i].within;
    }
    hg__region_run *fine = hg__alloc((size_t)count, sizeof *fine, err);
    if (!fine) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < r->runs; i++) {
        at += runs_within(map, r->run + i, s[r->run[i].region].reach, fine + at);
    }
    join_runs(fine, count);
    for (int32_t i = 0, k = 0; i < r->runs; i++) {
        for (const int32_t end = k + s[i].within; k < end; k++) {
            s[r->run[i].region].pieces += fine[k].region == k;
        }
    }
    const int32_t chosen = choose_runs(s, r, fine, NULL);
    hg__region_run *run = hg__alloc((size_t)chosen, sizeof *run, err);
    if (run) {
        choose_runs(s, r, fine, run);
        hg__free(r->run);
        r->run = run;
        r->runs = chosen;
    }
    hg__free(fine);
    return run ? HG_OK : HG_ERR_MEMORY;
}

static int shrink(hg__regions *r, const hg__raster *map, const hg__region_options *o,
                  hg_error *err) {
    shrinking *s = hg__alloc((size_t)r->runs, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    const int code = find_reaches(s, r, map, o) ? shrink_by(s, r, map, err) : HG_OK;
    hg__free(s);
    return code;
}

// ---- measures -----------------------------------------------------------------------------------

// A region while it is measured; the sums of places are exact.
typedef struct tally {
    hg__region is;
    double sum;
    int64_t x, y;        // sums over pixels
    float least;         // pixel
    int32_t first;       // run
    int32_t right, last; // column, row behind the box
} tally;

static void add_run(tally *t, const hg__region_run *run, const float *row) {
    const int64_t n = run->end - run->begin;
    hg__region *is = &t->is;
    for (int32_t j = run->begin; j < run->end; j++) {
        t->sum += (double)row[j];
        if (row[j] < t->least) t->least = row[j];
        if (!(row[j] > is->peak)) continue;
        is->peak = row[j];
        is->peak_x = j;
        is->peak_y = run->y;
    }
    is->area += n;
    t->x += n * run->begin + n * (n - 1) / 2;
    t->y += n * run->y;
    is->left = hg__min(is->left, run->begin);
    t->right = hg__max(t->right, run->end);
    t->last = run->y + 1;
}

static void finish(tally *t) {
    hg__region *is = &t->is;
    is->width = t->right - is->left;
    is->height = t->last - is->top;
    is->mean = t->sum / (double)is->area;
    is->x = (double)t->x / (double)is->area + 0.5;
    is->y = (double)t->y / (double)is->area + 0.5;
}

// all: (found), in the order of first runs. run[i].region becomes a place in it.
static void measure(hg__regions *r, const hg__raster *map, tally *all) {
    int32_t n = 0;
    for (int32_t i = 0; i < r->runs; i++) {
        hg__region_run *run = r->run + i;
        const float *row = hg__raster_pixel(map, run->y, 0);
        const bool begins = run->region == i;
        const int32_t k = begins ? n++ : r->run[run->region].region;
        if (begins) {
            all[k] = (tally){.first = i, .least = row[run->begin]};
            all[k].is = (hg__region){.left = run->begin,
                                     .top = run->y,
                                     .peak = row[run->begin],
                                     .peak_x = run->begin,
                                     .peak_y = run->y};
        }
        run->region = k;
        add_run(all + k, run, row);
    }
    for (int32_t k = 0; k < n; k++) finish(all + k);
}

static int highest_first(const void *a, const void *b) {
    const tally *x = a, *y = b;
    if (x->is.peak != y->is.peak) return x->is.peak < y->is.peak ? 1 : -1;
    return (x->first > y->first) - (x->first < y->first);
}

// Moves what is kept of all (count) to the front, the highest first, and has the runs say so.
static int keep(hg__regions *r, tally *all, int32_t count, const hg__region_options *o,
                hg_error *err) {
    int32_t *place = hg__alloc((size_t)r->runs, sizeof *place, err); // of a region by its first run
    if (!place) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < r->runs; i++) {
        place[i] = -1;
        r->run[i].region = all[r->run[i].region].first;
    }
    for (int32_t k = 0; k < count; k++) {
        const bool is_found = all[k].is.peak > o->threshold;
        r->found += is_found;
        if (is_found && all[k].is.area >= o->least_area) all[r->count++] = all[k];
    }
    if (r->count) qsort(all, (size_t)r->count, sizeof *all, highest_first);
    if (o->most > 0) r->count = hg__min(r->count, o->most);
    for (int32_t k = 0; k < r->count; k++) place[all[k].first] = k;
    for (int32_t i = 0; i < r->runs; i++) r->run[i].region = place[r->run[i].region];
    hg__free(place);
    return HG_OK;
}

// ---- outlines -----------------------------------------------------------------------------------

static bool is_above(const hg__raster *map, float low, int32_t x, int32_t y) {
    if (x < 0 || y < 0 || x >= map->width || y >= map->height) return false;
    return *hg__raster_pixel(map, y, x) > low;
}

typedef struct outline {
    const hg__raster *map;
    float low;
    hg__regions *to;
    size_t room; // corners
} outline;

static int add_corner(outline *o, hg__corner corner, hg_error *err) {
    hg__regions *r = o->to;
    if (r->corners == o->room) {
        const size_t room = o->room ? 2 * o->room : 64;
        hg__corner *more = hg__grow(r->corner, room, sizeof *more, err);
        if (!more) return HG_ERR_MEMORY;
        r->corner = more;
        o->room = room;
    }
    r->corner[r->corners++] = corner;
    return HG_OK;
}

// From the upper left corner of the region's first pixel, heading right, back to there. Whatever lies above what a region reaches down to at a
// corner of the region's edge belongs to the region, so that only the map is asked.
static int trace(outline *o, const hg__region_run *first, hg__region *region, hg_error *err) {
    static const hg__corner step[4] = {
        {1,  0 },
        {0,  1 },
        {-1, 0 },
        {0,  -1}
    }; // right, down, left, up
    // the pixel ahead of a corner to the left hand; that to the right hand is the next direction's
    static const hg__corner ahead[4] = {
        {0,  -1},
        {0,  0 },
        {-1, 0 },
        {-1, -1}
    };
    const hg__corner start = {first->begin, first->y};
    hg__corner at = start;
    int32_t to = 0; // direction
    region->first_corner = o->to->corners;
    do {
        HG_TRY(add_corner(o, at, err)); // a turn was made here
        int32_t turn = 0;
        while (!turn) {
            at.x += step[to].x;
            at.y += step[to].y;
            const hg__corner left = ahead[to], right = ahead[(to + 1) % 4];
            if (is_above(o->map, o->low, at.x + left.x, at.y + left.y)) {
                turn = 3;
            } else if (!is_above(o->map, o->low, at.x + right.x, at.y + right.y)) {
                turn = 1;
            }
        }
        to = (to + turn) % 4;
    } while (at.x != start.x || at.y != start.y);
    region->corners = (int32_t)(o->to->corners - region->first_corner);
    return HG_OK;
}

// ---- the whole ----------------------------------------------------------------------------------

static int find(hg__regions *r, const hg__raster *map, const hg__region_options *o, hg_error *err) {
    const float low = hg__region_low(o->background, o->threshold);
    HG_TRY(find_runs(r, map, low, err));
    join_runs(r->run, r->runs);
    HG_TRY(shrink(r, map, o, err));
    const int32_t count = join_runs(r->run, r->runs);
    tally *all = hg__alloc((size_t)count, sizeof *all, err);
    if (!all) return HG_ERR_MEMORY;
    measure(r, map, all);
    int code = keep(r, all, count, o, err);
    r->at = code == HG_OK ? hg__alloc((size_t)r->count, sizeof *r->at, err) : NULL;
    if (!r->at) code = HG_ERR_MEMORY;
    outline edge = {map, low, r, 0};
    for (int32_t k = 0; k < r->count && code == HG_OK; k++) {
        const float reach = reach_of(all[k].is.peak, o); // or `low`, where that keeps it whole
        edge.low = all[k].least > reach ? reach : low;
        r->at[k] = all[k].is;
        code = trace(&edge, r->run + all[k].first, r->at + k, err);
    }
    hg__free(all);
    return code;
}

int hg__regions_find(hg__regions *r, const hg__raster *map, const hg__region_options *o,
                     hg_error *err) {
    *r = (hg__regions){.height = map->height, .width = map->width};
    assert(map->channels == 1);
    if ((int64_t)map->height * map->width > INT32_MAX) {
        *r = (hg__regions){0};
        return hg__fail(err, HG_ERR_DATA, "map: expected at most %d pixels, got %d x %d", INT32_MAX,
                        map->width, map->height);
    }
    const int code = find(r, map, o, err);
    if (code < 0) hg__regions_clear(r);
    return code;
}

void hg__regions_clear(hg__regions *r) {
    hg__free(r->at);
    hg__free(r->corner);
    hg__free(r->run);
    *r = (hg__regions){0};
}

float hg__region_low(float background, float threshold) {
    return background < threshold ? background + 0.5F * (threshold - background) : threshold;
}

void hg__regions_label(const hg__regions *r, int32_t *label) {
    memset(label, 0, (size_t)r->height * (size_t)r->width * sizeof *label);
    for (int32_t i = 0; i < r->runs; i++) {
        const hg__region_run *run = r->run + i;
        int32_t *line = label + (ptrdiff_t)run->y * r->width;
        for (int32_t x = run->begin; x < run->end; x++) line[x] = run->region + 1;
    }
}

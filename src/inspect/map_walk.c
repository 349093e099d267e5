// SPDX-License-Identifier: Apache-2.0
// map_walk.c - one walk down the bins of all pictures' histograms at once, by a heap of the next bin of each.
#include <math.h>

#include "base/mem.h"
#include "inspect/map_tally.h"

// The good or the defect pixels of one picture.
typedef struct source {
    const hg__map_histogram *of;
    size_t left; // cells not walked yet: the last of them is next
    size_t picture;
    int32_t kind;
    double unit; // of overlaps
    double rate; // 1 / pixels, where they count for the mean over pictures; else 0
} source;

typedef struct walk {
    const hg__map_tally *t;
    source *source; // owned (2 * pictures)
    uint64_t *
        heap; // owned (2 * pictures): bin << 32 | 2^32 - 1 - source; each below the one at half its place
    size_t waiting; // in the heap
    hg__map_bins *bins;
    hg__curve_mass since; // what is in bins' last
} walk;

// ---- the heap -----------------------------------------------------------------------------------

static void sift_down(walk *w, size_t i) {
    const uint64_t moved = w->heap[i];
    for (size_t k = 2 * i + 1; k < w->waiting; k = 2 * i + 1) {
        if (k + 1 < w->waiting && w->heap[k + 1] > w->heap[k]) k++;
        if (w->heap[k] <= moved) break;
        w->heap[i] = w->heap[k];
        i = k;
    }
    w->heap[i] = moved;
}

static uint64_t heap_key(const source *s, size_t index) {
    return (uint64_t)s->of->cell[s->left - 1].bin << 32 | (UINT32_MAX - index);
}

static int walk_init(walk *w, const hg__map_tally *t, hg__map_bins *bins, hg_error *err) {
    *w = (walk){.t = t, .bins = bins};
    w->source = hg__alloc(t->pictures, HG_PIXEL_KINDS * sizeof *w->source, err);
    if (w->source) w->heap = hg__alloc(t->pictures, HG_PIXEL_KINDS * sizeof *w->heap, err);
    if (!w->heap) return HG_ERR_MEMORY;
    for (size_t i = 0; i < t->pictures; i++) {
        const hg__map_picture *p = t->picture + i;
        for (int32_t kind = HG_GOOD; kind < HG_PIXEL_KINDS; kind++) {
            if (p->of[kind].count == 0) continue;
            source *s = w->source + w->waiting;
            *s = (source){p->of + kind, p->of[kind].count, i, kind, p->unit, 0};
            if (kind == HG_DEFECT || p->regions == 0) s->rate = 1 / (double)p->pixels[kind];
            w->heap[w->waiting] = heap_key(s, w->waiting);
            w->waiting++;
        }
    }
    for (size_t i = w->waiting / 2; i-- > 0;) sift_down(w, i);
    return HG_OK;
}

// ---- fewer bins ---------------------------------------------------------------------------------

// Whether bins' last is full. Narrow where the metrics look: shares of good pixels and rates of good pictures near 0 in
// steps of a few per cent of themselves, the rest in steps of so much that `room` is not used up.
static bool is_full(const walk *w, const hg__curve *c) {
    const double steps = (double)w->bins->room / 8;
    const double good = c->beyond.good / c->all.good;
    const double linear = (good < 0.05 ? 0.05 : good < 0.3 ? 0.25 : 0.7) / steps;
    const double relative = fmax(good * 5 / steps, 1e-7);
    if (w->since.good >= fmin(linear, relative) * c->all.good && w->since.good > 0) return true;
    if (w->since.defect * steps >= c->all.defect && w->since.defect > 0) return true;
    const double rate = c->beyond.good_rate / c->all.good_rate;
    return c->all.good_rate > 0 && rate < 1e-3 && w->since.good_rate > 0 &&
           w->since.good_rate >= fmax(rate * 5 / steps, 2e-7) * c->all.good_rate;
}

static void add_to_bin(const walk *w, const source *s, size_t cell) {
    hg__map_bins *b = w->bins;
    const size_t at = s->picture * (size_t)b->room + (size_t)b->count;
    (s->kind == HG_GOOD ? b->good : b->defect)[at] += (double)s->of->cell[cell].pixels;
    if (s->kind == HG_DEFECT) b->overlap[at] += (double)s->of->overlap[cell] * s->unit;
}

static void close_bin(walk *w, const hg__curve *c, const hg__curve_mass *next) {
    w->since.good += next->good;
    w->since.defect += next->defect;
    w->since.good_rate += next->good_rate;
    if (w->bins->count + 1 < w->bins->room && is_full(w, c)) {
        w->bins->count++;
        w->since = (hg__curve_mass){0};
    }
}

// ---- the walk -----------------------------------------------------------------------------------

// All pixels of the highest bin left.
static hg__curve_mass take(walk *w, uint32_t bin) {
    hg__curve_mass next = {0};
    while (w->waiting > 0 && w->heap[0] >> 32 == bin) {
        const size_t index = UINT32_MAX - (size_t)(uint32_t)w->heap[0];
        source *s = w->source + index;
        const size_t cell = --s->left;
        const double pixels = (double)s->of->cell[cell].pixels;
        if (s->kind == HG_GOOD) {
            next.good += pixels;
            next.good_rate += pixels * s->rate;
        } else {
            next.defect += pixels;
            next.overlap += (double)s->of->overlap[cell] * s->unit;
            next.image_rate += pixels * s->rate;
        }
        if (w->bins) add_to_bin(w, s, cell);
        w->heap[0] = s->left > 0 ? heap_key(s, index) : w->heap[--w->waiting];
        if (w->waiting > 0) sift_down(w, 0);
    }
    return next;
}

// Halfway between the lowest value of bin and the highest of the next bin that is not empty.
static double threshold_below(const walk *w, uint32_t bin) {
    const uint32_t shift = w->t->shift;
    const uint64_t lowest = (uint64_t)bin << shift;
    const double value = (double)hg__map_key_value(lowest);
    if (w->waiting > 0) {
        const uint64_t highest = (((w->heap[0] >> 32) + 1) << shift) - 1;
        return (value + (double)hg__map_key_value(highest)) / 2;
    }
    const float below = nextafterf(hg__map_key_value(lowest), -INFINITY);
    return isinf(below) ? nextafter(value, (double)-INFINITY) : (double)below;
}

int hg__map_walk_run(const hg__map_tally *t, hg__map_walk *out, hg__map_bins *bins, hg_error *err) {
    hg__curve_mass all;
    hg__map_masses(t, NULL, &all);
    hg__curve_init(&out->curve, &all);
    out->best_threshold = (double)NAN;
    walk w;
    const int code = walk_init(&w, t, bins, err);
    while (code == HG_OK && w.waiting > 0) {
        const uint32_t bin = (uint32_t)(w.heap[0] >> 32);
        const hg__curve_mass next = take(&w, bin);
        hg__curve_step(&out->curve, &next);
        if (out->curve.best_is_new) out->best_threshold = threshold_below(&w, bin);
        if (bins) close_bin(&w, &out->curve, &next);
    }
    hg__curve_finish(&out->curve);
    if (bins) bins->count++;
    hg__free(w.source);
    hg__free(w.heap);
    return code;
}

void hg__map_masses(const hg__map_tally *t, const int32_t *times, hg__curve_mass *all) {
    *all = (hg__curve_mass){0};
    for (size_t i = 0; i < t->pictures; i++) {
        const hg__map_picture *p = t->picture + i;
        const double n = times ? (double)times[i] : 1;
        all->good += n * (double)p->pixels[HG_GOOD];
        all->defect += n * (double)p->pixels[HG_DEFECT];
        all->overlap += n * p->overlap;
        if (p->regions > 0) {
            all->image_rate += n;
        } else {
            all->good_rate += n;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
// clue_measure.c - what clues say of good pictures: what is usual at each place, how high their peaks are, and how much each counts.
#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "inspect/clue_weights.h"
#include "inspect/inspector_fit.h"

// Cells for one place of what is usual, a side; passes of its blur.
enum { USUAL_CELLS = 1, USUAL_SMOOTH = 2 };
static const double mad_to_deviation = 1.4826; // of normal numbers

// Pictures that are measured twice, between the two times.
typedef struct measuring {
    const hg__clue_work *w;
    hg__raster *kept; // owned, (HG_MOST_MEASURED): those of which there is room
    size_t room;      // bytes
    hg__raster seen;  // owned: of the picture at hand
} measuring;

// ---- what is usual ------------------------------------------------------------------------------

// The n-th of the pictures that are measured; their count.
static int32_t measured(const hg__inspector_data *d, int32_t n, int32_t *count) {
    *count = hg__min(d->trained, HG_MOST_MEASURED);
    return d->train[(int64_t)n * d->trained / *count];
}

static void keep_clue(measuring *m, int32_t n, hg__raster *clue) {
    const size_t bytes = hg__raster_count(clue) * sizeof *clue->at;
    if (bytes > m->room) {
        hg__raster_clear(clue);
        return;
    }
    m->room -= bytes;
    m->kept[n] = *clue;
}

// Clues of the n-th of those that are measured; is_first: of the two times, which keeps what there is room for.
static int meet(measuring *m, int32_t n, bool is_first, hg__clue_take *take, void *context,
                hg_error *err) {
    int32_t count;
    const int32_t i = measured(m->w->d, n, &count);
    hg__raster clue = m->kept[n];
    m->kept[n] = (hg__raster){0};
    int code = hg__fit_seen(m->w, i, &m->seen, err);
    if (code == HG_OK && clue.at) {
        const hg__clue_place at = hg__clue_whole(&clue);
        hg__meter_add(m->w->meter, 1);
        code = take(context, &clue, &at, err);
    } else if (code == HG_OK) {
        code = hg__fit_judge(m->w, i, &clue, take, context, err);
    }
    hg__raster_clear(&m->seen);
    if (code == HG_OK && is_first && clue.at) {
        keep_clue(m, n, &clue);
    } else {
        hg__raster_clear(&clue);
    }
    return code;
}

// Sums and squares over pictures, (h, w, 2 clues), of places or of all cells.
typedef struct tally {
    const hg__inspector *s;
    const hg__raster *seen; // of the picture at hand
    bool has_places;
    hg__raster *sum;
    double *squares; // owned
} tally;

// Cells for one place of what is usual, a side: more of large pictures, for what places take.
static int32_t place_cells(const tally *t, const hg__clue_place *at) {
    const size_t each =
        (size_t)(2 * t->s->kind->clues + 1) * sizeof(double) + HG_MOST_CLUES * 4 * sizeof(float);
    int32_t by = USUAL_CELLS;
    while ((size_t)hg__ceil_div(at->height, by) * (size_t)hg__ceil_div(at->width, by) >
           t->s->max_mem / 4 / each) {
        by++;
    }
    return by;
}

static int begin_tally(tally *t, const hg__clue_place *at, hg_error *err) {
    const int32_t clues = t->s->kind->clues, by = t->has_places ? place_cells(t, at) : 1;
    const int32_t h = t->has_places ? hg__ceil_div(at->height, by) : 1;
    const int32_t w = t->has_places ? hg__ceil_div(at->width, by) : 1;
    HG_TRY(hg__raster_init(t->sum, h, w, 2 * clues, err));
    t->squares =
        hg__alloc((size_t)h * (size_t)w, (size_t)(2 * clues + 1) * sizeof *t->squares, err);
    return t->squares ? HG_OK : HG_ERR_MEMORY;
}

static int add_clue(void *context, const hg__raster *clue, const hg__clue_place *at,
                    hg_error *err) {
    tally *t = context;
    const int32_t clues = clue->channels;
    if (!t->squares) HG_TRY(begin_tally(t, at, err));
    const hg__raster *sum = t->sum;
    for (int32_t y = 0; y < clue->height; y++) {
        for (int32_t x = 0; x < clue->width; x++) {
            if (!hg__clue_is_seen(t->seen, at, y, x)) continue;
            const int32_t v = (int32_t)((int64_t)(at->top + y) * sum->height / at->height);
            const int32_t u = (int32_t)((int64_t)(at->left + x) * sum->width / at->width);
            double *to =
                t->squares + ((size_t)v * (size_t)sum->width + (size_t)u) * (size_t)(2 * clues + 1);
            const float *own = hg__raster_pixel(clue, y, x);
            for (int32_t k = 0; k < clues; k++) {
                to[k] += (double)own[k];
                to[clues + k] += (double)own[k] * (double)own[k];
            }
            to[2 * clues] += 1;
        }
    }
    return HG_OK;
}

// A place that was never seen is as all others together.
static void finish_usual(const double *squares, hg__raster *usual) {
    const size_t places = (size_t)usual->height * (size_t)usual->width;
    const size_t clues = (size_t)usual->channels / 2;
    double all[2 * HG_MOST_CLUES + 1] = {0};
    for (size_t i = 0; i < places * (2 * clues + 1); i++) all[i % (2 * clues + 1)] += squares[i];
    for (size_t i = 0; i < places; i++) {
        const double *own = squares + i * (2 * clues + 1);
        const double *from = own[2 * clues] > 0 ? own : all, n = fmax(from[2 * clues], 1);
        float *to = usual->at + i * 2 * clues;
        for (size_t k = 0; k < clues; k++) {
            const double mean = from[k] / n, variance = from[clues + k] / n - mean * mean;
            to[k] = (float)mean;
            to[clues + k] = __builtin_sqrtf(variance > 0 ? (float)variance : 0);
        }
    }
}

// Smoothed over places; and a spread is never below what is usual of spreads, so that a place where nothing ever happened is no alarm by
// itself.
static int smooth_usual(hg__inspector *s, hg__raster *usual, hg_error *err) {
    const size_t places = (size_t)usual->height * (size_t)usual->width;
    const size_t clues = (size_t)s->kind->clues;
    hg__raster one = {0}, smooth = {0};
    float *sorted = hg__alloc(places, sizeof *sorted, err);
    int code = sorted ? hg__raster_init(&one, usual->height, usual->width, 1, err) : HG_ERR_MEMORY;
    for (size_t k = 0; code == HG_OK && k < 2 * clues; k++) {
        for (size_t i = 0; i < places; i++) one.at[i] = usual->at[i * 2 * clues + k];
        code = hg__patch_map_smooth(&one, 1, one.height, one.width, places > 1 ? USUAL_SMOOTH : 0,
                                    &smooth, s->pool, err);
        if (code < 0) break;
        memcpy(sorted, smooth.at, places * sizeof *sorted);
        const float floor = k < clues ? 0 : hg__fit_median(sorted, places) + 1e-6F;
        for (size_t i = 0; i < places; i++) usual->at[i * 2 * clues + k] = smooth.at[i] + floor;
        hg__raster_clear(&smooth);
    }
    hg__raster_clear(&one);
    hg__free(sorted);
    return code;
}

// has_places: parts lie in their place, so each has its own.
static int fit_usual(measuring *m, bool has_places, hg_error *err) {
    hg__inspector *s = m->w->s;
    tally t = {.s = s, .seen = &m->seen, .has_places = has_places, .sum = &s->clues.usual};
    int32_t count;
    int code = HG_OK;
    (void)measured(m->w->d, 0, &count);
    for (int32_t n = 0; code == HG_OK && n < count; n++) {
        code = meet(m, n, true, add_clue, &t, err);
    }
    if (code == HG_OK && t.squares) {
        finish_usual(t.squares, t.sum);
        code = smooth_usual(s, t.sum, err);
    }
    hg__free(t.squares);
    return code;
}

// ---- peaks ----------------------------------------------------------------------------------------

// The highest cell of each clue, in spreads above its mean.
typedef struct highest {
    const hg__inspector *s;
    const hg__raster *seen; // of the picture
    bool has;               // some cells were met
    float at[HG_MOST_CLUES];
} highest;

static int find_peaks(void *context, const hg__raster *clue, const hg__clue_place *at,
                      hg_error *err) {
    highest *p = context;
    (void)err;
    for (int32_t y = 0; y < clue->height; y++) {
        for (int32_t x = 0; x < clue->width; x++) {
            if (!hg__clue_is_seen(p->seen, at, y, x)) continue;
            for (int32_t k = 0; k < clue->channels; k++) {
                const float v = hg__clue_above(p->s, clue, at, y, x, k);
                if (!p->has || v > p->at[k]) p->at[k] = v;
            }
            p->has = true;
        }
    }
    return HG_OK;
}

// The peaks of the n-th of the pictures that clues are scaled by: of held-out ones where there are enough, since clues that learn say
// less of what they learned from.
static int find_scale_peaks(measuring *m, bool has_held, int32_t n, highest *own, hg_error *err) {
    hg__raster clue = {0};
    if (!has_held) return meet(m, n, false, find_peaks, own, err);
    const int32_t i = m->w->d->held[n];
    int code = hg__fit_seen(m->w, i, &m->seen, err);
    if (code == HG_OK) code = hg__fit_judge(m->w, i, &clue, find_peaks, own, err);
    hg__raster_clear(&clue);
    hg__raster_clear(&m->seen);
    return code;
}

static void keep_peaks(const highest *own, int32_t n, float *peak) {
    for (int32_t k = 0; k < HG_MOST_CLUES; k++) peak[k * HG_MOST_MEASURED + n] = own->at[k];
}

// Clues count by how well they tell drawn defects from good pictures: those of the same pictures, good (clues, HG_MOST_MEASURED), `count` of
// each clue. Where pictures are too large to be judged at once the odds of all are 1.
static int fit_weights(measuring *m, bool has_held, const float *good, int32_t count,
                       float *damaged, hg_error *err) {
    hg__inspector *s = m->w->s;
    int32_t met = 0;
    for (int32_t n = 0; n < HG_MOST_DAMAGED; n++) {
        int32_t all;
        const int32_t i = has_held ? m->w->d->held[n % count] : measured(m->w->d, n % count, &all);
        highest own = {.s = s, .seen = &m->seen};
        if (!hg__fit_can_damage(m->w, i)) continue;
        const int code = hg__fit_judge_damaged(m->w, i, n, &m->seen, find_peaks, &own, err);
        hg__raster_clear(&m->seen);
        HG_TRY(code);
        keep_peaks(&own, met++, damaged);
    }
    for (int32_t k = 0; k < s->kind->clues; k++) {
        const ptrdiff_t at = (ptrdiff_t)k * HG_MOST_MEASURED;
        s->clues.weight[k] = hg__clue_odds(good + at, count, damaged + at, met);
    }
    hg__clue_weights_end(&s->clues, s->kind);
    return HG_OK;
}

// Median and spread of the good pictures' peaks; sorts them.
static void fit_scale(hg__inspector *s, float *good, int32_t count) {
    for (int32_t k = 0; k < s->kind->clues; k++) {
        float *x = good + (ptrdiff_t)k * HG_MOST_MEASURED;
        const float centre = hg__fit_median(x, (size_t)count);
        for (int32_t n = 0; n < count; n++) x[n] = fabsf(x[n] - centre);
        s->clues.centre[k] = (double)centre;
        s->clues.spread[k] = mad_to_deviation * (double)hg__fit_median(x, (size_t)count) + 1e-3;
    }
}

static int fit_peaks(measuring *m, hg_error *err) {
    const int32_t held = m->w->d->held_out;
    const bool has_held = held >= HG_ENOUGH_HELD;
    int32_t count;
    float *good = hg__alloc((size_t)2 * HG_MOST_MEASURED, HG_MOST_CLUES * sizeof *good, err);
    int code = good ? HG_OK : HG_ERR_MEMORY;
    (void)measured(m->w->d, 0, &count);
    if (has_held) count = hg__min(held, HG_MOST_MEASURED);
    for (int32_t n = 0; code == HG_OK && n < count; n++) {
        highest own = {.s = m->w->s, .seen = &m->seen};
        code = find_scale_peaks(m, has_held, n, &own, err);
        keep_peaks(&own, n, good);
    }
    if (code == HG_OK) {
        code = fit_weights(m, has_held, good, count, good + HG_MOST_MEASURED * HG_MOST_CLUES, err);
    }
    if (code == HG_OK) fit_scale(m->w->s, good, count);
    hg__free(good);
    return code;
}

int hg__fit_measure(const hg__clue_work *w, bool has_places, hg_error *err) {
    measuring m = {.w = w, .room = w->d->max_bytes / 2};
    m.kept = hg__alloc(HG_MOST_MEASURED, sizeof *m.kept, err);
    int code = m.kept ? fit_usual(&m, has_places, err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = fit_peaks(&m, err);
    for (int32_t n = 0; m.kept && n < HG_MOST_MEASURED; n++) hg__raster_clear(&m.kept[n]);
    hg__free(m.kept);
    return code;
}

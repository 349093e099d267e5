// SPDX-License-Identifier: Apache-2.0
// inspector_fit.c - a trained network becomes an inspector: patches remembered, what is usual measured, thresholds from held-out pictures.
#include <math.h>
#include <string.h>

#include "base/host.h"
#include "base/int.h"
#include "base/mem.h"
#include "detect/table_model.h"
#include "inspect/clue_pieces.h"
#include "inspect/clue_weights.h"
#include "inspect/inspector_internal.h"
#include "parts/resize.h"

// Pictures that what is usual is measured on, at most: every n-th of more. Cells for one place of what is usual, a side; passes of its
// blur.
enum { MOST_MEASURED = 160, ENOUGH_HELD = 10, USUAL_CELLS = 1, USUAL_SMOOTH = 2 };
// Drawn defects that clues are weighed by.
enum { MOST_DAMAGED = 60 };
// Pixels of a picture for one of the reference, a side, or more where it would have too many; pieces of large pictures that are learnt
// from, at most.
enum { COARSE = 2, MOST_EXPECTED = 1 << 21, MOST_PIECES = 512 };
// Of a map's cells, the highest, whose mean is the score.
static const double score_share = 0.001;
static const double mad_to_deviation = 1.4826; // of normal numbers

// A line of the mean: sum (width).
static int mean_line(const hg__inspector_data *d, int32_t y, int32_t width, float *line, float *sum,
                     hg_error *err) {
    const int32_t channels = hg__part_store_channels(d->store);
    const hg__part_line at = {y, 0, width};
    memset(sum, 0, (size_t)width * sizeof *sum);
    for (int32_t i = 0; i < d->trained; i++) {
        HG_TRY(hg__part_store_read(d->store, d->train[i], &at, channels, line, err));
        for (int32_t x = 0; x < width; x++) {
            float grey = 0;
            for (int32_t c = 0; c < channels; c++) grey += line[x * channels + c];
            sum[x] += grey / (float)channels / (float)d->trained;
        }
    }
    return HG_OK;
}

// Pixels for one of the reference, a side.
static int32_t coarseness(int32_t height, int32_t width) {
    int32_t by = COARSE;
    while ((int64_t)hg__ceil_div(height, by) * hg__ceil_div(width, by) > MOST_EXPECTED) by++;
    return by;
}

int hg__part_reference(const hg__inspector_data *d, hg__raster *expected, hg_error *err) {
    int32_t height, width;
    hg__part_store_size(d->store, d->train[0], &height, &width);
    const int32_t by = coarseness(height, width);
    const size_t channels = (size_t)hg__part_store_channels(d->store);
    HG_TRY(hg__raster_init(expected, hg__ceil_div(height, by), hg__ceil_div(width, by), 1, err));
    hg__resizer *r = hg__resizer_new(height, width, expected, err);
    float *line = r ? hg__alloc((size_t)width, (channels + 1) * sizeof *line, err) : NULL;
    float *sum = line ? line + (size_t)width * channels : NULL;
    int code = line ? HG_OK : HG_ERR_MEMORY;
    for (int32_t y = 0; code == HG_OK && y < height; y++) {
        code = mean_line(d, y, width, line, sum, err);
        if (code == HG_OK) hg__resizer_add(r, sum);
    }
    hg__resizer_free(r);
    hg__free(line);
    if (code < 0) hg__raster_clear(expected);
    return code;
}

// ---- one picture after the other ----------------------------------------------------------------

// Pictures that are measured twice, between the two times.
typedef struct measuring {
    const hg__clue_work *w;
    hg__raster *kept; // owned, (MOST_MEASURED): those of which there is room
    size_t room;      // bytes
    hg__raster seen;  // owned: of the picture at hand
} measuring;

int hg__clue_work_stopped(const hg__clue_work *w, hg_error *err) {
    if (!hg__meter_is_stopped(w->meter)) return HG_OK;
    return hg__fail(err, HG_ERR_STOPPED, "stopped on request while good parts were measured");
}

static int cut_piece(const void *context, int32_t i, hg__raster *to, hg_error *err) {
    const hg__clue_work *w = context;
    const hg__crop *at = &w->piece[i].at;
    return hg__part_store_cut(w->d->store, w->piece[i].picture, at->top, at->left, at->height,
                              at->width, to, err);
}

int hg__clue_work_take(const hg__clue_work *w, int32_t i, hg__raster *to, hg_error *err) {
    HG_TRY(hg__clue_work_stopped(w, err));
    hg__meter_add(w->meter, 1);
    return cut_piece(w, i, to, err);
}

hg__raster_source hg__clue_work_source(const hg__clue_work *w) {
    return (hg__raster_source){
        .name = "pictures", .context = w, .count = w->pieces, .read = cut_piece};
}

// Clues of stored picture i.
static int clues_of(const hg__clue_work *w, int32_t i, hg__raster *clue, hg_error *err) {
    hg__inspected r = {0};
    HG_TRY(hg__clue_work_stopped(w, err));
    int code = hg__part_store_take(w->d->store, i, &r.picture, err);
    if (code == HG_OK && w->s->has_pairs) code = hg__part_store_take(w->d->pairs, i, &r.pair, err);
    if (code == HG_OK) code = hg__clues_of(w->s, &r, clue, NULL, err);
    hg__inspected_clear(&r);
    hg__meter_add(w->meter, 1);
    return code;
}

// Which cells of stored picture i count.
static int seen_of(const hg__clue_work *w, int32_t i, hg__raster *seen, hg_error *err) {
    *seen = (hg__raster){0};
    return w->d->where ? hg__cells_seen(&w->s->view, &w->d->where[i], seen, err) : HG_OK;
}

// ---- what is usual ------------------------------------------------------------------------------

// The n-th of the pictures that are measured; their count.
static int32_t measured(const hg__inspector_data *d, int32_t n, int32_t *count) {
    *count = hg__min(d->trained, MOST_MEASURED);
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

// Clues of picture i: `all` at once, the caller's to clear, or piece by piece.
static int judge(const hg__clue_work *w, int32_t i, hg__raster *all, hg__clue_take *take,
                 void *context, hg_error *err) {
    int32_t height, width;
    hg__part_store_size(w->d->store, i, &height, &width);
    *all = (hg__raster){0};
    if (hg__clues_fit(w->s, height, width)) {
        HG_TRY(clues_of(w, i, all, err));
        const hg__clue_place at = hg__clue_whole(all);
        return take(context, all, &at, err);
    }
    HG_TRY(hg__clue_work_stopped(w, err));
    hg__meter_add(w->meter, 1);
    const hg__piece_work pieces = {
        .frame = {NULL, w->d->store, i},
        .pair = {NULL, w->d->pairs, i},
        .take = take,
        .context = context
    };
    return hg__pieces_run(w->s, &pieces, err);
}

// Clues of the n-th of those that are measured; is_first: of the two times, which keeps what there is room for.
static int meet(measuring *m, int32_t n, bool is_first, hg__clue_take *take, void *context,
                hg_error *err) {
    int32_t count;
    const int32_t i = measured(m->w->d, n, &count);
    hg__raster clue = m->kept[n];
    m->kept[n] = (hg__raster){0};
    int code = seen_of(m->w, i, &m->seen, err);
    if (code == HG_OK && clue.at) {
        const hg__clue_place at = hg__clue_whole(&clue);
        hg__meter_add(m->w->meter, 1);
        code = take(context, &clue, &at, err);
    } else if (code == HG_OK) {
        code = judge(m->w, i, &clue, take, context, err);
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

static int ascending(const void *a, const void *b) {
    const float one = *(const float *)a, two = *(const float *)b;
    return (one > two) - (one < two);
}

static float median_of(float *x, size_t count) { // sorts it
    qsort(x, count, sizeof *x, ascending);
    return count % 2 ? x[count / 2] : 0.5F * (x[count / 2 - 1] + x[count / 2]);
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
        const float floor = k < clues ? 0 : median_of(sorted, places) + 1e-6F;
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
    int code = seen_of(m->w, i, &m->seen, err);
    if (code == HG_OK) code = judge(m->w, i, &clue, find_peaks, own, err);
    hg__raster_clear(&clue);
    hg__raster_clear(&m->seen);
    return code;
}

// The same of a picture that a defect is drawn on.
static int find_damaged_peaks(measuring *m, int32_t i, int32_t n, highest *own, hg_error *err) {
    const hg__clue_work *w = m->w;
    hg__inspected r = {0};
    hg__raster clue = {0};
    HG_TRY(hg__clue_work_stopped(w, err));
    int code = seen_of(w, i, &m->seen, err);
    if (code == HG_OK) code = hg__part_store_take(w->d->store, i, &r.picture, err);
    if (code == HG_OK && w->s->has_pairs) code = hg__part_store_take(w->d->pairs, i, &r.pair, err);
    if (code == HG_OK) code = hg__clue_damage(&r.picture, w->d->seed, n, err);
    if (code == HG_OK) code = hg__clues_of(w->s, &r, &clue, NULL, err);
    if (code == HG_OK) {
        const hg__clue_place at = hg__clue_whole(&clue);
        code = find_peaks(own, &clue, &at, err);
    }
    hg__meter_add(w->meter, 1);
    hg__raster_clear(&clue);
    hg__inspected_clear(&r);
    hg__raster_clear(&m->seen);
    return code;
}

static void keep_peaks(const highest *own, int32_t n, float *peak) {
    for (int32_t k = 0; k < HG_MOST_CLUES; k++) peak[k * MOST_MEASURED + n] = own->at[k];
}

// Clues count by how well they tell drawn defects from good pictures: those of the same pictures, good (clues, MOST_MEASURED), `count` of
// each clue. What was trained by such defects counts half: it will find others less well. Alike but for that where pictures are too
// large to be judged at once.
static int fit_weights(measuring *m, bool has_held, const float *good, int32_t count,
                       float *damaged, hg_error *err) {
    hg__inspector *s = m->w->s;
    int32_t met = 0;
    for (int32_t n = 0; n < MOST_DAMAGED; n++) {
        int32_t all, height, width;
        const int32_t i = has_held ? m->w->d->held[n % count] : measured(m->w->d, n % count, &all);
        highest own = {.s = s, .seen = &m->seen};
        hg__part_store_size(m->w->d->store, i, &height, &width);
        if (!hg__clues_fit(s, height, width)) continue;
        if (hg__clue_damage_bytes(height, width, s->view.channels) > m->w->d->max_bytes / 4) {
            continue;
        }
        HG_TRY(find_damaged_peaks(m, i, n, &own, err));
        keep_peaks(&own, met++, damaged);
    }
    for (int32_t k = 0; k < s->kind->clues; k++) {
        const ptrdiff_t at = (ptrdiff_t)k * MOST_MEASURED;
        const double odds = hg__clue_odds(good + at, count, damaged + at, met);
        s->clues.weight[k] = s->kind->clue[k]->knows_damage ? odds / 2 : odds;
    }
    hg__clue_weights_end(&s->clues, s->kind->clues);
    return HG_OK;
}

// Median and spread of the good pictures' peaks; sorts them.
static void fit_scale(hg__inspector *s, float *good, int32_t count) {
    for (int32_t k = 0; k < s->kind->clues; k++) {
        float *x = good + (ptrdiff_t)k * MOST_MEASURED;
        const float centre = median_of(x, (size_t)count);
        for (int32_t n = 0; n < count; n++) x[n] = fabsf(x[n] - centre);
        s->clues.centre[k] = (double)centre;
        s->clues.spread[k] = mad_to_deviation * (double)median_of(x, (size_t)count) + 1e-3;
    }
}

static int fit_peaks(measuring *m, hg_error *err) {
    const int32_t held = m->w->d->held_out;
    const bool has_held = held >= ENOUGH_HELD;
    int32_t count;
    float *good = hg__alloc((size_t)2 * MOST_MEASURED, HG_MOST_CLUES * sizeof *good, err);
    int code = good ? HG_OK : HG_ERR_MEMORY;
    (void)measured(m->w->d, 0, &count);
    if (has_held) count = hg__min(held, MOST_MEASURED);
    for (int32_t n = 0; code == HG_OK && n < count; n++) {
        highest own = {.s = m->w->s, .seen = &m->seen};
        code = find_scale_peaks(m, has_held, n, &own, err);
        keep_peaks(&own, n, good);
    }
    if (code == HG_OK) {
        code = fit_weights(m, has_held, good, count, good + MOST_MEASURED * HG_MOST_CLUES, err);
    }
    if (code == HG_OK) fit_scale(m->w->s, good, count);
    hg__free(good);
    return code;
}

// ---- thresholds ---------------------------------------------------------------------------------

static int set_thresholds(hg__thresholds *t, hg__calibration *peaks, float *background,
                          const hg__inspected_good *good, double fpr, hg_error *err) {
    const hg__held_out held = {.score = good->score, .rows = good->count, .column = ""};
    HG_TRY(hg__thresholds_fit(t, &held, fpr, err));
    *background = median_of(good->median, (size_t)good->count);
    return hg__calibration_init(peaks, good->peak, good->count, err);
}

static int fit_thresholds(const hg__clue_work *w, hg_error *err) {
    const int32_t count = w->d->held_out;
    float *score = hg__alloc((size_t)count, 3 * sizeof *score, err), *peak = score + count;
    float *median = peak + count;
    int code = score ? HG_OK : HG_ERR_MEMORY;
    for (int32_t i = 0; code == HG_OK && i < count; i++) {
        hg__raster clue = {0}, seen = {0}, map = {0};
        hg__joining j = {w->s, &seen, &map};
        code = seen_of(w, w->d->held[i], &seen, err);
        if (code == HG_OK) code = judge(w, w->d->held[i], &clue, hg__clues_join, &j, err);
        if (code == HG_OK) {
            code = hg__map_score(&map, &seen, w->s->clues.share, &score[i], &peak[i], err);
        }
        if (code == HG_OK) code = hg__map_median(&map, &seen, &median[i], err);
        hg__raster_clear(&seen);
        hg__raster_clear(&clue);
        hg__raster_clear(&map);
    }
    if (code == HG_OK) {
        const hg__inspected_good good = {score, peak, median, count};
        code = set_thresholds(&w->s->thresholds, &w->s->peaks, &w->s->background, &good, w->d->fpr,
                              err);
    }
    hg__free(score);
    return code;
}

// ---- all of it ----------------------------------------------------------------------------------

// What was fitted into the model.
static int keep(const hg__inspector *s, hg_model *m, hg_error *err) {
    hg__json *detector = hg__json_object(), *parts = hg__inspector_json(s, err);
    int code = detector && parts ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK && hg__json_set(detector, "parts", parts) < 0) {
        code = hg__fail(err, HG_ERR_MEMORY, "out of memory while keeping a model of parts");
        parts = NULL;
    } else if (code == HG_OK) {
        parts = NULL;
    }
    hg__json_free(parts);
    if (code == HG_OK) code = hg__inspector_to_parts(s, m, err);
    if (code == HG_OK && s->thresholds.groups) {
        code = hg__thresholds_save(&s->thresholds, m, detector, err);
    }
    if (code == HG_OK) {
        hg__model_set_detector(m, detector);
    } else {
        hg__json_free(detector);
    }
    return code;
}

// What is learnt from: pictures, and of large ones pieces. Counted, and put to `to` (NULL: counted only).
static int32_t list_pieces(const hg__inspector *s, const hg__inspector_data *d,
                           hg__learnt_piece *to) {
    const int32_t side = hg__piece_side(s);
    int32_t count = 0;
    for (int32_t i = 0; i < d->trained; i++) {
        int32_t height, width;
        hg__part_store_size(d->store, d->train[i], &height, &width);
        const bool fits = hg__clues_fit(s, height, width);
        const int32_t h = fits ? height : side, w = fits ? width : side;
        for (int32_t top = 0; top < height; top += h) {
            for (int32_t left = 0; left < width; left += w, count++) {
                const hg__crop at = {left, top, hg__min(w, width - left), hg__min(h, height - top)};
                if (to) to[count] = (hg__learnt_piece){d->train[i], at};
            }
        }
    }
    return count;
}

// The same, every n-th where large pictures make too many. Owned by the caller.
static hg__learnt_piece *make_pieces(const hg__inspector *s, const hg__inspector_data *d,
                                     int32_t *count, hg_error *err) {
    const int32_t all = list_pieces(s, d, NULL), most = hg__max(d->trained, MOST_PIECES);
    hg__learnt_piece *piece = hg__alloc((size_t)all, sizeof *piece, err);
    if (!piece) return NULL;
    list_pieces(s, d, piece);
    *count = hg__min(all, most);
    for (int32_t i = 0; i < *count; i++) piece[i] = piece[(int64_t)i * all / *count];
    return piece;
}

static int fit_clues(const hg__clue_work *w, hg_error *err) {
    for (int32_t k = 0; k < w->s->kind->clues; k++) {
        const hg__clue_type *clue = w->s->kind->clue[k];
        if (clue->fit) HG_TRY(clue->fit(w, err));
    }
    return HG_OK;
}

static int32_t fits_of(const hg__inspector *s) {
    int32_t count = 0;
    for (int32_t k = 0; k < s->kind->clues; k++) count += s->kind->clue[k]->fit != NULL;
    return count;
}

static int measure(const hg__clue_work *w, bool has_places, hg_error *err) {
    measuring m = {.w = w, .room = w->d->max_bytes / 2};
    m.kept = hg__alloc(MOST_MEASURED, sizeof *m.kept, err);
    int code = m.kept ? fit_usual(&m, has_places, err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = fit_peaks(&m, err);
    for (int32_t n = 0; m.kept && n < MOST_MEASURED; n++) hg__raster_clear(&m.kept[n]);
    hg__free(m.kept);
    return code;
}

int hg__inspector_fit(hg_model *m, hg__part_view *view, hg__raster *expected,
                      const hg__inspector_data *d, const hg_listener *l, hg__pool *pool,
                      hg_error *err) {
    const bool has_places = d->pairs == NULL && expected->at;
    hg__meter meter;
    hg__inspector *s = hg__inspector_begin(m, view, expected, pool, d->max_bytes, "training", err);
    if (!s) return (int)err->code;
    s->has_pairs = d->pairs && s->kind->sees_templates;
    s->clues.share = score_share;
    int32_t pieces = 0;
    hg__learnt_piece *piece = make_pieces(s, d, &pieces, err);
    const hg__clue_work w = {.s = s, .d = d, .meter = &meter, .piece = piece, .pieces = pieces};
    hg__meter_start(&meter, l, "measuring good parts", "images",
                    fits_of(s) * pieces + 2 * hg__min(d->trained, MOST_MEASURED) + MOST_DAMAGED +
                        d->held_out);
    int code = piece ? fit_clues(&w, err) : HG_ERR_MEMORY;
    hg__free(piece);
    if (code == HG_OK) code = measure(&w, has_places, err);
    if (code == HG_OK && d->held_out > 0) code = fit_thresholds(&w, err);
    hg__meter_end(&meter);
    if (code == HG_OK) code = keep(s, m, err);
    hg__inspector_free(s);
    return code;
}

int hg__inspector_calibrate(hg_model *m, const hg__inspected_good *good, double fpr,
                            hg_error *err) {
    hg__thresholds t = {0};
    hg__calibration peaks = {0};
    float background = 0;
    hg__json *detector = hg__json_copy(hg__model_detector(m));
    int code = detector ? HG_OK : hg__fail(err, HG_ERR_MEMORY, "out of memory while calibrating");
    if (code == HG_OK) code = set_thresholds(&t, &peaks, &background, good, fpr, err);
    if (code == HG_OK) code = hg__peaks_to_parts(&peaks, background, m, err);
    if (code == HG_OK) code = hg__thresholds_save(&t, m, detector, err);
    if (code == HG_OK) {
        hg__model_set_detector(m, detector);
    } else {
        hg__json_free(detector);
    }
    hg__thresholds_clear(&t);
    hg__calibration_clear(&peaks);
    return code;
}

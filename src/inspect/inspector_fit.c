// SPDX-License-Identifier: Apache-2.0
// inspector_fit.c - a trained network becomes an inspector: clues learn, what they say is measured, thresholds from held-out pictures.
#include "inspect/inspector_fit.h"

#include <math.h>
#include <string.h>

#include "base/host.h"
#include "base/int.h"
#include "base/mem.h"
#include "detect/table_model.h"
#include "inspect/clue_pieces.h"
#include "inspect/clue_weights.h"
#include "parts/resize.h"

// Pixels of a picture for one of the reference, a side, or more where it would have too many; pieces of large pictures that are learnt
// from, at most.
enum { COARSE = 2, MOST_EXPECTED = 1 << 21, MOST_PIECES = 512 };
// Of a map's cells, the highest, whose mean may be the score: the first, unless another tells drawn defects better; 0: the highest cell.
enum { SHARES = 5 };
static const double score_share[SHARES] = {0.001, 0, 0.0003, 0.003, 0.01};

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
int hg__fit_seen(const hg__clue_work *w, int32_t i, hg__raster *seen, hg_error *err) {
    *seen = (hg__raster){0};
    return w->d->where ? hg__cells_seen(&w->s->view, &w->d->where[i], seen, err) : HG_OK;
}

// Clues of picture i: `all` at once, the caller's to clear, or piece by piece.
int hg__fit_judge(const hg__clue_work *w, int32_t i, hg__raster *all, hg__clue_take *take,
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

// Whether there is room to draw defects on picture i as a whole.
bool hg__fit_can_damage(const hg__clue_work *w, int32_t i) {
    int32_t height, width;
    hg__part_store_size(w->d->store, i, &height, &width);
    return hg__clues_fit(w->s, height, width) &&
           hg__clue_damage_bytes(height, width, w->s->view.channels) <= w->d->max_bytes / 4;
}

// Clues of picture i with the n-th drawn defects on it; seen: which cells count, the caller's to clear.
int hg__fit_judge_damaged(const hg__clue_work *w, int32_t i, int32_t n, hg__raster *seen,
                          hg__clue_take *take, void *context, hg_error *err) {
    hg__inspected r = {0};
    hg__raster clue = {0};
    HG_TRY(hg__clue_work_stopped(w, err));
    int code = hg__fit_seen(w, i, seen, err);
    if (code == HG_OK) code = hg__part_store_take(w->d->store, i, &r.picture, err);
    if (code == HG_OK && w->s->has_pairs) code = hg__part_store_take(w->d->pairs, i, &r.pair, err);
    if (code == HG_OK) code = hg__clue_damage(&r.picture, w->d->seed, n, err);
    if (code == HG_OK) code = hg__clues_of(w->s, &r, &clue, NULL, err);
    if (code == HG_OK) {
        const hg__clue_place at = hg__clue_whole(&clue);
        code = take(context, &clue, &at, err);
    }
    hg__meter_add(w->meter, 1);
    hg__raster_clear(&clue);
    hg__inspected_clear(&r);
    return code;
}

// ---- thresholds ---------------------------------------------------------------------------------

static int ascending(const void *a, const void *b) {
    const float one = *(const float *)a, two = *(const float *)b;
    return (one > two) - (one < two);
}

float hg__fit_median(float *x, size_t count) {
    qsort(x, count, sizeof *x, ascending);
    return count % 2 ? x[count / 2] : 0.5F * (x[count / 2 - 1] + x[count / 2]);
}

static int set_thresholds(hg__thresholds *t, hg__calibration *peaks, float *background,
                          const hg__inspected_good *good, double fpr, hg_error *err) {
    const hg__held_out held = {.score = good->score, .rows = good->count, .column = ""};
    HG_TRY(hg__thresholds_fit(t, &held, fpr, err));
    *background = hg__fit_median(good->median, (size_t)good->count);
    return hg__calibration_init(peaks, good->peak, good->count, err);
}

// A map's scores of all shares, to every `stride` numbers.
static int score_all(const hg__joining *j, float *score, int32_t stride, float *peak,
                     hg_error *err) {
    for (int32_t k = 0; k < SHARES; k++) {
        HG_TRY(hg__map_score(j->map, j->seen, score_share[k], &score[k * stride], peak, err));
    }
    return HG_OK;
}

// The share by which drawn defects are told best from good pictures, whose scores are good (SHARES, held out).
static int find_share(const hg__clue_work *w, const float *good, int32_t *share, hg_error *err) {
    const int32_t count = w->d->held_out;
    int32_t met = 0;
    *share = 0;
    if (count < HG_ENOUGH_HELD) return HG_OK;
    float *damaged = hg__alloc(SHARES, HG_MOST_DAMAGED * sizeof *damaged, err), peak;
    int code = damaged ? HG_OK : HG_ERR_MEMORY;
    for (int32_t n = 0; code == HG_OK && n < HG_MOST_DAMAGED; n++) {
        hg__raster seen = {0}, map = {0};
        hg__joining j = {w->s, &seen, &map};
        const int32_t i = w->d->held[n % count];
        if (!hg__fit_can_damage(w, i)) continue;
        code = hg__fit_judge_damaged(w, i, n, &seen, hg__clues_join, &j, err);
        if (code == HG_OK) code = score_all(&j, damaged + met++, HG_MOST_DAMAGED, &peak, err);
        hg__raster_clear(&seen);
        hg__raster_clear(&map);
    }
    if (code == HG_OK) {
        const hg__score_table goods = {good, count, count},
                              others = {damaged, met, HG_MOST_DAMAGED};
        *share = hg__clue_most_telling(&goods, &others, SHARES);
    }
    hg__free(damaged);
    return code;
}

static int fit_thresholds(const hg__clue_work *w, hg_error *err) {
    const int32_t count = w->d->held_out;
    float *score = hg__alloc((size_t)count, (SHARES + 2) * sizeof *score, err);
    float *peak = score + (ptrdiff_t)SHARES * count, *median = peak + count;
    int code = score ? HG_OK : HG_ERR_MEMORY;
    int32_t share = 0;
    for (int32_t i = 0; code == HG_OK && i < count; i++) {
        hg__raster clue = {0}, seen = {0}, map = {0};
        hg__joining j = {w->s, &seen, &map};
        code = hg__fit_seen(w, w->d->held[i], &seen, err);
        if (code == HG_OK) code = hg__fit_judge(w, w->d->held[i], &clue, hg__clues_join, &j, err);
        if (code == HG_OK) code = score_all(&j, &score[i], count, &peak[i], err);
        if (code == HG_OK) code = hg__map_median(&map, &seen, &median[i], err);
        hg__raster_clear(&seen);
        hg__raster_clear(&clue);
        hg__raster_clear(&map);
    }
    if (code == HG_OK) code = find_share(w, score, &share, err);
    if (code == HG_OK) {
        const hg__inspected_good good = {score + (ptrdiff_t)share * count, peak, median, count};
        w->s->clues.share = score_share[share];
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

int hg__inspector_fit(hg_model *m, hg__part_view *view, hg__raster *expected,
                      const hg__inspector_data *d, const hg_listener *l, hg__pool *pool,
                      hg_error *err) {
    const bool has_places = d->pairs == NULL && expected->at;
    hg__meter meter;
    hg__inspector *s = hg__inspector_begin(m, view, expected, pool, d->max_bytes, "training", err);
    if (!s) return (int)err->code;
    s->has_pairs = d->pairs && s->kind->sees_templates;
    s->clues.share = score_share[0];
    int32_t pieces = 0;
    hg__learnt_piece *piece = make_pieces(s, d, &pieces, err);
    const hg__clue_work w = {.s = s, .d = d, .meter = &meter, .piece = piece, .pieces = pieces};
    hg__meter_start(&meter, l, "measuring good parts", "images",
                    fits_of(s) * pieces + 2 * hg__min(d->trained, HG_MOST_MEASURED) +
                        HG_MOST_DAMAGED + d->held_out);
    int code = piece ? fit_clues(&w, err) : HG_ERR_MEMORY;
    hg__free(piece);
    if (code == HG_OK) code = hg__fit_measure(&w, has_places, err);
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

// SPDX-License-Identifier: Apache-2.0
// clues.c - what speaks for a defect in each cell of a picture: kinds of models and their clues, joined to a map and a score.
#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "detect/table_model.h"
#include "inspect/clue_pieces.h"

enum { KEYS = 1 << 16 };

// ---- kinds --------------------------------------------------------------------------------------

static const hg__part_kind repair = {
    .name = "repair",
    .clues = 7,
    .clue = {&hg__clue_mask, &hg__clue_residual, &hg__clue_encoder, &hg__clue_patch,
             &hg__clue_error, &hg__clue_light, &hg__clue_pca},
    .sees_templates = true,
    .by_pieces = true,
    .begin = hg__mask_begin
};
// Patches beside features: of crack-like defects they say more, of others no less.
const hg__part_kind hg__part_kind_feature = {
    .name = "feature",
    .clues = 3,
    .clue = {&hg__clue_feature, &hg__clue_patch, &hg__clue_pca},
    .begin = hg__features_begin,
    .to_json = hg__features_to_json
};

// A bottleneck autoencoder.
static const hg__part_kind conv = {
    .name = "conv",
    .clues = 6,
    .clue = {&hg__clue_rebuilt, &hg__clue_structure, &hg__clue_patch, &hg__clue_error,
             &hg__clue_light, &hg__clue_pca},
    .begin = hg__conv_begin
};

static const hg__part_kind *const kinds[] = {&repair, &conv, &hg__part_kind_feature, NULL};

const hg__part_kind *hg__part_kind_of(const hg_model *m, int32_t channels, const char *where,
                                      hg_error *err) {
    const hg__json *o = hg__json_object_get(hg__model_detector(m), "parts");
    const char *name = hg__json_string_value(hg__json_object_get(o, "kind"));
    // A network that was trained just now: repair has a channel for the mask.
    if (!o) return m->net.spec.input.dim[2] == channels ? &conv : &repair;
    for (size_t i = 0; name && kinds[i]; i++) {
        if (strcmp(kinds[i]->name, name) == 0) return kinds[i];
    }
    hg__fail(err, HG_ERR_MODEL, "%s: parts: 'kind': expected repair, conv or feature, got %.40s",
             where, name ? name : "none");
    return NULL;
}

// ---- clues --------------------------------------------------------------------------------------

int hg__clue_check(const hg__inspector *s, const hg__clue_type *type, const hg__raster *picture,
                   hg_error *err) {
    const size_t bytes = type->bytes ? type->bytes(s, picture->height, picture->width) : 0;
    if (bytes <= s->max_mem) return HG_OK;
    return hg__fail(err, HG_ERR_MEMORY,
                    "%s: a picture of %d x %d pixels takes about %zu MB, expected at most the %zu "
                    "MB of max_mem=; a smaller imgsz= takes less",
                    s->where, picture->width, picture->height, (bytes >> 20) + 1, s->max_mem >> 20);
}

int hg__clues_begin(hg__inspector *s, const hg__frame *f, hg_error *err) {
    for (int32_t k = 0; k < s->kind->clues; k++) {
        const hg__clue_type *clue = s->kind->clue[k];
        if (clue->begin) HG_TRY(clue->begin(s, f, err));
    }
    return HG_OK;
}

int hg__clues_of(hg__inspector *s, const hg__inspected *r, hg__raster *clue,
                 hg__raster *reconstruction, hg_error *err) {
    const int32_t h = r->picture.height / HG_MAP_CELL, w = r->picture.width / HG_MAP_CELL;
    const int32_t clues = s->kind->clues;
    *clue = (hg__raster){0};
    if (h < 1 || w < 1) {
        return hg__fail(
            err, HG_ERR_DATA,
            "%s: expected pictures of at least %d x %d pixels at working size, got %d x %d",
            s->where, HG_MAP_CELL, HG_MAP_CELL, r->picture.width, r->picture.height);
    }
    const hg__frame whole = {.raster = &r->picture};
    if (!s->in_pieces) HG_TRY(hg__clues_begin(s, &whole, err));
    int code = hg__raster_init(clue, h, w, clues, err);
    for (int32_t k = 0; code == HG_OK && k < clues; k++) {
        hg__raster one = {0};
        code = hg__clue_check(s, s->kind->clue[k], &r->picture, err);
        if (code == HG_OK) code = s->kind->clue[k]->run(s, r, &one, reconstruction, err);
        for (size_t i = 0; code == HG_OK && i < hg__raster_count(&one); i++) {
            clue->at[i * (size_t)clues + (size_t)k] = one.at[i];
        }
        hg__raster_clear(&one);
    }
    if (code < 0) hg__raster_clear(clue);
    return code;
}

// Above 0 and rising throughout, 1 where a clue says what it says at most of a good picture: the root of a line from there on, below it
// of a hyperbola. So a clue that is beside itself, of light that changed say, does not outdo all others.
static float rising(float v) {
    return __builtin_sqrtf(v > 0 ? 1 + v : 1 / (1 - v));
}

// Lines of pixels become cells.
typedef struct seeing {
    hg__raster *seen;
    int32_t y; // the next line
} seeing;

static void see_line(void *context, const float *line) {
    seeing *c = context;
    const int32_t y = c->y++, row = y / HG_MAP_CELL;
    if (row >= c->seen->height) return;
    for (int32_t x = 0; x < c->seen->width; x++) {
        float *cell = hg__raster_pixel(c->seen, row, x);
        bool is = y % HG_MAP_CELL == 0 || *cell > 0;
        for (int32_t i = 0; i < HG_MAP_CELL; i++) is = is && line[HG_MAP_CELL * x + i] > 0;
        *cell = is ? 1 : 0;
    }
}

int hg__cells_seen(const hg__part_view *v, const hg__part_geometry *where, hg__raster *seen,
                   hg_error *err) {
    const int32_t h = where->frame_height / HG_MAP_CELL, w = where->frame_width / HG_MAP_CELL;
    seeing c = {seen, 0};
    *seen = (hg__raster){0};
    if ((!where->is_aligned && !v->region.run) || h < 1 || w < 1) return HG_OK;
    HG_TRY(hg__raster_init(seen, h, w, 1, err));
    const int code = hg__part_mask_lines(v, where, see_line, &c, err);
    if (code < 0) hg__raster_clear(seen);
    return code;
}

int hg__clues_join(void *context, const hg__raster *clue, const hg__clue_place *at, hg_error *err) {
    const hg__joining *j = context;
    const hg__inspector *s = j->s;
    const hg__clue_model *m = &s->clues;
    const int32_t clues = clue->channels;
    if (!j->map->at) HG_TRY(hg__raster_init(j->map, at->height, at->width, 1, err));
    for (int32_t y = 0; y < clue->height; y++) {
        for (int32_t x = 0; x < clue->width; x++) {
            float sum = 0;
            if (!hg__clue_is_seen(j->seen, at, y, x)) continue;
            for (int32_t k = 0; k < clues; k++) {
                const float above = hg__clue_above(s, clue, at, y, x, k);
                const float v = (above - (float)m->centre[k]) / (float)m->spread[k];
                sum += (float)m->weight[k] * rising(v);
            }
            *hg__raster_pixel(j->map, at->top + y, at->left + x) = sum;
        }
    }
    return HG_OK;
}

// ---- the score ----------------------------------------------------------------------------------

// Whole numbers in the order of the floats.
static uint32_t key_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits >> 31 ? ~bits : bits | 0x80000000U;
}

static float of_key(uint32_t key) {
    const uint32_t bits = key >> 31 ? key & 0x7fffffffU : ~key;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

// Of the keys whose upper half is `upper` (all: for upper halves), from the highest on: where the k-th is. k becomes what is left.
static uint32_t find_half(const hg__raster *map, const hg__raster *seen, bool is_upper,
                          uint32_t upper, size_t *k, uint32_t *count) {
    memset(count, 0, KEYS * sizeof *count);
    for (size_t i = 0; i < hg__raster_count(map); i++) {
        const uint32_t key = key_of(map->at[i]);
        if (!hg__cell_is_seen(seen, i)) continue;
        if (is_upper) {
            count[key >> 16]++;
        } else if (key >> 16 == upper) {
            count[key & (KEYS - 1)]++;
        }
    }
    uint32_t half = KEYS - 1;
    while (half > 0 && count[half] < *k) *k -= count[half--];
    return half;
}

int hg__map_score(const hg__raster *map, const hg__raster *seen, double share, float *score,
                  float *peak, hg_error *err) {
    size_t cells = 0;
    for (size_t i = 0; i < hg__raster_count(map); i++) cells += hg__cell_is_seen(seen, i);
    size_t count = (size_t)(share * (double)cells + 0.5), left;
    *score = *peak = 0;
    if (cells == 0) return HG_OK;
    if (count < 1) count = 1;
    uint32_t *tally = hg__alloc(KEYS, sizeof *tally, err);
    if (!tally) return HG_ERR_MEMORY;
    left = count;
    const uint32_t upper = find_half(map, seen, true, 0, &left, tally);
    const uint32_t least = upper << 16 | find_half(map, seen, false, upper, &left, tally);
    hg__free(tally);
    double sum = 0;
    float limit = 0, most = -INFINITY;
    for (size_t i = 0; i < hg__raster_count(map); i++) {
        const float x = map->at[i];
        if (!hg__cell_is_seen(seen, i)) continue;
        if (key_of(x) > least) sum += (double)x;
        if (key_of(x) == least) limit = x;
        if (x > most) most = x;
    }
    *score = (float)((sum + (double)left * (double)limit) / (double)count);
    *peak = most;
    return HG_OK;
}

int hg__map_median(const hg__raster *map, const hg__raster *seen, float *median, hg_error *err) {
    size_t cells = 0;
    for (size_t i = 0; i < hg__raster_count(map); i++) cells += hg__cell_is_seen(seen, i);
    size_t left = cells / 2 + cells % 2;
    *median = 0;
    if (cells == 0) return HG_OK;
    uint32_t *tally = hg__alloc(KEYS, sizeof *tally, err);
    if (!tally) return HG_ERR_MEMORY;
    const uint32_t upper = find_half(map, seen, true, 0, &left, tally);
    *median = of_key(upper << 16 | find_half(map, seen, false, upper, &left, tally));
    hg__free(tally);
    return HG_OK;
}

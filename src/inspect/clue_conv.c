// SPDX-License-Identifier: Apache-2.0
// clue_conv.c - what a bottleneck autoencoder of undamaged parts cannot give back: the residual, and where structure differs.
#include <string.h>

#include "inspect/inspector_internal.h"
#include "parts/resize.h"

enum {
    SMOOTH = 1, // passes of a binomial filter over cells
    WINDOW = 2, // and over pixels, for means of structure: a deviation of 1.4 pixels
    GREYS = 10  // rasters of one channel that are held at a time
};

// ---- the network --------------------------------------------------------------------------------

int hg__conv_begin(hg__inspector *s, const hg_model *m, hg_error *err) {
    s->net = hg__network_fold(&m->net, &s->folded, err);
    if (!s->net) return HG_ERR_MEMORY;
    HG_TRY(hg__image_needs_of(s->net, &s->needs, err));
    if (s->needs.channels == s->view.channels) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL, "%s: expected a network of %d channels, got %d", s->where,
                    s->view.channels, s->needs.channels);
}

// A picture on its way through the network; both (height, width, channels).
typedef struct passage {
    const hg__raster *from;
    hg__raster *to;
} passage;

static void get(void *context, const hg__tile_piece *piece, float *to) {
    const passage *p = context;
    const size_t numbers = (size_t)piece->width * (size_t)p->from->channels;
    memcpy(to, hg__raster_pixel(p->from, piece->line, piece->left), numbers * sizeof *to);
}

static void put(void *context, const hg__tile_piece *piece, const float *from) {
    const passage *p = context;
    const size_t numbers = (size_t)piece->width * (size_t)p->from->channels;
    memcpy(hg__raster_pixel(p->to, piece->line, piece->left), from, numbers * sizeof *from);
}

// s->rebuilt, made.
static int rebuild(hg__inspector *s, const hg__raster *picture, hg_error *err) {
    hg__raster_clear(&s->rebuilt);
    HG_TRY(hg__clue_tiles(s, picture, err));
    HG_TRY(hg__raster_init(&s->rebuilt, picture->height, picture->width, picture->channels, err));
    passage p = {.from = picture, .to = &s->rebuilt};
    const hg__tile_io io = {.context = &p, .name = s->where, .get = get, .put = put};
    return hg__tiles_run(s->tiles, &io, err);
}

static int copy_raster(hg__raster *to, const hg__raster *from, hg_error *err) {
    HG_TRY(hg__raster_init(to, from->height, from->width, from->channels, err));
    memcpy(to->at, from->at, hg__raster_count(from) * sizeof *to->at);
    return HG_OK;
}

// ---- the residual -------------------------------------------------------------------------------

// Of a cell, over its pixels and channels: root mean square.
static float residual_of(const hg__raster *a, const hg__raster *b, int32_t y, int32_t x) {
    float sum = 0;
    for (int32_t i = 0; i < HG_MAP_CELL * HG_MAP_CELL; i++) {
        const int32_t line = HG_MAP_CELL * y + i / HG_MAP_CELL;
        const int32_t at = HG_MAP_CELL * x + i % HG_MAP_CELL;
        const float *one = hg__raster_pixel(a, line, at), *two = hg__raster_pixel(b, line, at);
        for (int32_t c = 0; c < a->channels; c++) sum += (one[c] - two[c]) * (one[c] - two[c]);
    }
    return __builtin_sqrtf(sum / (float)(HG_MAP_CELL * HG_MAP_CELL * a->channels));
}

static int run_rebuilt(hg__inspector *s, const hg__inspected *r, hg__raster *clue,
                       hg__raster *reconstruction, hg_error *err) {
    const hg__raster *picture = &r->picture;
    const int32_t h = picture->height / HG_MAP_CELL, w = picture->width / HG_MAP_CELL;
    hg__raster residual = {0};
    HG_TRY(rebuild(s, picture, err));
    if (reconstruction) HG_TRY(copy_raster(reconstruction, &s->rebuilt, err));
    HG_TRY(hg__raster_init(&residual, h, w, 1, err));
    for (int32_t y = 0; y < h; y++) {
        for (int32_t x = 0; x < w; x++) {
            *hg__raster_pixel(&residual, y, x) = residual_of(picture, &s->rebuilt, y, x);
        }
    }
    const int code = hg__patch_map_smooth(&residual, 1, h, w, SMOOTH, clue, s->pool, err);
    hg__raster_clear(&residual);
    return code;
}

const hg__clue_type hg__clue_rebuilt = {.name = "residual", .run = run_rebuilt};

// ---- structure ----------------------------------------------------------------------------------

// Local means of a picture a and its reconstruction b, grey: of a, b, a a, b b, a b; each (h, w, 1).
enum { MEAN_A, MEAN_B, MEAN_AA, MEAN_BB, MEAN_AB, MEANS };

static int find_means(const hg__raster *a, const hg__raster *b, hg__raster *mean, hg__pool *pool,
                      hg_error *err) {
    const hg__raster *const pair[MEANS][2] = {
        [MEAN_A] = {a, NULL},
          [MEAN_B] = {b, NULL},
          [MEAN_AA] = {a, a   },
        [MEAN_BB] = {b, b   },
          [MEAN_AB] = {a, b   },
    };
    hg__raster product = {0};
    int code = hg__raster_init(&product, a->height, a->width, 1, err);
    for (int32_t k = 0; code == HG_OK && k < MEANS; k++) {
        for (size_t i = 0; i < hg__raster_count(a); i++) {
            product.at[i] = pair[k][0]->at[i] * (pair[k][1] ? pair[k][1]->at[i] : 1);
        }
        code = hg__patch_map_smooth(&product, 1, a->height, a->width, WINDOW, &mean[k], pool, err);
    }
    hg__raster_clear(&product);
    return code;
}

// 1 - SSIM of a place (Wang, Bovik, Sheikh & Simoncelli 2004, "Image quality assessment: from error visibility to structural similarity",
// with the constants of pictures from 0 to 1).
static float unlike(const hg__raster *mean, size_t i) {
    const float c1 = 0.01F * 0.01F, c2 = 0.03F * 0.03F;
    const float a = mean[MEAN_A].at[i], b = mean[MEAN_B].at[i];
    const float aa = mean[MEAN_AA].at[i] - a * a, bb = mean[MEAN_BB].at[i] - b * b;
    const float ab = mean[MEAN_AB].at[i] - a * b;
    return 1 - (2 * a * b + c1) * (2 * ab + c2) /
                   ((a * a + b * b + c1) * ((aa > 0 ? aa : 0) + (bb > 0 ? bb : 0) + c2));
}

static int run_structure(hg__inspector *s, const hg__inspected *r, hg__raster *clue,
                         hg__raster *reconstruction, hg_error *err) {
    (void)reconstruction;
    const int32_t h = r->picture.height / HG_MAP_CELL, w = r->picture.width / HG_MAP_CELL;
    hg__raster a = {0}, b = {0}, mean[MEANS] = {{0}}, cells = {0};
    int code = hg__raster_grey(&a, &r->picture, err);
    if (code == HG_OK) code = hg__raster_grey(&b, &s->rebuilt, err);
    if (code == HG_OK) code = find_means(&a, &b, mean, s->pool, err);
    for (size_t i = 0; code == HG_OK && i < hg__raster_count(&a); i++) a.at[i] = unlike(mean, i);
    if (code == HG_OK) code = hg__raster_resize(&cells, &a, h, w, err);
    if (code == HG_OK) code = hg__patch_map_smooth(&cells, 1, h, w, SMOOTH, clue, s->pool, err);
    for (int32_t k = 0; k < MEANS; k++) hg__raster_clear(&mean[k]);
    hg__raster_clear(&a);
    hg__raster_clear(&b);
    hg__raster_clear(&cells);
    hg__raster_clear(&s->rebuilt);
    return code;
}

static size_t structure_bytes(const hg__inspector *s, int32_t height, int32_t width) {
    return (size_t)height * (size_t)width * (size_t)(GREYS + s->view.channels) * sizeof(float);
}

const hg__clue_type hg__clue_structure = {
    .name = "structure", .bytes = structure_bytes, .run = run_structure};

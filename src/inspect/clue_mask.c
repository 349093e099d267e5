// SPDX-License-Identifier: Apache-2.0
// clue_mask.c - the network's own mask of damage, as logits, and what it would repair, window by window; and the reconstruction.
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "inspect/inspector_internal.h"
#include "parts/resize.h"

// Logits below it say no less: how sure a network is that nothing is damaged does not matter.
static const float least_logit = -10;
enum { LEAST_TILES = 16 << 20 }; // bytes for windows of a piece of a picture
enum { SMOOTH = 1 }; // passes of a binomial filter over cells: a cell's opinion is noisy

// A picture on its way through the network: what came of it is held line by line until a row of windows is done.
typedef struct passage {
    const hg__inspected *from;
    const hg__raster *reference; // or the template; NULL: none
    hg__raster *clue, *residual; // (h, w, 1)
    hg__raster *reconstruction;  // or NULL
    hg__raster *encoded;         // every tap_step-th place of the tap's outputs
    int32_t tap_step;
    float *strip;         // owned, (lines, width, channels + 1): lines first ... of outputs
    int32_t first, lines; // first: the first line that is not in the clues yet
    int32_t channels;     // of the picture
} passage;

static void get(void *context, const hg__tile_piece *piece, float *to) {
    const passage *p = context;
    const size_t channels = (size_t)p->channels;
    const float *from = hg__raster_pixel(&p->from->picture, piece->line, piece->left);
    const float *expected =
        p->reference ? hg__raster_pixel(p->reference, piece->line, piece->left) : NULL;
    for (int32_t x = 0; x < piece->width; x++) {
        memcpy(to, from, channels * sizeof *to);
        to[channels] = expected ? expected[x] : 0;
        to += channels + 1;
        from += channels;
    }
}

static float *strip_at(const passage *p, int32_t line, int32_t x) {
    const size_t width = (size_t)p->from->picture.width, at = (size_t)(line % p->lines);
    return p->strip + (at * width + (size_t)x) * (size_t)(p->channels + 1);
}

static void put(void *context, const hg__tile_piece *piece, const float *from) {
    const passage *p = context;
    const size_t numbers = (size_t)piece->width * (size_t)(p->channels + 1);
    memcpy(strip_at(p, piece->line, piece->left), from, numbers * sizeof *from);
}

static void put_tap(void *context, const hg__tile_piece *piece, const float *from) {
    const passage *p = context;
    const int32_t step = p->tap_step, channels = p->encoded->channels;
    if (piece->line % step) return;
    for (int32_t x = hg__ceil_div(piece->left, step); x * step < piece->left + piece->width; x++) {
        memcpy(hg__raster_pixel(p->encoded, piece->line / step, x),
               from + (ptrdiff_t)(x * step - piece->left) * channels,
               (size_t)channels * sizeof *from);
    }
}

static float square_error(const float *made, const float *seen, int32_t channels) {
    float sum = 0;
    for (int32_t c = 0; c < channels; c++) sum += (made[c] - seen[c]) * (made[c] - seen[c]);
    return sum / (float)channels;
}

// A line of cells from the lines of pixels it covers.
static void add_cells(const passage *p, int32_t y) {
    for (int32_t x = 0; x < p->clue->width; x++) {
        float sum = 0, square = 0;
        for (int32_t i = 0; i < HG_MAP_CELL * HG_MAP_CELL; i++) {
            const int32_t line = HG_MAP_CELL * y + i / HG_MAP_CELL;
            const int32_t at = HG_MAP_CELL * x + i % HG_MAP_CELL;
            const float *made = strip_at(p, line, at), logit = made[p->channels];
            sum += logit > least_logit ? logit : least_logit;
            square +=
                square_error(made, hg__raster_pixel(&p->from->picture, line, at), p->channels);
        }
        *hg__raster_pixel(p->clue, y, x) = sum / (HG_MAP_CELL * HG_MAP_CELL);
        *hg__raster_pixel(p->residual, y, x) =
            __builtin_sqrtf(square / (HG_MAP_CELL * HG_MAP_CELL));
    }
}

static void take_line(const passage *p, int32_t line) {
    const size_t channels = (size_t)p->channels;
    float *to = hg__raster_pixel(p->reconstruction, line, 0);
    for (int32_t x = 0; x < p->from->picture.width; x++) {
        memcpy(to + (size_t)x * channels, strip_at(p, line, x), channels * sizeof *to);
    }
}

static int done(void *context, int32_t end, hg_error *err) {
    (void)err;
    passage *p = context;
    for (int32_t y = p->first; p->reconstruction && y < end; y++) take_line(p, y);
    const int32_t from = p->first / HG_MAP_CELL, to = end / HG_MAP_CELL;
    for (int32_t y = from; y < to && y < p->clue->height; y++) add_cells(p, y);
    p->first = end - end % HG_MAP_CELL; // an odd line waits for its neighbour
    return HG_OK;
}

int hg__clue_tiles(hg__inspector *s, const hg__raster *picture, hg_error *err) {
    const hg__tiling *old = s->tiles ? hg__tiles_tiling(s->tiles) : NULL;
    const size_t held = s->in_pieces ? 0 : hg__raster_count(picture) * 3 * sizeof(float);
    const size_t quarter = s->max_mem / 4 > LEAST_TILES ? s->max_mem / 4 : LEAST_TILES;
    const size_t most = s->in_pieces ? quarter : s->max_mem;
    const hg__tile_job job = {.height = picture->height,
                              .width = picture->width,
                              .runs = 1,
                              .tap = s->tap,
                              .line_bytes = (size_t)picture->width *
                                            (size_t)(picture->channels + 1) * sizeof(float),
                              .budget = most > held ? most - held : 0};
    hg__tiling t;
    if (old && old->height == job.height && old->width == job.width) return HG_OK;
    hg__tiles_free(s->tiles);
    s->tiles = NULL;
    if (!hg__tiling_pick(&t, s->net, &s->needs, hg__pool_threads(s->pool), &job)) {
        return hg__fail(err, HG_ERR_MEMORY,
                        "%s: a picture of %d x %d pixels takes about %zu MB, expected at most the "
                        "%zu MB of max_mem=; a smaller imgsz= takes less",
                        s->where, picture->width, picture->height, (t.bytes + held) >> 20,
                        s->max_mem >> 20);
    }
    s->tiles = hg__tiles_new(s->net, s->pool, &t, err);
    return s->tiles ? HG_OK : HG_ERR_MEMORY;
}

// The reference as large as the picture.
static int make_reference(hg__inspector *s, const hg__raster *picture, hg_error *err) {
    const hg__raster *now = &s->reference;
    if (!s->expected.at) return HG_OK;
    if (now->height == picture->height && now->width == picture->width) return HG_OK;
    hg__raster_clear(&s->reference);
    return hg__raster_resize(&s->reference, &s->expected, picture->height, picture->width, err);
}

// clue, residual (h, w, 1): there already.
static int run_network(hg__inspector *s, const hg__inspected *r, hg__raster *clue,
                       hg__raster *residual, hg__raster *reconstruction, hg_error *err) {
    const hg__raster *picture = &r->picture;
    const hg__raster *expected = s->has_pairs ? &r->pair : s->expected.at ? &s->reference : NULL;
    passage p = {.from = r,
                 .reference = expected,
                 .clue = clue,
                 .residual = residual,
                 .reconstruction = reconstruction,
                 .encoded = &s->encoded,
                 .tap_step = s->tap_step,
                 .channels = picture->channels};
    HG_TRY(hg__clue_tiles(s, picture, err));
    HG_TRY(make_reference(s, picture, err));
    HG_TRY(hg__encoder_room(s, picture, err));
    p.lines = hg__min(hg__tiles_tiling(s->tiles)->window_height + HG_MAP_CELL, picture->height);
    p.strip = hg__alloc((size_t)p.lines * (size_t)picture->width,
                        sizeof *p.strip * (size_t)(p.channels + 1), err);
    if (!p.strip) return HG_ERR_MEMORY;
    const hg__tile_io io = {
        .context = &p, .name = s->where, .get = get, .put = put, .put_tap = put_tap, .done = done};
    const int code = hg__tiles_run(s->tiles, &io, err);
    hg__free(p.strip);
    return code;
}

int hg__mask_begin(hg__inspector *s, const hg_model *m, hg_error *err) {
    s->net = hg__network_fold(&m->net, &s->folded, err);
    if (!s->net) return HG_ERR_MEMORY;
    HG_TRY(hg__image_needs_of(s->net, &s->needs, err));
    if (s->needs.channels == s->view.channels + 1) return hg__encoder_begin(s, err);
    return hg__fail(err, HG_ERR_MODEL, "%s: expected a network of %d channels, got %d", s->where,
                    s->view.channels + 1, s->needs.channels);
}

static int run_mask(hg__inspector *s, const hg__inspected *r, hg__raster *clue,
                    hg__raster *reconstruction, hg_error *err) {
    const hg__raster *picture = &r->picture;
    const int32_t h = picture->height / HG_MAP_CELL, w = picture->width / HG_MAP_CELL;
    hg__raster mask = {0}, residual = {0};
    hg__raster_clear(&s->residual);
    int code = hg__raster_init(&mask, h, w, 1, err);
    if (code == HG_OK) code = hg__raster_init(&residual, h, w, 1, err);
    if (code == HG_OK && reconstruction) {
        code = hg__raster_init(reconstruction, picture->height, picture->width, picture->channels,
                               err);
    }
    if (code == HG_OK) code = run_network(s, r, &mask, &residual, reconstruction, err);
    if (code == HG_OK) code = hg__patch_map_smooth(&mask, 1, h, w, SMOOTH, clue, s->pool, err);
    if (code == HG_OK) {
        code = hg__patch_map_smooth(&residual, 1, h, w, SMOOTH, &s->residual, s->pool, err);
    }
    hg__raster_clear(&mask);
    hg__raster_clear(&residual);
    return code;
}

const hg__clue_type hg__clue_mask = {.name = "mask", .knows_damage = true, .run = run_mask};

// Root mean square of the picture less its reconstruction: what the mask's run left.
static int run_residual(hg__inspector *s, const hg__inspected *r, hg__raster *clue,
                        hg__raster *reconstruction, hg_error *err) {
    (void)r, (void)reconstruction, (void)err;
    *clue = s->residual;
    s->residual = (hg__raster){0};
    return HG_OK;
}

const hg__clue_type hg__clue_residual = {
    .name = "residual", .knows_damage = true, .run = run_residual};

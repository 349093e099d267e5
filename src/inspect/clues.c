// SPDX-License-Identifier: Apache-2.0
// clues.c - what speaks for a defect in each cell of a picture: from the network, window by window, and from the memory of patches.
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "inspect/inspector_internal.h"
#include "parts/resize.h"

// Logits below it say no less: how sure a network is that nothing is damaged does not matter.
static const float least_logit = -10;
enum { KEYS = 1 << 16 };
enum { SMOOTH = 1, PATCH_SMOOTH = 2 }; // passes of a binomial filter over cells

static const char *const names[HG_CLUES] = {"mask", "patch"};

const char *hg__clue_name(hg__clue clue) {
    return names[clue];
}

// ---- the network --------------------------------------------------------------------------------

// A picture on its way through the network: what came of it is held line by line until a row of windows is done.
typedef struct passage {
    const hg__inspected *from;
    const hg__raster *reference; // or the template; NULL: none
    hg__raster *clue;            // (h, w, HG_CLUES)
    hg__raster *reconstruction;  // or NULL
    float *strip;                // owned, (lines, width, channels + 1): lines first ... of outputs
    int32_t first, lines;        // first: the first line that is not in the clues yet
    int32_t channels;            // of the picture
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

// A line of cells from the lines of pixels it covers.
static void add_cells(const passage *p, int32_t y) {
    for (int32_t x = 0; x < p->clue->width; x++) {
        float sum = 0;
        for (int32_t i = 0; i < HG_MAP_CELL * HG_MAP_CELL; i++) {
            const float logit = strip_at(p, HG_MAP_CELL * y + i / HG_MAP_CELL,
                                         HG_MAP_CELL * x + i % HG_MAP_CELL)[p->channels];
            sum += logit > least_logit ? logit : least_logit;
        }
        hg__raster_pixel(p->clue, y, x)[HG_CLUE_MASK] = sum / (HG_MAP_CELL * HG_MAP_CELL);
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

// Windows for a picture of this size, those of the last one if they fit.
static int make_tiles(hg__inspector *s, const hg__raster *picture, hg_error *err) {
    const hg__tiling *old = s->tiles ? hg__tiles_tiling(s->tiles) : NULL;
    const size_t held = hg__raster_count(picture) * 3 * sizeof(float);
    const hg__tile_job job = {.height = picture->height,
                              .width = picture->width,
                              .runs = 1,
                              .line_bytes = (size_t)picture->width *
                                            (size_t)(picture->channels + 1) * sizeof(float),
                              .budget = s->max_mem > held ? s->max_mem - held : 0};
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

static int run_network(hg__inspector *s, const hg__inspected *r, hg__raster *clue,
                       hg__raster *reconstruction, hg_error *err) {
    const hg__raster *picture = &r->picture;
    const hg__raster *expected = s->has_pairs ? &r->pair : s->expected.at ? &s->reference : NULL;
    passage p = {.from = r,
                 .reference = expected,
                 .clue = clue,
                 .reconstruction = reconstruction,
                 .channels = picture->channels};
    HG_TRY(make_tiles(s, picture, err));
    HG_TRY(make_reference(s, picture, err));
    p.lines = hg__min(hg__tiles_tiling(s->tiles)->window_height + HG_MAP_CELL, picture->height);
    p.strip = hg__alloc((size_t)p.lines * (size_t)picture->width,
                        sizeof *p.strip * (size_t)(p.channels + 1), err);
    if (!p.strip) return HG_ERR_MEMORY;
    const hg__tile_io io = {.context = &p, .name = s->where, .get = get, .put = put, .done = done};
    const int code = hg__tiles_run(s->tiles, &io, err);
    hg__free(p.strip);
    return code;
}

// ---- patches ------------------------------------------------------------------------------------

// A grid over the frame's pixels, between whose places are cells.
static int run_patches(hg__inspector *s, const hg__inspected *r, hg__raster *clue, hg_error *err) {
    hg__raster patches = {0}, distance = {0}, spread = {0};
    const int32_t stride = s->patches.options.stride / HG_MAP_CELL;
    int code = hg__patches_run(&s->patches, &r->picture, &patches, &s->blocks, err);
    if (code == HG_OK) code = hg__patch_memory_run(s->memory, &patches, &distance, &s->blocks, err);
    hg__raster_clear(&patches);
    if (code == HG_OK) {
        code = hg__patch_map_spread(&distance, stride, clue->height, clue->width, PATCH_SMOOTH,
                                    &spread, s->pool, err);
    }
    hg__raster_clear(&distance);
    for (size_t i = 0; code == HG_OK && i < hg__raster_count(&spread); i++) {
        clue->at[i * HG_CLUES + HG_CLUE_PATCH] = spread.at[i];
    }
    hg__raster_clear(&spread);
    return code;
}

// ---- all of them --------------------------------------------------------------------------------

// The network's clues blurred a little: a cell's opinion is noisy.
static int smooth(hg__inspector *s, hg__raster *clue, hg__clue which, hg_error *err) {
    hg__raster one = {0}, blurred = {0};
    HG_TRY(hg__raster_init(&one, clue->height, clue->width, 1, err));
    const size_t cells = hg__raster_count(&one);
    for (size_t i = 0; i < cells; i++) one.at[i] = clue->at[i * HG_CLUES + (size_t)which];
    const int code =
        hg__patch_map_spread(&one, 1, clue->height, clue->width, SMOOTH, &blurred, s->pool, err);
    for (size_t i = 0; code == HG_OK && i < cells; i++) {
        clue->at[i * HG_CLUES + (size_t)which] = blurred.at[i];
    }
    hg__raster_clear(&one);
    hg__raster_clear(&blurred);
    return code;
}

int hg__clues_of(hg__inspector *s, const hg__inspected *r, hg__raster *clue,
                 hg__raster *reconstruction, hg_error *err) {
    const int32_t h = r->picture.height / HG_MAP_CELL, w = r->picture.width / HG_MAP_CELL;
    *clue = (hg__raster){0};
    if (h < 1 || w < 1) {
        return hg__fail(
            err, HG_ERR_DATA,
            "%s: expected pictures of at least %d x %d pixels at working size, got %d x %d",
            s->where, HG_MAP_CELL, HG_MAP_CELL, r->picture.width, r->picture.height);
    }
    int code = hg__raster_init(clue, h, w, HG_CLUES, err);
    if (code == HG_OK && reconstruction) {
        code = hg__raster_init(reconstruction, r->picture.height, r->picture.width,
                               r->picture.channels, err);
    }
    if (code == HG_OK) code = run_network(s, r, clue, reconstruction, err);
    if (code == HG_OK) code = smooth(s, clue, HG_CLUE_MASK, err);
    if (code == HG_OK) code = run_patches(s, r, clue, err);
    if (code < 0) hg__raster_clear(clue);
    return code;
}

int hg__clues_join(const hg__clue_model *m, const hg__raster *clue, hg__raster *map,
                   hg_error *err) {
    HG_TRY(hg__raster_init(map, clue->height, clue->width, 1, err));
    for (int32_t y = 0; y < map->height; y++) {
        for (int32_t x = 0; x < map->width; x++) {
            const float *usual = hg__usual_at(&m->usual, clue, y, x);
            const float *own = hg__raster_pixel(clue, y, x);
            float *to = hg__raster_pixel(map, y, x);
            for (int32_t k = 0; k < HG_CLUES; k++) {
                const float above = (own[k] - usual[k]) / usual[HG_CLUES + k];
                const float v = (above - (float)m->centre[k]) / (float)m->spread[k];
                if (k == 0 || v > *to) *to = v;
            }
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

// Of the keys whose upper half is `upper` (all: for upper halves), from the highest on: where the k-th is. k becomes what is left.
static uint32_t find_half(const hg__raster *map, bool is_upper, uint32_t upper, size_t *k,
                          uint32_t *count) {
    memset(count, 0, KEYS * sizeof *count);
    for (size_t i = 0; i < hg__raster_count(map); i++) {
        const uint32_t key = key_of(map->at[i]);
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

int hg__map_score(const hg__raster *map, double share, float *score, float *peak, hg_error *err) {
    const size_t cells = hg__raster_count(map);
    size_t count = (size_t)(share * (double)cells + 0.5), left;
    if (count < 1) count = 1;
    uint32_t *tally = hg__alloc(KEYS, sizeof *tally, err);
    if (!tally) return HG_ERR_MEMORY;
    left = count;
    const uint32_t upper = find_half(map, true, 0, &left, tally);
    const uint32_t least = upper << 16 | find_half(map, false, upper, &left, tally);
    hg__free(tally);
    double sum = 0;
    float limit = 0, most = map->at[0];
    for (size_t i = 0; i < cells; i++) {
        const float x = map->at[i];
        if (key_of(x) > least) sum += (double)x;
        if (key_of(x) == least) limit = x;
        if (x > most) most = x;
    }
    *score = (float)((sum + (double)left * (double)limit) / (double)count);
    *peak = most;
    return HG_OK;
}

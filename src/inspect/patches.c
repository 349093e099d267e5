// SPDX-License-Identifier: Apache-2.0
// patches.c - patches of a picture at several sizes, as numbers; a map over patches as one over pixels.
#include "inspect/patches.h"

#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/rng.h"
#include "restore/filters.h"

enum { DIRECTIONS = 8, RIDGES = 2, SLOPES = DIRECTIONS + RIDGES };
enum { SAMPLE = 40000 }; // patches that axes are learnt from
static const float ridge_weight = 0.5F, colour_weight = 0.25F;

hg__patch_options hg__patch_defaults(hg__patch_kind kind) {
    hg__patch_options o = {.kind = kind, .stride = 8, .dims = 48, .seed = 1};
    o.first_level = kind == HG_PATCH_PIXELS ? 2 : 1;
    o.levels = 2;
    o.cells = kind == HG_PATCH_PIXELS ? 5 : 3;
    o.spacing = kind == HG_PATCH_PIXELS ? 1 : 3;
    o.whitening = kind == HG_PATCH_PIXELS ? 0 : 4;
    return o;
}

hg__patch_options hg__patch_squares(void) {
    hg__patch_options o = hg__patch_defaults(HG_PATCH_PIXELS);
    o.stride = 4;
    o.first_level = 1;
    o.levels = 1;
    o.cells = 8;
    return o;
}

static int32_t planes_of(const hg__patch_options *o, int32_t channels) {
    return channels + (o->kind == HG_PATCH_SLOPES ? SLOPES : 0);
}

int32_t hg__patch_raw_width(const hg__patch_options *o, int32_t channels) {
    return o->levels * o->cells * o->cells * planes_of(o, channels);
}

int32_t hg__patches_width(const hg__patches *p) {
    return p->axes.dims + (p->options.position > 0 ? 2 : 0);
}

int32_t hg__patch_grid(int32_t side, int32_t stride) {
    return hg__ceil_div(side, stride);
}

static void run_lines(hg__pool *pool, hg__task *task, void *context, int32_t lines) {
    if (pool) {
        hg__pool_run(pool, task, context, lines);
        return;
    }
    for (int32_t y = 0; y < lines; y++) task(context, y, 0);
}

typedef struct work {
    const hg__patch_options *o;
    const hg__raster *from;
    hg__raster *to;
    const float *tap;     // of blur
    int32_t level, first; // first: number of a patch
} work;

// ---- a level ------------------------------------------------------------------------------------

// to: the mean of each 2 x 2 of from, of fewer at an odd edge.
static void halve_line(void *context, int32_t y, int32_t thread) {
    const work *w = context;
    const hg__raster *from = w->from;
    const int32_t y1 = hg__min(2 * y + 1, from->height - 1);
    (void)thread;
    for (int32_t x = 0; x < w->to->width; x++) {
        const int32_t x1 = hg__min(2 * x + 1, from->width - 1);
        const float *a = hg__raster_pixel(from, 2 * y, 2 * x);
        const float *b = hg__raster_pixel(from, 2 * y, x1);
        const float *c = hg__raster_pixel(from, y1, 2 * x), *d = hg__raster_pixel(from, y1, x1);
        float *to = hg__raster_pixel(w->to, y, x);
        for (int32_t k = 0; k < from->channels; k++) to[k] = ((a[k] + b[k]) + (c[k] + d[k])) / 4;
    }
}

static float grey_at(const hg__raster *r, int32_t y, int32_t x) {
    const float *p = hg__raster_pixel(r, hg__mirror(y, r->height), hg__mirror(x, r->width));
    return r->channels == 3 ? (0.299F * p[0] + 0.587F * p[1]) + 0.114F * p[2] : p[0];
}

static float above_0(float x) {
    return x > 0 ? x : 0;
}

// Slopes towards eight directions and ridges, dark and bright, of grey; then the colours.
static void slope_line(void *context, int32_t y, int32_t thread) {
    const work *w = context;
    const hg__raster *from = w->from;
    const float root = 0.70710678F;
    (void)thread;
    for (int32_t x = 0; x < from->width; x++) {
        const float left = grey_at(from, y, x - 1), right = grey_at(from, y, x + 1);
        const float up = grey_at(from, y - 1, x), down = grey_at(from, y + 1, x);
        const float gx = (right - left) / 2, gy = (down - up) / 2;
        const float along[DIRECTIONS / 2] = {gx, root * (gx + gy), gy, root * (gy - gx)};
        const float ridge = ridge_weight * ((left + right) + (up + down) - 4 * grey_at(from, y, x));
        const float *colour = hg__raster_pixel(from, y, x);
        float *to = hg__raster_pixel(w->to, y, x);
        for (int32_t d = 0; d < DIRECTIONS / 2; d++) {
            to[d] = above_0(along[d]);
            to[d + DIRECTIONS / 2] = above_0(-along[d]);
        }
        to[DIRECTIONS] = above_0(ridge);
        to[DIRECTIONS + 1] = above_0(-ridge);
        for (int32_t k = 0; k < from->channels; k++) to[SLOPES + k] = colour_weight * colour[k];
    }
}

enum { TAPS = 7 };
static const float wide[TAPS] = {1 / 64.F,  6 / 64.F, 15 / 64.F, 20 / 64.F,
                                 15 / 64.F, 6 / 64.F, 1 / 64.F};
static const float narrow[TAPS] = {0, 1 / 16.F, 4 / 16.F, 6 / 16.F, 4 / 16.F, 1 / 16.F, 0};

static void blur_down_line(void *context, int32_t y, int32_t thread) {
    const work *w = context;
    const size_t line = (size_t)w->from->width * (size_t)w->from->channels;
    float *to = hg__raster_pixel(w->to, y, 0);
    (void)thread;
    memset(to, 0, line * sizeof *to);
    for (int32_t k = 0; k < TAPS; k++) {
        const float tap = w->tap[k];
        const float *from =
            hg__raster_pixel(w->from, hg__mirror(y + k - TAPS / 2, w->from->height), 0);
        for (size_t j = 0; j < line; j++) to[j] += tap * from[j];
    }
}

// Pixels from_x .. to_x - 1 of a line, near an edge.
static void blur_edge(const work *w, int32_t y, int32_t from_x, int32_t to_x) {
    const int32_t width = w->from->width, channels = w->from->channels;
    for (int32_t x = from_x; x < to_x; x++) {
        float *to = hg__raster_pixel(w->to, y, x);
        memset(to, 0, (size_t)channels * sizeof *to);
        for (int32_t k = 0; k < TAPS; k++) {
            const float tap = w->tap[k];
            const float *from = hg__raster_pixel(w->from, y, hg__mirror(x + k - TAPS / 2, width));
            for (int32_t c = 0; c < channels; c++) to[c] += tap * from[c];
        }
    }
}

// In the middle, where all neighbours are there, a line is numbers one after the other.
static void blur_across_line(void *context, int32_t y, int32_t thread) {
    const work *w = context;
    const int32_t width = w->from->width, edge = TAPS / 2;
    const int32_t first = hg__min(edge, width), end = hg__max(first, width - edge);
    const size_t channels = (size_t)w->from->channels;
    const size_t count = (size_t)(end - first) * channels;
    (void)thread;
    blur_edge(w, y, 0, first);
    blur_edge(w, y, end, width);
    if (count == 0) return;
    float *to = hg__raster_pixel(w->to, y, first);
    memset(to, 0, count * sizeof *to);
    for (size_t k = 0; k < TAPS; k++) {
        const float tap = w->tap[k];
        const float *from = hg__raster_pixel(w->from, y, 0) + k * channels;
        for (size_t j = 0; j < count; j++) to[j] += tap * from[j];
    }
}

// In place; spare is of the same shape.
static void blur(hg__raster *r, hg__raster *spare, const float *tap, hg__pool *pool) {
    work w = {.from = r, .to = spare, .tap = tap};
    run_lines(pool, blur_down_line, &w, r->height);
    w.from = spare;
    w.to = r;
    run_lines(pool, blur_across_line, &w, r->height);
}

// The level's planes at cells x cells samples round each place of a line of places, into the patches' numbers of this level.
static void gather_line(void *context, int32_t i, int32_t thread) {
    const work *w = context;
    const hg__raster *from = w->from;
    const int32_t cells = w->o->cells, channels = from->channels;
    (void)thread;
    for (int32_t j = 0; j < w->to->width; j++) {
        float *to = hg__raster_pixel(w->to, i, j) + w->first;
        const int32_t y = (i * w->o->stride) >> w->level, x = (j * w->o->stride) >> w->level;
        for (int32_t c = 0; c < cells * cells; c++, to += channels) {
            const int32_t dy = (c / cells - cells / 2) * w->o->spacing;
            const int32_t dx = (c % cells - cells / 2) * w->o->spacing;
            memcpy(to,
                   hg__raster_pixel(from, hg__mirror(y + dy, from->height),
                                    hg__mirror(x + dx, from->width)),
                   (size_t)channels * sizeof *to);
        }
    }
}

static int gather_level(const hg__patch_options *o, const hg__raster *level, int32_t number,
                        hg__raster *raw, hg__pool *pool, hg_error *err) {
    const int32_t planes = planes_of(o, level->channels);
    hg__raster plane = {0}, spare = {0};
    work w = {.o = o, .from = level, .to = raw, .level = number};
    w.first = (number - o->first_level) * o->cells * o->cells * planes;
    int code = HG_OK;
    if (o->kind == HG_PATCH_SLOPES) {
        code = hg__raster_init(&plane, level->height, level->width, planes, err);
        if (code == HG_OK) code = hg__raster_init(&spare, level->height, level->width, planes, err);
        if (code == HG_OK) {
            work slopes = {.from = level, .to = &plane};
            run_lines(pool, slope_line, &slopes, level->height);
            blur(&plane, &spare, wide, pool);
            w.from = &plane;
        }
    }
    if (code == HG_OK) run_lines(pool, gather_line, &w, raw->height);
    hg__raster_clear(&plane);
    hg__raster_clear(&spare);
    return code;
}

bool hg__patch_is_sound(const hg__patch_options *o) {
    return o->stride >= 1 && o->stride <= 1024 && o->first_level >= 0 &&
           o->first_level < HG_MAX_PATCH_LEVELS && o->levels >= 1 &&
           o->levels <= HG_MAX_PATCH_LEVELS - o->first_level && o->cells >= 1 && o->cells <= 9 &&
           o->spacing >= 1 && o->spacing <= 64 && o->dims >= 1 && o->dims <= HG_MAX_VECTOR;
}

static int check(const hg__patch_options *o, const hg__raster *picture, hg_error *err) {
    if (picture->channels != 1 && picture->channels != 3) {
        return hg__fail(err, HG_ERR_DATA, "patches: expected pictures of 1 or 3 channels, got %d",
                        picture->channels);
    }
    if (hg__patch_is_sound(o)) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "patches: expected a stride of 1 to 1024, levels within 0 .. %d, 1 to 9 cells, "
                    "got %d, %d levels from %d, %d",
                    HG_MAX_PATCH_LEVELS - 1, o->stride, o->levels, o->first_level, o->cells);
}

int hg__patches_raw(const hg__patch_options *o, const hg__raster *picture, hg__raster *raw,
                    hg__pool *pool, hg_error *err) {
    *raw = (hg__raster){0};
    HG_TRY(check(o, picture, err));
    HG_TRY(hg__raster_init(raw, hg__patch_grid(picture->height, o->stride),
                           hg__patch_grid(picture->width, o->stride),
                           hg__patch_raw_width(o, picture->channels), err));
    hg__raster level = *picture; // borrowed at level 0
    int code = HG_OK;
    for (int32_t n = 0; code == HG_OK && n < o->first_level + o->levels; n++) {
        if (n > 0) {
            hg__raster half;
            code = hg__raster_init(&half, hg__ceil_div(level.height, 2),
                                   hg__ceil_div(level.width, 2), level.channels, err);
            if (code < 0) break;
            work w = {.from = &level, .to = &half};
            run_lines(pool, halve_line, &w, half.height);
            if (level.at != picture->at) hg__raster_clear(&level);
            level = half;
        }
        if (n >= o->first_level) code = gather_level(o, &level, n, raw, pool, err);
    }
    if (level.at != picture->at) hg__raster_clear(&level);
    if (code < 0) hg__raster_clear(raw);
    return code;
}

// ---- axes ---------------------------------------------------------------------------------------

void hg__patches_clear(hg__patches *p) {
    hg__principal_clear(&p->axes);
    *p = (hg__patches){0};
}

// So many of a picture's places, drawn: to (count, channels). How many there were is returned.
static int64_t draw_places(const hg__raster *map, uint64_t seed, int32_t picture, int64_t most,
                           float *to) {
    const size_t width = (size_t)map->channels;
    const int64_t places = (int64_t)map->height * map->width, count = hg__min_64(places, most);
    const hg__shuffle s =
        hg__shuffle_init(seed, HG_STREAM_SAMPLE, (uint32_t)picture, (uint64_t)places);
    for (int64_t i = 0; i < count; i++) {
        const size_t at = (size_t)hg__shuffle_at(&s, (uint64_t)i) * width;
        memcpy(to + (size_t)i * width, map->at + at, width * sizeof *to);
    }
    return count;
}

// A sample of a picture's patches goes into the moments.
static int meet_picture(hg__moments *m, const hg__patch_options *o, const hg__raster *picture,
                        int32_t number, int32_t each, hg__pool *pool, hg_error *err) {
    hg__raster raw;
    HG_TRY(hg__patches_raw(o, picture, &raw, pool, err));
    int code = m->width ? HG_OK : hg__moments_init(m, raw.channels, err);
    if (code == HG_OK && m->width != raw.channels) {
        code = hg__fail(err, HG_ERR_DATA,
                        "patches: picture %d: expected as many channels as those before it, got %d",
                        number, picture->channels);
    }
    float *drawn = code == HG_OK ? hg__numbers((size_t)each, (size_t)raw.channels, err) : NULL;
    if (code == HG_OK && !drawn) code = HG_ERR_MEMORY;
    if (code == HG_OK) {
        hg__moments_add(m, drawn, draw_places(&raw, o->seed, number, each, drawn), pool);
    }
    hg__free(drawn);
    hg__raster_clear(&raw);
    return code;
}

static int meet_pictures(hg__patches *p, hg__moments *m, const hg__raster_source *good,
                         hg__pool *pool, hg_error *err) {
    const int32_t each = hg__max(SAMPLE / hg__max(good->count, 1), 1);
    for (int32_t i = 0; i < good->count; i++) {
        hg__raster picture = {0};
        HG_TRY(good->read(good->context, i, &picture, err));
        p->channels = picture.channels;
        const int code = meet_picture(m, &p->options, &picture, i, each, pool, err);
        hg__raster_clear(&picture);
        HG_TRY(code);
    }
    return HG_OK;
}

// 1 / the root of the mean square of what comes of the vectors that were learnt from.
static float unit_of(const hg__principal *a) {
    double sum = 0;
    for (int32_t z = 0; z < a->dims; z++) {
        double length = 0;
        for (int32_t i = 0; i < a->width; i++) {
            const double x = (double)a->axis[(size_t)z * (size_t)a->width + (size_t)i];
            length += x * x;
        }
        sum += length * (double)a->spread[z] * (double)a->spread[z];
    }
    return sum > 0 ? (float)(1 / sqrt(sum / a->dims)) : 1;
}

int hg__patches_learn(hg__patches *p, const hg__patch_options *o, const hg__raster_source *good,
                      hg__pool *pool, hg_error *err) {
    hg__moments m = {0};
    *p = (hg__patches){.options = *o};
    if (good->count < 1) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected 1 good picture at least, got none",
                        good->name);
    }
    int code = meet_pictures(p, &m, good, pool, err);
    if (code == HG_OK) code = hg__principal_fit(&p->axes, &m, o->dims, o->whitening, 0.01, err);
    hg__moments_clear(&m);
    if (code == HG_OK) {
        p->unit = unit_of(&p->axes);
    } else {
        hg__patches_clear(p);
    }
    return code;
}

// The numbers of each place, in their unit, and where it lies.
static void finish_places(const hg__patches *p, const hg__raster *picture, const float *along,
                          hg__raster *map) {
    const int32_t dims = p->axes.dims;
    const float far = p->options.position * (float)sqrt((double)dims);
    for (int32_t i = 0; i < map->height; i++) {
        for (int32_t j = 0; j < map->width; j++, along += dims) {
            float *to = hg__raster_pixel(map, i, j);
            for (int32_t z = 0; z < dims; z++) to[z] = along[z] * p->unit;
            if (map->channels == dims) continue;
            to[dims] = far * (float)(i * p->options.stride) / (float)picture->height;
            to[dims + 1] = far * (float)(j * p->options.stride) / (float)picture->width;
        }
    }
}

int hg__patches_run(const hg__patches *p, const hg__raster *picture, hg__raster *map, hg__blocks *b,
                    hg_error *err) {
    hg__raster raw;
    *map = (hg__raster){0};
    if (picture->channels != p->channels) {
        return hg__fail(err, HG_ERR_DATA, "patches: expected a picture of %d channels, got %d",
                        p->channels, picture->channels);
    }
    HG_TRY(hg__patches_raw(&p->options, picture, &raw, b ? b->pool : NULL, err));
    const int64_t places = (int64_t)raw.height * raw.width;
    float *along = hg__numbers((size_t)places, (size_t)p->axes.dims, err);
    int code = along ? hg__principal_run(&p->axes, raw.at, places, along, b, err) : HG_ERR_MEMORY;
    if (code == HG_OK) {
        code = hg__raster_init(map, raw.height, raw.width, hg__patches_width(p), err);
    }
    if (code == HG_OK) finish_places(p, picture, along, map);
    hg__free(along);
    hg__raster_clear(&raw);
    return code;
}

// ---- a map over pixels --------------------------------------------------------------------------

// Between places by straight lines; beyond the last as at the last. w->first: the stride.
static void interpolate_line(void *context, int32_t y, int32_t thread) {
    const work *w = context;
    const int32_t stride = w->first, rows = w->from->height, columns = w->from->width;
    const int32_t i = hg__min(y / stride, rows - 1), below = hg__min(i + 1, rows - 1);
    const float down = (float)(y - i * stride) / (float)stride;
    const float *a = hg__raster_pixel(w->from, i, 0), *b = hg__raster_pixel(w->from, below, 0);
    float *to = hg__raster_pixel(w->to, y, 0);
    (void)thread;
    for (int32_t x = 0; x < w->to->width; x++) {
        const int32_t j = hg__min(x / stride, columns - 1), right = hg__min(j + 1, columns - 1);
        const float along = (float)(x - j * stride) / (float)stride;
        const float top = a[j] + along * (a[right] - a[j]);
        const float bottom = b[j] + along * (b[right] - b[j]);
        to[x] = top + down * (bottom - top);
    }
}

int hg__patch_map_smooth(const hg__raster *map, int32_t stride, int32_t height, int32_t width,
                         int32_t passes, hg__raster *to, hg__pool *pool, hg_error *err) {
    hg__raster spare = {0};
    HG_TRY(hg__raster_init(to, height, width, 1, err));
    work w = {.from = map, .to = to, .first = stride};
    run_lines(pool, interpolate_line, &w, height);
    if (passes < 1) return HG_OK;
    const int code = hg__raster_init(&spare, height, width, 1, err);
    for (int32_t i = 0; code == HG_OK && i < passes; i++) blur(to, &spare, narrow, pool);
    hg__raster_clear(&spare);
    if (code < 0) hg__raster_clear(to);
    return code;
}

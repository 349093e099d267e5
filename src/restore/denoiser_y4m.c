// SPDX-License-Identifier: Apache-2.0
// denoiser_y4m.c - a frame of YUV4MPEG2 video in memory through the model.
//
// A colour model sees colours: luma and chroma, spread to luma's size, become red, green and blue, and what the model
// made of them goes back. Chroma takes over only what the model changed, the mean over the pixels a sample stands for: a
// model that changes nothing changes no byte. With `temporal` the model sees the running average of what it would have seen
// (temporal.h). A grey model cleans each plane by itself, as video without colour is.
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "restore/denoiser.h"
#include "restore/temporal.h"

// Red, green and blue from luma and chroma: Y = red R + (1 - red - blue) G + blue B (ITU-R BT.601 and BT.709). The stream
// does not say which; as players do, frames of 720 lines and more are taken for BT.709.
typedef struct matrix {
    float red, blue;
} matrix;
static const matrix bt601 = {0.299F, 0.114F}, bt709 = {0.2126F, 0.0722F};
enum { HD_LINES = 720 };

typedef struct plane {
    const uint8_t *in; // (height, width) samples
    uint8_t *out;
    int32_t width, height;
    float zero, unit; // sample = zero + unit * number
} plane;

struct hg__y4m_cleaner {
    hg_denoiser *d;   // borrowed
    const char *name; // the same
    hg__y4m y;
    matrix matrix;
    uint8_t *in, *now; // owned, a frame as it came and as it goes
    float *colour;     // owned, (height, width, 3) as the model made it; NULL: planes by themselves
    hg__temporal
        *temporal[3]; // owned, one of the colours or of each plane; NULL: each frame by itself
    float *plain;     // owned, (height, width) as the model made the plane in work; NULL likewise
    const float *average;     // what it sees of that; NULL likewise
    hg__tiles *luma, *chroma; // owned; chroma NULL: luma's, or none
    plane plane[3];           // Y, Cb, Cr
    const plane *at;          // the one in work
};
typedef hg__y4m_cleaner cleaner;

// ---- samples ------------------------------------------------------------------------------------

// That the model sees, each by itself.
static int32_t count_planes(const cleaner *v) {
    return v->y.across && !v->colour ? 3 : 1;
}

static float sample_at(const cleaner *v, const plane *p, int32_t line, int32_t column) {
    const size_t at = (size_t)line * (size_t)p->width + (size_t)column;
    if (v->y.depth == 8) return (float)p->in[at];
    return (float)(p->in[2 * at] | p->in[2 * at + 1] << 8);
}

static float number_at(const cleaner *v, const plane *p, int32_t line, int32_t column) {
    return (sample_at(v, p, line, column) - p->zero) / p->unit;
}

static void put_sample(const cleaner *v, const plane *p, int32_t line, int32_t column,
                       float value) {
    const size_t at = (size_t)line * (size_t)p->width + (size_t)column;
    const int32_t most = (1 << v->y.depth) - 1;
    const int32_t rounded = value > 0 ? (value < (float)most ? (int32_t)(value + 0.5F) : most) : 0;
    if (v->y.depth == 8) {
        p->out[at] = (uint8_t)rounded;
    } else {
        p->out[2 * at] = (uint8_t)rounded;
        p->out[2 * at + 1] = (uint8_t)(rounded >> 8);
    }
}

static void lay_planes(cleaner *v) {
    const hg__y4m *y = &v->y;
    const float step = (float)(1 << (y->depth - 8)), most = (float)((1 << y->depth) - 1);
    const int32_t width = hg__y4m_chroma_width(y), height = hg__y4m_chroma_height(y);
    const size_t sample = hg__y4m_sample(y);
    const size_t luma = (size_t)y->width * (size_t)y->height * sample;
    const size_t chroma = (size_t)width * (size_t)height * sample;
    const bool full = y->is_full_range;
    v->plane[0] =
        (plane){v->in, v->now, y->width, y->height, full ? 0 : 16 * step, full ? most : 219 * step};
    for (size_t i = 0; i < 2; i++) {
        const size_t at = luma + i * chroma;
        // By itself chroma is a grey picture; with luma its numbers run from -1/2 to 1/2.
        v->plane[1 + i] = (plane){v->in + at, v->now + at, width, height, 0, most};
        if (!v->colour) continue;
        v->plane[1 + i].zero = 128 * step;
        v->plane[1 + i].unit = full ? most : 224 * step;
    }
}

// ---- planes by themselves -----------------------------------------------------------------------

static void get_plane(void *context, const hg__tile_piece *piece, float *to) {
    const cleaner *v = context;
    const int32_t channels = v->d->channels;
    const size_t at = (size_t)piece->line * (size_t)v->at->width + (size_t)piece->left;
    for (int32_t x = 0; x < piece->width; x++) {
        const float number = v->average ? v->average[at + (size_t)x]
                                        : number_at(v, v->at, piece->line, piece->left + x);
        for (int32_t c = 0; c < channels; c++) *to++ = number;
    }
}

static void put_plane(void *context, const hg__tile_piece *piece, const float *from) {
    const cleaner *v = context;
    const int32_t channels = v->d->channels;
    const size_t at = (size_t)piece->line * (size_t)v->at->width + (size_t)piece->left;
    for (int32_t x = 0; x < piece->width; x++, from += channels) {
        const float number = channels == 1 ? from[0] : (from[0] + from[1] + from[2]) / 3;
        put_sample(v, v->at, piece->line, piece->left + x, v->at->zero + v->at->unit * number);
        if (v->plain) v->plain[at + (size_t)x] = number;
    }
}

// ---- colour -------------------------------------------------------------------------------------

// Between which two of `count` chroma samples luma's position lies, and how near to the second. Samples sit in the middle
// of the pixels they stand for.
typedef struct between {
    int32_t a, b;
    float share;
} between;

static between find_between(int32_t position, int32_t each, int32_t count) {
    const float at = ((float)position + 0.5F) / (float)each - 0.5F;
    int32_t a = (int32_t)(at + 1) - 1; // floor: at is above -1
    const float share = at - (float)a;
    const int32_t b = a + 1 < count ? a + 1 : count - 1;
    if (a < 0) a = 0;
    if (a >= count) a = count - 1;
    return (between){a, b, share};
}

static float chroma_at(const cleaner *v, const plane *p, between line, between column) {
    const float top = number_at(v, p, line.a, column.a) * (1 - column.share) +
                      number_at(v, p, line.a, column.b) * column.share;
    if (line.share == 0) return top;
    const float bottom = number_at(v, p, line.b, column.a) * (1 - column.share) +
                         number_at(v, p, line.b, column.b) * column.share;
    return top * (1 - line.share) + bottom * line.share;
}

static void get_colour(void *context, const hg__tile_piece *piece, float *to) {
    const cleaner *v = context;
    const matrix m = v->matrix;
    const between line = find_between(piece->line, v->y.down, v->plane[1].height);
    for (int32_t x = 0; x < piece->width; x++, to += 3) {
        const between column = find_between(piece->left + x, v->y.across, v->plane[1].width);
        const float y = number_at(v, &v->plane[0], piece->line, piece->left + x);
        const float cb = chroma_at(v, &v->plane[1], line, column);
        const float cr = chroma_at(v, &v->plane[2], line, column);
        to[0] = y + 2 * (1 - m.red) * cr;
        to[2] = y + 2 * (1 - m.blue) * cb;
        to[1] = (y - m.red * to[0] - m.blue * to[2]) / (1 - m.red - m.blue);
    }
}

static void get_average(void *context, const hg__tile_piece *piece, float *to) {
    const cleaner *v = context;
    const size_t at = (size_t)piece->line * (size_t)v->y.width + (size_t)piece->left;
    memcpy(to, v->average + 3 * at, 3 * (size_t)piece->width * sizeof *to);
}

static void put_colour(void *context, const hg__tile_piece *piece, const float *from) {
    const cleaner *v = context;
    const size_t at = (size_t)piece->line * (size_t)v->y.width + (size_t)piece->left;
    memcpy(v->colour + 3 * at, from, 3 * (size_t)piece->width * sizeof *from);
}

// What the model changed of a pixel's chroma.
static void add_change(const cleaner *v, int32_t line, int32_t column, float *cb, float *cr) {
    const matrix m = v->matrix;
    const float *c = v->colour + 3 * ((size_t)line * (size_t)v->y.width + (size_t)column);
    const float y = m.red * c[0] + (1 - m.red - m.blue) * c[1] + m.blue * c[2];
    const between down = find_between(line, v->y.down, v->plane[1].height);
    const between across = find_between(column, v->y.across, v->plane[1].width);
    *cb += (c[2] - y) / (2 * (1 - m.blue)) - chroma_at(v, &v->plane[1], down, across);
    *cr += (c[0] - y) / (2 * (1 - m.red)) - chroma_at(v, &v->plane[2], down, across);
}

// A line of chroma samples.
static void take_chroma(void *context, int32_t line, int32_t thread) {
    (void)thread;
    const cleaner *v = context;
    const hg__y4m *y = &v->y;
    const int32_t top = line * y->down, bottom = hg__min(top + y->down, y->height);
    for (int32_t x = 0; x < v->plane[1].width; x++) {
        const int32_t left = x * y->across, right = hg__min(left + y->across, y->width);
        float change[2] = {0, 0};
        for (int32_t i = top; i < bottom; i++) {
            for (int32_t j = left; j < right; j++) add_change(v, i, j, &change[0], &change[1]);
        }
        const float pixels = (float)((bottom - top) * (right - left));
        for (int32_t c = 0; c < 2; c++) {
            const plane *p = &v->plane[1 + c];
            put_sample(v, p, line, x, sample_at(v, p, line, x) + p->unit * change[c] / pixels);
        }
    }
}

static void take_luma(void *context, int32_t line, int32_t thread) {
    (void)thread;
    const cleaner *v = context;
    const matrix m = v->matrix;
    const plane *p = &v->plane[0];
    const float *c = v->colour + 3 * (size_t)line * (size_t)v->y.width;
    for (int32_t x = 0; x < v->y.width; x++, c += 3) {
        const float y = m.red * c[0] + (1 - m.red - m.blue) * c[1] + m.blue * c[2];
        put_sample(v, p, line, x, p->zero + p->unit * y);
    }
}

// ---- frames -------------------------------------------------------------------------------------

// A line of what the model would see, to its average.
static void feed_line(void *context, int32_t line, int32_t thread) {
    cleaner *v = context;
    hg__temporal *t = v->temporal[v->at - v->plane];
    const int32_t width = v->at->width;
    float *to = hg__temporal_input(t) + (size_t)line * (size_t)width * (v->colour ? 3 : 1);
    const hg__tile_piece piece = {.line = line, .width = width, .thread = thread};
    if (v->colour) get_colour(v, &piece, to);
    for (int32_t x = 0; x < width && !v->colour; x++) to[x] = number_at(v, v->at, line, x);
}

static int run_plane(cleaner *v, int32_t i, const hg_listener *l, hg_error *err) {
    hg__temporal *t = v->temporal[i];
    const hg__tile_io io = {.context = v,
                            .name = v->name,
                            .get = !v->colour ? get_plane
                                   : t        ? get_average
                                              : get_colour,
                            .put = v->colour ? put_colour : put_plane,
                            .listener = l};
    v->at = &v->plane[i];
    hg__tuner *u = &v->d->tuner;
    hg__tiles *tiles = i && v->chroma ? v->chroma : v->luma;
    if (t) {
        hg__pool_run(v->d->pool, feed_line, v, v->at->height);
        v->average = hg__temporal_average(t);
    }
    HG_TRY(hg__tuner_ready(u, hg__tiles_tiling(tiles), hg__pool_threads(v->d->pool), err));
    if (hg__tuner_is_twofold(u)) HG_TRY(hg__tuner_run(u, tiles, &io, true, err));
    HG_TRY(hg__tuner_run(u, tiles, &io, false, err));
    if (t) hg__temporal_learn(t, v->colour ? v->colour : v->plain);
    return HG_OK;
}

const uint8_t *hg__y4m_cleaner_run(cleaner *v, const hg_listener *l, hg_error *err) {
    memcpy(v->now, v->in, hg__y4m_frame_bytes(&v->y)); // alpha is kept
    for (int32_t i = 0; i < count_planes(v); i++) {
        if (run_plane(v, i, l, err) < 0) return NULL;
    }
    if (v->colour) {
        hg__pool_run(v->d->pool, take_luma, v, v->y.height);
        hg__pool_run(v->d->pool, take_chroma, v, v->plane[1].height);
    }
    return v->now;
}

bool hg__y4m_cleaner_flicker(const cleaner *v, double *before, double *after) {
    return v->temporal[0] && hg__temporal_flicker(v->temporal[0], before, after);
}

uint8_t *hg__y4m_cleaner_input(cleaner *v) {
    return v->in;
}

// ---- making -------------------------------------------------------------------------------------

static hg__tiles *new_tiles(const cleaner *v, int32_t width, int32_t height, size_t held,
                            size_t *bytes, hg_error *err) {
    hg__tiling t;
    hg__tile_job job = {.height = height, .width = width};
    if (hg__denoiser_plan(v->d, v->name, &job, 1, held, &t, err) < 0) return NULL;
    *bytes = t.bytes;
    if (hg__tuner_ready(&v->d->tuner, &t, hg__pool_threads(v->d->pool), err) < 0) return NULL;
    return hg__tiles_new(v->d->net, v->d->pool, &t, err);
}

static hg__frame frame_of(const cleaner *v, int32_t i, bool is_colour) {
    const hg__y4m *y = &v->y;
    if (i == 0) return (hg__frame){y->height, y->width, is_colour ? 3 : 1};
    return (hg__frame){hg__y4m_chroma_height(y), hg__y4m_chroma_width(y), 1};
}

// Bytes of the averages of earlier frames.
static size_t count_temporal(const cleaner *v, bool is_colour) {
    const size_t luma = (size_t)v->y.width * (size_t)v->y.height;
    size_t bytes = is_colour ? 0 : luma * sizeof *v->plain;
    for (int32_t i = 0; i < (v->y.across && !is_colour ? 3 : 1); i++) {
        const hg__frame f = frame_of(v, i, is_colour);
        bytes += hg__temporal_bytes(&f);
    }
    return bytes;
}

static int make_temporal(cleaner *v, int32_t frames, hg_error *err) {
    for (int32_t i = 0; i < count_planes(v); i++) {
        const hg__frame f = frame_of(v, i, v->colour != NULL);
        v->temporal[i] = hg__temporal_new(v->d->pool, &f, frames, err);
        if (!v->temporal[i]) return HG_ERR_MEMORY;
    }
    if (v->colour) return HG_OK;
    v->plain = hg__alloc((size_t)v->y.width * (size_t)v->y.height, sizeof *v->plain, err);
    return v->plain ? HG_OK : HG_ERR_MEMORY;
}

// The windows first: they say whether it all fits.
static int make_tiles(cleaner *v, bool is_colour, int32_t frames, hg_error *err) {
    const hg__y4m *y = &v->y;
    const size_t frame = hg__y4m_frame_bytes(y), luma = (size_t)y->width * (size_t)y->height;
    const bool two = !is_colour && y->across * y->down > 1;
    size_t bytes, held = 2 * frame + (is_colour ? 3 * luma * sizeof *v->colour : 0);
    if (frames > 1) held += count_temporal(v, is_colour);
    // Chroma's windows need no more than luma's, and most of what is left goes to these.
    const size_t left = v->d->budget > held ? v->d->budget - held : 0;
    v->luma = new_tiles(v, y->width, y->height, held + (two ? left / 4 : 0), &bytes, err);
    if (!v->luma) return (int)err->code;
    if (two) {
        v->chroma = new_tiles(v, hg__y4m_chroma_width(y), hg__y4m_chroma_height(y), held + bytes,
                              &bytes, err);
        if (!v->chroma) return (int)err->code;
    }
    v->in = hg__alloc(frame, 1, err);
    if (v->in) v->now = hg__alloc(frame, 1, err);
    if (v->now && is_colour) v->colour = hg__alloc(luma, 3 * sizeof *v->colour, err);
    if (!v->now || (is_colour && !v->colour)) return HG_ERR_MEMORY;
    return frames > 1 ? make_temporal(v, frames, err) : HG_OK;
}

hg__y4m_cleaner *hg__y4m_cleaner_new(hg_denoiser *d, const hg__y4m *y, const char *name,
                                     int32_t frames, hg_error *err) {
    cleaner *v = hg__alloc(1, sizeof *v, err);
    if (!v) return NULL;
    v->d = d;
    v->name = name;
    v->y = *y;
    v->matrix = y->height < HD_LINES ? bt601 : bt709;
    if (make_tiles(v, y->across && d->channels == 3, frames, err) == HG_OK) {
        lay_planes(v);
        return v;
    }
    hg__y4m_cleaner_free(v);
    return NULL;
}

void hg__y4m_cleaner_free(cleaner *v) {
    if (!v) return;
    hg__tiles_free(v->luma);
    hg__tiles_free(v->chroma);
    hg__free(v->in);
    hg__free(v->now);
    hg__free(v->colour);
    for (int32_t i = 0; i < 3; i++) hg__temporal_free(v->temporal[i]);
    hg__free(v->plain);
    hg__free(v);
}

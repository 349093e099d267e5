// SPDX-License-Identifier: Apache-2.0
// clue_pca.c - what principal components of whole good pictures, grey and small, do not rebuild of a picture: a clue where all have
// one frame. It knows what parts as a whole do together: how they turn a little, where their light falls.
#include "base/int.h"
#include "inspect/clue_pieces.h"
#include "parts/resize.h"

// Pixels of the long side; good pictures for each axis, and axes at most; lines that are read at once.
enum { LONG_SIDE = 128, PICTURES_AN_AXIS = 6, MOST_AXES = 32, LINES = 32 };

// small (height, width, 1), made, of a picture wherever it lies.
static int reduce(const hg__frame *f, int32_t height, int32_t width, hg__raster *small,
                  hg_error *err) {
    int32_t from_height, from_width;
    hg__frame_size(f, &from_height, &from_width);
    HG_TRY(hg__raster_init(small, height, width, 1, err));
    hg__resizer *r = hg__resizer_new(from_height, from_width, small, err);
    int code = r ? HG_OK : HG_ERR_MEMORY;
    for (int32_t top = 0; code == HG_OK && top < from_height; top += LINES) {
        hg__raster lines = {0}, grey = {0};
        const hg__crop at = {0, top, from_width, hg__min(LINES, from_height - top)};
        code = hg__frame_cut(f, &at, &lines, err);
        if (code == HG_OK) code = hg__raster_grey(&grey, &lines, err);
        for (int32_t y = 0; code == HG_OK && y < grey.height; y++) {
            hg__resizer_add(r, hg__raster_pixel(&grey, y, 0));
        }
        hg__raster_clear(&lines);
        hg__raster_clear(&grey);
    }
    hg__resizer_free(r);
    if (code < 0) hg__raster_clear(small);
    return code;
}

// What is left over of a picture, as small as the axes are: its size without a sign.
static int begin(hg__inspector *s, const hg__frame *f, hg_error *err) {
    const hg__eigenpictures *e = &s->pictures;
    hg__raster *left = &s->unexplained;
    hg__raster_clear(left);
    if (!e->mean) return HG_OK;
    HG_TRY(reduce(f, e->height, e->width, left, err));
    hg__eigenpictures_leave(e, left);
    for (size_t i = 0; i < hg__raster_count(left); i++) {
        left->at[i] = left->at[i] < 0 ? -left->at[i] : left->at[i];
    }
    return HG_OK;
}

// ---- fit ----------------------------------------------------------------------------------------

// Where pictures have several sizes there is no place that they share.
static bool has_frame(const hg__inspector *s) {
    return s->view.height > 0;
}

static int read_small(const void *context, int32_t i, hg__raster *small, hg_error *err) {
    const hg__clue_work *w = context;
    const hg__frame f = {NULL, w->d->store, w->d->train[i]};
    int32_t height, width;
    hg__frame_size(&f, &height, &width);
    hg__eigenpictures_size(height, width, LONG_SIDE, &height, &width);
    HG_TRY(hg__clue_work_stopped(w, err));
    return reduce(&f, height, width, small, err);
}

static int fit(const hg__clue_work *w, hg_error *err) {
    const hg__raster_source small = {
        .name = "pictures", .context = w, .count = w->d->trained, .read = read_small};
    const int32_t most = 1 + w->d->trained / PICTURES_AN_AXIS;
    hg__meter_add(w->meter, w->pieces);
    if (!has_frame(w->s)) return HG_OK;
    return hg__eigenpictures_fit(&w->s->pictures, &small, hg__min(most, MOST_AXES), 1, err);
}

// ---- run ----------------------------------------------------------------------------------------

// The cells of a piece, of all of the picture's.
static int run(hg__inspector *s, const hg__inspected *r, hg__raster *clue,
               hg__raster *reconstruction, hg_error *err) {
    (void)reconstruction;
    const int32_t h = r->picture.height / HG_MAP_CELL, w = r->picture.width / HG_MAP_CELL;
    hg__raster lines;
    if (!s->unexplained.at) return hg__raster_init(clue, h, w, 1, err);
    if (!s->in_pieces) return hg__raster_resize(clue, &s->unexplained, h, w, err);
    HG_TRY(hg__raster_resize_lines(&lines, &s->unexplained, s->piece_of.height, s->piece_of.width,
                                   s->piece_of.top, h, err));
    const hg__frame strip = {.raster = &lines};
    const hg__crop cells = {s->piece_of.left, 0, w, h};
    const int code = hg__frame_cut(&strip, &cells, clue, err);
    hg__raster_clear(&lines);
    return code;
}

static int to_parts(const hg__inspector *s, hg_model *m, hg_error *err) {
    return hg__eigenpictures_to_parts(&s->pictures, m, err);
}

static int from_parts(hg__inspector *s, const hg_model *m, hg_error *err) {
    if (!has_frame(s)) return HG_OK;
    return hg__eigenpictures_from_parts(&s->pictures, m, s->where, err);
}

const hg__clue_type hg__clue_pca = {.name = "pca",
                                    .fit = fit,
                                    .begin = begin,
                                    .run = run,
                                    .to_parts = to_parts,
                                    .from_parts = from_parts};

// SPDX-License-Identifier: Apache-2.0
// picture_rows.c - rows of a folder of images: crops, turned as (picture, draw, epoch) says.
#include <string.h>

#include "base/file.h"
#include "base/rng.h"
#include "rows/pictures_internal.h"

// Which part of a picture, and how it is turned.
typedef struct cut {
    int32_t top, left, height, width;
    bool mirror, flip, transpose;
} cut;

static int32_t pick(uint32_t word, int32_t count) { // 0 .. count-1
    return (int32_t)((uint64_t)word * (uint64_t)count >> 32);
}

// `cell`: how many pixels of the picture, each way, make one of the row.
static cut place_cut(const hg__pictures *p, const hg__row_place *at, int32_t cell) {
    const hg__picture *from = &p->picture[at->row];
    cut c = {.height = cell * p->height, .width = cell * p->width};
    const int32_t spare_y = from->height - c.height, spare_x = from->width - c.width;
    c.top = spare_y / 2;
    c.left = spare_x / 2;
    if (at->epoch == 0 && at->draw == 0) return c;
    const hg__philox w = hg__philox_run(p->seed, (uint32_t)HG_STREAM_CROP << 16, at->epoch,
                                        (uint32_t)at->row, (uint32_t)at->draw);
    const bool turns = p->flip && at->epoch > 0;
    c.top = pick(w.word[0], spare_y + 1);
    c.left = pick(w.word[1], spare_x + 1);
    c.mirror = turns && (w.word[2] >> 29 & 1);
    c.flip = turns && (w.word[2] >> 30 & 1);
    c.transpose = turns && p->height == p->width && w.word[2] >> 31;
    return c;
}

// ---- the crop -----------------------------------------------------------------------------------

static void swap_pixels(float *a, float *b, int32_t channels) {
    for (int32_t c = 0; c < channels; c++) {
        const float kept = a[c];
        a[c] = b[c];
        b[c] = kept;
    }
}

static void transpose(float *x, int32_t side, int32_t C) {
    for (int32_t i = 0; i < side; i++) {
        for (int32_t j = 0; j < i; j++) {
            swap_pixels(x + ((ptrdiff_t)i * side + j) * C, x + ((ptrdiff_t)j * side + i) * C, C);
        }
    }
}

static void mirror_line(float *line, int32_t width, int32_t C) {
    for (int32_t i = 0, j = width - 1; i < j; i++, j--) {
        swap_pixels(line + (ptrdiff_t)i * C, line + (ptrdiff_t)j * C, C);
    }
}

// x (at->height, at->width, channels) = the crop of a decoded picture.
static void cut_out(const hg__pictures *p, const hg__image *image, const cut *at, float *x) {
    const int32_t C = p->channels;
    const ptrdiff_t line = (ptrdiff_t)at->width * C;
    const size_t line_bytes = hg__image_line_bytes(&image->info);
    const size_t pixel =
        (size_t)hg__image_samples(&image->info) * hg__dtype_size(image->info.dtype);
    const uint8_t *from = image->pixels;
    from += (size_t)at->top * line_bytes + (size_t)at->left * pixel;
    hg__image_info narrow = image->info;
    narrow.width = at->width;
    for (int32_t y = 0; y < at->height; y++, from += line_bytes) {
        float *to = x + (at->flip ? at->height - 1 - y : y) * line;
        hg__image_to_real(&narrow, from, 1, C, to);
        if (at->mirror) mirror_line(to, at->width, C);
    }
    if (at->transpose) transpose(x, at->height, C);
}

int hg__pictures_advise(int code, hg_error *err) {
    if (!err || code != HG_ERR_DATA) return code;
    const size_t used = strlen(err->message);
    snprintf(err->message + used, sizeof err->message - used, "; on_bad=skip leaves it out");
    return code;
}

// One file's crop.
static int cut_file(const hg__pictures *p, int64_t image, bool is_partner, const cut *at, float *x,
                    hg_error *err) {
    char path[1024];
    hg__image *decoded = NULL;
    const hg__picture *from = &p->picture[image];
    const hg__picture_samples *samples = is_partner ? &from->partner_samples : &from->samples;
    const hg__picture_file file = {.number = is_partner ? p->count + image : image,
                                   .path = path,
                                   .range = p->has_rule ? &samples->range : NULL};
    HG_TRY(hg__join_path(path, sizeof path, is_partner ? p->partners.folder : p->list.folder,
                         is_partner ? from->partner_name : from->name, err));
    const int taken = hg__picture_cache_take(p->cache, &file, &decoded, err);
    if (taken < 0) return p->skips ? taken : hg__pictures_advise(taken, err);
    const hg__image_info *info = &decoded->info;
    int code = HG_OK;
    if (info->height == from->height && info->width == from->width) {
        cut_out(p, decoded, at, x);
    } else {
        code = hg__fail(err, HG_ERR_DATA,
                        "%s: expected %d x %d pixels as when it was opened, got %d x %d", path,
                        from->width, from->height, info->width, info->height);
    }
    hg__picture_cache_give_back(p->cache, file.number, decoded);
    return code;
}

// ---- the row ------------------------------------------------------------------------------------

// Whether this crop's three channels are one.
static bool is_grey(const hg__pictures *p, const hg__row_place *at) {
    if (p->channels == 1) return false; // there is but one
    if (p->picture[at->row].is_grey) return true;
    const hg__philox w = hg__philox_run(p->seed, (uint32_t)HG_STREAM_CROP << 16 | 1, at->epoch,
                                        (uint32_t)at->row, (uint32_t)at->draw);
    return (double)hg__unit_float(w.word[0]) < p->grey;
}

// x (pixels, 3) -> x (pixels), BT.601's weights, and back.
static void join_channels(float *x, size_t pixels) {
    for (size_t i = 0; i < pixels; i++) {
        const float *from = x + 3 * i;
        x[i] = 0.299F * from[0] + 0.587F * from[1] + 0.114F * from[2];
    }
}

static void part_channels(float *x, size_t pixels) {
    for (size_t i = pixels; i-- > 0;) x[3 * i] = x[3 * i + 1] = x[3 * i + 2] = x[i];
}

static void make_grey(float *x, size_t pixels) {
    join_channels(x, pixels);
    part_channels(x, pixels);
}

// One crop of a file of picture at->row, `cell` times as high and wide as a row.
static int make_crop(const hg__pictures *p, const hg__row_place *at, bool is_partner, int32_t cell,
                     float *x, hg_error *err) {
    const cut where = place_cut(p, at, cell);
    HG_TRY(cut_file(p, at->row, is_partner, &where, x, err));
    if (is_grey(p, at)) make_grey(x, (size_t)where.height * (size_t)where.width);
    return HG_OK;
}

static int make_clean(const void *context, const hg__row_place *at, hg__row_room *to,
                      hg_error *err) {
    const hg__pictures *p = context;
    to->is_grey = is_grey(p, at);
    return make_crop(p, at, p->has_pairs, 1, to->x, err);
}

static int make_pair(const void *context, const hg__row_place *at, hg__row_room *to,
                     hg_error *err) {
    const hg__pictures *p = context;
    to->is_grey = is_grey(p, at);
    HG_TRY(make_crop(p, at, true, 1, to->target, err));
    return make_crop(p, at, false, 1, to->x, err);
}

static int make_doubled(const void *context, const hg__row_place *at, hg__row_room *to,
                        hg_error *err) {
    const hg__pictures *p = context;
    to->is_grey = is_grey(p, at);
    return make_crop(p, at, false, p->cell, to->x, err);
}

static hg__row_source source_of(const hg__pictures *p, int32_t cell) {
    return (hg__row_source){
        .name = p->path,
        .context = p,
        .rows = p->count,
        .width = cell * p->height * cell * p->width * p->channels,
        .shape = {3, {cell * p->height, cell * p->width, p->channels}},
        .dtype = HG_F32,
        .scale = 1,
        .make = make_clean,
        .draws = p->crops,
        .block = hg__pictures_block(p)
    };
}

hg__row_source hg__pictures_source(const hg__pictures *p) {
    return source_of(p, 1);
}

hg__row_source hg__pictures_pairs(const hg__pictures *p) {
    hg__row_source s = source_of(p, 1);
    s.make = make_pair;
    s.has_target = true;
    return s;
}

hg__row_source hg__pictures_doubled(const hg__pictures *p) {
    hg__row_source s = source_of(p, p->cell);
    s.make = make_doubled;
    return s;
}

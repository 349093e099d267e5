// SPDX-License-Identifier: Apache-2.0
// write_pictures.c - decoded rows as pictures: a sheet of them, or a file each in a folder.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/int.h"
#include "base/mem.h"
#include "image/image.h"
#include "jobs/job.h"
#include "report/canvas.h"

enum {
    LEAST_SIDE = 64,
    GAP = 2
}; // of a picture on a sheet, which is magnified by a whole number; pixels between two

// Rows as pictures of 8 bits: 0 is black and 1 white.
typedef struct pictures {
    int32_t H, W, channels;
    int32_t to_channel, to_pixel; // elements from one channel, from one pixel to the next
    int32_t zoom, across;         // of a sheet
    hg__canvas sheet;             // owned; {0}: a file each
    const char *folder;
    hg__image one; // owned
} pictures;

// Of (H, W), (H, W, 1 or 3) or (1 or 3, H, W).
static int find_shape(pictures *p, const hg__shape *s, hg_error *err) {
    const bool is_last = s->rank == 3 && (s->dim[2] == 1 || s->dim[2] == 3);
    const bool is_first = s->rank == 3 && !is_last && (s->dim[0] == 1 || s->dim[0] == 3);
    if (s->rank != 2 && !is_last && !is_first) {
        char shape[128];
        hg__shape_format(s, shape);
        return hg__fail(err, HG_ERR_USAGE,
                        "out: expected a file of rows (.npy, .csv), for the model's rows are no "
                        "pictures of one or three channels but of shape %s",
                        shape);
    }
    p->channels = is_last ? (int32_t)s->dim[2] : is_first ? (int32_t)s->dim[0] : 1;
    p->H = (int32_t)s->dim[is_first];
    p->W = (int32_t)s->dim[is_first + 1];
    p->to_channel = is_first ? p->H * p->W : 1;
    p->to_pixel = is_last ? p->channels : 1;
    const int32_t longest = p->H > p->W ? p->H : p->W;
    p->zoom = longest < LEAST_SIDE ? LEAST_SIDE / longest : 1;
    return HG_OK;
}

static void fill(const pictures *p, const float *x) {
    uint8_t *to = p->one.pixels;
    for (int32_t i = 0; i < p->H * p->W; i++) {
        for (int32_t c = 0; c < p->channels; c++) {
            const float value = x[(ptrdiff_t)c * p->to_channel + (ptrdiff_t)i * p->to_pixel];
            *to++ = (uint8_t)lrintf(255 * fminf(fmaxf(value, 0), 1));
        }
    }
}

static void paste(pictures *p, int64_t number) {
    const int32_t left = GAP + (int32_t)(number % p->across) * (p->W * p->zoom + GAP);
    const int32_t top = GAP + (int32_t)(number / p->across) * (p->H * p->zoom + GAP);
    const uint8_t *from = p->one.pixels;
    const int32_t second = p->channels == 3 ? 1 : 0, third = p->channels == 3 ? 2 : 0;
    for (int32_t i = 0; i < p->H; i++) {
        for (int32_t j = 0; j < p->W; j++, from += p->channels) {
            const hg__colour colour = {from[0], from[second], from[third]};
            hg__canvas_box(&p->sheet, left + j * p->zoom, top + i * p->zoom, p->zoom, p->zoom,
                           colour);
        }
    }
}

static int put(pictures *p, const float *x, int64_t number, hg_error *err) {
    char name[32], path[2048];
    fill(p, x);
    if (!p->folder) {
        paste(p, number);
        return HG_OK;
    }
    snprintf(name, sizeof name, "%06lld.png", (long long)number + 1);
    HG_TRY(hg__join_path(path, sizeof path, p->folder, name, err));
    return hg__image_save(&p->one, path, err);
}

static int put_all(pictures *p, hg__feed *f, float *y, hg_error *err) {
    const size_t width = (size_t)f->model->net.spec.width;
    int64_t number = 0;
    hg__input in;
    int more;
    while ((more = hg__feed_next(f, &in, err)) > 0) {
        hg__run(f->plan, HG_DECODE, &in, y);
        for (int64_t i = 0; i < in.count; i++) {
            HG_TRY(put(p, y + (size_t)i * width, number++, err));
        }
    }
    return more;
}

static int write_pictures(pictures *p, hg__feed *f, const char *out, hg_error *err) {
    const int64_t lines = hg__ceil_div_64(f->data->source.rows, p->across);
    const size_t width = (size_t)f->model->net.spec.width;
    p->one.info = (hg__image_info){.format = "png",
                                   .width = p->W,
                                   .height = p->H,
                                   .channels = p->channels,
                                   .dtype = HG_U8,
                                   .white = 255,
                                   .orientation = 1,
                                   .pages = 1};
    p->one.pixels = hg__alloc(width, 1, err);
    if (!p->one.pixels) return HG_ERR_MEMORY;
    if (p->folder) {
        HG_TRY(hg__make_folder(out, err));
    } else {
        HG_TRY(hg__canvas_init(&p->sheet, GAP + (int64_t)p->across * (p->W * p->zoom + GAP),
                               GAP + lines * (p->H * p->zoom + GAP), err));
    }
    float *y = hg__alloc((size_t)f->batch * width, sizeof *y, err);
    int code = y ? put_all(p, f, y, err) : HG_ERR_MEMORY;
    hg__free(y);
    if (code == HG_OK && !p->folder) code = hg__canvas_save(&p->sheet, out, err);
    return code;
}

int hg__write_decoded(hg__feed *f, int32_t across, const hg_options *o, hg_error *err) {
    const char *out = o->values.out;
    const size_t length = strlen(out);
    const bool is_folder = hg__is_folder(out) || out[length - 1] == '/';
    if (!is_folder && !hg__image_format_of(out)) return hg__transform_rows(f, HG_DECODE, o, err);
    pictures p = {.folder = is_folder ? out : NULL};
    HG_TRY(find_shape(&p, &f->model->net.spec.input, err));
    p.across = f->data->source.rows < across ? (int32_t)f->data->source.rows : across;
    const int code = write_pictures(&p, f, out, err);
    hg__canvas_clear(&p.sheet);
    hg__image_clear(&p.one);
    return code;
}

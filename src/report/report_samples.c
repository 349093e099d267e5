// SPDX-License-Identifier: Apache-2.0
// report_samples.c - samples.png: what went in above what came back, eight pairs a line; below, where rows were corrupted, what
// should have come back.
//
//      10 validation rows ...
//       +----+ +----+ +----+        Pictures are magnified by a whole number. Other rows are curves: grey went in,
//    in |    | |    | |    |        blue came back, black should have, all in one box.
//       +----+ +----+ +----+
//   out |    | |    | |    |
//       +----+ +----+ +----+
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "array/data.h"
#include "base/file.h"
#include "base/host.h"
#include "base/int.h"
#include "base/mem.h"
#include "model/model.h"
#include "report/canvas.h"
#include "report/row_picture.h"

enum { ACROSS = 8, MARGIN = 16, GAP = 10, PAIR_GAP = 2, LINE_GAP = 18 };
enum {
    CAPTION = 24,
    CAPTION_WIDTH = 360,
    NAMES = 58
}; // above the pairs; at least; left of pictures
enum { SIDE = 96, MOST_ZOOM = 12, CURVE_WIDTH = 260, CURVE_HEIGHT = 110, CURVES_ACROSS = 4 };

static const hg__colour frame = {226, 228, 232}, grey = {150, 154, 160}, blue = {31, 105, 206},
                        black = {20, 22, 26}, words = {90, 94, 100};

// What stands above, in the middle and below: of rows that went in as they were, and of corrupted ones.
static const char *const bands[2][3] = {
    {"in",        "out",     ""     },
    {"corrupted", "cleaned", "clean"}
};
static const float small = 8, large = 9; // heights of capitals

// The pairs and how they are drawn.
typedef struct sheet {
    const float *in, *out; // (n, width)
    const float *clean;    // (n, width), or NULL
    int32_t n, width;
    hg__row_picture picture; // of one of a cell's pictures; H is 0 where rows are curves
    float low, high;         // values drawn as black and white, or bottom and top
    int32_t left;            // of the first pair, in pixels
    int32_t across, cell_w, cell_h;
    int32_t code; // numbers between in and out
} sheet;

// ---- curves -------------------------------------------------------------------------------------

static void draw_curve(hg__canvas *c, const sheet *s, const float *x, int32_t left, int32_t top,
                       hg__colour colour) {
    enum { INSET = 6 };
    const float height = CURVE_HEIGHT - 2 * INSET, width = CURVE_WIDTH - 2 * INSET;
    const float step = s->width > 1 ? width / (float)(s->width - 1) : 0;
    float last_x = 0, last_y = 0;
    for (int32_t j = 0; j < s->width; j++) {
        const float share = fminf(fmaxf((x[j] - s->low) / (s->high - s->low), 0), 1);
        const float at_x = (float)(left + INSET) + (float)j * step;
        const float at_y = (float)(top + INSET) + (1 - share) * height;
        const bool is_first = j == 0;
        hg__canvas_line(c, is_first ? at_x : last_x, is_first ? at_y : last_y, at_x, at_y, 1.6F,
                        colour);
        last_x = at_x;
        last_y = at_y;
    }
}

static void draw_frame(hg__canvas *c, int32_t x, int32_t y, int32_t w, int32_t h) {
    hg__canvas_box(c, x, y, w, 1, frame);
    hg__canvas_box(c, x, y + h - 1, w, 1, frame);
    hg__canvas_box(c, x, y, 1, h, frame);
    hg__canvas_box(c, x + w - 1, y, 1, h, frame);
}

// Bottom and top of the scale, which all boxes share, in each box's left corners.
static void draw_scale(hg__canvas *c, const sheet *s, int32_t left, int32_t top) {
    const float x = (float)left + 6;
    char text[32];
    snprintf(text, sizeof text, "%.4g", (double)s->high);
    hg__canvas_write(c, x, (float)top + 10, small, HG_LEFT, words, text);
    snprintf(text, sizeof text, "%.4g", (double)s->low);
    hg__canvas_write(c, x, (float)(top + CURVE_HEIGHT) - 10, small, HG_LEFT, words, text);
}

// ---- words --------------------------------------------------------------------------------------

static void write_names(hg__canvas *c, const sheet *s, int32_t top) {
    const int32_t step = s->picture.height + PAIR_GAP;
    for (int32_t k = 0; k < (s->clean ? 3 : 2); k++) {
        const int32_t middle = top + k * step + s->picture.height / 2;
        hg__canvas_write(c, (float)(s->left - 8), (float)middle, small, HG_RIGHT, words,
                         bands[s->clean != NULL][k]);
    }
}

// What the sheet shows; of curves also in which colour.
static void write_caption(hg__canvas *c, const sheet *s) {
    char text[160];
    float x = (float)s->left;
    const float y = MARGIN + large / 2;
    int used = snprintf(text, sizeof text, "%d %s", s->n, s->n == 1 ? "row" : "rows");
    if (s->code < s->width) {
        used += snprintf(text + used, sizeof text - (size_t)used, " through %d %s", s->code,
                         s->code == 1 ? "number" : "numbers");
    }
    snprintf(text + used, sizeof text - (size_t)used,
             s->picture.H ? "; black %.4g, white %.4g" : ":", (double)s->low, (double)s->high);
    hg__canvas_write(c, x, y, large, HG_LEFT, black, text);
    if (s->picture.H) return;
    const hg__colour colours[] = {grey, blue, black};
    for (int32_t k = 0; k < (s->clean ? 3 : 2); k++) {
        x += hg__text_width(text, large) + 12;
        snprintf(text, sizeof text, "%s", bands[s->clean != NULL][k]);
        hg__canvas_write(c, x, y, large, HG_LEFT, colours[k], text);
    }
}

// ---- the sheet ----------------------------------------------------------------------------------

static void lay_out(sheet *s, const hg__shape *shape) {
    hg__row_picture *p = &s->picture;
    s->left = MARGIN;
    s->across = hg__min(s->n, CURVES_ACROSS);
    s->cell_w = CURVE_WIDTH;
    s->cell_h = CURVE_HEIGHT;
    *p = hg__row_picture_of(shape);
    if (!p->H) return;
    hg__row_picture_fit(p, SIDE, MOST_ZOOM);
    s->across = hg__min(s->n, ACROSS);
    s->left = MARGIN + NAMES;
    s->cell_w = p->width;
    s->cell_h = 2 * p->height + PAIR_GAP;
    if (s->clean) s->cell_h += p->height + PAIR_GAP;
}

// Pictures that lie within 0..1 are drawn from 0 to 1; all else from the smallest to the largest that went in.
static void find_range(sheet *s) {
    const size_t count = (size_t)s->n * (size_t)s->width;
    const float *x = s->clean ? s->clean : s->in;
    s->low = s->high = x[0];
    for (size_t i = 1; i < count; i++) {
        s->low = fminf(s->low, x[i]);
        s->high = fmaxf(s->high, x[i]);
    }
    if (s->picture.H && s->low >= 0 && s->high <= 1) {
        s->low = 0;
        s->high = 1;
    }
    if (!(s->high > s->low)) s->high = s->low + 1;
    s->picture.low = s->low;
    s->picture.high = s->high;
}

static void draw_pair(hg__canvas *c, const sheet *s, int32_t i) {
    const float *in = s->in + (size_t)i * (size_t)s->width;
    const float *out = s->out + (size_t)i * (size_t)s->width;
    const float *clean = s->clean ? s->clean + (size_t)i * (size_t)s->width : NULL;
    const int32_t left = s->left + i % s->across * (s->cell_w + GAP);
    const int32_t top = MARGIN + CAPTION + i / s->across * (s->cell_h + LINE_GAP);
    if (s->picture.H) {
        if (i % s->across == 0) write_names(c, s, top);
        hg__row_picture_draw(c, &s->picture, in, left, top);
        hg__row_picture_draw(c, &s->picture, out, left, top + s->picture.height + PAIR_GAP);
        if (clean) {
            hg__row_picture_draw(c, &s->picture, clean, left,
                                 top + 2 * (s->picture.height + PAIR_GAP));
        }
        return;
    }
    draw_frame(c, left, top, s->cell_w, s->cell_h);
    draw_scale(c, s, left, top);
    draw_curve(c, s, in, left, top, grey);
    if (clean) draw_curve(c, s, clean, left, top, black);
    draw_curve(c, s, out, left, top, blue);
}

static int draw(sheet *s, const hg__shape *shape, const char *path, hg_error *err) {
    hg__canvas c;
    lay_out(s, shape);
    find_range(s);
    const int64_t lines = hg__ceil_div(s->n, s->across);
    const int64_t pairs = (int64_t)s->across * (s->cell_w + GAP) - GAP;
    const int64_t width = s->left + (pairs > CAPTION_WIDTH ? pairs : CAPTION_WIDTH) + MARGIN;
    const int64_t height = 2 * MARGIN + CAPTION + lines * (s->cell_h + LINE_GAP) - LINE_GAP;
    HG_TRY(hg__canvas_init(&c, width, height, err));
    write_caption(&c, s);
    for (int32_t i = 0; i < s->n; i++) draw_pair(&c, s, i);
    const int code = hg__canvas_save(&c, path, err);
    hg__canvas_clear(&c);
    return code;
}

// ---- from the results folder --------------------------------------------------------------------

// Of the model that made the pairs.
typedef struct facts {
    hg__shape shape; // of a row
    int32_t code;    // numbers in a code
} facts;

// pairs: samples.npy, (2 or 3, stored, width), read as 2 or 3 rows of stored * width numbers.
static int draw_pairs(const hg__data *pairs, const facts *f, int32_t n, const char *path,
                      hg_error *err) {
    size_t width;
    if (!hg__shape_count(&f->shape, &width) || width < 1 || pairs->rows < 2 || pairs->rows > 3 ||
        pairs->width % (int64_t)width) {
        return hg__fail(
            err, HG_ERR_DATA,
            "%s: expected 2 or 3 blocks of rows of %zu numbers (the model's width), got %lld "
            "blocks of %d numbers",
            pairs->path, width, (long long)pairs->rows, pairs->width);
    }
    const size_t block = (size_t)pairs->width;
    float *x = hg__alloc((size_t)pairs->rows * block, sizeof *x, err);
    if (!x) return HG_ERR_MEMORY;
    const int32_t stored = (int32_t)(block / width);
    sheet s = {.in = x,
               .out = x + block,
               .n = hg__min(n, stored),
               .width = (int32_t)width,
               .code = f->code};
    if (pairs->rows > 2) s.clean = x + 2 * block;
    int code = HG_OK;
    for (int64_t i = 0; code == HG_OK && i < pairs->rows; i++) {
        code = hg__data_row(pairs, i, x + (size_t)i * block, err);
    }
    if (code == HG_OK) code = draw(&s, &f->shape, path, err);
    hg__free(x);
    return code;
}

static int read_facts(const char *folder, facts *f, hg_error *err) {
    char path[1024];
    HG_TRY(hg__join_path(path, sizeof path, folder, "weights/best.safetensors", err));
    hg_model *m = hg_model_load(path, err);
    if (!m) return (int)err->code;
    *f = (facts){m->net.spec.input, hg_model_code_size(m)};
    if (m->net.has_level) f->shape.dim[2]--; // samples are of pictures
    hg_model_free(m);
    return HG_OK;
}

int hg_report_samples(const char *folder, int32_t n, hg_error *err) {
    HG_ENTRY;
    char from[1024], to[1024];
    facts f = {0};
    hg_error own;
    if (!err) err = &own;
    if (n < 1) return hg__fail(err, HG_ERR_USAGE, "samples: expected at least 1, got %d", n);
    HG_TRY(hg__join_path(from, sizeof from, folder, "samples.npy", err));
    HG_TRY(hg__join_path(to, sizeof to, folder, "samples.png", err));
    HG_TRY(read_facts(folder, &f, err));
    const hg__data_options plain = {
        .label = "", .ignore = "", .on_bad = "stop", .memory = SIZE_MAX};
    hg__data *pairs = hg__data_open(from, &plain, err);
    if (!pairs) return (int)err->code;
    const int code = draw_pairs(pairs, &f, n, to, err);
    hg__data_close(pairs);
    return code;
}

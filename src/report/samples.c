// SPDX-License-Identifier: Apache-2.0
// samples.c - samples.png: what went in above what came back, eight pairs a line; below, where rows were spoilt, what
// should have come back.
//
//   +----+ +----+ +----+        Pictures are magnified by a whole number. Other rows are curves: grey went in,
//   | in | | in | | in |        blue came back, black should have, all in one box.
//   +----+ +----+ +----+
//   |out | |out | |out |
//   +----+ +----+ +----+
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "data/data.h"
#include "model/model.h"
#include "report/canvas.h"

enum { ACROSS = 8, MARGIN = 16, GAP = 10, PAIR_GAP = 2, LINE_GAP = 18 };
enum { SIDE = 96, MOST_ZOOM = 12, CURVE_WIDTH = 260, CURVE_HEIGHT = 110, CURVES_ACROSS = 4 };

static const hg__colour frame = {226, 228, 232}, grey = {150, 154, 160}, blue = {31, 105, 206},
                        black = {20, 22, 26};

// The pairs and how they are drawn.
typedef struct sheet {
    const float *in, *out; // (n, width)
    const float *clean;    // (n, width), or NULL
    int32_t n, width;
    int32_t H, W, channels;       // of a picture; H is 0 where rows are curves
    int32_t to_channel, to_pixel; // elements from one channel, from one pixel to the next
    int32_t picture_h;            // of one of a cell's pictures, as drawn
    int32_t zoom, shrink;         // one of them is 1
    float low, high;              // values drawn as black and white, or bottom and top
    int32_t across, cell_w, cell_h;
} sheet;

// ---- pictures -----------------------------------------------------------------------------------

// Mean of a shrink x shrink block of one channel, as 0..255.
static uint8_t shade(const sheet *s, const float *x, int32_t row, int32_t column, int32_t channel) {
    float sum = 0;
    int32_t count = 0;
    for (int32_t i = row * s->shrink; i < (row + 1) * s->shrink && i < s->H; i++) {
        for (int32_t j = column * s->shrink; j < (column + 1) * s->shrink && j < s->W; j++) {
            sum += x[(ptrdiff_t)channel * s->to_channel + ((ptrdiff_t)i * s->W + j) * s->to_pixel];
            count++;
        }
    }
    const float value = (sum / (float)count - s->low) / (s->high - s->low);
    return (uint8_t)lrintf(255 * fminf(fmaxf(value, 0), 1));
}

static void draw_picture(hg__canvas *c, const sheet *s, const float *x, int32_t left, int32_t top) {
    const int32_t rows = (s->H + s->shrink - 1) / s->shrink;
    const int32_t columns = (s->W + s->shrink - 1) / s->shrink;
    const int32_t second = s->channels == 3 ? 1 : 0, third = s->channels == 3 ? 2 : 0;
    for (int32_t i = 0; i < rows; i++) {
        for (int32_t j = 0; j < columns; j++) {
            const hg__colour colour = {shade(s, x, i, j, 0), shade(s, x, i, j, second),
                                       shade(s, x, i, j, third)};
            hg__canvas_box(c, left + j * s->zoom, top + i * s->zoom, s->zoom, s->zoom, colour);
        }
    }
}

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

// ---- the sheet ----------------------------------------------------------------------------------

static int32_t smaller(int32_t a, int32_t b) {
    return a < b ? a : b;
}

static void lay_out(sheet *s, const hg__shape *shape) {
    const int32_t r = shape->rank;
    s->zoom = s->shrink = s->channels = 1;
    s->across = smaller(s->n, CURVES_ACROSS);
    s->cell_w = CURVE_WIDTH;
    s->cell_h = CURVE_HEIGHT;
    const bool is_last = r == 3 && (shape->dim[2] == 1 || shape->dim[2] == 3); // channels last
    const bool is_first = r == 3 && !is_last && (shape->dim[0] == 1 || shape->dim[0] == 3);
    if (r != 2 && !is_last && !is_first) return;
    s->channels = is_last ? (int32_t)shape->dim[2] : is_first ? (int32_t)shape->dim[0] : 1;
    s->H = (int32_t)shape->dim[is_first];
    s->W = (int32_t)shape->dim[is_first + 1];
    s->to_channel = is_first ? s->H * s->W : 1;
    s->to_pixel = is_last ? s->channels : 1;
    const int32_t longest = s->H > s->W ? s->H : s->W;
    s->zoom = longest < SIDE ? smaller(SIDE / longest, MOST_ZOOM) : 1;
    s->shrink = longest > 2 * SIDE ? (longest + 2 * SIDE - 1) / (2 * SIDE) : 1;
    s->across = smaller(s->n, ACROSS);
    s->cell_w = (s->W + s->shrink - 1) / s->shrink * s->zoom;
    s->picture_h = (s->H + s->shrink - 1) / s->shrink * s->zoom;
    s->cell_h = 2 * s->picture_h + PAIR_GAP;
    if (s->clean) s->cell_h += s->picture_h + PAIR_GAP;
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
    if (s->H && s->low >= 0 && s->high <= 1) {
        s->low = 0;
        s->high = 1;
    }
    if (!(s->high > s->low)) s->high = s->low + 1;
}

static void draw_pair(hg__canvas *c, const sheet *s, int32_t i) {
    const float *in = s->in + (size_t)i * (size_t)s->width;
    const float *out = s->out + (size_t)i * (size_t)s->width;
    const float *clean = s->clean ? s->clean + (size_t)i * (size_t)s->width : NULL;
    const int32_t left = MARGIN + i % s->across * (s->cell_w + GAP);
    const int32_t top = MARGIN + i / s->across * (s->cell_h + LINE_GAP);
    if (s->H) {
        draw_picture(c, s, in, left, top);
        draw_picture(c, s, out, left, top + s->picture_h + PAIR_GAP);
        if (clean) draw_picture(c, s, clean, left, top + 2 * (s->picture_h + PAIR_GAP));
        return;
    }
    draw_frame(c, left, top, s->cell_w, s->cell_h);
    draw_curve(c, s, in, left, top, grey);
    if (clean) draw_curve(c, s, clean, left, top, black);
    draw_curve(c, s, out, left, top, blue);
}

static int draw(sheet *s, const hg__shape *shape, const char *path, hg_error *err) {
    hg__canvas c;
    lay_out(s, shape);
    find_range(s);
    const int64_t lines = (s->n + s->across - 1) / s->across;
    const int64_t width = 2 * MARGIN + (int64_t)s->across * (s->cell_w + GAP) - GAP;
    const int64_t height = 2 * MARGIN + lines * (s->cell_h + LINE_GAP) - LINE_GAP;
    HG_TRY(hg__canvas_init(&c, width, height, err));
    for (int32_t i = 0; i < s->n; i++) draw_pair(&c, s, i);
    const int code = hg__canvas_save(&c, path, err);
    hg__canvas_clear(&c);
    return code;
}

// ---- from the results folder --------------------------------------------------------------------

// pairs: samples.npy, (2 or 3, stored, width), read as 2 or 3 rows of stored * width numbers.
static int draw_pairs(const hg__data *pairs, const hg__shape *shape, int32_t n, const char *path,
                      hg_error *err) {
    size_t width;
    if (!hg__shape_count(shape, &width) || width < 1 || pairs->rows < 2 || pairs->rows > 3 ||
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
    sheet s = {.in = x, .out = x + block, .n = smaller(n, stored), .width = (int32_t)width};
    if (pairs->rows > 2) s.clean = x + 2 * block;
    int code = HG_OK;
    for (int64_t i = 0; code == HG_OK && i < pairs->rows; i++) {
        code = hg__data_row(pairs, i, x + (size_t)i * block, err);
    }
    if (code == HG_OK) code = draw(&s, shape, path, err);
    hg__free(x);
    return code;
}

static int read_shape(const char *folder, hg__shape *shape, hg_error *err) {
    char path[1024];
    HG_TRY(hg__join_path(path, sizeof path, folder, "weights/best.safetensors", err));
    hg_model *m = hg_model_load(path, err);
    if (!m) return (int)err->code;
    *shape = m->spec.input;
    hg_model_free(m);
    return HG_OK;
}

int hg_report_samples(const char *folder, int32_t n, hg_error *err) {
    char from[1024], to[1024];
    hg__shape shape = {0};
    hg_error own;
    if (!err) err = &own;
    if (n < 1) return hg__fail(err, HG_ERR_USAGE, "samples: expected at least 1, got %d", n);
    HG_TRY(hg__join_path(from, sizeof from, folder, "samples.npy", err));
    HG_TRY(hg__join_path(to, sizeof to, folder, "samples.png", err));
    HG_TRY(read_shape(folder, &shape, err));
    const hg__data_options plain = {
        .label = "", .ignore = "", .on_bad = "stop", .memory = SIZE_MAX};
    hg__data *pairs = hg__data_open(from, &plain, err);
    if (!pairs) return (int)err->code;
    const int code = draw_pairs(pairs, &shape, n, to, err);
    hg__data_close(pairs);
    return code;
}

// SPDX-License-Identifier: Apache-2.0
// canvas.h - a picture in memory: filled boxes, smooth lines, words, and plots of curves and bars on two axes.
#ifndef HG_REPORT_CANVAS_H
#define HG_REPORT_CANVAS_H
#include "base/error.h"
#include "base/text.h"
#include "report/axis.h"

typedef struct hg__canvas {
    int32_t width, height; // pixels
    uint8_t *rgb;          // owned, (height, width, 3)
} hg__canvas;

typedef struct hg__colour {
    uint8_t red, green, blue;
} hg__colour;

// White all over. Refuses more than 2^26 pixels.
int hg__canvas_init(hg__canvas *c, int64_t width, int64_t height, hg_error *err);
void hg__canvas_clear(hg__canvas *c); // {0} is fine

// What lies outside the canvas is left out.
void hg__canvas_box(hg__canvas *c, int32_t x, int32_t y, int32_t w, int32_t h, hg__colour colour);

// A line from (x0, y0) to (x1, y1) in pixels, `thick` pixels wide, with soft edges and round ends.
void hg__canvas_line(hg__canvas *c, float x0, float y0, float x1, float y1, float thick,
                     hg__colour colour);

// By the extension (PNG), whole or not at all.
int hg__canvas_save(const hg__canvas *c, const char *path, hg_error *err);
// The same file's bytes to the end of a text; name: "map.jpg", for its extension and messages.
int hg__canvas_encode(const hg__canvas *c, const char *name, hg__text *to, hg_error *err);

// Words on a canvas: printable ASCII in one weight, drawn with the canvas's own lines.

// Pixels from the left edge of the first letter to the right edge of the last; `size`: height of a capital.
float hg__text_width(const char *text, float size);

// Where (x, y) lies on the text: y is the middle of a capital's height.
typedef enum hg__align { HG_LEFT, HG_CENTRE, HG_RIGHT } hg__align;

// Characters of UTF-8 beyond ASCII, and control bytes, are drawn as '?'.
void hg__canvas_write(hg__canvas *c, float x, float y, float size, hg__align align,
                      hg__colour colour, const char *text);

// A plot on a canvas: two axes with round numbers on them, curves, bars, a marked value.

typedef struct hg__plot {
    hg__canvas *canvas;             // borrowed
    float left, top, width, height; // of the box, in pixels; numbers stand left of it and below it
    hg__axis x, y;
} hg__plot;

enum {
    HG_PLOT_TITLE = 30,
    HG_PLOT_LEFT = 58,
    HG_PLOT_BELOW = 46
}; // pixels that stand outside of the box

extern const hg__colour hg__ink, hg__faint;

// Box, numbers, grid; `title` above the box, `along` below the x axis.
void hg__plot_frame(const hg__plot *p, const char *title, const char *along);

// A curve through (x, y) (n); a point that is not finite, or not positive on a logarithmic axis, parts it.
void hg__plot_curve(const hg__plot *p, const double *x, const double *y, int32_t n,
                    hg__colour colour);
void hg__plot_point(const hg__plot *p, double x, double y, hg__colour colour);

// From the bottom up to y, between x0 and x1.
void hg__plot_bar(const hg__plot *p, double x0, double x1, double y, hg__colour colour);

// A line from bottom to top at x.
void hg__plot_mark(const hg__plot *p, double x, hg__colour colour);

// The i-th line of words at the top of the box, left of the value `end` on the x axis, or right of it in the left half.
void hg__plot_legend(const hg__plot *p, int32_t i, double end, hg__colour colour, const char *text);
#endif

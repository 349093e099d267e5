// SPDX-License-Identifier: Apache-2.0
// plot.h - a plot on a canvas: two axes with round numbers on them, curves, bars, a marked value.
#ifndef HG_REPORT_PLOT_H
#define HG_REPORT_PLOT_H
#include "report/canvas.h"

// The values an axis goes over. On a logarithmic one both are positive.
typedef struct hg__axis {
    double low, high; // low < high
    bool log;
    bool whole; // numbers stand at whole values only
} hg__axis;

// Over [low, high], both finite; widened where they are the same. `log`: by powers of ten, if low is positive.
hg__axis hg__axis_over(double low, double high, bool log);

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

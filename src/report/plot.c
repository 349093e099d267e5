// SPDX-License-Identifier: Apache-2.0
// plot.c - a frame with numbers, curves, bars.
#include <math.h>
#include <stdio.h>

#include "report/canvas.h"

const hg__colour hg__ink = {20, 22, 26}, hg__faint = {226, 228, 232};

static const hg__colour words = {90, 94, 100};
static const float small = 8, large = 9; // heights of capitals

static float at_x(const hg__plot *p, double x) {
    return p->left + (float)(fmin(fmax(hg__axis_share(&p->x, x), 0), 1) * (double)p->width);
}

static float at_y(const hg__plot *p, double y) {
    return p->top + (float)((1 - fmin(fmax(hg__axis_share(&p->y, y), 0), 1)) * (double)p->height);
}

// ---- round numbers ------------------------------------------------------------------------------

static void tick_x(const hg__plot *p, double value) {
    char text[32];
    const float x = at_x(p, value), bottom = p->top + p->height;
    hg__canvas_line(p->canvas, x, p->top, x, bottom, 1, hg__faint);
    snprintf(text, sizeof text, "%.6g", value);
    hg__canvas_write(p->canvas, x, bottom + 12, small, HG_CENTRE, words, text);
}

static void tick_y(const hg__plot *p, double value) {
    char text[32];
    const float y = at_y(p, value);
    hg__canvas_line(p->canvas, p->left, y, p->left + p->width, y, 1, hg__faint);
    snprintf(text, sizeof text, "%.6g", value);
    hg__canvas_write(p->canvas, p->left - 8, y, small, HG_RIGHT, words, text);
}

// ---- what is drawn ------------------------------------------------------------------------------

void hg__plot_frame(const hg__plot *p, const char *title, const char *along) {
    const float right = p->left + p->width, bottom = p->top + p->height;
    double tick[HG_TICKS];
    int32_t ticks = hg__axis_ticks(&p->x, tick);
    for (int32_t i = 0; i < ticks; i++) tick_x(p, tick[i]);
    ticks = hg__axis_ticks(&p->y, tick);
    for (int32_t i = 0; i < ticks; i++) tick_y(p, tick[i]);
    hg__canvas_line(p->canvas, p->left, bottom, right, bottom, 1, words);
    hg__canvas_line(p->canvas, p->left, p->top, p->left, bottom, 1, words);
    hg__canvas_write(p->canvas, p->left, p->top - 16, large, HG_LEFT, hg__ink, title);
    hg__canvas_write(p->canvas, p->left + p->width / 2, bottom + 32, small, HG_CENTRE, words,
                     along);
}

void hg__plot_curve(const hg__plot *p, const double *x, const double *y, int32_t n,
                    hg__colour colour) {
    for (int32_t i = 1; i < n; i++) {
        const double from = hg__axis_share(&p->y, y[i - 1]), to = hg__axis_share(&p->y, y[i]);
        if (!isfinite(from) || !isfinite(to)) continue;
        hg__canvas_line(p->canvas, at_x(p, x[i - 1]), at_y(p, y[i - 1]), at_x(p, x[i]),
                        at_y(p, y[i]), 1.8F, colour);
    }
}

void hg__plot_point(const hg__plot *p, double x, double y, hg__colour colour) {
    if (!isfinite(hg__axis_share(&p->y, y))) return;
    hg__canvas_line(p->canvas, at_x(p, x), at_y(p, y), at_x(p, x), at_y(p, y), 7, colour);
}

void hg__plot_bar(const hg__plot *p, double x0, double x1, double y, hg__colour colour) {
    const int32_t left = (int32_t)lrintf(at_x(p, x0)), right = (int32_t)lrintf(at_x(p, x1));
    const int32_t top = (int32_t)lrintf(at_y(p, y)), bottom = (int32_t)lrintf(p->top + p->height);
    hg__canvas_box(p->canvas, left + 1, top, right - left - 1, bottom - top, colour);
}

void hg__plot_mark(const hg__plot *p, double x, hg__colour colour) {
    const int32_t left = (int32_t)lrintf(at_x(p, x)) - 1;
    hg__canvas_box(p->canvas, left, (int32_t)p->top, 2, (int32_t)p->height, colour);
}

void hg__plot_legend(const hg__plot *p, int32_t i, double end, hg__colour colour,
                     const char *text) {
    const float y = p->top + 14 + 16 * (float)i, x = at_x(p, end);
    const bool fits = x - p->left > p->width / 2;
    hg__canvas_write(p->canvas, fits ? x - 10 : x + 10, y, small, fits ? HG_RIGHT : HG_LEFT, colour,
                     text);
}

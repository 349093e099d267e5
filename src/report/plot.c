// SPDX-License-Identifier: Apache-2.0
// plot.c - axes with round numbers, curves, bars.
#include <math.h>
#include <stdio.h>

#include "report/canvas.h"

const hg__colour hg__ink = {20, 22, 26}, hg__faint = {226, 228, 232};

static const hg__colour words = {90, 94, 100};
static const float small = 8, large = 9; // heights of capitals

hg__axis hg__axis_over(double low, double high, bool log) {
    hg__axis a = {low, high, log && low > 0, false};
    if (low < high) return a;
    a.low = a.log ? low / 2 : low - fmax(fabs(low) / 2, 0.5);
    a.high = a.log ? high * 2 : high + fmax(fabs(high) / 2, 0.5);
    return a;
}

// Where a value lies on an axis, 0 to 1; NaN for what a logarithmic one has no place for.
static double share(const hg__axis *a, double value) {
    if (!a->log) return (value - a->low) / (a->high - a->low);
    return value > 0 ? log(value / a->low) / log(a->high / a->low) : (double)NAN;
}

static float at_x(const hg__plot *p, double x) {
    return p->left + (float)(fmin(fmax(share(&p->x, x), 0), 1) * (double)p->width);
}

static float at_y(const hg__plot *p, double y) {
    return p->top + (float)((1 - fmin(fmax(share(&p->y, y), 0), 1)) * (double)p->height);
}

// ---- round numbers ------------------------------------------------------------------------------

// Calls back for about five values on the axis.
typedef void each_tick(const hg__plot *p, double value);

// Multiples of 1, 2 or 5 times a power of ten.
static void even_ticks(const hg__plot *p, const hg__axis *a, each_tick *each) {
    const double rough = (a->high - a->low) / 5, power = pow(10, floor(log10(rough)));
    const double ratio = rough / power;
    const double round = power * (ratio < 1.5 ? 1 : ratio < 3.5 ? 2 : ratio < 7.5 ? 5 : 10);
    const double step = a->whole ? fmax(round, 1) : round;
    for (int32_t i = 0; i <= 12; i++) {
        const double value = (ceil(a->low / step - 1e-9) + i) * step;
        if (value > a->high + step * 1e-9) break;
        each(p, fabs(value) < step * 1e-9 ? 0 : value);
    }
}

// Powers of ten, every one or every so many, and 2 and 5 times these where there are few.
static void power_ticks(const hg__plot *p, const hg__axis *a, each_tick *each) {
    static const double times[] = {1, 2, 5};
    const double decades = log10(a->high / a->low);
    const int32_t per = decades < 2.5 ? 3 : 1, stride = (int32_t)ceil(decades / 7);
    const int32_t first = (int32_t)floor(log10(a->low));
    for (int32_t power = first; power <= first + (int32_t)decades + 1; power += stride) {
        for (int32_t i = 0; i < per; i++) {
            const double value = times[i] * pow(10, power);
            if (value >= a->low * (1 - 1e-9) && value <= a->high * (1 + 1e-9)) each(p, value);
        }
    }
}

static void ticks(const hg__plot *p, const hg__axis *a, each_tick *each) {
    if (a->log && a->high / a->low >= 5) {
        power_ticks(p, a, each);
    } else {
        even_ticks(p, a, each);
    }
}

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
    ticks(p, &p->x, tick_x);
    ticks(p, &p->y, tick_y);
    hg__canvas_line(p->canvas, p->left, bottom, right, bottom, 1, words);
    hg__canvas_line(p->canvas, p->left, p->top, p->left, bottom, 1, words);
    hg__canvas_write(p->canvas, p->left, p->top - 16, large, HG_LEFT, hg__ink, title);
    hg__canvas_write(p->canvas, p->left + p->width / 2, bottom + 32, small, HG_CENTRE, words,
                     along);
}

void hg__plot_curve(const hg__plot *p, const double *x, const double *y, int32_t n,
                    hg__colour colour) {
    for (int32_t i = 1; i < n; i++) {
        if (!isfinite(share(&p->y, y[i - 1])) || !isfinite(share(&p->y, y[i]))) continue;
        hg__canvas_line(p->canvas, at_x(p, x[i - 1]), at_y(p, y[i - 1]), at_x(p, x[i]),
                        at_y(p, y[i]), 1.8F, colour);
    }
}

void hg__plot_point(const hg__plot *p, double x, double y, hg__colour colour) {
    if (!isfinite(share(&p->y, y))) return;
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

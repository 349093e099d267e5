// SPDX-License-Identifier: Apache-2.0
// svg.c - charts of two axes: curves, histograms; and bars.
#include "report/svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// In units of the drawing, which is as wide as its column.
enum { WIDTH = 480, HEIGHT = 290, LEFT = 62, RIGHT = 14, TOP = 34, BELOW = 44 };
enum { BOX_WIDTH = WIDTH - LEFT - RIGHT, BOX_HEIGHT = HEIGHT - TOP - BELOW };
enum { MOST_PLACES = 100, MOST_POINTS = 2000, BINS = 50 }; // of a table, of a curve, of a histogram

void hg__svg_begin(hg__page *p, int32_t width, int32_t height, const char *title, const char *sense,
                   bool takes_keys) {
    const int id = ++p->charts;
    hg__text *t = &p->body;
    hg__text_add(t,
                 "<svg viewBox=\"0 0 %d %d\" role=\"img\"%s aria-labelledby=\"t%d\" "
                 "aria-describedby=\"d%d\"><title id=\"t%d\">",
                 (int)width, (int)height, takes_keys ? " tabindex=\"0\"" : "", id, id, id);
    hg__html_add(t, title);
    hg__text_add(t, "</title><desc id=\"d%d\">", id);
    hg__html_add(t, sense);
    hg__text_add(t, "</desc>\n");
}

void hg__svg_text(hg__page *p, double x, double y, const char *anchor, const char *kind,
                  const char *text) {
    hg__text *t = &p->body;
    hg__text_add(t, "<text x=\"%.4g\" y=\"%.4g\"", x, y);
    if (strcmp(anchor, "start") != 0) hg__text_add(t, " text-anchor=\"%s\"", anchor);
    if (*kind) hg__text_add(t, " class=\"%s\"", kind);
    hg__text_add(t, ">");
    hg__html_add(t, text);
    hg__text_add(t, "</text>\n");
}

// ---- axes ---------------------------------------------------------------------------------------

static double clip(double share) {
    return fmin(fmax(share, 0), 1);
}

static double at_x(const hg__chart *c, double x) {
    return LEFT + clip(hg__axis_share(&c->x, x)) * BOX_WIDTH;
}

static double at_y(const hg__chart *c, double y) {
    return TOP + (1 - clip(hg__axis_share(&c->y, y))) * BOX_HEIGHT;
}

static void add_numbers(hg__page *p, const hg__chart *c) {
    char text[32];
    double tick[HG_TICKS];
    int32_t ticks = hg__axis_ticks(&c->x, tick);
    for (int32_t i = 0; i < ticks; i++) {
        snprintf(text, sizeof text, "%.6g", tick[i]);
        hg__svg_text(p, at_x(c, tick[i]), TOP + BOX_HEIGHT + 18, "middle", "", text);
    }
    ticks = hg__axis_ticks(&c->y, tick);
    for (int32_t i = 0; i < ticks; i++) {
        snprintf(text, sizeof text, "%.6g", tick[i]);
        hg__svg_text(p, LEFT - 7, at_y(c, tick[i]) + 4.5, "end", "", text);
    }
}

static void add_axes(hg__page *p, const hg__chart *c) {
    hg__text *t = &p->body;
    double tick[HG_TICKS];
    int32_t ticks = hg__axis_ticks(&c->x, tick);
    hg__svg_begin(p, WIDTH, HEIGHT, c->title, c->sense, false);
    hg__text_add(t, "<path class=\"rule\" d=\"");
    for (int32_t i = 0; i < ticks; i++) {
        hg__text_add(t, "M%.4g %dv%d", at_x(c, tick[i]), (int)TOP, (int)BOX_HEIGHT);
    }
    ticks = hg__axis_ticks(&c->y, tick);
    for (int32_t i = 0; i < ticks; i++) {
        hg__text_add(t, "M%d %.4gh%d", (int)LEFT, at_y(c, tick[i]), (int)BOX_WIDTH);
    }
    hg__text_add(t, "\"/>\n<path class=\"edge\" d=\"M%d %dv%dh%d\"/>\n", (int)LEFT, (int)TOP,
                 (int)BOX_HEIGHT, (int)BOX_WIDTH);
    add_numbers(p, c);
    hg__svg_text(p, 0, 14, "start", "name", c->up);
    hg__svg_text(p, LEFT + BOX_WIDTH / 2.0, HEIGHT - 6, "middle", "", c->along);
}

// ---- curves -------------------------------------------------------------------------------------

static void add_curve(hg__page *p, const hg__chart *c, const hg__series *s) {
    hg__text *t = &p->body;
    const int64_t step = (s->count + MOST_POINTS - 1) / MOST_POINTS;
    bool is_on = false;
    hg__text_add(t, "<path class=\"curve %s%d%s\" d=\"", s->colour ? "k" : "edge k", (int)s->colour,
                 s->is_dashed ? " dashed" : "");
    for (int64_t i = 0; i < s->count; i++) {
        if (i % step != 0 && i + 1 < s->count) continue;
        const bool is_there =
            isfinite(hg__axis_share(&c->x, s->x[i])) && isfinite(hg__axis_share(&c->y, s->y[i]));
        if (is_there) {
            hg__text_add(t, "%c%.4g %.4g", is_on ? 'L' : 'M', at_x(c, s->x[i]), at_y(c, s->y[i]));
        }
        if (is_there && s->has_points) hg__text_add(t, "h0");
        is_on = is_there;
    }
    if (s->count == 1) hg__text_add(t, "h0");
    hg__text_add(t, "\"/>\n");
    if (!s->has_points && s->count > 1) return;
    hg__text_add(t, "<path class=\"dots %s%d\" stroke-width=\"7\" d=\"", s->colour ? "k" : "edge k",
                 (int)s->colour);
    for (int64_t i = 0; i < s->count; i++) {
        if (isfinite(hg__axis_share(&c->y, s->y[i]))) {
            hg__text_add(t, "M%.4g %.4gh0", at_x(c, s->x[i]), at_y(c, s->y[i]));
        }
    }
    hg__text_add(t, "\"/>\n");
}

static void add_legend(hg__page *p, const hg__series *series, int32_t count) {
    hg__text *t = &p->body;
    hg__text_add(t, "<ul class=\"legend\">\n");
    for (int32_t i = 0; i < count; i++) {
        const hg__series *s = &series[i];
        if (!*s->name) continue;
        hg__text_add(t,
                     "<li><svg viewBox=\"0 0 24 10\" aria-hidden=\"true\"><path class=\"curve "
                     "%s%d%s\" d=\"M1 5h22\"/></svg>",
                     s->colour ? "k" : "edge k", (int)s->colour, s->is_dashed ? " dashed" : "");
        hg__html_add(t, s->name);
        hg__text_add(t, "</li>\n");
    }
    hg__text_add(t, "</ul>\n");
}

static bool have_one_x(const hg__series *series, int32_t count) {
    for (int32_t k = 1; k < count; k++) {
        if (series[k].count != series[0].count) return false;
        for (int64_t i = 0; i < series[0].count; i++) {
            if (series[k].x[i] < series[0].x[i] || series[k].x[i] > series[0].x[i]) return false;
        }
    }
    return series[0].count > 0;
}

static void add_table(hg__page *p, const hg__chart *c, const hg__series *series, int32_t count) {
    enum { MOST = 8 };
    const char *name[MOST + 1] = {c->along};
    const int64_t n = series[0].count, step = (n + MOST_PLACES - 1) / MOST_PLACES;
    if (count > MOST || !have_one_x(series, count)) return;
    for (int32_t k = 0; k < count; k++) name[k + 1] = series[k].name;
    hg__page_begin_details(p, "Numbers");
    hg__page_begin_table(p, c->title, name, count + 1, UINT64_MAX);
    for (int64_t i = 0; i < n; i += step) {
        hg__page_row(p);
        hg__page_cell(p, "%.6g", series[0].x[i]);
        for (int32_t k = 0; k < count; k++) {
            const double y = series[k].y[i];
            if (isfinite(y)) {
                hg__page_cell(p, "%.5g", y);
            } else {
                hg__page_cell(p, "%s", "");
            }
        }
    }
    hg__page_end_table(p);
    hg__page_end_details(p);
}

void hg__svg_curves(hg__page *p, const hg__chart *c, const hg__series *series, int32_t count) {
    hg__page_heading(p, c->title);
    add_axes(p, c);
    for (int32_t i = 0; i < count; i++) add_curve(p, c, &series[i]);
    hg__text_add(&p->body, "</svg>\n");
    add_legend(p, series, count);
    if (count > 0) add_table(p, c, series, count);
}

// ---- histograms ---------------------------------------------------------------------------------

static void add_mark(hg__page *p, const hg__chart *c, const hg__mark *m, int32_t line) {
    const double x = at_x(c, m->at);
    const bool fits = x - LEFT > BOX_WIDTH / 2.0; // the words, left of it
    hg__text_add(&p->body, "<path class=\"mark\" d=\"M%.4g %dv%d\"/>\n", x, (int)TOP,
                 (int)BOX_HEIGHT);
    hg__svg_text(p, fits ? x - 7 : x + 7, TOP + 13 + 16 * line, fits ? "end" : "start", "said",
                 m->words);
}

static void add_bins(hg__page *p, const hg__chart *c, const double *edge, const double *count,
                     int32_t bins) {
    hg__page_begin_details(p, "Numbers");
    const char *const name[] = {"from", "to", "count"};
    hg__page_begin_table(p, c->title, name, 3, UINT64_MAX);
    for (int32_t i = 0; i < bins; i++) {
        if (count[i] <= 0) continue;
        hg__page_row(p);
        hg__page_cell(p, "%.4g", edge[i]);
        hg__page_cell(p, "%.4g", edge[i + 1]);
        hg__page_cell(p, "%.6g", count[i]);
    }
    hg__page_end_table(p);
    hg__page_end_details(p);
}

void hg__svg_histogram(hg__page *p, const hg__chart *c, const double *edge, const double *count,
                       int32_t bins, const hg__mark *mark, int32_t marks) {
    const double bottom = TOP + BOX_HEIGHT;
    hg__page_heading(p, c->title);
    add_axes(p, c);
    hg__text_add(&p->body, "<path class=\"bar\" d=\"");
    for (int32_t i = 0; i < bins; i++) {
        if (count[i] <= 0) continue;
        const double left = at_x(c, edge[i]), width = fmax(at_x(c, edge[i + 1]) - left - 1, 0.5);
        const double height = fmax(bottom - at_y(c, count[i]), 0.75); // what is there is seen
        hg__text_add(&p->body, "M%.4g %.4gv-%.4gh%.4gv%.4gz", left, bottom, height, width, height);
    }
    hg__text_add(&p->body, "\"/>\n");
    for (int32_t i = 0; i < marks; i++) add_mark(p, c, &mark[i], i);
    hg__text_add(&p->body, "</svg>\n");
    add_bins(p, c, edge, count, bins);
}

static double to_scale(const hg__axis *a, double share) {
    return a->log ? a->low * pow(a->high / a->low, share) : a->low + (a->high - a->low) * share;
}

int hg__svg_histogram_of(hg__page *p, hg__chart *c, const float *value, int64_t n, bool log,
                         const hg__mark *mark, int32_t marks, hg_error *err) {
    double edge[BINS + 1], count[BINS] = {0}, low = HUGE_VAL, high = -HUGE_VAL, most = 1;
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(value[i])) continue;
        low = fmin(low, (double)value[i]);
        high = fmax(high, (double)value[i]);
    }
    for (int32_t i = 0; i < marks; i++) {
        low = fmin(low, mark[i].at);
        high = fmax(high, mark[i].at);
    }
    if (!(low <= high)) return hg__fail(err, HG_ERR_DATA, "%s: expected numbers", c->title);
    c->x = hg__axis_over(low, high > 0 ? 1.05 * high : high, log);
    for (int32_t b = 0; b <= BINS; b++) edge[b] = to_scale(&c->x, (double)b / BINS);
    for (int64_t i = 0; i < n; i++) {
        const double share = hg__axis_share(&c->x, (double)value[i]);
        if (!isfinite(share)) continue;
        count[(int32_t)fmin(clip(share) * BINS, BINS - 1)]++;
    }
    for (int32_t b = 0; b < BINS; b++) most = fmax(most, count[b]);
    c->y = hg__axis_over(0, 1.15 * most, false);
    c->y.whole = true;
    hg__svg_histogram(p, c, edge, count, BINS, mark, marks);
    return HG_OK;
}

// ---- bars ---------------------------------------------------------------------------------------

// Names longer than there is room for end in "...".
static void cut_name(const char *name, char *text, size_t size) {
    const size_t length = strlen(name);
    if (length < size) {
        memcpy(text, name, length + 1);
        return;
    }
    size_t at = 0;
    while (at < size - 4) {
        const size_t step = hg__utf8_length(name + at, length - at);
        if (at + (step ? step : 1) > size - 4) break;
        at += step ? step : 1;
    }
    memcpy(text, name, at);
    memcpy(text + at, "...", 4);
}

void hg__svg_bars(hg__page *p, const char *title, const char *sense, const hg__bar *bar,
                  int32_t count) {
    enum { NAMES = 150, VALUES = 74, STEP = 28, THICK = 16 };
    const double room = WIDTH - NAMES - VALUES;
    double most = 0;
    char text[32], name[22];
    for (int32_t i = 0; i < count; i++) {
        if (isfinite(bar[i].value)) most = fmax(most, bar[i].value);
        if (isfinite(bar[i].high)) most = fmax(most, bar[i].high);
    }
    hg__page_heading(p, title);
    hg__svg_begin(p, WIDTH, STEP * count + 4, title, sense, false);
    for (int32_t i = 0; i < count; i++) {
        const hg__bar *b = &bar[i];
        const double scale = most > 0 ? room / most : 0, y = STEP * i + 4;
        const double value = isfinite(b->value) ? fmax(b->value, 0) : 0;
        cut_name(b->name, name, sizeof name);
        hg__svg_text(p, NAMES - 8, y + 13, "end", "name", name);
        hg__text_add(&p->body,
                     "<rect class=\"f%d\" x=\"%d\" y=\"%.4g\" width=\"%.4g\" height=\"%d\"/>\n",
                     (int)b->colour, (int)NAMES, y, value * scale, (int)THICK);
        const bool has_interval = isfinite(b->low) && isfinite(b->high);
        if (has_interval) {
            hg__text_add(&p->body, "<path class=\"edge curve\" d=\"M%.4g %.4gH%.4g\"/>\n",
                         NAMES + fmax(b->low, 0) * scale, y + THICK / 2.0, NAMES + b->high * scale);
        }
        snprintf(text, sizeof text, isfinite(b->value) ? "%.4g" : "–", b->value);
        hg__svg_text(p, NAMES + (has_interval ? fmax(value, b->high) : value) * scale + 7, y + 13,
                     "start", "name", text);
    }
    hg__text_add(&p->body, "</svg>\n");
}

// SPDX-License-Identifier: Apache-2.0
// svg_map.c - a map of codes: ten thousand points in a hundred kilobytes.
//
// The points of a class are one path of dots, "M123 456h0": a move to the point and a line of no length, which round ends make a
// dot. Places are whole numbers, a quarter of a unit each. The page's script reads them where the pointer is.
#include <math.h>
#include <stdio.h>

#include "report/svg.h"

enum { SIDE_X = 640, SIDE_Y = 480, MARGIN = 10, FINE = 4 };

typedef struct frame {
    double left, top, scale; // place = (value - left) * scale + pad
    double pad_x, pad_y;
    bool is_turned; // what is taller than wide lies on its side
} frame;

// One scale for both axes: distances are what is to be seen.
static frame frame_of(const hg__map_chart *c) {
    double low_x = HUGE_VAL, high_x = -HUGE_VAL, low_y = HUGE_VAL, high_y = -HUGE_VAL;
    for (int64_t i = 0; i < c->points; i++) {
        low_x = fmin(low_x, (double)c->point[i].x);
        high_x = fmax(high_x, (double)c->point[i].x);
        low_y = fmin(low_y, (double)c->point[i].y);
        high_y = fmax(high_y, (double)c->point[i].y);
    }
    const bool turns = high_y - low_y > high_x - low_x;
    if (turns) {
        const double low = low_x, high = high_x;
        low_x = low_y;
        high_x = high_y;
        low_y = low;
        high_y = high;
    }
    const double wide = fmax(high_x - low_x, 1e-30), tall = fmax(high_y - low_y, 1e-30);
    const double scale = fmin((SIDE_X - 2 * MARGIN) / wide, (SIDE_Y - 2 * MARGIN) / tall);
    return (frame){low_x, low_y, scale, (SIDE_X - wide * scale) / 2, (SIDE_Y - tall * scale) / 2,
                   turns};
}

static double place_x(const frame *f, const hg__map_point *p) {
    return ((double)(f->is_turned ? p->y : p->x) - f->left) * f->scale + f->pad_x;
}

// Up is up.
static double place_y(const frame *f, const hg__map_point *p) {
    return SIDE_Y - (((double)(f->is_turned ? p->x : p->y) - f->top) * f->scale + f->pad_y);
}

static void add_class(hg__page *p, const hg__map_chart *c, const frame *f, int32_t class) {
    hg__text *t = &p->body;
    const char *gap = "";
    hg__text_add(t, "<path class=\"dots k%d\" transform=\"scale(%g)\" stroke-width=\"%d\" d=\"",
                 (int)(class % HG_MAP_CLASSES) + 1, 1.0 / FINE,
                 (c->points > 4000   ? 4
                  : c->points > 1000 ? 5
                                     : 7) *
                     FINE);
    for (int64_t i = 0; i < c->points; i++) {
        if (c->point[i].class != class) continue;
        hg__text_add(t, "M%d %dh0", (int)lrint(place_x(f, &c->point[i]) * FINE),
                     (int)lrint(place_y(f, &c->point[i]) * FINE));
    }
    hg__text_add(t, "\" data-name=\"");
    if (c->name) hg__html_add(t, c->name[class]);
    hg__text_add(t, "\" data-rows=\"");
    for (int64_t i = 0; i < c->points; i++) {
        if (c->point[i].class != class) continue;
        hg__text_add(t, "%s%lld", gap, (long long)c->point[i].row);
        gap = " ";
    }
    hg__text_add(t, "\"");
    if (c->sprite) {
        gap = " data-tiles=\"";
        for (int64_t i = 0; i < c->points; i++) {
            if (c->point[i].class != class) continue;
            hg__text_add(t, "%s", gap);
            if (c->point[i].tile >= 0) hg__text_add(t, "%d", (int)c->point[i].tile);
            gap = " ";
        }
        if (*gap == ' ' && gap[1] == 0) hg__text_add(t, "\"");
    }
    hg__text_add(t, "/>\n");
}

// The class's name where most of it lies: at the point of it that is nearest to its mean.
static void add_name(hg__page *p, const hg__map_chart *c, const frame *f, int32_t class) {
    double x = 0, y = 0, least = HUGE_VAL;
    int64_t count = 0, best = -1;
    for (int64_t i = 0; i < c->points; i++) {
        if (c->point[i].class != class) continue;
        x += (double)c->point[i].x;
        y += (double)c->point[i].y;
        count++;
    }
    if (!count) return;
    for (int64_t i = 0; i < c->points; i++) {
        if (c->point[i].class != class) continue;
        const double d = hypot((double)c->point[i].x - x / (double)count,
                               (double)c->point[i].y - y / (double)count);
        if (d < least) {
            least = d;
            best = i;
        }
    }
    hg__svg_text(p, place_x(f, &c->point[best]), place_y(f, &c->point[best]) + 4, "middle",
                 "centre", c->name[class]);
}

// Buttons: each shows its class alone.
static void add_legend(hg__page *p, const hg__map_chart *c) {
    hg__text *t = &p->body;
    if (!c->name) return;
    hg__text_add(t, "<ul class=\"legend\">\n");
    for (int32_t i = 0; i < c->classes; i++) {
        hg__text_add(
            t,
            "<li><button type=\"button\" aria-pressed=\"false\"><svg viewBox=\"0 0 24 10\" "
            "aria-hidden=\"true\"><path class=\"dots k%d\" stroke-width=\"10\" d=\"M12 "
            "5h0\"/></svg>",
            (int)(i % HG_MAP_CLASSES) + 1);
        hg__html_add(t, c->name[i]);
        hg__text_add(t, "</button></li>\n");
    }
    hg__text_add(t, "</ul>\n");
}

void hg__svg_map(hg__page *p, const hg__map_chart *c) {
    hg__text *t = &p->body;
    const frame f = frame_of(c);
    hg__page_heading(p, c->title);
    hg__text_add(t,
                 "<div class=\"map\" data-scale=\"%g\" data-across=\"%d\" data-down=\"%d\"><div "
                 "class=\"stage\">",
                 1.0 / FINE, (int)c->across, (int)c->down);
    hg__svg_begin(p, SIDE_X, SIDE_Y, c->title, c->sense, true);
    for (int32_t i = 0; i < c->classes; i++) add_class(p, c, &f, i);
    for (int32_t i = 0; c->name && i < c->classes; i++) add_name(p, c, &f, i);
    hg__text_add(t, "<circle class=\"ring\" r=\"0\" fill=\"none\"/></svg>\n"
                    "<div class=\"tip\" role=\"status\" hidden>");
    if (c->sprite) {
        hg__text_add(t,
                     "<div class=\"tile s%d\" style=\"aspect-ratio:1/%.4g;background-size:%d%% "
                     "%d%%\"></div>",
                     (int)c->sprite, c->aspect, (int)c->across * 100, (int)c->down * 100);
    }
    hg__text_add(t, "<span></span></div></div>\n");
    add_legend(p, c);
    hg__text_add(t, "</div>\n");
}

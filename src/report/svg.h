// SPDX-License-Identifier: Apache-2.0
// svg.h - charts of a page as SVG: curves, histograms, bars, maps, and a network's layers. Each is a figure's content (page.h): it
// stands between hg__page_begin_figure() and hg__page_end_figure(), is named for those who hear the page, and has its legend, and where
// that makes sense its numbers as a table, below it. Colours are the theme's.
#ifndef HG_REPORT_SVG_H
#define HG_REPORT_SVG_H
#include "report/page.h"

// What is said of a chart of two axes. All borrowed.
typedef struct hg__chart {
    const char *title;      // what it is, above it
    const char *sense;      // what is to be seen in it, in a sentence, for those who do not see it
    const char *along, *up; // names of the axes, with units
    hg__axis x, y;          // hg__axis_over()
} hg__chart;

// A curve through (x, y) (count); a point that is not finite, or not positive on a logarithmic axis, parts it.
typedef struct hg__series {
    const char *name; // "" is none: not in the legend
    const double *x, *y;
    int64_t count;
    int32_t colour; // 1 to 10; 0: that of axes
    bool is_dashed;
    bool has_points; // each is a dot, too
} hg__series;

// The numbers are below as a table, of at most 100 places of the first series' x, where all have the same.
void hg__svg_curves(hg__page *p, const hg__chart *c, const hg__series *series, int32_t count);

// A line from bottom to top, with words at its top.
typedef struct hg__mark {
    double at;
    const char *words;
} hg__mark;

// Bars between neighbouring edges (bins + 1), count (bins). c->y goes from 0 (hg__svg_most()).
void hg__svg_histogram(hg__page *p, const hg__chart *c, const double *edge, const double *count,
                       int32_t bins, const hg__mark *mark, int32_t marks);
// The same of values (n) themselves: c->x and c->y are chosen here; log: by powers of ten where all are positive.
int hg__svg_histogram_of(hg__page *p, hg__chart *c, const float *value, int64_t n, bool log,
                         const hg__mark *mark, int32_t marks, hg_error *err);

// A name, and a bar from 0 to its value, which stands behind it.
typedef struct hg__bar {
    const char *name;
    double value, low, high; // low, high: an interval, NaN without one
    int32_t colour;          // 1 to 3
} hg__bar;
void hg__svg_bars(hg__page *p, const char *title, const char *sense, const hg__bar *bar,
                  int32_t count);

// Points on a plane that says nothing but which are near which: a map of codes. Hover, focus and touch show a point's row, class and
// tile. No figure's content: it stands for itself.
typedef struct hg__map_point {
    float x, y;
    int32_t class; // 0 <= class < classes
    int32_t tile;  // of the sprite; -1: none
    int64_t row;
} hg__map_point;
typedef struct hg__map_chart {
    const char *title, *sense;
    const hg__map_point *point; // (points)
    int64_t points;
    const char *const *
        name; // (classes), at most HG_MAP_CLASSES, or NULL where nothing is known of any: classes is 1 then
    int32_t classes;
    int32_t sprite, across, down; // of the tiles; sprite 0: none
    double aspect;                // height of a tile over its width
} hg__map_chart;
enum { HG_MAP_CLASSES = 10 };
void hg__svg_map(hg__page *p, const hg__map_chart *c);

// hourglass_svg.c: layers of a network from top to bottom, as wide as the numbers that come out of them.
typedef struct hg__drawn_layer {
    char name[48];  // "dense 64"
    char shape[48]; // of its outputs: "14x14x32"
    int64_t width;  // numbers of its outputs
    int64_t parameters;
    int32_t from; // another layer that it takes outputs of, from an arc; -1: none
    bool is_code;
} hg__drawn_layer;
// The first is the input.
void hg__svg_hourglass(hg__page *p, const hg__drawn_layer *layer, int32_t layers);

// What every chart begins with: <svg>, its name and what is to be seen. Ends with "</svg>\n".
void hg__svg_begin(hg__page *p, int32_t width, int32_t height, const char *title, const char *sense,
                   bool takes_keys);
// "text" at (x, y); kind: a class of the style sheet, or "". anchor: start, middle, end.
void hg__svg_text(hg__page *p, double x, double y, const char *anchor, const char *kind,
                  const char *text);
#endif

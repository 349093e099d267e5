// SPDX-License-Identifier: Apache-2.0
// overlay.c - rasters drawn into boxes of a canvas, in colours of a table.
#include "report/overlay.h"

#include <math.h>

#include "base/int.h"

// ---- colours ------------------------------------------------------------------------------------

enum { HEATS = 17 };

// Lightness rises evenly from 0.14 to 0.94 in OKLab (Ottosson 2020) while the hue goes from violet over red to yellow, each
// as strong as sRGB allows.
static const hg__colour heats[HEATS] = {
    {9,   0,   40},
    {26,  1,   59},
    {47,  1,   74},
    {70,  2,   85},
    {95,  3,   92},
    {121, 5,   94},
    {148, 6,   92},
    {176, 9,   84},
    {202, 23,  70},
    {221, 52,  52},
    {238, 78,  16},
    {241, 113, 17},
    {246, 140, 19},
    {251, 166, 23},
    {254, 191, 46},
    {254, 216, 70},
    {252, 241, 89}
};

static const hg__colour dark = {16, 18, 22}, edge = {0, 224, 255};

static uint8_t between(uint8_t a, uint8_t b, float share) {
    return (uint8_t)lrintf((float)a + share * ((float)b - (float)a));
}

static hg__colour mix(hg__colour a, hg__colour b, float share) {
    return (hg__colour){between(a.red, b.red, share), between(a.green, b.green, share),
                        between(a.blue, b.blue, share)};
}

// What is no number becomes 0.
static float within(float share) {
    return share > 0 ? fminf(share, 1) : 0;
}

hg__colour hg__heat_colour(float share) {
    const float at = within(share) * (HEATS - 1);
    const int32_t i = hg__min((int32_t)at, HEATS - 2);
    return mix(heats[i], heats[i + 1], at - (float)i);
}

hg__heat hg__heat_of(float threshold) {
    return (hg__heat){0, 2 * threshold, threshold / 2};
}

// ---- from pixels of a canvas to those of a raster -----------------------------------------------

// What pixel i of `box` pixels covers of `side` pixels: whole ones, one at least.
typedef struct span {
    int32_t begin, end;
} span;

static span cover(int32_t i, int32_t box, int32_t side) {
    const int32_t begin = (int32_t)((int64_t)i * side / box);
    const int32_t end = (int32_t)(((int64_t)(i + 1) * side + box - 1) / box);
    return (span){begin, hg__max(end, begin + 1)};
}

// The place between two pixels' centres: of the first and the second, and how far it is from the first.
typedef struct blend {
    int32_t first, second;
    float share;
} blend;

static blend place(double at, int32_t side) {
    const double x = at - 0.5 < 0 ? 0 : at - 0.5;
    const int32_t first = hg__min((int32_t)x, side - 1);
    const int32_t second = hg__min(first + 1, side - 1);
    return (blend){first, second, first == second ? 0 : (float)(x - first)};
}

static float sample_between(const hg__raster *r, blend y, blend x, int32_t channel) {
    const float a = hg__raster_pixel(r, y.first, x.first)[channel];
    const float b = hg__raster_pixel(r, y.first, x.second)[channel];
    const float c = hg__raster_pixel(r, y.second, x.first)[channel];
    const float d = hg__raster_pixel(r, y.second, x.second)[channel];
    const float up = a + x.share * (b - a), down = c + x.share * (d - c);
    return up + y.share * (down - up);
}

static float mean_over(const hg__raster *r, span y, span x, int32_t channel) {
    float sum = 0;
    for (int32_t i = y.begin; i < y.end; i++) {
        for (int32_t j = x.begin; j < x.end; j++) sum += hg__raster_pixel(r, i, j)[channel];
    }
    return sum / (float)((y.end - y.begin) * (x.end - x.begin));
}

static void set(hg__canvas *c, int32_t x, int32_t y, hg__colour colour) {
    hg__canvas_box(c, x, y, 1, 1, colour);
}

static hg__colour colour_at(const hg__canvas *c, int32_t x, int32_t y) {
    if (x < 0 || y < 0 || x >= c->width || y >= c->height) return dark; // not seen
    const uint8_t *p = c->rgb + ((size_t)y * (size_t)c->width + (size_t)x) * 3;
    return (hg__colour){p[0], p[1], p[2]};
}

// ---- the picture --------------------------------------------------------------------------------

// Of three channels or, grey, of one.
static hg__colour colour_of(const float value[3], int32_t channels) {
    uint8_t shade[3];
    for (int32_t k = 0; k < 3; k++) {
        shade[k] = (uint8_t)lrintf(255 * within(value[channels == 1 ? 0 : k]));
    }
    return (hg__colour){shade[0], shade[1], shade[2]};
}

void hg__draw_picture(hg__canvas *c, const hg__box *box, const hg__raster *picture) {
    const bool enlarges = box->width > picture->width;
    const double across = (double)picture->width / box->width;
    const double down = (double)picture->height / box->height;
    for (int32_t i = 0; i < box->height; i++) {
        const span rows = cover(i, box->height, picture->height);
        const blend y = place((i + 0.5) * down, picture->height);
        for (int32_t j = 0; j < box->width; j++) {
            const span columns = cover(j, box->width, picture->width);
            const blend x = place((j + 0.5) * across, picture->width);
            float value[3] = {0};
            for (int32_t k = 0; k < picture->channels; k++) {
                value[k] = enlarges ? sample_between(picture, y, x, k)
                                    : mean_over(picture, rows, columns, k);
            }
            set(c, box->left + j, box->top + i, colour_of(value, picture->channels));
        }
    }
}

// ---- the map ------------------------------------------------------------------------------------

// Where pixel i of a box lies on the map: its corners' places, at a map pixel each `step`, the map's first pixel at `begin`.
typedef struct walk {
    double begin, step; // in pixels of the map
    int32_t side;       // the map's
    // a pixel of the box is one of the map
    bool is_same;
} walk;

static walk along(double left, double across, int32_t picture, int32_t box, int32_t side) {
    const double step = (double)picture / box / across;
    const double begin = -left / across;
    return (walk){begin, step, side, step == 1 && begin == floor(begin)};
}

// Whether the middle of pixel i lies on the map.
static bool is_on(const walk *w, int32_t i) {
    const double at = w->begin + (i + 0.5) * w->step;
    return at >= 0 && at < w->side;
}

static span under(const walk *w, int32_t i) {
    const double from = w->begin + i * w->step, to = from + w->step;
    const int32_t begin = from > 0 ? hg__min((int32_t)from, w->side - 1) : 0;
    const int32_t end = to < w->side ? (int32_t)ceil(to) : w->side;
    return (span){begin, hg__max(end, begin + 1)};
}

// The highest under a pixel of the box or, where the map is enlarged, between its pixels.
static float heat_at(const hg__raster *map, const walk *down, const walk *across, int32_t i,
                     int32_t j) {
    if (across->is_same && down->is_same) {
        return *hg__raster_pixel(map, i + (int32_t)down->begin, j + (int32_t)across->begin);
    }
    if (across->step <= 1 && down->step <= 1) {
        const blend y = place(down->begin + (i + 0.5) * down->step, map->height);
        const blend x = place(across->begin + (j + 0.5) * across->step, map->width);
        return sample_between(map, y, x, 0);
    }
    const span rows = under(down, i), columns = under(across, j);
    float most = -INFINITY;
    for (int32_t y = rows.begin; y < rows.end; y++) {
        const float *row = hg__raster_pixel(map, y, 0);
        for (int32_t x = columns.begin; x < columns.end; x++) most = fmaxf(most, row[x]);
    }
    return most;
}

// The colour of a value over `there`, which shows through the more the more normal it is.
static hg__colour laid_over(hg__colour there, const hg__heat *heat, float value) {
    enum { WEAKEST = 6 }; // of heats: darker ones would only dim the picture
    const float strongest = 0.5F, first = (float)WEAKEST / (HEATS - 1);
    const float share = within((value - heat->clear) / (heat->high - heat->clear));
    return mix(there, hg__heat_colour(first + (1 - first) * share), strongest * within(2 * share));
}

// lays: over what is there, rather than in its stead.
static void draw_heat(hg__canvas *c, const hg__box *box, const hg__judged *j, const hg__heat *heat,
                      bool lays) {
    const hg__map_frame *f = &j->frame;
    const walk across = along(f->left, f->across, f->width, box->width, j->map->width);
    const walk down = along(f->top, f->down, f->height, box->height, j->map->height);
    for (int32_t y = 0; y < box->height; y++) {
        if (!is_on(&down, y)) continue;
        for (int32_t x = 0; x < box->width; x++) {
            const int32_t left = box->left + x, top = box->top + y;
            if (!is_on(&across, x)) continue;
            const float value = heat_at(j->map, &down, &across, y, x);
            if (lays && !(value > heat->clear)) continue;
            set(c, left, top,
                lays ? laid_over(colour_at(c, left, top), heat, value)
                     : hg__heat_colour((value - heat->low) / (heat->high - heat->low)));
        }
    }
}

void hg__draw_map(hg__canvas *c, const hg__box *box, const hg__judged *j, const hg__heat *heat) {
    hg__canvas_box(c, box->left, box->top, box->width, box->height, hg__heat_colour(0));
    draw_heat(c, box, j, heat, false);
}

void hg__lay_map(hg__canvas *c, const hg__box *box, const hg__judged *j, const hg__heat *heat) {
    draw_heat(c, box, j, heat, true);
}

// ---- outlines -----------------------------------------------------------------------------------

// From a corner half of the way to the next, but no more than half of a map's pixel: stairs become slopes.
static void leave(const double from[2], const double to[2], const hg__map_frame *f, double at[2]) {
    const double most[2] = {f->across / 2, f->down / 2};
    for (int k = 0; k < 2; k++) {
        at[k] = from[k] + fmax(-most[k], fmin((to[k] - from[k]) / 2, most[k]));
    }
}

static void draw_outline(hg__canvas *c, const hg__box *box, const hg__judged *j,
                         const hg__region *region, float thick, hg__colour colour) {
    const hg__corner *corner = j->regions->corner + region->first_corner;
    const int32_t n = region->corners;
    const float across = (float)box->width / (float)j->frame.width;
    const float down = (float)box->height / (float)j->frame.height;
    const float left = (float)box->left, top = (float)box->top;
    double here[2], next[2], in[2], out[2];
    hg__corner_place(corner[n - 1], &j->frame, here);
    hg__corner_place(corner[0], &j->frame, next);
    leave(here, next, &j->frame, out);
    for (int32_t i = 0; i < n; i++) {
        const float x = (float)out[0], y = (float)out[1];
        leave(next, here, &j->frame, in);
        here[0] = next[0];
        here[1] = next[1];
        hg__corner_place(corner[(i + 1) % n], &j->frame, next);
        leave(here, next, &j->frame, out);
        hg__canvas_line(c, left + x * across, top + y * down, left + (float)in[0] * across,
                        top + (float)in[1] * down, thick, colour);
        hg__canvas_line(c, left + (float)in[0] * across, top + (float)in[1] * down,
                        left + (float)out[0] * across, top + (float)out[1] * down, thick, colour);
    }
}

void hg__draw_outlines(hg__canvas *c, const hg__box *box, const hg__judged *j, float thick) {
    if (!j->regions) return;
    for (int32_t k = 0; k < j->regions->count; k++) {
        draw_outline(c, box, j, j->regions->at + k, thick + 1.2F, dark);
    }
    for (int32_t k = 0; k < j->regions->count; k++) {
        draw_outline(c, box, j, j->regions->at + k, thick, edge);
    }
}

// ---- panels -------------------------------------------------------------------------------------

const char *hg__panel_name(hg__panel panel) {
    static const char *const names[HG_PANELS] = {"input", "reconstruction", "map", "outline"};
    return names[panel];
}

bool hg__panel_is_there(hg__panel panel, const hg__judged *j) {
    return panel == HG_PANEL_INPUT ||
           (panel == HG_PANEL_RECONSTRUCTION ? j->reconstruction : j->map);
}

hg__box hg__panel_box(const hg__judged *j, int32_t width, int32_t height) {
    const double w = j->picture->width, h = j->picture->height, most = 4;
    const double zoom = fmin(fmin(width / w, height / h), most);
    return (hg__box){0, 0, hg__max((int32_t)(w * zoom + 1e-6), 1),
                     hg__max((int32_t)(h * zoom + 1e-6), 1)};
}

void hg__draw_panel(hg__canvas *c, const hg__box *box, hg__panel panel, const hg__judged *j,
                    const hg__heat *heat) {
    if (panel == HG_PANEL_MAP) {
        hg__draw_map(c, box, j, heat);
        return;
    }
    hg__draw_picture(c, box, panel == HG_PANEL_RECONSTRUCTION ? j->reconstruction : j->picture);
    if (panel != HG_PANEL_OUTLINE) return;
    hg__lay_map(c, box, j, heat);
    hg__draw_outlines(c, box, j, fmaxf(1.5F, (float)hg__max(box->width, box->height) / 200));
}

int hg__overlay_save(const char *path, const hg__judged *j, const hg__heat *heat, hg_error *err) {
    const hg__box box = {0, 0, j->picture->width, j->picture->height};
    const float thick = fmaxf(1.5F, (float)hg__max(box.width, box.height) / 800);
    hg__canvas c;
    HG_TRY(hg__canvas_init(&c, box.width, box.height, err));
    hg__draw_picture(&c, &box, j->picture);
    hg__lay_map(&c, &box, j, heat);
    hg__draw_outlines(&c, &box, j, thick);
    const int code = hg__canvas_save(&c, path, err);
    hg__canvas_clear(&c);
    return code;
}

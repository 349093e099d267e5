// SPDX-License-Identifier: Apache-2.0
// camera_mosaic.c - three colours everywhere from a mosaic that has one: means of neighbours, Malvar, He & Cutler ("High-quality linear
// interpolation for demosaicing of Bayer-patterned color images", 2004), Hamilton & Adams (US patent 5629734, 1997).
#include <string.h>

#include "corrupt/camera.h"

enum { EDGE = 3 }; // pixels at the border that take the values of the nearest pixel inside

// A place of the mosaic, and how far its neighbour in the next line is.
typedef struct site {
    const float *at;
    ptrdiff_t line;
} site;

static float beside(site s) { // twice
    return s.at[-1] + s.at[1];
}
static float above(site s) {
    return s.at[-s.line] + s.at[s.line];
}
static float corners(site s) {
    return s.at[-s.line - 1] + s.at[-s.line + 1] + s.at[s.line - 1] + s.at[s.line + 1];
}
static float two_beside(site s) {
    return s.at[-2] + s.at[2];
}
static float two_above(site s) {
    return s.at[-2 * s.line] + s.at[2 * s.line];
}

// Green where there is red or blue; the colour across (blue where red is); of a green place the colour beside it, and the one above.
typedef struct method {
    float (*green)(site s);
    float (*across)(site s);
    float (*beside)(site s);
    float (*above)(site s);
} method;

static float mean_green(site s) {
    return 0.25F * (beside(s) + above(s));
}
static float mean_across(site s) {
    return 0.25F * corners(s);
}
static float mean_beside(site s) {
    return 0.5F * beside(s);
}
static float mean_above(site s) {
    return 0.5F * above(s);
}

static float malvar_green(site s) {
    return 0.125F * (4 * *s.at + 2 * (beside(s) + above(s)) - two_beside(s) - two_above(s));
}
static float malvar_across(site s) {
    return 0.125F * (6 * *s.at + 2 * corners(s) - 1.5F * (two_beside(s) + two_above(s)));
}
static float malvar_beside(site s) {
    return 0.125F * (5 * *s.at + 4 * beside(s) - corners(s) - two_beside(s) + 0.5F * two_above(s));
}
static float malvar_above(site s) {
    return 0.125F * (5 * *s.at + 4 * above(s) - corners(s) - two_above(s) + 0.5F * two_beside(s));
}

static float size_of(float x) {
    return x < 0 ? -x : x;
}

// Along the direction in which less happens.
static float directed_green(site s) {
    const float bend_x = 2 * *s.at - two_beside(s), bend_y = 2 * *s.at - two_above(s);
    const float change_x = size_of(s.at[-1] - s.at[1]) + size_of(bend_x);
    const float change_y = size_of(s.at[-s.line] - s.at[s.line]) + size_of(bend_y);
    const float along_x = 0.5F * beside(s) + 0.25F * bend_x;
    const float along_y = 0.5F * above(s) + 0.25F * bend_y;
    return change_x < change_y   ? along_x
           : change_y < change_x ? along_y
                                 : 0.5F * (along_x + along_y);
}

static const method methods[] = {
    [HG_BILINEAR] = {mean_green,   mean_across,   mean_beside,   mean_above  },
    [HG_GRADIENT] = {malvar_green, malvar_across, malvar_beside, malvar_above},
};

// The mosaic seen from a line: where its red or blue places begin, which plane is theirs and which is the other's.
typedef struct layout {
    int32_t first; // column of the first place that is not green
    int32_t own, other;
} layout;

static layout layout_of(const hg__camera *c, int32_t y) {
    const int32_t is_lower = (y ^ c->phase >> 1) & 1, column = c->phase & 1;
    return is_lower ? (layout){1 - column, 2, 0} : (layout){column, 0, 2};
}

static int32_t from_edge(int32_t first) {
    return first + (EDGE - first + 1) / 2 * 2;
}

static inline __attribute__((always_inline)) void
fill_line(const method *how, const float *mosaic, const hg__planes *p, int32_t y, layout l) {
    const ptrdiff_t line = (ptrdiff_t)y * p->width;
    float *own = p->plane[l.own] + line, *green = p->plane[1] + line,
          *other = p->plane[l.other] + line;
    for (int32_t x = from_edge(l.first); x < p->width - EDGE; x += 2) {
        const site s = {mosaic + line + x, p->width};
        own[x] = *s.at;
        green[x] = how->green(s);
        other[x] = how->across(s);
    }
    for (int32_t x = from_edge(1 - l.first); x < p->width - EDGE; x += 2) {
        const site s = {mosaic + line + x, p->width};
        own[x] = how->beside(s);
        green[x] = *s.at;
        other[x] = how->above(s);
    }
}

static void fill_bilinear(const hg__camera *c, const float *mosaic, hg__planes *p) {
    for (int32_t y = EDGE; y < p->height - EDGE; y++) {
        fill_line(&methods[HG_BILINEAR], mosaic, p, y, layout_of(c, y));
    }
}

static void fill_by_gradient(const hg__camera *c, const float *mosaic, hg__planes *p) {
    for (int32_t y = EDGE; y < p->height - EDGE; y++) {
        fill_line(&methods[HG_GRADIENT], mosaic, p, y, layout_of(c, y));
    }
}

// ---- by direction: green first, then how far the other two are from it -------------------------------------------

static void fill_green(const hg__camera *c, const float *mosaic, hg__planes *p) {
    for (int32_t y = EDGE - 1; y < p->height - EDGE + 1; y++) {
        const layout l = layout_of(c, y);
        const ptrdiff_t line = (ptrdiff_t)y * p->width;
        float *green = p->plane[1] + line;
        for (int32_t x = 2; x < p->width - 2; x++) {
            const site s = {mosaic + line + x, p->width};
            green[x] = ((x ^ l.first) & 1) ? *s.at : directed_green(s);
        }
    }
}

static void fill_by_direction(const hg__camera *c, const float *mosaic, hg__planes *p) {
    fill_green(c, mosaic, p);
    for (int32_t y = EDGE; y < p->height - EDGE; y++) {
        const layout l = layout_of(c, y);
        const ptrdiff_t line = (ptrdiff_t)y * p->width;
        float *own = p->plane[l.own] + line, *other = p->plane[l.other] + line;
        for (int32_t x = from_edge(l.first); x < p->width - EDGE; x += 2) {
            const site s = {mosaic + line + x, p->width}, g = {p->plane[1] + line + x, p->width};
            own[x] = *s.at;
            other[x] = *g.at + 0.25F * (corners(s) - corners(g));
        }
        for (int32_t x = from_edge(1 - l.first); x < p->width - EDGE; x += 2) {
            const site s = {mosaic + line + x, p->width}, g = {p->plane[1] + line + x, p->width};
            own[x] = *g.at + 0.5F * (beside(s) - beside(g));
            other[x] = *g.at + 0.5F * (above(s) - above(g));
        }
    }
}

static void fill_edges(float *plane, int32_t height, int32_t width) {
    for (int32_t y = EDGE; y < height - EDGE; y++) {
        float *line = plane + (ptrdiff_t)y * width;
        for (int32_t x = 0; x < EDGE; x++) {
            line[x] = line[EDGE];
            line[width - 1 - x] = line[width - 1 - EDGE];
        }
    }
    const size_t bytes = (size_t)width * sizeof *plane;
    float *first = plane + (ptrdiff_t)EDGE * width,
          *last = plane + (ptrdiff_t)(height - 1 - EDGE) * width;
    for (int32_t y = 1; y <= EDGE; y++) {
        memcpy(first - (ptrdiff_t)y * width, first, bytes);
        memcpy(last + (ptrdiff_t)y * width, last, bytes);
    }
}

void hg__camera_demosaic(const hg__camera *c, const float *mosaic, hg__planes *p) {
    static void (*const fill[])(const hg__camera *, const float *, hg__planes *) = {
        [HG_BILINEAR] = fill_bilinear,
        [HG_GRADIENT] = fill_by_gradient,
        [HG_DIRECTED] = fill_by_direction,
    };
    fill[c->demosaic](c, mosaic, p);
    for (int32_t k = 0; k < 3; k++) fill_edges(p->plane[k], p->height, p->width);
}

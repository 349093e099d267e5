// SPDX-License-Identifier: Apache-2.0
// warp.c - turning and shifting, bilinear. Places are counted in double, with the house's own sine: the same bits everywhere.
#include "parts/warp.h"

#include "base/real.h"

// A place of the frame's first pixel in the picture, and what a step to the right adds; a step down adds (across_x, -across_y).
typedef struct walk {
    hg__point first;
    double across_y, across_x;
} walk;

static walk find_walk(const hg__pose *pose, const hg__raster *to, const hg__raster *from) {
    const double sine = hg__sin_turn(pose->turn), cosine = hg__cos_turn(pose->turn);
    const double y = -0.5 * (to->height - 1), x = -0.5 * (to->width - 1);
    return (walk){
        {0.5 * (from->height - 1) + pose->dy + (sine * x + cosine * y),
         0.5 * (from->width - 1) + pose->dx + (cosine * x - sine * y)},
        sine,
        cosine
    };
}

hg__pose hg__pose_inverse(const hg__pose *pose) {
    const double sine = hg__sin_turn(pose->turn), cosine = hg__cos_turn(pose->turn);
    return (hg__pose){-pose->turn, -(cosine * pose->dy - sine * pose->dx),
                      -(cosine * pose->dx + sine * pose->dy)};
}

hg__pose hg__pose_scale(const hg__pose *pose, double factor) {
    return (hg__pose){pose->turn, pose->dy * factor, pose->dx * factor};
}

hg__point hg__pose_place(const hg__pose *pose, int32_t height, int32_t width, int32_t from_height,
                         int32_t from_width, hg__point p) {
    const double sine = hg__sin_turn(pose->turn), cosine = hg__cos_turn(pose->turn);
    const double y = p.y - 0.5 * (height - 1), x = p.x - 0.5 * (width - 1);
    return (hg__point){0.5 * (from_height - 1) + pose->dy + (sine * x + cosine * y),
                       0.5 * (from_width - 1) + pose->dx + (cosine * x - sine * y)};
}

// The pixel before x and the share of the one behind it, both within 0 .. side - 1.
static int32_t split(double x, int32_t side, float *share) {
    if (!(x > 0) || side == 1) {
        *share = 0;
        return 0;
    }
    if (x >= side - 1) {
        *share = 1;
        return side - 2;
    }
    const int32_t before = (int32_t)x;
    *share = (float)(x - before);
    return before;
}

static void take(const hg__raster *from, double y, double x, float *to) {
    const size_t C = (size_t)from->channels;
    float down, across;
    const int32_t i = split(y, from->height, &down), j = split(x, from->width, &across);
    const float *a = hg__raster_pixel(from, i, j);
    const float *b = from->height > 1 ? a + (size_t)from->width * C : a;
    const size_t right = from->width > 1 ? C : 0;
    for (size_t c = 0; c < C; c++) {
        const float above = a[c] + across * (a[right + c] - a[c]);
        const float below = b[c] + across * (b[right + c] - b[c]);
        to[c] = above + down * (below - above);
    }
}

static hg__point place_of(const walk *w, int32_t i, int32_t j) {
    return (hg__point){w->first.y + (w->across_x * i + w->across_y * j),
                       w->first.x + (w->across_x * j - w->across_y * i)};
}

static bool is_in(hg__point p, const hg__raster *from) {
    return p.y >= -0.5 && p.y <= from->height - 0.5 && p.x >= -0.5 && p.x <= from->width - 0.5;
}

void hg__warp_real_line(const hg__raster *to, const hg__raster *from, const hg__pose *pose,
                        int32_t line, float *real) {
    const walk w = find_walk(pose, to, from);
    for (int32_t j = 0; j < to->width; j++) real[j] = is_in(place_of(&w, line, j), from) ? 1 : 0;
}

void hg__raster_warp_into(hg__raster *to, hg__raster *real, const hg__raster *from,
                          const hg__pose *pose) {
    const walk w = find_walk(pose, to, from);
    for (int32_t i = 0; i < to->height; i++) {
        for (int32_t j = 0; j < to->width; j++) {
            const hg__point p = place_of(&w, i, j);
            take(from, p.y, p.x, hg__raster_pixel(to, i, j));
            if (real) *hg__raster_pixel(real, i, j) = is_in(p, from) ? 1 : 0;
        }
    }
}

int hg__raster_warp(hg__raster *to, hg__raster *real, const hg__raster *from, const hg__pose *pose,
                    int32_t height, int32_t width, hg_error *err) {
    if (real) *real = (hg__raster){0};
    HG_TRY(hg__raster_init(to, height, width, from->channels, err));
    if (real && hg__raster_init(real, height, width, 1, err) < 0) {
        hg__raster_clear(to);
        return HG_ERR_MEMORY;
    }
    hg__raster_warp_into(to, real, from, pose);
    return HG_OK;
}

// SPDX-License-Identifier: Apache-2.0
// region_frame.c - regions of a map on the picture under it: boxes, areas, corners, masks.
#include <math.h>
#include <string.h>

#include "base/int.h"
#include "inspect/regions.h"

hg__map_frame hg__map_frame_over(int32_t map_width, int32_t map_height, int32_t width,
                                 int32_t height) {
    return (hg__map_frame){.across = (double)width / (double)map_width,
                           .down = (double)height / (double)map_height,
                           .width = width,
                           .height = height};
}

static double within(double x, int32_t side) {
    return x < 0 ? 0 : x > side ? side : x;
}

void hg__corner_place(hg__corner corner, const hg__map_frame *f, double place[2]) {
    place[0] = within(f->left + (double)corner.x * f->across, f->width);
    place[1] = within(f->top + (double)corner.y * f->down, f->height);
}

hg__box hg__region_box(const hg__region *r, const hg__map_frame *f) {
    const double hair = 1e-6; // pixels that 3 * (1 / 3.0) may be beside 1
    double from[2], to[2];
    hg__corner_place((hg__corner){r->left, r->top}, f, from);
    hg__corner_place((hg__corner){r->left + r->width, r->top + r->height}, f, to);
    hg__box b = {.left = (int32_t)floor(from[0] + hair), .top = (int32_t)floor(from[1] + hair)};
    b.left = hg__min(b.left, f->width - 1);
    b.top = hg__min(b.top, f->height - 1);
    b.width = hg__max((int32_t)ceil(to[0] - hair) - b.left, 1);
    b.height = hg__max((int32_t)ceil(to[1] - hair) - b.top, 1);
    return b;
}

int64_t hg__region_area(const hg__region *r, const hg__map_frame *f) {
    const int64_t area = llround((double)r->area * f->across * f->down);
    return area > 1 ? area : 1;
}

// The first pixel of the picture whose centre lies at or behind a corner of the map.
static int32_t first_behind(int32_t corner, double begin, double step, int32_t side) {
    return (int32_t)within(ceil(begin + (double)corner * step - 0.5), side);
}

void hg__regions_mask_row(const hg__regions *r, const hg__map_frame *f, int32_t row, int32_t *at,
                          uint8_t *line) {
    memset(line, 0, (size_t)f->width);
    while (*at < r->runs && first_behind(r->run[*at].y + 1, f->top, f->down, f->height) <= row) {
        ++*at;
    }
    for (int32_t i = *at; i < r->runs && r->run[i].y == r->run[*at].y; i++) {
        const hg__region_run *run = r->run + i;
        if (run->region < 0 || first_behind(run->y, f->top, f->down, f->height) > row) continue;
        const int32_t begin = first_behind(run->begin, f->left, f->across, f->width);
        const int32_t end = first_behind(run->end, f->left, f->across, f->width);
        if (end > begin) memset(line + begin, 255, (size_t)(end - begin));
    }
}

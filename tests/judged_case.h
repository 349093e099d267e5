// SPDX-License-Identifier: Apache-2.0
// judged_case.h - a picture of grey with a bright spot, as it would be judged: its reconstruction without, its map, one region.
#ifndef HG_TESTS_JUDGED_CASE_H
#define HG_TESTS_JUDGED_CASE_H
#include <math.h>
#include <stdlib.h>

#include "report/overlay.h"

enum { CASE_H = 40, CASE_W = 64, CASE_SPOT = 8, CASE_LEFT = 24, CASE_TOP = 16 };

typedef struct judged_case {
    hg__raster picture, reconstruction, map;
    hg__regions regions;
    hg__judged is;
} judged_case;

static inline void judged_clear(judged_case *c) {
    hg__raster_clear(&c->picture);
    hg__raster_clear(&c->reconstruction);
    hg__raster_clear(&c->map);
    hg__regions_clear(&c->regions);
}

// c stays where it is. The map is half as large each way: 3 in the spot, 0 elsewhere. 0, or what failed.
static inline int judged_init(judged_case *c, const char *file, const char *kind) {
    const hg__region_options o = {.threshold = 1, .background = NAN};
    *c = (judged_case){0};
    if (hg__raster_init(&c->picture, CASE_H, CASE_W, 3, NULL) < 0 ||
        hg__raster_init(&c->reconstruction, CASE_H, CASE_W, 1, NULL) < 0 ||
        hg__raster_init(&c->map, CASE_H / 2, CASE_W / 2, 1, NULL) < 0) {
        return -1;
    }
    for (int32_t y = 0; y < CASE_H; y++) {
        for (int32_t x = 0; x < CASE_W; x++) {
            const bool is_spot = y >= CASE_TOP && y < CASE_TOP + CASE_SPOT && x >= CASE_LEFT &&
                                 x < CASE_LEFT + CASE_SPOT;
            float *p = hg__raster_pixel(&c->picture, y, x);
            p[0] = p[1] = p[2] = is_spot ? 1.0F : 0.4F;
            *hg__raster_pixel(&c->reconstruction, y, x) = 0.4F;
            if (is_spot) *hg__raster_pixel(&c->map, y / 2, x / 2) = 3;
        }
    }
    if (hg__regions_find(&c->regions, &c->map, &o, NULL) < 0) return -1;
    c->is = (hg__judged){.file = file,
                         .kind = kind,
                         .score = 3.25,
                         .p_value = 0.0125,
                         .is_alarm = true,
                         .picture = &c->picture,
                         .reconstruction = &c->reconstruction,
                         .map = &c->map,
                         .regions = &c->regions,
                         .frame = hg__map_frame_over(CASE_W / 2, CASE_H / 2, CASE_W, CASE_H)};
    return 0;
}
#endif

// SPDX-License-Identifier: Apache-2.0
// part_view.c - the region of a view, and the ways back: places, boxes and maps of a raster in the picture that it was made of.
#include "parts/part_view.h"

#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "parts/resize.h"

void hg__part_view_clear(hg__part_view *v) {
    hg__free(v->region.run);
    hg__alignment_clear(&v->alignment);
    *v = (hg__part_view){0};
}

// ---- the region ---------------------------------------------------------------------------------

static int check_region_size(const hg__part_view *v, int32_t height, int32_t width,
                             const char *name, hg_error *err) {
    if (v->height == 0) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected pictures of one size for a region of interest, got several",
                        name);
    }
    if (height == v->height && width == v->width) return HG_OK;
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected %d x %d pixels as the pictures have, got %d x %d", name, v->width,
                    v->height, width, height);
}

// Runs into `run` (NULL: counted only); how many.
static int64_t find_runs(const hg__raster *mask, int32_t *run) {
    const size_t pixels = hg__raster_count(mask);
    int64_t count = 0;
    int32_t length = 0;
    bool is_in = false;
    for (size_t i = 0; i < pixels; i++) {
        if ((mask->at[i] > 0.5F) != is_in) {
            if (run) run[count] = length;
            count++;
            length = 0;
            is_in = !is_in;
        }
        length++;
    }
    if (run) run[count] = length;
    return count + 1;
}

int hg__part_view_set_region(hg__part_view *v, const hg__raster *mask, const char *name,
                             hg_error *err) {
    HG_TRY(check_region_size(v, mask->height, mask->width, name, err));
    const int64_t count = find_runs(mask, NULL);
    if (count > HG_MAX_REGION_RUNS) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected a region of at most %d runs, got %lld",
                        name, HG_MAX_REGION_RUNS, (long long)count);
    }
    if (count == 1) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected some white pixels, got none", name);
    }
    int32_t *run = hg__alloc((size_t)count, sizeof *run, err);
    if (!run) return HG_ERR_MEMORY;
    find_runs(mask, run);
    hg__free(v->region.run);
    v->region = (hg__part_region){run, (int32_t)count};
    return HG_OK;
}

int hg__part_view_read_region(hg__part_view *v, const char *path, hg_error *err) {
    hg__image image;
    hg__raster mask;
    HG_TRY(hg__image_load(&image, path, true, err));
    int code = check_region_size(v, image.info.height, image.info.width, path, err);
    if (code == HG_OK) {
        code = hg__raster_init(&mask, image.info.height, image.info.width, 1, err);
    }
    if (code == HG_OK) {
        for (int32_t y = 0; y < mask.height; y++) {
            const size_t at = (size_t)y * hg__image_line_bytes(&image.info);
            hg__image_to_real(&image.info, (const uint8_t *)image.pixels + at, 1, 1,
                              hg__raster_pixel(&mask, y, 0));
        }
        code = hg__part_view_set_region(v, &mask, path, err);
        hg__raster_clear(&mask);
    }
    hg__image_clear(&image);
    return code;
}

// The next `count` pixels of the region as 0 and 1.
typedef struct run_reader {
    const hg__part_region *region;
    int32_t at, left; // the run, and what is left of it
} run_reader;

static void read_runs(run_reader *r, int32_t count, float *to) {
    for (int32_t i = 0; i < count; i++, r->left--) {
        while (r->left == 0) r->left = r->region->run[++r->at];
        to[i] = (float)(r->at % 2);
    }
}

// The region at the size of `shape`, line by line.
static int reduce_region(const hg__part_view *v, const hg__raster *shape, hg__take_line *take,
                         void *context, hg_error *err) {
    const hg__crop whole = {0, 0, v->width, v->height}, *crop = v->crop.width ? &v->crop : &whole;
    run_reader reader = {&v->region, 0, v->region.run[0]};
    float *line = hg__alloc((size_t)v->width, sizeof *line, err);
    hg__resizer *r =
        line ? hg__resizer_new_lines(crop->height, crop->width, shape, take, context, err) : NULL;
    for (int32_t y = 0; r && y < crop->top + crop->height; y++) {
        read_runs(&reader, v->width, line);
        if (y >= crop->top) hg__resizer_add(r, line + crop->left);
    }
    const int code = r ? HG_OK : HG_ERR_MEMORY;
    hg__resizer_free(r);
    hg__free(line);
    return code;
}

// Lines of a mask on their way.
typedef struct masking {
    const hg__part_geometry *where;
    hg__raster shape; // of the mask
    int32_t y;        // the next line
    float *line;      // owned, (width)
    hg__take_line *take;
    void *context;
} masking;

// region (width): more than 1/2 is looked at; NULL: everywhere.
static void mask_line(void *context, const float *region) {
    masking *m = context;
    const int32_t width = m->shape.width, y = m->y++;
    for (int32_t x = 0; x < width; x++) m->line[x] = 1;
    if (m->where->is_aligned) {
        const hg__crop *working = &m->where->working;
        const hg__raster from = {working->height, working->width, 1, NULL};
        hg__warp_real_line(&m->shape, &from, &m->where->pose, y, m->line);
    }
    for (int32_t x = 0; region && x < width; x++) m->line[x] *= region[x] > 0.5F ? 1 : 0;
    m->take(m->context, m->line);
}

int hg__part_mask_lines(const hg__part_view *v, const hg__part_geometry *where, hg__take_line *take,
                        void *context, hg_error *err) {
    masking m = {
        .where = where,
        .shape = {where->frame_height, where->frame_width, 1, NULL},
        .take = take,
        .context = context
    };
    m.line = hg__alloc((size_t)where->frame_width, sizeof *m.line, err);
    int code = m.line ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK && v->region.run) {
        code = reduce_region(v, &m.shape, mask_line, &m, err);
    } else if (code == HG_OK) {
        while (m.y < where->frame_height) mask_line(&m, NULL);
    }
    hg__free(m.line);
    return code;
}

// ---- back ---------------------------------------------------------------------------------------

hg__point hg__part_place_back(const hg__part_geometry *g, hg__point p) {
    const hg__crop *w = &g->working;
    if (g->is_aligned) {
        p = hg__pose_place(&g->pose, g->frame_height, g->frame_width, w->height, w->width, p);
    }
    return (hg__point){(p.y + 0.5) * g->crop.height / w->height - 0.5 + g->crop.top,
                       (p.x + 0.5) * g->crop.width / w->width - 0.5 + g->crop.left};
}

static int32_t clip(double x, int32_t low, int32_t high) {
    return x < low ? low : x > high ? high : (int32_t)x;
}

hg__crop hg__part_box_back(const hg__part_geometry *g, hg__crop box) {
    double top = (double)INFINITY, left = top, bottom = -top, right = -top;
    for (int k = 0; k < 4; k++) {
        const hg__point corner = {box.top + (k / 2 ? box.height : 0) - 0.5,
                                  box.left + (k % 2 ? box.width : 0) - 0.5};
        const hg__point at = hg__part_place_back(g, corner);
        top = fmin(top, at.y + 0.5);
        left = fmin(left, at.x + 0.5);
        bottom = fmax(bottom, at.y + 0.5);
        right = fmax(right, at.x + 0.5);
    }
    // what rounding leaves of a whole number is no pixel more
    const int32_t y = clip(floor(top + 1e-6), 0, g->height - 1);
    const int32_t x = clip(floor(left + 1e-6), 0, g->width - 1);
    return (hg__crop){x, y, hg__max(1, clip(ceil(right - 1e-6), 0, g->width) - x),
                      hg__max(1, clip(ceil(bottom - 1e-6), 0, g->height) - y)};
}

// The map of the frame over the working picture; 0 where the frame does not reach.
static int turn_back(const hg__part_geometry *g, hg__raster *map, hg_error *err) {
    const hg__pose back = hg__pose_inverse(&g->pose);
    hg__raster to, real;
    HG_TRY(hg__raster_warp(&to, &real, map, &back, g->working.height, g->working.width, err));
    const size_t pixels = hg__raster_count(&real), C = (size_t)to.channels;
    for (size_t i = 0; i < pixels * C; i++) to.at[i] *= real.at[i / C];
    hg__raster_clear(&real);
    hg__raster_clear(map);
    *map = to;
    return HG_OK;
}

// Enlarges the working map into the crop's place of `to`.
static int enlarge(const hg__part_geometry *g, const hg__raster *map, hg__raster *to,
                   hg_error *err) {
    hg__raster part;
    HG_TRY(hg__raster_resize(&part, map, g->crop.height, g->crop.width, err));
    if (part.height == g->height && part.width == g->width) {
        *to = part;
        return HG_OK;
    }
    const int code = hg__raster_init(to, g->height, g->width, map->channels, err);
    const size_t line = (size_t)part.width * (size_t)part.channels;
    for (int32_t y = 0; code == HG_OK && y < part.height; y++) {
        memcpy(hg__raster_pixel(to, g->crop.top + y, g->crop.left), hg__raster_pixel(&part, y, 0),
               line * sizeof *to->at);
    }
    hg__raster_clear(&part);
    return code;
}

int hg__part_map_back(const hg__part_geometry *g, const hg__raster *map, hg__raster *to,
                      hg_error *err) {
    hg__raster own;
    *to = (hg__raster){0};
    if (!g->is_aligned) return enlarge(g, map, to, err);
    HG_TRY(hg__raster_resize(&own, map, g->frame_height, g->frame_width, err));
    int code = turn_back(g, &own, err);
    if (code == HG_OK) code = enlarge(g, &own, to, err);
    hg__raster_clear(&own);
    return code;
}

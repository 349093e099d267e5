// SPDX-License-Identifier: Apache-2.0
// part_mask.c - a part's ground truth as a raster of 0 and 1.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "image/image.h"
#include "parts/part_set.h"

// The size is known from the header, before memory is taken.
static int check_size(const char *path, const char *part, int32_t height, int32_t width,
                      hg_error *err) {
    hg__image_reader *r = hg__image_open(path, err);
    if (!r) return err ? (int)err->code : HG_ERR_DATA;
    const hg__image_info *info = hg__image_info_of(r);
    const bool is_turned = info->orientation >= 5;
    const int32_t own_width = is_turned ? info->height : info->width;
    const int32_t own_height = is_turned ? info->width : info->height;
    hg__image_close(r);
    if (own_width == width && own_height == height) return HG_OK;
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected a mask of %d x %d pixels as %.200s has, got %d x %d", path, width,
                    height, part, own_width, own_height);
}

static void fill(const hg__image *image, hg__raster *mask) {
    const hg__image_info *info = &image->info;
    const int32_t samples = hg__image_samples(info);
    const size_t count = hg__raster_count(mask);
    const bool is_blurred = info->is_lossy;
    for (size_t i = 0; i < count; i++) {
        bool is = false;
        for (int32_t k = 0; k < info->channels; k++) {
            const size_t at = i * (size_t)samples + (size_t)k;
            const double sample = hg__image_sample(info->dtype, image->pixels, at);
            is = is || (is_blurred ? 2 * sample >= (double)info->white : sample > 0);
        }
        mask->at[i] = is ? 1.0F : 0.0F;
    }
}

// ---- outlines -----------------------------------------------------------------------------------

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Where the middle of row y meets the sides of a polygon (corners, 2): cross (corners), ascending; how many.
static int32_t cross_row(const double *corner, int32_t corners, double y, double *cross) {
    int32_t count = 0;
    for (int32_t i = 0; i < corners; i++) {
        const double *a = corner + (size_t)2 * (size_t)i;
        const double *b = corner + (size_t)2 * (size_t)((i + 1) % corners);
        if ((a[1] <= y) == (b[1] <= y)) continue;
        cross[count++] = a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]);
    }
    qsort(cross, (size_t)count, sizeof *cross, ascending);
    return count;
}

static int32_t clip(double x, int32_t most) {
    return x < 0 ? 0 : x > most ? most : (int32_t)x;
}

static void fill_polygon(hg__raster *mask, const double *corner, int32_t corners, double *cross) {
    double top = corner[1], bottom = top;
    for (int32_t i = 1; i < corners; i++) {
        top = fmin(top, corner[2 * i + 1]);
        bottom = fmax(bottom, corner[2 * i + 1]);
    }
    const int32_t end = clip(bottom + 1, mask->height);
    for (int32_t y = clip(top, mask->height); y < end; y++) {
        const int32_t count = cross_row(corner, corners, y + 0.5, cross);
        for (int32_t k = 0; k + 1 < count; k += 2) {
            const int32_t last = clip(ceil(cross[k + 1] - 0.5), mask->width);
            for (int32_t x = clip(ceil(cross[k] - 0.5), mask->width); x < last; x++) {
                *hg__raster_pixel(mask, y, x) = 1;
            }
        }
    }
}

static int fill_outlines(const hg__part *p, hg__raster *mask, hg_error *err) {
    double *cross = hg__alloc(p->outlines, sizeof *cross, err);
    if (!cross) return HG_ERR_MEMORY;
    for (size_t i = 0; i < p->outlines;) {
        const int32_t corners = (int32_t)p->outline[i];
        fill_polygon(mask, p->outline + i + 1, corners, cross);
        i += 1 + 2 * (size_t)corners;
    }
    hg__free(cross);
    return HG_OK;
}

int hg__part_mask_load(const hg__part_set *s, int32_t i, int32_t height, int32_t width,
                       hg__raster *mask, hg_error *err) {
    const hg__part *p = &s->part[i];
    hg__image image = {0};
    *mask = (hg__raster){0};
    if (!p->mask && p->outline) {
        HG_TRY(hg__raster_init(mask, height, width, 1, err));
        const int code = fill_outlines(p, mask, err);
        if (code < 0) hg__raster_clear(mask);
        return code;
    }
    if (!p->mask && p->is_defect) {
        return hg__fail(err, HG_ERR_DATA, "%s/%s: expected a mask of its defect, there is none",
                        s->folder, p->path);
    }
    if (!p->mask) return hg__raster_init(mask, height, width, 1, err);
    HG_TRY(check_size(p->mask, p->path, height, width, err));
    HG_TRY(hg__image_load(&image, p->mask, true, err));
    const bool is_same = image.info.height == height && image.info.width == width;
    int code =
        is_same ? hg__raster_init(mask, height, width, 1, err)
                : hg__fail(err, HG_ERR_IO, "%s: it was changed while it was being read", p->mask);
    if (code == HG_OK) fill(&image, mask);
    hg__image_clear(&image);
    return code;
}

// SPDX-License-Identifier: Apache-2.0
// map_files.c - maps and masks as files, a line at a time: 8-bit masks, 16-bit grey, .npy.
#include <math.h>

#include "array/sink.h"
#include "base/file.h"
#include "base/mem.h"
#include "image/image.h"
#include "report/overlay.h"

static hg__image_info grey_info(int32_t width, int32_t height, hg__dtype dtype) {
    return (hg__image_info){.width = width,
                            .height = height,
                            .channels = 1,
                            .dtype = dtype,
                            .white = hg__image_white_of(dtype),
                            .orientation = 1,
                            .pages = 1};
}

// Ends w.
static int end(hg__image_writer *w, int code, hg_error *err) {
    if (code == HG_OK) return hg__image_commit(w, err);
    hg__image_abort(w);
    return code;
}

static int write_mask(hg__image_writer *w, const hg__regions *r, const hg__map_frame *f,
                      hg_error *err) {
    uint8_t *line = hg__alloc((size_t)f->width, 1, err);
    if (!line) return HG_ERR_MEMORY;
    int code = HG_OK;
    int32_t at = 0;
    for (int32_t y = 0; y < f->height && code == HG_OK; y++) {
        hg__regions_mask_row(r, f, y, &at, line);
        code = hg__image_write_lines(w, line, 1, err);
    }
    hg__free(line);
    return code;
}

int hg__mask_save(const char *path, const hg__regions *r, const hg__map_frame *f, hg_error *err) {
    const hg__image_info info = grey_info(f->width, f->height, HG_U8);
    hg_error own;
    if (!err) err = &own;
    hg__image_writer *w = hg__image_create_new(path, &info, err);
    if (!w) return (int)err->code;
    hg__image_set_quick(w);
    return end(w, write_mask(w, r, f, err), err);
}

static int write_grey(hg__image_writer *w, const hg__raster *map, double unit, hg_error *err) {
    uint16_t *line = hg__alloc((size_t)map->width, sizeof *line, err);
    if (!line) return HG_ERR_MEMORY;
    int code = HG_OK;
    for (int32_t y = 0; y < map->height && code == HG_OK; y++) {
        const float *row = hg__raster_pixel(map, y, 0);
        for (int32_t x = 0; x < map->width; x++) {
            const double sample = (double)row[x] / unit;
            line[x] = (uint16_t)(sample > 0 ? lrint(fmin(sample, UINT16_MAX)) : 0);
        }
        code = hg__image_write_lines(w, line, 1, err);
    }
    hg__free(line);
    return code;
}

int hg__map_save_grey(const char *path, const hg__raster *map, float most, hg_error *err) {
    const hg__image_info info = grey_info(map->width, map->height, HG_U16);
    hg_error own;
    if (!err) err = &own;
    if (!(most > 0) || !isfinite(most)) {
        return hg__fail(err, HG_ERR_USAGE, "%s: expected a positive value for white, got %g", path,
                        (double)most);
    }
    hg__image_writer *w = hg__image_create_new(path, &info, err);
    if (!w) return (int)err->code;
    hg__image_set_quick(w);
    return end(w, write_grey(w, map, (double)most / UINT16_MAX, err), err);
}

int hg__map_save_npy(const char *path, const hg__raster *map, hg_error *err) {
    const hg__shape shape = {
        2, {map->height, map->width}
    };
    hg__writer w;
    HG_TRY(hg__writer_open(&w, path, err));
    int code = hg__npy_add_header(&w, HG_F32, &shape, err);
    if (code == HG_OK) {
        code = hg__writer_add(&w, map->at, hg__raster_count(map) * sizeof *map->at, err);
    }
    if (code == HG_OK) return hg__writer_commit(&w, err);
    hg__writer_abort(&w);
    return code;
}

// SPDX-License-Identifier: Apache-2.0
// raster.c - memory for pictures as numbers.
#include "parts/raster.h"

#include "base/mem.h"

int hg__raster_init(hg__raster *r, int32_t height, int32_t width, int32_t channels, hg_error *err) {
    *r = (hg__raster){.height = height, .width = width, .channels = channels};
    r->at = hg__alloc(hg__raster_count(r), sizeof *r->at, err);
    if (r->at) return HG_OK;
    *r = (hg__raster){0};
    return HG_ERR_MEMORY;
}

void hg__raster_clear(hg__raster *r) {
    hg__free(r->at);
    *r = (hg__raster){0};
}

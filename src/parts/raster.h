// SPDX-License-Identifier: Apache-2.0
// raster.h - a picture, or a map over one, as numbers in memory.
#ifndef HG_PARTS_RASTER_H
#define HG_PARTS_RASTER_H
#include <stdint.h>

#include "base/error.h"

typedef struct hg__raster {
    int32_t height, width, channels;
    float *at; // owned, (height, width, channels)
} hg__raster;

// Pixels of a raster: lines top .. top + height - 1, of them left .. left + width - 1.
typedef struct hg__box {
    int32_t left, top, width, height;
} hg__box;

// Zeros. HG_ERR_MEMORY where there is too little. r is {0} on failure.
int hg__raster_init(hg__raster *r, int32_t height, int32_t width, int32_t channels, hg_error *err);
void hg__raster_clear(hg__raster *r); // {0} is fine

static inline size_t hg__raster_count(const hg__raster *r) {
    return (size_t)r->height * (size_t)r->width * (size_t)r->channels;
}

// The channels of pixel (y, x), which is inside.
static inline float *hg__raster_pixel(const hg__raster *r, int32_t y, int32_t x) {
    return r->at + ((size_t)y * (size_t)r->width + (size_t)x) * (size_t)r->channels;
}
#endif

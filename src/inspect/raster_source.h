// SPDX-License-Identifier: Apache-2.0
// raster_source.h - pictures, or feature maps of them, one at a time, wherever they come from.
#ifndef HG_INSPECT_RASTER_SOURCE_H
#define HG_INSPECT_RASTER_SOURCE_H
#include "parts/raster.h"

// A plain value: copies are as good as the first, as long as the context lives.
typedef struct hg__raster_source {
    // borrowed: where the pictures come from, for messages
    const char *name;
    // borrowed: what read() is given
    const void *context;
    int32_t count;
    // Picture i, the caller's to clear; r is {0} before, and on failure. The same numbers each time. Called by one thread at a time.
    int (*read)(const void *context, int32_t i, hg__raster *r, hg_error *err);
} hg__raster_source;
#endif

// SPDX-License-Identifier: Apache-2.0
// canvas.c - boxes and lines in a block of pixels, saved as an image.
#include "report/canvas.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "image/image.h"

int hg__canvas_init(hg__canvas *c, int64_t width, int64_t height, hg_error *err) {
    enum { MOST = 1 << 26 };
    *c = (hg__canvas){0};
    if (width < 1 || height < 1 || width > MOST || height > MOST || width * height > MOST) {
        return hg__fail(err, HG_ERR_USAGE,
                        "picture: expected at most %d pixels, got %lld x %lld: draw fewer samples",
                        MOST, (long long)width, (long long)height);
    }
    const size_t bytes = (size_t)(width * height) * 3;
    c->rgb = hg__alloc(bytes, 1, err);
    if (!c->rgb) return HG_ERR_MEMORY;
    memset(c->rgb, 255, bytes);
    c->width = (int32_t)width;
    c->height = (int32_t)height;
    return HG_OK;
}

void hg__canvas_clear(hg__canvas *c) {
    hg__free(c->rgb);
    *c = (hg__canvas){0};
}

static int32_t clip(int32_t x, int32_t end) {
    return x < 0 ? 0 : x > end ? end : x;
}

static uint8_t *pixel(hg__canvas *c, int32_t x, int32_t y) {
    return c->rgb + ((size_t)y * (size_t)c->width + (size_t)x) * 3;
}

void hg__canvas_box(hg__canvas *c, int32_t x, int32_t y, int32_t w, int32_t h, hg__colour colour) {
    const int32_t right = clip(x + w, c->width), bottom = clip(y + h, c->height);
    for (int32_t j = clip(y, c->height); j < bottom; j++) {
        for (int32_t i = clip(x, c->width); i < right; i++) {
            memcpy(pixel(c, i, j), &colour, 3);
        }
    }
}

// to = from + cover * (colour - from), in 0..255.
static uint8_t mix(uint8_t from, uint8_t colour, float cover) {
    return (uint8_t)lrintf((float)from + cover * ((float)colour - (float)from));
}

// Distance of (px, py) from the segment.
static float distance(float px, float py, float x0, float y0, float dx, float dy) {
    const float length2 = dx * dx + dy * dy;
    float t = length2 > 0 ? ((px - x0) * dx + (py - y0) * dy) / length2 : 0;
    t = fminf(fmaxf(t, 0), 1);
    return hypotf(px - x0 - t * dx, py - y0 - t * dy);
}

void hg__canvas_line(hg__canvas *c, float x0, float y0, float x1, float y1, float thick,
                     hg__colour colour) {
    const float margin = thick / 2 + 1;
    const int32_t left = clip((int32_t)floorf(fminf(x0, x1) - margin), c->width);
    const int32_t right = clip((int32_t)ceilf(fmaxf(x0, x1) + margin), c->width);
    const int32_t top = clip((int32_t)floorf(fminf(y0, y1) - margin), c->height);
    const int32_t bottom = clip((int32_t)ceilf(fmaxf(y0, y1) + margin), c->height);
    for (int32_t j = top; j < bottom; j++) {
        for (int32_t i = left; i < right; i++) {
            const float d = distance((float)i + 0.5F, (float)j + 0.5F, x0, y0, x1 - x0, y1 - y0);
            const float cover = fminf(fmaxf(thick / 2 + 0.5F - d, 0), 1);
            uint8_t *p = pixel(c, i, j);
            p[0] = mix(p[0], colour.red, cover);
            p[1] = mix(p[1], colour.green, cover);
            p[2] = mix(p[2], colour.blue, cover);
        }
    }
}

static hg__image image_of(const hg__canvas *c) {
    const hg__image_info info = {.width = c->width,
                                 .height = c->height,
                                 .channels = 3,
                                 .dtype = HG_U8,
                                 .white = 255,
                                 .orientation = 1,
                                 .pages = 1};
    return (hg__image){info, c->rgb};
}

int hg__canvas_save(const hg__canvas *c, const char *path, hg_error *err) {
    const hg__image image = image_of(c);
    return hg__image_save(&image, path, err);
}

int hg__canvas_encode(const hg__canvas *c, const char *name, hg__text *to, hg_error *err) {
    const hg__image image = image_of(c);
    return hg__image_encode(&image, name, to, err);
}

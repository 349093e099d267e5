// SPDX-License-Identifier: Apache-2.0
// canvas.h - a picture in memory: filled boxes and smooth lines.
#ifndef HG_REPORT_CANVAS_H
#define HG_REPORT_CANVAS_H
#include "base/error.h"

typedef struct hg__canvas {
    int32_t width, height; // pixels
    uint8_t *rgb;          // owned, (height, width, 3)
} hg__canvas;

typedef struct hg__colour {
    uint8_t red, green, blue;
} hg__colour;

// White all over. Refuses more than 2^26 pixels.
int hg__canvas_init(hg__canvas *c, int64_t width, int64_t height, hg_error *err);
void hg__canvas_clear(hg__canvas *c); // {0} is fine

// What lies outside the canvas is left out.
void hg__canvas_box(hg__canvas *c, int32_t x, int32_t y, int32_t w, int32_t h, hg__colour colour);

// A line from (x0, y0) to (x1, y1) in pixels, `thick` pixels wide, with soft edges and round ends.
void hg__canvas_line(hg__canvas *c, float x0, float y0, float x1, float y1, float thick,
                     hg__colour colour);

// By the extension (PNG), whole or not at all.
int hg__canvas_save(const hg__canvas *c, const char *path, hg_error *err);
#endif

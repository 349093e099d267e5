// SPDX-License-Identifier: Apache-2.0
// lettering.h - words on a canvas: printable ASCII in one weight, drawn with the canvas's own lines.
#ifndef HG_REPORT_LETTERING_H
#define HG_REPORT_LETTERING_H
#include "report/canvas.h"

// Pixels from the left edge of the first letter to the right edge of the last; `size`: height of a capital.
float hg__lettering_width(const char *text, float size);

// Where (x, y) lies on the text: y is the middle of a capital's height.
typedef enum hg__align { HG_LEFT, HG_CENTRE, HG_RIGHT } hg__align;

// Characters of UTF-8 beyond ASCII, and control bytes, are drawn as '?'.
void hg__canvas_write(hg__canvas *c, float x, float y, float size, hg__align align,
                      hg__colour colour, const char *text);
#endif

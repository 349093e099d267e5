// SPDX-License-Identifier: Apache-2.0
// denoise_preview.c - preview=sheet.png: the middle of a picture at 100 %, as it is and cleaned by several settings.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/int.h"
#include "base/mem.h"
#include "jobs/denoise.h"
#include "options/options.h"
#include "report/canvas.h"

enum { SIDE = 288, GAP = 8, LABEL = 22, COLUMNS = 4 };

typedef struct setting {
    double strength, detail;
    bool needs_level;
} setting;

static const setting settings[] = {
    {0.5,  0,    false},
    {0.75, 0,    false},
    {1,    0,    false},
    {1.25, 0,    true },
    {1.5,  0,    true },
    {1,    0.25, false},
    {1,    0.5,  false},
};
enum { SETTINGS = sizeof settings / sizeof *settings };

// The part of the picture that is cleaned, and that of it that is shown.
typedef struct part {
    int32_t top, left, height, width, channels;
    int32_t shown_top, shown_left, shown_height, shown_width; // in it
    float *x, *y;                                             // owned, (height, width, channels)
} part;

static void place(int32_t pixels, int32_t margin, int32_t *from, int32_t *size, int32_t *shown_from,
                  int32_t *shown) {
    const int32_t first = hg__max((pixels - SIDE) / 2, 0);
    *shown = hg__min(SIDE, pixels);
    *from = hg__max(first - margin, 0);
    *size = hg__min(first + *shown + margin, pixels) - *from;
    *shown_from = first - *from;
}

// Its samples, white being 1.
static int read_part(part *p, hg__image_reader *r, hg_error *err) {
    const hg__image_info *info = hg__image_info_of(r);
    const size_t pixel = (size_t)hg__image_samples(info) * hg__dtype_size(info->dtype);
    const size_t numbers = (size_t)p->width * (size_t)p->channels;
    hg__image_info narrow = *info;
    narrow.width = p->width;
    uint8_t *line = hg__alloc(hg__image_line_bytes(info), 1, err);
    if (line) p->x = hg__alloc((size_t)p->height, numbers * sizeof *p->x, err);
    if (p->x) p->y = hg__alloc((size_t)p->height, numbers * sizeof *p->y, err);
    int code = p->y ? HG_OK : HG_ERR_MEMORY;
    for (int32_t i = 0; code == HG_OK && i < p->top + p->height; i++) {
        code = hg__image_read_lines(r, line, 1, err);
        if (code < 0 || i < p->top) continue;
        hg__image_to_real(&narrow, line + (size_t)p->left * pixel, 1, p->channels,
                          p->x + (size_t)(i - p->top) * numbers);
    }
    hg__free(line);
    return code;
}

static int open_part(part *p, const hg__denoise_work *d, const char *path, hg_error *err) {
    hg__image_reader *r = hg__image_open(path, err);
    if (!r) return (int)err->code;
    const hg__image_info *info = hg__image_info_of(r);
    const int32_t radius = d->denoiser->needs.receptive_radius;
    const int32_t margin = (radius < 0 ? 0 : radius) + HG_LEVEL_CELL;
    p->channels = info->channels;
    place(info->height, margin, &p->top, &p->height, &p->shown_top, &p->shown_height);
    place(info->width, margin, &p->left, &p->width, &p->shown_left, &p->shown_width);
    const int code = read_part(p, r, err);
    hg__image_close(r);
    return code;
}

static uint8_t byte_of(float x) {
    const float white = 255, scaled = x * white;
    return x > 0 ? x < 1 ? (uint8_t)lrintf(scaled) : UINT8_MAX : 0;
}

static void draw(hg__canvas *c, const part *p, const float *x, int32_t cell, const char *label) {
    const int32_t left = GAP + cell % COLUMNS * (p->shown_width + GAP);
    const int32_t top = GAP + cell / COLUMNS * (p->shown_height + LABEL + GAP);
    const float middle = 0.5F * LABEL, capital = 9;
    hg__canvas_write(c, (float)left, (float)top + middle, capital, HG_LEFT, hg__ink, label);
    for (int32_t i = 0; i < p->shown_height; i++) {
        const size_t at = (size_t)(p->shown_top + i) * (size_t)p->width + (size_t)p->shown_left;
        const float *from = x + at * (size_t)p->channels;
        uint8_t *to = c->rgb + 3 * ((size_t)(top + LABEL + i) * (size_t)c->width + (size_t)left);
        for (int32_t j = 0; j < p->shown_width; j++, from += p->channels) {
            for (int32_t k = 0; k < 3; k++) *to++ = byte_of(from[p->channels == 3 ? k : 0]);
        }
    }
}

static int clean(hg__denoise_work *d, const part *p, const setting *s, hg_error *err) {
    const hg_pixels from = {.data = p->x,
                            .width = p->width,
                            .height = p->height,
                            .layout = p->channels == 3 ? HG_PIXELS_RGB : HG_PIXELS_GREY,
                            .type = HG_PIXELS_F32};
    hg_pixels to = from;
    hg__tuning how = d->denoiser->tuner.how; // with the file's sigma
    to.data = p->y;
    how.strength = s->strength;
    how.detail = s->detail;
    HG_TRY(hg__denoiser_tune(d->denoiser, &how, err));
    return hg_denoise_pixels(d->denoiser, &from, &to, err);
}

static bool is_shown(const hg__denoise_work *d, const setting *s) {
    if (s->needs_level && !d->denoiser->net->has_level) return false;
    return s->detail <= 0 || d->denoiser->needs.receptive_radius >= 0;
}

static int draw_all(hg__denoise_work *d, const part *p, hg__canvas *c, hg_error *err) {
    int32_t cell = 0;
    draw(c, p, p->x, cell++, "as it is");
    for (size_t i = 0; i < SETTINGS; i++) {
        const setting *s = &settings[i];
        char label[64];
        if (!is_shown(d, s)) continue;
        HG_TRY(clean(d, p, s, err));
        int used = snprintf(label, sizeof label, "strength=%g", s->strength);
        if (s->detail > 0) {
            used += snprintf(label + used, sizeof label - (size_t)used, " detail=%g", s->detail);
        }
        const double level = hg_denoiser_level(d->denoiser);
        if (level >= 0 && s->detail <= 0 && s->strength >= 1 && s->strength <= 1) {
            snprintf(label + used, sizeof label - (size_t)used, "  (noise %.1f)", level);
        }
        draw(c, p, p->y, cell++, label);
    }
    return HG_OK;
}

int hg__denoise_preview(hg__denoise_work *d, const char *path, const char *sheet, hg_error *err) {
    part p = {0};
    hg__canvas c = {0};
    int code = open_part(&p, d, path, err);
    int32_t cells = 1;
    for (size_t i = 0; i < SETTINGS; i++) cells += is_shown(d, &settings[i]);
    const int64_t lines = hg__ceil_div(cells, COLUMNS), across = hg__min(cells, COLUMNS);
    if (code == HG_OK) {
        code = hg__canvas_init(&c, GAP + across * (p.shown_width + GAP),
                               GAP + lines * (p.shown_height + LABEL + GAP), err);
    }
    if (code == HG_OK) code = draw_all(d, &p, &c, err);
    if (code == HG_OK) code = hg__canvas_save(&c, sheet, err);
    if (code == HG_OK) code = hg__denoiser_tune(d->denoiser, &d->tuning, err);
    hg__canvas_clear(&c);
    hg__free(p.x);
    hg__free(p.y);
    return code;
}

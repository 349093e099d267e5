// SPDX-License-Identifier: Apache-2.0
// training_code.c - the pictures of a training's page: samples before and after, the code moved by hand, its map.
#include <math.h>
#include <stdio.h>

#include "base/int.h"
#include "base/mem.h"
#include "report/row_picture.h"
#include "report/training_page.h"

// What samples are: of rows that went in as they were, and of corrupted ones.
static const char *const words[2][3] = {
    {"in",        "out",     ""     },
    {"corrupted", "cleaned", "clean"}
};

enum {
    SIDE = 96,
    THUMB = 32,
    MOST_ACROSS = 64,
    SHOWN_SAMPLES = 12,
    CURVES = 4,
    MOST_DRAWN = 24,
    MOST_CURVE = 2048,
    SPRITE_BYTES = 600000 // of a sprite, before it is packed
};

// Values that lie within 0..1 are drawn from 0 to 1; all else from the smallest to the largest of `rows`.
static void find_range(hg__row_picture *p, const hg__some_rows *rows, int32_t width) {
    const size_t count = (size_t)rows->count * (size_t)width;
    if (!count) return;
    float low = rows->x[0], high = rows->x[0];
    for (size_t i = 1; i < count; i++) {
        low = fminf(low, rows->x[i]);
        high = fmaxf(high, rows->x[i]);
    }
    if (low >= 0 && high <= 1) return;
    p->low = low;
    p->high = high > low ? high : low + 1;
}

// `count` pictures, of SIDE pixels or of fewer where that were too much for a page.
static void fit_picture(hg__row_picture *p, int32_t count) {
    for (int32_t side = SIDE; side > 0; side--) {
        hg__row_picture_shrink(p, side);
        if ((int64_t)count * p->width * p->height * p->channels <= SPRITE_BYTES) return;
    }
}

// A sprite of rows, `across` in a line.
static int add_sprite(hg__page *to, const hg__row_picture *p, const float *x, int32_t count,
                      int32_t width, int32_t across, hg_error *err) {
    hg__canvas c;
    HG_TRY(hg__canvas_init(&c, (int64_t)across * p->width,
                           (int64_t)hg__ceil_div(count, across) * p->height, err));
    for (int32_t i = 0; i < count; i++) {
        hg__row_picture_draw(&c, p, x + (size_t)i * (size_t)width, i % across * p->width,
                             i / across * p->height);
    }
    const int code = hg__page_sprite(to, &c, p->channels == 1, err);
    hg__canvas_clear(&c);
    return code;
}

static double aspect_of(const hg__row_picture *p) {
    return (double)p->height / p->width;
}

// ---- samples ------------------------------------------------------------------------------------

// Each pair, or three, beneath each other.
static int add_pictures(hg__page *to, const hg__training_page *p, hg__row_picture picture,
                        hg_error *err) {
    const hg__some_rows *const band[] = {&p->in, &p->out, &p->clean};
    const int32_t n = hg__min(p->in.count, SHOWN_SAMPLES), bands = p->clean.count ? 3 : 2;
    fit_picture(&picture, n);
    find_range(&picture, p->clean.count ? &p->clean : &p->in, p->width);
    hg__page_begin_tiles(to, "Samples");
    for (int32_t k = 0; k < bands; k++) {
        const int sprite = add_sprite(to, &picture, band[k]->x, n, p->width, n, err);
        HG_TRY(sprite);
        hg__page_strip(to, words[bands == 3][k]);
        for (int32_t i = 0; i < n; i++) {
            char name[64];
            snprintf(name, sizeof name, "sample %d, %s", (int)i + 1, words[bands == 3][k]);
            hg__page_add_tile(to, sprite, i, n, n, aspect_of(&picture), name);
        }
    }
    hg__page_end_tiles(to);
    hg__page_note(to, "%d of the rows held out%s.", (int)n,
                  bands == 3 ? "; the lowest is what should have come back" : "");
    return HG_OK;
}

static void add_curve(hg__page *to, const hg__training_page *p, int32_t i, const double *x,
                      double *y) {
    const hg__some_rows *const band[] = {&p->in, &p->out, &p->clean};
    const int32_t bands = p->clean.count ? 3 : 2, n = p->width;
    hg__series curve[3];
    char title[40];
    double low = HUGE_VAL, high = -HUGE_VAL;
    for (int32_t k = 0; k < bands; k++) {
        double *to_y = y + (size_t)k * (size_t)n;
        for (int32_t j = 0; j < n; j++) {
            to_y[j] = (double)band[k]->x[(size_t)i * (size_t)n + (size_t)j];
            low = fmin(low, to_y[j]);
            high = fmax(high, to_y[j]);
        }
        curve[k] = (hg__series){.name = words[bands == 3][k],
                                .x = x,
                                .y = to_y,
                                .count = n,
                                .colour = k == 0 ? 10 : k,
                                .is_dashed = k == 2};
    }
    snprintf(title, sizeof title, "Sample %d", (int)i + 1);
    const hg__chart c = {.title = title,
                         .sense = "A row and what the model made of it.",
                         .along = "number of the row",
                         .up = "value",
                         .x = hg__axis_over(1, n, false),
                         .y = hg__axis_over(low, high, false)};
    hg__page_begin_figure(to);
    hg__svg_curves(to, &c, curve, bands);
    hg__page_end_figure(to, "%s", "");
}

static int add_curves(hg__page *to, const hg__training_page *p, hg_error *err) {
    const int32_t n = p->width, shown = hg__min(p->in.count, CURVES);
    double *x = hg__alloc(4 * (size_t)n, sizeof *x, err);
    if (!x) return HG_ERR_MEMORY;
    for (int32_t j = 0; j < n; j++) x[j] = j + 1;
    hg__page_begin_grid(to);
    for (int32_t i = 0; i < shown; i++) add_curve(to, p, i, x, x + n);
    hg__page_end_grid(to);
    hg__free(x);
    return HG_OK;
}

int hg__training_page_samples(hg__page *to, const hg__training_page *p, hg_error *err) {
    const hg__row_picture picture = hg__row_picture_of(&p->shape);
    if (!p->in.count || (!picture.H && (p->width > MOST_CURVE || p->width < 2))) return HG_OK;
    hg__page_section(to, "samples", p->clean.count ? "Before and after" : "In and out");
    return picture.H ? add_pictures(to, p, picture, err) : add_curves(to, p, err);
}

// ---- the code -----------------------------------------------------------------------------------

static int add_moves(hg__page *to, const hg__training_page *p, hg__row_picture picture,
                     hg_error *err) {
    const hg__code_moves *m = &p->moves;
    const hg__some_rows rows = {m->picture, m->units * HG_SLIDER_STEPS};
    fit_picture(&picture, rows.count);
    find_range(&picture, &p->out, p->width);
    const int sprite = add_sprite(to, &picture, rows.x, rows.count, p->width, HG_SLIDER_STEPS, err);
    HG_TRY(sprite);
    hg__page_heading(to, "Moved by hand");
    hg__page_paragraph(
        to,
        "Each slider moves one number of the code of row %lld over what it is in the "
        "rows looked at; the others stay. The picture is what the decoder makes of it.",
        (long long)m->row);
    hg__page_begin_sliders(to);
    for (int32_t i = 0; i < m->units; i++) {
        char name[32];
        snprintf(name, sizeof name, "unit %d", (int)m->unit[i] + 1);
        hg__page_add_slider(to, &(hg__page_slider){.name = name,
                                                   .value = m->value[i],
                                                   .sprite = sprite,
                                                   .line = i,
                                                   .lines = m->units,
                                                   .steps = HG_SLIDER_STEPS,
                                                   .at = m->at[i],
                                                   .aspect = aspect_of(&picture)});
    }
    hg__page_end_sliders(to);
    if (m->units < p->code) {
        hg__page_note(to, "The %d of %d numbers that differ most between rows.", (int)m->units,
                      (int)p->code);
    }
    return HG_OK;
}

// Decoded rows beside each other, `each` 1, 2 and so on.
static int add_field(hg__page *to, const hg__training_page *p, hg__row_picture picture,
                     const hg__some_rows *rows, const char *each, hg_error *err) {
    const int32_t n = hg__min(rows->count, MOST_DRAWN);
    fit_picture(&picture, n);
    find_range(&picture, &p->out, p->width);
    const int sprite = add_sprite(to, &picture, rows->x, n, p->width, n, err);
    HG_TRY(sprite);
    hg__page_begin_field(to);
    for (int32_t i = 0; i < n; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s %d", each, (int)i + 1);
        hg__page_add_tile(to, sprite, i, n, n, aspect_of(&picture), name);
    }
    hg__page_end_field(to);
    return HG_OK;
}

static int add_drawn(hg__page *to, const hg__training_page *p, hg__row_picture picture,
                     hg_error *err) {
    hg__page_heading(to, "Drawn anew");
    hg__page_paragraph(to, "Codes drawn at random, decoded: none of these was ever in the data.");
    HG_TRY(add_field(to, p, picture, &p->drawn, "drawn", err));
    if (!p->between.count) return HG_OK;
    hg__page_heading(to, "From one row to another");
    hg__page_paragraph(to, "The codes on the straight line between those of two rows, decoded.");
    return add_field(to, p, picture, &p->between, "step", err);
}

static int add_map(hg__page *to, const hg__training_page *p, hg__row_picture picture,
                   hg_error *err) {
    const hg__code_map *m = &p->map;
    hg__map_chart c = {.title = "Map of the code",
                       .point = m->point,
                       .points = m->points,
                       .name = m->classes ? m->name : NULL,
                       .classes = m->classes ? m->classes : 1,
                       .aspect = 1};
    char sense[200];
    if (m->tile.count) {
        hg__row_picture_shrink(&picture, THUMB);
        find_range(&picture, &p->out, p->width);
        c.across = hg__min(m->tile.count, MOST_ACROSS);
        c.down = hg__ceil_div(m->tile.count, c.across);
        c.aspect = aspect_of(&picture);
        c.sprite = add_sprite(to, &picture, m->tile.x, m->tile.count, p->width, c.across, err);
        HG_TRY(c.sprite);
    }
    snprintf(sense, sizeof sense,
             "%lld points, one a row, near each other where codes are alike%s. Arrow keys go from "
             "row to row.",
             (long long)m->points, m->classes ? ", in colours of their classes" : "");
    c.sense = sense;
    hg__svg_map(to, &c);
    hg__page_note(to,
                  "%lld of %lld rows, their codes of %d numbers laid out by %s: who is near is "
                  "alike, how far apart groups lie says little. Point at one to see it%s.",
                  (long long)m->points, (long long)m->of, (int)p->code, m->method,
                  m->classes ? "; a class's button shows it alone" : "");
    return HG_OK;
}

int hg__training_page_code(hg__page *to, const hg__training_page *p, hg_error *err) {
    const hg__row_picture picture = hg__row_picture_of(&p->shape);
    if (!p->moves.units && !p->map.points && !p->drawn.count) return HG_OK;
    hg__page_section(to, "code", "The code");
    if (p->map.points) HG_TRY(add_map(to, p, picture, err));
    if (p->moves.units) HG_TRY(add_moves(to, p, picture, err));
    return p->drawn.count ? add_drawn(to, p, picture, err) : HG_OK;
}

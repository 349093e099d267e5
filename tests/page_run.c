// SPDX-License-Identifier: Apache-2.0
// page_run.c - a page with one of each of what a page may have, for validators and browsers:
//
//   page_run OUT POINTS NAME
//
// POINTS of them on its map. NAME stands everywhere where text from outside does.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "report/svg.h"

enum { EPOCHS = 30, CLASSES = 10, SIDE = 12, ACROSS = 50, TILES = 2000, STEPS = 9, UNITS = 6 };

static void add_tables(hg__page *p, const char *name) {
    const char *const column[] = {"model", "error", name};
    hg__page_section(p, "tables", name);
    hg__page_paragraph(p, "%s", name);
    hg__page_begin_list(p, true);
    hg__page_fact(p, "Rows", "%d", 60000);
    hg__page_fact(p, name, "%s", name);
    hg__page_end_list(p);
    hg__page_begin_list(p, false);
    hg__page_fact(p, "Trained on", "%s", name);
    hg__page_end_list(p);
    char caption[80];
    snprintf(caption, sizeof caption, "%.60s's table", name);
    hg__page_begin_table(p, caption, column, 3, 6);
    for (int32_t i = 0; i < 3; i++) {
        hg__page_row(p);
        hg__page_cell(p, "%s", name);
        hg__page_cell(p, "%.4g", 1.0 / (i + 3));
        hg__page_cell(p, "%s", "");
    }
    hg__page_end_table(p);
    hg__page_code(p, name);
    hg__page_note(p, "%s", name);
}

static void add_curves(hg__page *p, const char *name) {
    double x[EPOCHS], y[2][EPOCHS];
    for (int32_t i = 0; i < EPOCHS; i++) {
        x[i] = i + 1;
        y[0][i] = 0.02 + exp(-i / 3.0);
        y[1][i] = i % 7 == 3 ? (double)NAN : 0.03 + exp(-i / 4.0);
    }
    const hg__series curve[] = {
        {name,         x, y[0], EPOCHS, 1, false, false},
        {"validation", x, y[1], EPOCHS, 2, true,  false}
    };
    const hg__chart c = {name,
                         name,
                         "epoch",
                         "loss",
                         hg__axis_over(1, EPOCHS, false),
                         hg__axis_over(0.02, 1.1, true)};
    hg__page_begin_figure(p);
    hg__svg_curves(p, &c, curve, 2);
    hg__page_end_figure(p, "%s", name);
}

static float unit(uint32_t i, uint32_t draw) {
    return hg__unit_float(hg__philox_run(7, HG_STREAM_SYNTHETIC, 0, i, draw).word[0]);
}

static int add_bars(hg__page *p, const char *name, hg_error *err) {
    float score[1000];
    const hg__mark mark = {3.1, "threshold 3.1"};
    const hg__bar bar[] = {
        {name,      0.031, 0.028,       0.035,       1},
        {"PCA",     0.05,  (double)NAN, (double)NAN, 2},
        {"nothing", 0,     0,           0,           3}
    };
    for (uint32_t i = 0; i < 1000; i++) score[i] = expf(2 * unit(i, 1) * unit(i, 2) - 0.5F);
    hg__chart c = {.title = name, .sense = name, .along = "score", .up = "rows"};
    hg__page_begin_figure(p);
    HG_TRY(hg__svg_histogram_of(p, &c, score, 1000, true, &mark, 1, err));
    hg__page_end_figure(p, "%s", "");
    hg__page_begin_figure(p);
    hg__svg_bars(p, "Error", name, bar, 3);
    hg__page_end_figure(p, "%s", name);
    return HG_OK;
}

// (down, across) tiles of SIDE x SIDE pixels: each a bar that is higher in later ones.
static int draw_tiles(hg__canvas *c, int32_t across, int32_t down, hg_error *err) {
    HG_TRY(hg__canvas_init(c, (int64_t)across * SIDE, (int64_t)down * SIDE, err));
    for (int32_t i = 0; i < across * down; i++) {
        const int32_t high = i % across * SIDE / across + 1;
        hg__canvas_box(c, i % across * SIDE, i / across * SIDE + SIDE - high, SIDE - 2, high,
                       (hg__colour){20, 20, 20});
    }
    return HG_OK;
}

static int add_sliders(hg__page *p, const char *name, hg_error *err) {
    hg__canvas c = {0};
    double value[STEPS];
    HG_TRY(draw_tiles(&c, STEPS, UNITS, err));
    int sprite = hg__page_image(p, &c, name, false, err);
    if (sprite == HG_OK) sprite = hg__page_sprite(p, &c, true, err);
    hg__canvas_clear(&c);
    HG_TRY(sprite);
    for (int32_t i = 0; i < STEPS; i++) value[i] = i - 4.0;
    hg__page_begin_sliders(p);
    for (int32_t i = 0; i < UNITS; i++) {
        hg__page_add_slider(
            p, &(hg__page_slider){i ? "unit" : name, value, sprite, i, UNITS, STEPS, 4, 1});
    }
    hg__page_end_sliders(p);
    hg__page_begin_tiles(p, "Samples");
    for (int32_t k = 0; k < 2; k++) {
        hg__page_strip(p, name);
        for (int32_t i = 0; i < STEPS; i++) {
            hg__page_add_tile(p, sprite, k * STEPS + i, STEPS * UNITS, STEPS, 1, name);
        }
    }
    hg__page_end_tiles(p);
    hg__page_begin_field(p);
    hg__page_add_tile(p, sprite, 3, STEPS * UNITS, STEPS, 1, "a tile");
    hg__page_end_field(p);
    return HG_OK;
}

static int add_map(hg__page *p, const char *name, int64_t points, hg_error *err) {
    static const char *const digit[CLASSES] = {NULL, "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    const char *class[CLASSES];
    hg__canvas c = {0};
    memcpy(class, digit, sizeof class);
    class[0] = name;
    HG_TRY(draw_tiles(&c, ACROSS, TILES / ACROSS, err));
    const int sprite = hg__page_sprite(p, &c, true, err);
    hg__canvas_clear(&c);
    HG_TRY(sprite);
    hg__map_point *point = hg__alloc((size_t)points, sizeof *point, err);
    if (!point) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < points; i++) {
        const uint32_t k = (uint32_t)i;
        const int32_t column = i % 4, line = i % CLASSES / 4;
        point[i] = (hg__map_point){3.0F * (float)column + unit(k, 1) + unit(k, 2),
                                   3.0F * (float)line + unit(k, 3) + unit(k, 4), i % CLASSES,
                                   i < TILES ? i : -1, 7LL * i};
    }
    const hg__map_chart map = {name,    name,   point,  points,         class,
                               CLASSES, sprite, ACROSS, TILES / ACROSS, 1};
    hg__svg_map(p, &map);
    hg__free(point);
    return HG_OK;
}

static void add_network(hg__page *p, const char *name) {
    hg__drawn_layer layer[] = {
        {"input",          "28x28",    784,  0,      -1, false},
        {"conv 32 k3 s2",  "14x14x32", 6272, 320,    -1, false},
        {"",               "7x7x64",   3136, 18496,  -1, false},
        {"dense 32",       "32",       32,   100384, -1, true },
        {"dense 3136",     "7x7x64",   3136, 103488, -1, false},
        {"add 1",          "14x14x32", 6272, 0,      1,  false},
        {"conv 1 sigmoid", "28x28",    784,  289,    -1, false}
    };
    snprintf(layer[2].name, sizeof layer[2].name, "%s", name);
    hg__page_begin_figure(p);
    hg__svg_hourglass(p, layer, sizeof layer / sizeof *layer);
    hg__page_end_figure(p, "%s", name);
}

static int make(hg__page *p, const char *path, int64_t points, const char *name, hg_error *err) {
    const hg__page_head head = {name, name};
    add_tables(p, name);
    hg__page_section(p, "charts", "Charts");
    hg__page_begin_grid(p);
    add_curves(p, name);
    HG_TRY(add_bars(p, name, err));
    hg__page_end_grid(p);
    hg__page_section(p, "network", "Network");
    add_network(p, name);
    hg__page_section(p, "code", "Code");
    HG_TRY(add_sliders(p, name, err));
    HG_TRY(add_map(p, name, points, err));
    return hg__page_save(p, path, &head, err);
}

int main(int argc, char **argv) {
    int64_t points;
    hg_error err = {0};
    hg__page p = {0};
    if (argc != 4 || !hg__parse_int(argv[2], &points) || points < 1 || points > 100000) return 2;
    const int code = make(&p, argv[1], points, argv[3], &err);
    hg__page_clear(&p);
    if (code) fprintf(stderr, "%s\n", err.message);
    return code != 0;
}

// SPDX-License-Identifier: Apache-2.0
// page.h - a page of HTML for people: one file, no network, light and dark, from a telephone's width to paper.
//
//   section ── paragraph, list, table, figure ... ── section ── ... ── save
//
// A page is begun as {0} and grows in memory; what runs out of it is said by save. Charts are SVG (svg.h). All text is
// escaped here. Its script changes the theme, moves sliders and shows points of a map; nothing is asked of any network, which
// a policy in the head forbids the browser, too.
#ifndef HG_REPORT_PAGE_H
#define HG_REPORT_PAGE_H
#include "base/text.h"
#include "report/canvas.h"
#include "report/html.h"

typedef struct hg__page {
    hg__text body, contents; // owned: sections, and the list of them
    hg__text style;          // owned: pictures that several elements show parts of
    int32_t charts, sprites; // so far, for names
    int32_t column;          // of the cell to come
    uint64_t numbers;        // bit i: column i of the table is of numbers
    bool in_section, in_row, in_strip;
} hg__page;

void hg__page_clear(hg__page *p); // {0} is fine

// A section, and a line in the list of contents; ends the one before. id: letters and hyphens, unique in the page.
void hg__page_section(hg__page *p, const char *id, const char *title);
// A smaller heading.
void hg__page_heading(hg__page *p, const char *title);

// Words as printf has them, escaped; what is longer than HG_PAGE_WORDS is cut.
enum { HG_PAGE_WORDS = 2000 };
void hg__page_paragraph(hg__page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Small print below something.
void hg__page_note(hg__page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Something to be typed or copied, of any length.
void hg__page_code(hg__page *p, const char *text);

// Names and values: begin, fact ..., end. As tiles: a few short ones, large.
void hg__page_begin_list(hg__page *p, bool tiles);
void hg__page_fact(hg__page *p, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void hg__page_end_list(hg__page *p);

// begin, row, cell ..., row, cell ..., end. numbers: bit i says that column i stands to the right. The first cell of a row is its
// name. caption: for everybody, also read aloud.
void hg__page_begin_table(hg__page *p, const char *caption, const char *const *name,
                          int32_t columns, uint64_t numbers);
void hg__page_row(hg__page *p);
void hg__page_cell(hg__page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
void hg__page_end_table(hg__page *p);

// A figure: begin, an image or a chart, end with its caption ("" is none).
void hg__page_begin_figure(hg__page *p);
void hg__page_end_figure(hg__page *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// Several figures beside each other where there is room: begin, figures, end.
void hg__page_begin_grid(hg__page *p);
void hg__page_end_grid(hg__page *p);
// A picture within the page; alt: what is to be seen. is_lossy: JPEG, for photographs; else PNG.
int hg__page_image(hg__page *p, const hg__canvas *c, const char *alt, bool is_lossy, hg_error *err);

// Text that opens at a click: begin, anything, end.
void hg__page_begin_details(hg__page *p, const char *summary);
void hg__page_end_details(hg__page *p);

// A picture of tiles, (down, across) of one size, of which elements show one each. Its number, from 1; or a code. is_grey: one
// channel is stored.
int hg__page_sprite(hg__page *p, const hg__canvas *tiles, bool is_grey, hg_error *err);

// A slider that shows the `steps` tiles of line `line` (of `lines`) of a sprite, one at a time; begins at step `at`.
// value (steps): what is said of each. aspect: height of a tile over its width.
typedef struct hg__page_slider {
    const char *name; // "unit 3"
    const double *value;
    int32_t sprite, line, lines, steps, at;
    double aspect;
} hg__page_slider;
void hg__page_begin_sliders(hg__page *p);
void hg__page_add_slider(hg__page *p, const hg__page_slider *s);
void hg__page_end_sliders(hg__page *p);

// Tiles of a sprite of one line beside each other: strips with a name each, below each other, which scroll in a box of their own; or a
// field of them.
void hg__page_begin_tiles(hg__page *p, const char *name);
void hg__page_strip(hg__page *p, const char *name); // the tiles to come; ends the strip before
void hg__page_end_tiles(hg__page *p);
void hg__page_begin_field(hg__page *p);
void hg__page_end_field(hg__page *p);
// Tile `at` of a sprite's `count`, `across` a line.
void hg__page_add_tile(hg__page *p, int32_t sprite, int32_t at, int32_t count, int32_t across,
                       double aspect, const char *name);

typedef struct hg__page_head {
    const char *title; // of the page
    const char *lead;  // a sentence below it
} hg__page_head;

// All of it is there, or none; the page is cleared in both cases.
int hg__page_save(hg__page *p, const char *path, const hg__page_head *head, hg_error *err);
// A text as a file, whole or not at all; a text that ran out of memory is none.
int hg__page_write(const char *path, const hg__text *t, hg_error *err);

extern const char hg__page_style[], hg__page_script[]; // page_style.c, page_script.c
#endif

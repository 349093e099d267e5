// SPDX-License-Identifier: Apache-2.0
// contact_sheet.c - contact.png: a headline a group, a line of words and up to four panels a picture.
//
//      ball screws                                                   0 [dark ... light] 4.2
//      WORST
//      test/pitting/01_2009....jpg    pitting                 [alarm]  score 5.31   p 0.002
//      +----------+ +----------+ +----------+ +----------+
//      |  input   | | recons.. | |   map    | | outline  |
//      +----------+ +----------+ +----------+ +----------+
#include "report/contact_sheet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/int.h"
#include "base/show.h"

enum { MARGIN = 20, GAP = 8, PANEL = 300, TITLE = 44, NAMES = 20, HEADLINE = 38, WORDS = 24 };
enum { AFTER = 12, BAR_WIDTH = 200, BAR_HEIGHT = 10 };

static const hg__colour black = {20, 22, 26}, words = {90, 94, 100}, rule = {210, 213, 218},
                        red = {200, 40, 40}, white = {255, 255, 255}, blue = {31, 105, 206};
static const float small = 8, large = 10, title = 12; // heights of capitals

typedef struct sheet {
    const hg__judged_head *head;
    const hg__judged_group *group;
    int32_t groups;
    int32_t panels;             // columns
    hg__panel panel[HG_PANELS]; // (panels)
    int32_t width;              // of all
} sheet;

void hg__shorten(const char *name, float size, float width, char *to, size_t room) {
    snprintf(to, room, "%s", name);
    hg__cut_partial(to);
    if (strlen(name) < room && hg__text_width(to, size) <= width) return;
    const size_t length = strlen(name), most = length < room - 4 ? length : room - 4;
    for (size_t kept = most / 2 * 2; kept >= 2; kept -= 2) {
        const size_t half = kept / 2;
        const char *end = name + length - half;
        while (*end && ((unsigned char)*end & 0xC0) == 0x80) end++; // of a character cut in two
        int32_t begin = (int32_t)half;
        while (begin > 0 && ((unsigned char)name[begin] & 0xC0) == 0x80) begin--;
        snprintf(to, room, "%.*s...%s", begin, name, end);
        if (hg__text_width(to, size) <= width) return;
    }
}

// ---- words --------------------------------------------------------------------------------------

static void write_at(hg__canvas *c, int32_t x, int32_t y, float size, hg__align align,
                     hg__colour colour, const char *text) {
    hg__canvas_write(c, (float)x, (float)y, size, align, colour, text);
}

// What colours mean, right above the last panel.
static void draw_scale(hg__canvas *c, const sheet *s) {
    const hg__heat *heat = &s->head->heat;
    const int32_t top = MARGIN + (TITLE - MARGIN - BAR_HEIGHT) / 2;
    const int32_t right = s->width - MARGIN - 44, left = right - BAR_WIDTH;
    char text[32];
    for (int32_t i = 0; i < BAR_WIDTH; i++) {
        hg__canvas_box(c, left + i, top, 1, BAR_HEIGHT,
                       hg__heat_colour((float)i / (float)(BAR_WIDTH - 1)));
    }
    snprintf(text, sizeof text, "map %.3g", (double)heat->low);
    write_at(c, left - 6, top + BAR_HEIGHT / 2, small, HG_RIGHT, words, text);
    snprintf(text, sizeof text, "%.3g", (double)heat->high);
    write_at(c, right + 6, top + BAR_HEIGHT / 2, small, HG_LEFT, words, text);
}

static void write_head(hg__canvas *c, const sheet *s) {
    char text[256];
    const int32_t middle = MARGIN + (TITLE - MARGIN) / 2;
    const int32_t room = s->width - 2 * MARGIN - BAR_WIDTH - 120;
    hg__shorten(s->head->title, title, (float)room, text, sizeof text);
    write_at(c, MARGIN, middle, title, HG_LEFT, black, text);
    draw_scale(c, s);
    for (int32_t k = 0; k < s->panels; k++) {
        write_at(c, MARGIN + k * (PANEL + GAP), TITLE + NAMES / 2, small, HG_LEFT, words,
                 hg__panel_name(s->panel[k]));
    }
}

static void write_headline(hg__canvas *c, const sheet *s, int32_t top, const char *headline) {
    write_at(c, MARGIN, top + HEADLINE - 18, large, HG_LEFT, blue, headline);
    hg__canvas_box(c, MARGIN, top + HEADLINE - 5, s->width - 2 * MARGIN, 1, rule);
}

// From the right: p-value, score, whether it is an alarm; then from the left: its name and what it is known to be.
static void write_words(hg__canvas *c, const sheet *s, int32_t top, const hg__judged *j) {
    char text[256];
    const int32_t y = top + WORDS / 2;
    int32_t right = s->width - MARGIN, used = 0;
    if (s->panels) right = MARGIN + s->panels * (PANEL + GAP) - GAP;
    used = snprintf(text, sizeof text, "score %.4g", j->score);
    if (!isnan(j->p_value)) {
        snprintf(text + used, sizeof text - (size_t)used, "   p %.2g", j->p_value);
    }
    write_at(c, right, y, small, HG_RIGHT, black, text);
    right -= (int32_t)hg__text_width(text, small) + 12;
    if (j->is_alarm) {
        const int32_t wide = (int32_t)hg__text_width("ALARM", small - 1) + 12;
        hg__canvas_box(c, right - wide, y - 8, wide, 16, red);
        write_at(c, right - wide / 2, y, small - 1, HG_CENTRE, white, "ALARM");
        right -= wide + 12;
    }
    const float kind = hg__text_width(j->kind, small);
    const float room = (float)(right - MARGIN) - 16;
    const float most = fmaxf(room - fminf(kind, room / 3), 60);
    hg__shorten(j->file, small, most, text, sizeof text);
    write_at(c, MARGIN, y, small, HG_LEFT, black, text);
    const int32_t x = MARGIN + (int32_t)hg__text_width(text, small) + 16;
    hg__shorten(j->kind, small, room / 3, text, sizeof text);
    write_at(c, x, y, small, HG_LEFT, words, text);
}

// ---- the sheet ----------------------------------------------------------------------------------

static int32_t row_height(const hg__judged *j) {
    return WORDS + hg__panel_box(j, PANEL, PANEL).height + AFTER;
}

static void draw_row(hg__canvas *c, const sheet *s, int32_t top, const hg__judged *j) {
    write_words(c, s, top, j);
    hg__box box = hg__panel_box(j, PANEL, PANEL);
    box.top = top + WORDS;
    for (int32_t k = 0; k < s->panels; k++) {
        box.left = MARGIN + k * (PANEL + GAP);
        if (hg__panel_is_there(s->panel[k], j)) {
            hg__draw_panel(c, &box, s->panel[k], j, &s->head->heat);
        }
    }
}

// Columns that some picture has; returns the height.
static int64_t lay_out(sheet *s) {
    int64_t height = TITLE + NAMES + MARGIN;
    for (int32_t k = 0; k < HG_PANELS; k++) {
        bool is_there = k == HG_PANEL_INPUT;
        for (int32_t g = 0; g < s->groups && !is_there; g++) {
            for (int32_t i = 0; i < s->group[g].rows; i++) {
                is_there = is_there || hg__panel_is_there((hg__panel)k, s->group[g].row + i);
            }
        }
        if (is_there) s->panel[s->panels++] = (hg__panel)k;
    }
    s->width = 2 * MARGIN + hg__max(s->panels, 2) * (PANEL + GAP) - GAP;
    for (int32_t g = 0; g < s->groups; g++) {
        if (s->group[g].rows) height += HEADLINE;
        for (int32_t i = 0; i < s->group[g].rows; i++) height += row_height(s->group[g].row + i);
    }
    return height;
}

int hg__contact_sheet_save(const char *path, const hg__judged_head *head,
                           const hg__judged_group *group, int32_t groups, hg_error *err) {
    sheet s = {.head = head, .group = group, .groups = groups};
    hg__canvas c;
    const int64_t height = lay_out(&s);
    HG_TRY(hg__canvas_init(&c, s.width, height, err));
    write_head(&c, &s);
    int32_t top = TITLE + NAMES;
    for (int32_t g = 0; g < groups; g++) {
        if (!group[g].rows) continue;
        write_headline(&c, &s, top, group[g].headline);
        top += HEADLINE;
        for (int32_t i = 0; i < group[g].rows; i++) {
            draw_row(&c, &s, top, group[g].row + i);
            top += row_height(group[g].row + i);
        }
    }
    const int code = hg__canvas_save(&c, path, err);
    hg__canvas_clear(&c);
    return code;
}

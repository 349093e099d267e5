// SPDX-License-Identifier: Apache-2.0
// score_sheet.c - rows of cells going out.
#include "jobs/score_sheet.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "csv/cell.h"

enum { FLUSH = 1 << 16, NUMBER = 64 }; // bytes

static bool ends_in(const char *path, const char *end) {
    const size_t length = strlen(path), size = strlen(end);
    return length > size && strcasecmp(path + length - size, end) == 0;
}

static void add_csv_text(hg__text *t, const char *text, size_t size) {
    hg__text_add_csv(t, text, size, ',');
}

// Nine digits say which float it was. A p-value may lie below all floats, and is not 0.
static size_t format_number(char text[NUMBER], hg__out_kind kind, double x) {
    if (x > 0 && x < (double)FLT_MIN) return (size_t)snprintf(text, NUMBER, "%.9g", x);
    return kind == HG_OUT_INTEGER ? hg__format_count(text, (uint64_t)x)
                                  : hg__format_g9(text, (float)x);
}

// An object whose missing cells are left out.
static void format_json(const hg__score_sheet *s, const hg__cell *cell, hg__text *t) {
    char number[NUMBER];
    hg__json_writer w = {.to = t};
    hg__json_begin(&w, NULL, '{');
    for (int32_t i = 0; i < s->columns; i++) {
        const char *name = s->column[i].name;
        if (cell[i].kind == HG_CELL_NUMBER) {
            const size_t size = format_number(number, s->column[i].kind, cell[i].number);
            hg__json_add_written(&w, name, number, size);
        } else if (cell[i].kind != HG_CELL_MISSING) {
            hg__json_add_string(&w, name, cell[i].text, (size_t)cell[i].size);
        }
    }
    hg__json_end(&w, '}');
}

// The same, as in the row before where the number is; last may be NULL.
static size_t repeat_number(char text[NUMBER], hg__out_kind kind, double x,
                            hg__written_number *last) {
    if (!last) return format_number(text, kind, x);
    if (last->size > 0 && last->number == x && !signbit(last->number) == !signbit(x)) {
        memcpy(text, last->text, sizeof last->text);
        return (size_t)last->size;
    }
    const size_t size = format_number(text, kind, x);
    last->number = x;
    last->size = size <= sizeof last->text ? (int32_t)size : 0;
    memcpy(last->text, text, sizeof last->text);
    return size;
}

// last (columns), or NULL.
static void format_csv(const hg__score_sheet *s, const hg__cell *cell, hg__written_number *last,
                       hg__text *t) {
    const size_t room = (size_t)s->columns * (1 + NUMBER);
    char *to = hg__text_room(t, room);
    for (int32_t i = 0; i < s->columns && to; i++) {
        if (i) *to++ = ',';
        if (cell[i].kind == HG_CELL_NUMBER) {
            to += repeat_number(to, s->column[i].kind, cell[i].number, last ? &last[i] : NULL);
        } else if (cell[i].kind != HG_CELL_MISSING) {
            t->length = (size_t)(to - t->data);
            add_csv_text(t, cell[i].text, (size_t)cell[i].size);
            to = hg__text_room(t, room);
        }
    }
    if (to) t->length = (size_t)(to - t->data);
}

static void format(const hg__score_sheet *s, const hg__cell *cell, hg__written_number *last,
                   hg__text *t) {
    if (s->json) {
        format_json(s, cell, t);
    } else {
        format_csv(s, cell, last, t);
    }
    hg__text_add_bytes(t, "\n", 1);
}

void hg__score_sheet_format(const hg__score_sheet *s, const hg__cell *cell, hg__text *t) {
    format(s, cell, NULL, t);
}

int hg__score_sheet_add_lines(hg__score_sheet *s, hg__text *lines, hg_error *err) {
    if (lines->failed) return hg__fail(err, HG_ERR_MEMORY, "out of memory while writing scores");
    HG_TRY(hg__writer_add(&s->file, lines->data, lines->length, err));
    lines->length = 0;
    return HG_OK;
}

bool hg__score_sheet_is_json(const char *out, const char *format) {
    return strcmp(format, "json") == 0 ||
           (strcmp(format, "auto") == 0 && (ends_in(out, ".json") || ends_in(out, ".jsonl")));
}

int hg__append_check(bool appends, const char *out, hg_error *err) {
    if (!appends) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "append: expected rows of a table for a database in out=, got %s, which is "
                    "written anew",
                    out);
}

static int open_text(hg__score_sheet *s, const char *out, hg_error *err) {
    s->last = hg__alloc((size_t)s->columns, sizeof *s->last, err);
    if (!s->last) return HG_ERR_MEMORY;
    HG_TRY(hg__writer_open(&s->file, out, err));
    if (s->json) return HG_OK;
    for (int32_t i = 0; i < s->columns; i++) {
        if (i) hg__text_add(&s->text, ",");
        add_csv_text(&s->text, s->column[i].name, strlen(s->column[i].name));
    }
    hg__text_add_bytes(&s->text, "\n", 1);
    return hg__score_sheet_add_lines(s, &s->text, err);
}

int hg__score_sheet_open(hg__score_sheet *s, const hg__sheet_target *to,
                         const hg__out_column *column, int32_t columns, hg_error *err) {
    const char *out = to->out, *format = to->format;
    hg_error own = {0};
    *s = (hg__score_sheet){.column = column, .columns = columns};
    if (hg__table_out_is(out)) {
        if (!err) err = &own;
        s->database = hg__table_out_open(out, to->table, column, columns, to->appends, err);
        return s->database ? HG_OK : (int)err->code;
    }
    HG_TRY(hg__append_check(to->appends, out, err));
    hg__sweep_beside(out);
    s->json = hg__score_sheet_is_json(out, format);
    const int code = open_text(s, out, err);
    if (code < 0) hg__score_sheet_abort(s);
    return code;
}

int hg__score_sheet_add(hg__score_sheet *s, const hg__cell *cell, hg_error *err) {
    if (s->database) return hg__table_out_add(s->database, cell, err);
    format(s, cell, s->last, &s->text);
    if (s->text.length < FLUSH && !s->text.failed) return HG_OK;
    return hg__score_sheet_add_lines(s, &s->text, err);
}

int hg__score_sheet_commit(hg__score_sheet *s, hg_error *err) {
    int code = HG_OK;
    if (s->database) {
        code = hg__table_out_commit(s->database, err);
    } else {
        if (s->text.length || s->text.failed) code = hg__score_sheet_add_lines(s, &s->text, err);
        if (code == HG_OK) code = hg__writer_commit(&s->file, err);
    }
    hg__score_sheet_abort(s); // of what was committed nothing is left to be taken back
    return code;
}

void hg__score_sheet_abort(hg__score_sheet *s) {
    hg__writer_abort(&s->file);
    hg__table_out_close(s->database);
    hg__text_clear(&s->text);
    hg__free(s->last);
    *s = (hg__score_sheet){0};
}

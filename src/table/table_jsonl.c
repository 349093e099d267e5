// SPDX-License-Identifier: Apache-2.0
// table_jsonl.c - lines of JSON as a table: an object a line, its names are the columns; those of an object within it
// are flow.age, a list is a text (json_line.h).
//
// The columns are the names of the first thousand lines, in the order in which they come. A name that comes only later is passed
// over, a line without one of them has no value there. Cells are what they would be in CSV: "NA" is missing, "12" a number.
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "csv/cell.h"
#include "csv/csv.h"
#include "table/json_line.h"
#include "table/table.h"
#include "table/text_lines.h"

enum { LOOKED = 1000 };

typedef struct jsonl_table {
    hg__text_lines lines;
    hg__names *index; // owned: finds a column
    int32_t indexed;  // columns it knows
    uint64_t *seen;   // owned, (columns): line in which a column came last
} jsonl_table;

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int bad_line(const hg__table *t, const hg__json_walk *w, const hg__json_member *m,
                    hg_error *err) {
    const jsonl_table *j = t->state;
    char name[90] = "";
    if (m->key && hg__is_utf8(m->key, m->key_size)) {
        const hg__csv_cell key = {.text = m->key, .size = m->key_size};
        char shown[48];
        hg__csv_show_cell(&key, shown);
        snprintf(name, sizeof name, "column '%s': ", shown);
        if (!hg__is_utf8(name, strlen(name))) name[0] = '\0'; // cut within a letter
    }
    return hg__fail(err, HG_ERR_DATA, "%s:%llu: %sexpected %s, got %s", t->path,
                    (unsigned long long)j->lines.line, name, w->expected, w->got);
}

// ---- columns ------------------------------------------------------------------------------------

static bool is_name(const char *name, const hg__json_member *m) {
    return strlen(name) == m->key_size && memcmp(name, m->key, m->key_size) == 0;
}

// The column of that name; `guess` is the likely one. -1 if there is none.
static int32_t find_column(const hg__table *t, const hg__json_member *m, int32_t guess) {
    const jsonl_table *j = t->state;
    if (guess < t->columns && is_name(t->name[guess], m)) return guess;
    for (int32_t i = j->indexed; i < t->columns; i++) {
        if (is_name(t->name[i], m)) return i;
    }
    return j->index ? hg__names_find(j->index, m->key, m->key_size) : -1;
}

// Names that came since are looked through one by one: now and then all are put in order.
static int index_names(hg__table *t, bool all, hg_error *err) {
    jsonl_table *j = t->state;
    if (!all && t->columns - j->indexed < 64 + j->indexed / 2) return HG_OK;
    hg__names *index = hg__names_new(t->name, t->columns, err);
    if (!index) return HG_ERR_MEMORY;
    hg__names_free(j->index);
    j->index = index;
    j->indexed = t->columns;
    return HG_OK;
}

static int add_column(hg__table *t, const hg__json_member *m, size_t *room, hg_error *err) {
    if (t->columns >= HG_MAX_COLUMNS) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected at most %d different names, got more",
                        t->path, HG_MAX_COLUMNS);
    }
    if ((size_t)t->columns == *room) {
        const size_t more = *room ? 2 * *room : 64;
        char **grown = hg__grow(t->name, more, sizeof *grown, err);
        if (!grown) return HG_ERR_MEMORY;
        jsonl_table *j = t->state;
        t->name = grown;
        *room = more;
        hg__names_free(j->index); // it knew the names by where they were
        j->index = NULL;
        j->indexed = 0;
    }
    char *name = hg__grow(NULL, m->key_size + 1, 1, err);
    if (!name) return HG_ERR_MEMORY;
    for (size_t i = 0; i < m->key_size; i++) name[i] = m->key[i];
    name[m->key_size] = '\0';
    t->name[t->columns++] = name;
    return index_names(t, false, err);
}

// Names of the line; a line that is none is for the pass to come to complain of, but the first must be good.
static int learn_line(hg__table *t, char *text, size_t size, size_t *room, hg_error *err) {
    hg__json_walk w;
    hg__json_member m;
    int code;
    const bool first = t->columns == 0;
    hg__json_walk_begin(&w, text, size);
    for (int32_t guess = 0; (code = hg__json_walk_next(&w, &m)) > 0; guess++) {
        if (!hg__is_utf8(m.key, m.key_size)) {
            w.expected = "names in UTF-8";
            w.got = "other bytes";
            code = -1;
            break;
        }
        if (find_column(t, &m, guess) < 0) HG_TRY(add_column(t, &m, room, err));
    }
    if (code == 0 || !first) return HG_OK;
    return bad_line(t, &w, &m, err);
}

// Tells of a name that no line has: the first, and how many there are.
static void note_absent(hg__table *t, const char *first, int32_t count) {
    if (strlen(first) > 100) first = "...";
    if (count == 1) snprintf(t->note, sizeof t->note, "no line has '%s'", first);
    if (count < 2) return;
    snprintf(t->note, sizeof t->note, "no line has '%s' and %d more of the model's columns", first,
             count - 1);
}

// Columns of a model that may have no value: a name that no line has is one of nothing else. Where the file has none of the
// model's names it is another.
static int add_absent(hg__table *t, const hg__header_options *o, size_t *room, hg_error *err) {
    bool any = false;
    const char *first = "";
    int32_t count = 0;
    for (int32_t i = 0; i < o->names && !any; i++) {
        const hg__json_member m = {.key = o->name[i], .key_size = strlen(o->name[i])};
        any = find_column(t, &m, 0) >= 0;
    }
    for (int32_t i = 0; any && i < o->absent; i++) {
        const hg__json_member m = {.key = o->name[i], .key_size = strlen(o->name[i])};
        if (find_column(t, &m, 0) >= 0) continue;
        HG_TRY(add_column(t, &m, room, err));
        if (count++ == 0) first = o->name[i];
    }
    note_absent(t, first, count);
    return HG_OK;
}

static int learn_columns(hg__table *t, const hg__header_options *o, hg_error *err) {
    jsonl_table *j = t->state;
    size_t room = 0, size;
    char *text;
    for (int i = 0; i < LOOKED; i++) {
        const int code = hg__text_lines_next(&j->lines, &text, &size, err);
        if (code == 0) break;
        if (code == HG_ERR_DATA && i > 0) continue; // too long a line
        HG_TRY(code);
        HG_TRY(learn_line(t, text, size, &room, err));
    }
    if (t->columns == 0) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected lines of JSON with names in them, got none",
                        t->path);
    }
    HG_TRY(add_absent(t, o, &room, err));
    HG_TRY(index_names(t, true, err));
    j->seen = hg__alloc((size_t)t->columns, sizeof *j->seen, err);
    return j->seen ? HG_OK : HG_ERR_MEMORY;
}

static int open_jsonl(hg__table *t, const hg__table_options *o, hg_error *err) {
    jsonl_table *j = hg__alloc(1, sizeof *j, err);
    if (!j) return HG_ERR_MEMORY;
    t->state = j;
    t->point = '.';
    HG_TRY(hg__text_lines_open(&j->lines, t, err));
    HG_TRY(learn_columns(t, &o->header, err));
    return hg__text_lines_begin(&j->lines, t->path, err);
}

static int rewind_jsonl(hg__table *t, hg_error *err) {
    jsonl_table *j = t->state;
    memset(j->seen, 0, (size_t)t->columns * sizeof *j->seen);
    return hg__text_lines_begin(&j->lines, t->path, err);
}

static void close_jsonl(hg__table *t) {
    jsonl_table *j = t->state;
    if (!j) return;
    hg__text_lines_close(&j->lines);
    hg__names_free(j->index);
    hg__free(j->seen);
    hg__free(j);
}

// ---- rows ---------------------------------------------------------------------------------------

static int read_cell(hg__json_walk *w, const hg__json_member *m, hg__cell *cell) {
    static const hg__cell_kind kinds[] = {[HG_CSV_NUMBER] = HG_CELL_NUMBER,
                                          [HG_CSV_MISSING] = HG_CELL_MISSING,
                                          [HG_CSV_INFINITE] = HG_CELL_TEXT,
                                          [HG_CSV_TEXT] = HG_CELL_TEXT};
    const hg__csv_cell raw = {.text = m->text, .size = m->size};
    *cell = (hg__cell){.kind = HG_CELL_MISSING};
    if (m->kind == HG_MEMBER_NULL) return 1;
    if (m->kind == HG_MEMBER_TRUE || m->kind == HG_MEMBER_FALSE) {
        *cell = (hg__cell){.kind = HG_CELL_NUMBER, .number = m->kind == HG_MEMBER_TRUE};
        return 1;
    }
    w->expected = "a text in UTF-8";
    w->got = "other bytes";
    if (!hg__is_utf8(m->text, m->size)) return -1;
    if (m->kind == HG_MEMBER_LIST) {
        *cell = (hg__cell){.kind = HG_CELL_TEXT, .text = m->text, .size = (int32_t)m->size};
        return 1;
    }
    const hg__csv_kind kind = hg__csv_read_double(&raw, '.', &cell->number);
    cell->kind = kinds[kind];
    cell->text = m->text;
    cell->size = (int32_t)m->size;
    w->expected = "a finite number";
    w->got = "one that is none";
    return m->kind == HG_MEMBER_NUMBER && kind == HG_CSV_INFINITE ? -1 : 1;
}

static int read_row(const hg__table *t, char *text, size_t size, hg__cell *cell, hg_error *err) {
    jsonl_table *j = t->state;
    hg__json_walk w;
    hg__json_member m;
    int code;
    hg__json_walk_begin(&w, text, size);
    for (int32_t i = 0; i < t->columns; i++) cell[i] = (hg__cell){.kind = HG_CELL_MISSING};
    for (int32_t guess = 0; (code = hg__json_walk_next(&w, &m)) > 0;) {
        const int32_t column = find_column(t, &m, guess);
        if (column < 0) continue;
        guess = column + 1;
        if (j->seen[column] == j->lines.line) {
            w.expected = "a name once";
            w.got = "it twice";
            return bad_line(t, &w, &m, err);
        }
        j->seen[column] = j->lines.line;
        if (read_cell(&w, &m, cell + column) < 0) return bad_line(t, &w, &m, err);
    }
    return code < 0 ? bad_line(t, &w, &m, err) : 1;
}

static int next_jsonl(hg__table *t, hg__cell *cell, hg_error *err) {
    jsonl_table *j = t->state;
    char *text;
    size_t size;
    const int more = hg__text_lines_next(&j->lines, &text, &size, err);
    if (more <= 0) return more;
    return read_row(t, text, size, cell, err);
}

static void where_jsonl(const hg__table *t, char *text, size_t size) {
    const jsonl_table *j = t->state;
    snprintf(text, size, "%s:%llu", t->path, (unsigned long long)j->lines.line);
}

// An object that begins and has a name in the first line that is not empty.
static bool sniff_jsonl(const char *source, const uint8_t *head, size_t size) {
    (void)source;
    size_t i = size >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (i < size && is_blank((char)head[i])) i++;
    if (i == size || head[i++] != '{') return false;
    while (i < size && (head[i] == ' ' || head[i] == '\t')) i++;
    if (i == size || head[i] != '"') return false;
    for (i++; i < size && head[i] != '"'; i++) {
        if (head[i] < ' ') return false;
        if (head[i] == '\\') i++;
    }
    for (i++; i < size && (head[i] == ' ' || head[i] == '\t'); i++) {
    }
    return i >= size || head[i] == ':';
}

const hg__table_type hg__table_jsonl = {"jsonl",    sniff_jsonl, open_jsonl, rewind_jsonl,
                                        next_jsonl, where_jsonl, close_jsonl};

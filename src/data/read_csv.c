// SPDX-License-Identifier: Apache-2.0
// read_csv.c - CSV and TSV: numbers in columns, with or without a header.
//
// Two speeds. A row of plain numbers with the right number of separators, which nearly all are, goes through
// fast_row(). The first thing that is not plain (a quote, a blank, a missing value, a wrong width) sends the
// row from its start through slow_row(), which knows everything and finds the words for what is wrong.
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "data/csv_number.h"
#include "data/csv_text.h"
#include "data/reader.h"
#include "data/sink.h"

typedef struct csv {
    hg__data *d;               // borrowed
    const hg__data_options *o; // borrowed
    hg__csv_window window;
    char separator;
    int32_t columns; // in the file
    bool *used;      // owned, (columns): is a feature
    char **name;     // owned, (columns) owned; NULL without a header
    hg__sink sink;
    hg_error first; // why the first row was skipped
} csv;

// ---- the header ---------------------------------------------------------------------------------

// Reads on until ten newlines are in the window: enough to see what separates the columns.
static int hold_sample(csv *c, hg_error *err) {
    for (hg__csv_window *w = &c->window; !w->at_end;) {
        int lines = 0;
        for (size_t i = w->start; i < w->complete && lines < 10; i++) lines += w->text[i] == '\n';
        if (lines == 10) break;
        HG_TRY(hg__csv_window_more(w, err));
    }
    return HG_OK;
}

// Makes sure that the first two records are in the window, or all there are.
static int hold_two_records(csv *c, hg_error *err) {
    for (;;) {
        hg__csv_window *w = &c->window;
        size_t at = w->start;
        int found = 0;
        hg__csv_record r;
        while (at < w->complete &&
               hg__csv_find_record(w->text + at, w->complete - at, c->separator, &r)) {
            at += r.size;
            if (!r.blank && ++found == 2) return HG_OK;
        }
        if (w->at_end) return HG_OK;
        HG_TRY(hg__csv_window_more(w, err));
    }
}

// Passes blank lines; true if a record begins at the start of the window.
static bool find_start(csv *c, size_t *at, hg__csv_record *r) {
    hg__csv_window *w = &c->window;
    while (*at < w->complete &&
           hg__csv_find_record(w->text + *at, w->complete - *at, c->separator, r)) {
        if (!r->blank) return true;
        *at += r->size;
    }
    return false;
}

// A comma-separated list has the word.
static bool is_listed(const char *list, const char *word, size_t size) {
    for (const char *p = list; *p;) {
        size_t n = strcspn(p, ",");
        if (n == size && memcmp(p, word, n) == 0) return true;
        p += n;
        if (*p == ',') p++;
    }
    return false;
}

// What the first row says about being a header; see docs/DATA.md. `second` may be NULL.
static bool is_header(const csv *c, const char *first, const char *second) {
    bool any_number = false, any_text = false;
    for (int32_t i = 0; i < c->columns; i++) {
        hg__csv_cell a, b;
        float x;
        first = hg__csv_next_cell(first, c->separator, &a);
        hg__csv_kind kind = hg__csv_read_cell(&a, &x);
        any_number = any_number || kind == HG_CSV_NUMBER || kind == HG_CSV_INFINITE;
        any_text = any_text || kind == HG_CSV_TEXT;
        bool above_number = false;
        if (second) {
            second = hg__csv_next_cell(second, c->separator, &b);
            above_number = hg__csv_read_cell(&b, &x) == HG_CSV_NUMBER;
        }
        if (kind != HG_CSV_TEXT) continue;
        if (above_number || is_listed(c->o->label, a.text, a.size) ||
            is_listed(c->o->ignore, a.text, a.size)) {
            return true;
        }
    }
    return any_text && !any_number;
}

// The cell as a string of its own, "" in it made ".
static char *copy_name(const hg__csv_cell *cell, hg_error *err) {
    char *name = hg__grow(NULL, cell->size + 1, 1, err);
    if (!name) return NULL;
    size_t n = 0;
    for (size_t i = 0; i < cell->size; i++) {
        unsigned char byte = (unsigned char)cell->text[i];
        name[n++] = byte < ' ' ? ' ' : (char)byte; // so that it stays on one line
        if (cell->quoted && cell->text[i] == '"') i++;
    }
    name[n] = '\0';
    return name;
}

static int copy_names(csv *c, const char *p, hg_error *err) {
    c->name = hg__alloc((size_t)c->columns, sizeof *c->name, err);
    if (!c->name) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < c->columns; i++) {
        hg__csv_cell cell;
        p = hg__csv_next_cell(p, c->separator, &cell);
        if (!(c->name[i] = copy_name(&cell, err))) return HG_ERR_MEMORY;
    }
    return HG_OK;
}

// ---- which columns are features -----------------------------------------------------------------

static int no_such_column(const csv *c, const char *option, const char *word, hg_error *err) {
    const char *near = NULL;
    if (c->name) near = hg__nearest_name(word, (const char *const *)c->name, (size_t)c->columns);
    return hg__fail(err, HG_ERR_USAGE,
                    "%s: %s=%.60s: expected the name of a column or a number from 1 to %d%s%.60s%s",
                    c->d->path, option, word, c->columns, near ? "; did you mean '" : "",
                    near ? near : "", near ? "'?" : "");
}

// Takes out the columns a list of names (or numbers from 1) means.
static int leave_out(csv *c, const char *option, const char *list, hg_error *err) {
    char word[256];
    for (const char *p = list; *p;) {
        size_t n = strcspn(p, ",");
        snprintf(word, sizeof word, "%.*s", n < 255 ? (int)n : 255, p);
        p += n;
        if (*p == ',') p++;
        if (n == 0) continue;
        bool found = false;
        for (int32_t i = 0; c->name && i < c->columns; i++) {
            if (strcmp(c->name[i], word) != 0) continue;
            c->used[i] = false;
            found = true;
        }
        int64_t number;
        if (!found && hg__parse_int(word, &number) && number >= 1 && number <= c->columns) {
            c->used[number - 1] = false;
            found = true;
        }
        if (!found) return no_such_column(c, option, word, err);
    }
    return HG_OK;
}

static int pick_columns(csv *c, hg_error *err) {
    c->used = hg__alloc((size_t)c->columns, sizeof *c->used, err);
    if (!c->used) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < c->columns; i++) c->used[i] = true;
    HG_TRY(leave_out(c, "label", c->o->label, err));
    HG_TRY(leave_out(c, "ignore", c->o->ignore, err));
    int32_t width = 0;
    for (int32_t i = 0; i < c->columns; i++) width += c->used[i];
    if (width == 0) {
        return hg__fail(
            err, HG_ERR_USAGE,
            "%s: expected at least one column to be left, got label= and ignore= for all %d",
            c->d->path, c->columns);
    }
    c->d->width = width;
    c->d->shape = (hg__shape){.rank = 1, .dim = {width}};
    if (!c->name) return HG_OK;
    c->d->column = hg__alloc((size_t)width, sizeof *c->d->column, err);
    if (!c->d->column) return HG_ERR_MEMORY;
    for (int32_t i = 0, k = 0; i < c->columns; i++) {
        if (!c->used[i]) continue;
        char *copy = hg__copy_text(c->name[i], err);
        if (!copy) return HG_ERR_MEMORY;
        c->d->column[k++] = copy;
    }
    return HG_OK;
}

static int read_header(csv *c, hg_error *err) {
    hg__csv_window *w = &c->window;
    hg__csv_record one, two;
    HG_TRY(hold_sample(c, err));
    static const char mark[] = "\xef\xbb\xbf"; // a byte order mark
    if (w->complete >= 3 && memcmp(w->text, mark, 3) == 0) w->start = 3;
    c->separator = hg__csv_find_separator(w->text + w->start, w->complete - w->start);
    HG_TRY(hold_two_records(c, err));
    size_t first = w->start;
    if (!find_start(c, &first, &one)) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected rows of numbers, got %s", c->d->path,
                        first < w->complete ? "a quote that never closes" : "only empty lines");
    }
    if (one.cells > hg__data_limit.width) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected at most %lld columns, got %lld", c->d->path,
                        (long long)hg__data_limit.width, (long long)one.cells);
    }
    c->columns = (int32_t)one.cells;
    size_t second = first + one.size;
    bool has_second = find_start(c, &second, &two) && two.cells == one.cells;
    if (is_header(c, w->text + first, has_second ? w->text + second : NULL)) {
        HG_TRY(copy_names(c, w->text + first, err));
        for (size_t i = w->start; i < first + one.size; i++) w->line += w->text[i] == '\n';
        w->start = first + one.size;
    }
    return pick_columns(c, err);
}

// ---- rows ---------------------------------------------------------------------------------------

// A row of plain numbers at p; where the next begins, or NULL if slow_row() must look at it.
static const char *fast_row(const csv *c, const char *p, float *to) {
    const bool *used = c->used;
    const char separator = c->separator;
    int32_t left = c->columns;
    for (;;) {
        if (*used++) {
            p = hg__csv_plain(p, to++);
            if (!p) return NULL;
        } else {
            if (*p == '"') return NULL;
            while (*p != separator && *p != '\n') p++;
        }
        if (--left == 0) break;
        if (*p++ != separator) return NULL;
    }
    if (*p == '\r') p++;
    if (*p != '\n') return NULL;
    return p + 1;
}

static int bad_cell(const csv *c, int32_t column, hg__csv_kind kind, const hg__csv_cell *cell,
                    hg_error *err) {
    char text[48], name[80];
    hg__csv_show_cell(cell, text);
    if (c->name) {
        snprintf(name, sizeof name, "column '%.60s'", c->name[column]);
    } else {
        snprintf(name, sizeof name, "column %d", column + 1);
    }
    unsigned long long line = c->window.line;
    if (kind == HG_CSV_TEXT) {
        char number[16];
        snprintf(number, sizeof number, "%d", column + 1);
        return hg__fail(
            err, HG_ERR_DATA,
            "%s:%llu: expected a number in %s, got '%s'; ignore=%.60s leaves the column out",
            c->d->path, line, name, text, c->name ? c->name[column] : number);
    }
    const char *what = kind == HG_CSV_MISSING ? "is missing" : "is not a finite float32";
    return hg__fail(err, HG_ERR_DATA, "%s:%llu: %s %s (%s); on_bad=skip leaves such rows out",
                    c->d->path, line, name, what, text);
}

static int slow_row(const csv *c, const char *p, int64_t cells, float *to, hg_error *err) {
    if (cells != c->columns) {
        return hg__fail(err, HG_ERR_DATA, "%s:%llu: expected %d column%s, got %lld", c->d->path,
                        (unsigned long long)c->window.line, c->columns, c->columns == 1 ? "" : "s",
                        (long long)cells);
    }
    for (int32_t i = 0; i < c->columns; i++) {
        hg__csv_cell cell;
        p = hg__csv_next_cell(p, c->separator, &cell);
        if (!c->used[i]) continue;
        hg__csv_kind kind = hg__csv_read_cell(&cell, to++);
        if (kind != HG_CSV_NUMBER) return bad_cell(c, i, kind, &cell, err);
    }
    return HG_OK;
}

// The record at the start of the window by the slow way: 1 row, 0 none (blank or skipped, or *partial).
static int read_record(csv *c, float *to, bool *partial, hg_error *err) {
    hg__csv_window *w = &c->window;
    hg__csv_record r;
    *partial = !hg__csv_find_record(w->text + w->start, w->complete - w->start, c->separator, &r);
    if (*partial) return 0;
    int code = r.blank ? 0 : 1;
    hg_error why;
    if (!r.blank && slow_row(c, w->text + w->start, r.cells, to, &why) < 0) {
        if (strcmp(c->o->on_bad, "skip") != 0) {
            if (err) *err = why;
            return why.code;
        }
        if (c->d->skipped++ == 0) c->first = why;
        code = 0;
    }
    w->start += r.size;
    w->line += r.lines;
    return code;
}

// All rows whose end is in the window, as far as `room` goes; how many there were.
static int64_t read_window(csv *c, float *to, size_t room, bool *partial, hg_error *err) {
    hg__csv_window *w = &c->window;
    size_t rows = 0;
    *partial = false;
    while (rows < room && w->start < w->complete && !*partial) {
        const char *p = w->text + w->start, *next = fast_row(c, p, to);
        int code = 1;
        if (next) {
            w->start += (size_t)(next - p);
            w->line++;
        } else {
            code = read_record(c, to, partial, err);
        }
        if (code < 0) return code;
        rows += (size_t)code;
        to += code * c->d->width;
    }
    return (int64_t)rows;
}

static int read_rows(csv *c, hg_error *err) {
    hg__csv_window *w = &c->window;
    for (;;) {
        void *to;
        size_t room;
        bool partial;
        HG_TRY(hg__sink_reserve(&c->sink, &to, &room, err));
        int64_t rows = read_window(c, to, room, &partial, err);
        if (rows < 0) return (int)rows;
        hg__sink_commit(&c->sink, (size_t)rows);
        if ((size_t)rows == room) continue;
        if (w->at_end && partial) {
            return hg__fail(err, HG_ERR_DATA,
                            "%s:%llu: expected a closing quote, got the end of the file",
                            c->d->path, (unsigned long long)w->line);
        }
        if (w->at_end) return HG_OK;
        HG_TRY(hg__csv_window_more(w, err));
    }
}

static int read_all(csv *c, hg_error *err) {
    HG_TRY(hg__csv_window_init(&c->window, c->window.source, err));
    HG_TRY(read_header(c, err));
    HG_TRY(hg__sink_init(&c->sink, (size_t)c->d->width * sizeof(float), c->o->memory, err));
    HG_TRY(read_rows(c, err));
    if (c->sink.rows > 0) return hg__sink_finish(&c->sink, c->d, err);
    if (c->d->skipped == 0) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected rows of numbers, got only a header",
                        c->d->path);
    }
    return hg__fail(err, HG_ERR_DATA, "%s: none of %lld rows can be used; the first: %.300s",
                    c->d->path, (long long)c->d->skipped, c->first.message);
}

static int open_csv(hg__data *d, hg__source *s, const hg__data_options *o, hg_error *err) {
    csv c = {.d = d, .o = o, .window = {.source = s}, .sink = {.fd = -1}};
    d->dtype = HG_F32;
    d->scale = 1;
    locale_t plain =
        newlocale(LC_ALL_MASK, "C", (locale_t)0); // strtof() shall see a point as a point
    if (plain == (locale_t)0) {
        return hg__fail(err, HG_ERR_MEMORY, "out of memory: could not get the C locale");
    }
    locale_t before = uselocale(plain);
    int code = read_all(&c, err);
    uselocale(before);
    freelocale(plain);
    for (int32_t i = 0; c.name && i < c.columns; i++) hg__free(c.name[i]);
    hg__free(c.name);
    hg__free(c.used);
    hg__csv_window_clear(&c.window);
    hg__sink_clear(&c.sink);
    return code;
}

// Text: no control characters but tab and newlines.
static bool sniff(const uint8_t *head, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (head[i] >= ' ' && head[i] != 127) continue;
        if (head[i] != '\t' && head[i] != '\n' && head[i] != '\r') return false;
    }
    return size > 0 && !(size >= 2 && head[0] >= 0xfe && head[1] >= 0xfe);
}

const hg__reader hg__reader_csv = {"csv", ".csv.tsv.txt.data.", sniff, open_csv};

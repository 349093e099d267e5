// SPDX-License-Identifier: Apache-2.0
// read_csv.c - CSV and TSV: numbers in columns, with or without a header.
//
// Two speeds. A row of plain numbers with the right number of separators, which nearly all are, goes through
// fast_row(). The first thing that is not plain (a quote, a blank, a missing value, a wrong width) sends the
// row from its start through slow_row(), which knows everything and finds the words for what is wrong.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "array/reader.h"
#include "array/sink.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/text.h"
#include "csv/csv.h"
#include "csv/csv_number.h"

typedef struct csv {
    hg__data *d;               // borrowed
    const hg__data_options *o; // borrowed
    hg__csv_window window;
    hg__csv_head head;
    bool *used; // owned, (columns): is a feature
    hg__sink sink;
    hg_error first; // why the first row was skipped
    hg__meter meter;
    bool lost; // in a line that is passed over, to its end
} csv;

// ---- which columns are features -----------------------------------------------------------------

static int no_such_column(const csv *c, const char *option, const char *word, hg_error *err) {
    const char *const *names = (const char *const *)c->head.name;
    char known[HG_SUGGESTED] = "";
    if (names) hg__suggest(word, names, (size_t)c->head.columns, known);
    return hg__fail(err, HG_ERR_USAGE,
                    "%.200s: %s=%.60s: expected the name of a column or a number from 1 to %d%s",
                    c->d->path, option, word, c->head.columns, known);
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
        for (int32_t i = 0; c->head.name && i < c->head.columns; i++) {
            if (strcmp(c->head.name[i], word) != 0) continue;
            c->used[i] = false;
            found = true;
        }
        int64_t number;
        if (!found && hg__parse_int(word, &number) && number >= 1 && number <= c->head.columns) {
            c->used[number - 1] = false;
            found = true;
        }
        if (!found) return no_such_column(c, option, word, err);
    }
    return HG_OK;
}

static int pick_columns(csv *c, hg_error *err) {
    c->used = hg__alloc((size_t)c->head.columns, sizeof *c->used, err);
    if (!c->used) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < c->head.columns; i++) c->used[i] = true;
    if (c->head.last_empty) c->used[c->head.columns - 1] = false;
    HG_TRY(leave_out(c, "label", c->o->label, err));
    HG_TRY(leave_out(c, "ignore", c->o->ignore, err));
    int32_t width = 0;
    for (int32_t i = 0; i < c->head.columns; i++) width += c->used[i];
    if (width == 0) {
        return hg__fail(
            err, HG_ERR_USAGE,
            "%s: expected at least one column to be left, got label= and ignore= for all %d",
            c->d->path, c->head.columns);
    }
    c->d->width = width;
    c->d->shape = (hg__shape){.rank = 1, .dim = {width}};
    if (!c->head.name) return HG_OK;
    c->d->column = hg__alloc((size_t)width, sizeof *c->d->column, err);
    if (!c->d->column) return HG_ERR_MEMORY;
    for (int32_t i = 0, k = 0; i < c->head.columns; i++) {
        if (!c->used[i]) continue;
        char *copy = hg__copy_text(c->head.name[i], err);
        if (!copy) return HG_ERR_MEMORY;
        c->d->column[k++] = copy;
    }
    return HG_OK;
}

static int read_header(csv *c, hg_error *err) {
    const hg__csv_options options = {.what = "rows of numbers",
                                     .label = c->o->label,
                                     .ignore = c->o->ignore,
                                     .header = c->o->header};
    HG_TRY(hg__csv_head_read(&c->head, &c->window, &options, err));
    snprintf(c->d->note, sizeof c->d->note, "%s", c->head.note);
    return pick_columns(c, err);
}

// ---- rows ---------------------------------------------------------------------------------------

// A row of plain numbers at p; where the next begins, or NULL if slow_row() must look at it.
static const char *fast_row(const csv *c, const char *p, float *to) {
    const bool *used = c->used;
    const char separator = c->head.separator;
    int32_t left = c->head.columns;
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
    if (c->head.name) {
        snprintf(name, sizeof name, "column '%.60s'", c->head.name[column]);
    } else {
        snprintf(name, sizeof name, "column %d", column + 1);
    }
    unsigned long long line = c->window.line;
    if (kind == HG_CSV_TEXT) {
        char number[16];
        snprintf(number, sizeof number, "%d", column + 1);
        return hg__fail(
            err, HG_ERR_DATA,
            "%s:%llu: expected a number in %s, got '%s'; ignore=%.60s leaves the column out%s",
            c->d->path, line, name, text, c->head.name ? c->head.name[column] : number,
            c->o->text_advice ? c->o->text_advice : "");
    }
    const char *what = kind == HG_CSV_MISSING ? "is missing" : "is not a finite float32";
    return hg__fail(err, HG_ERR_DATA, "%s:%llu: %s %s (%s); on_bad=skip leaves such rows out",
                    c->d->path, line, name, what, text);
}

static int slow_row(const csv *c, const char *p, int64_t cells, float *to, hg_error *err) {
    if (cells != c->head.columns) {
        return hg__fail(err, HG_ERR_DATA, "%s:%llu: expected %d column%s, got %lld", c->d->path,
                        (unsigned long long)c->window.line, c->head.columns,
                        c->head.columns == 1 ? "" : "s", (long long)cells);
    }
    for (int32_t i = 0; i < c->head.columns; i++) {
        hg__csv_cell cell;
        p = hg__csv_next_cell(p, c->head.separator, &cell);
        if (!c->used[i]) continue;
        hg__csv_kind kind = hg__csv_read_cell(&cell, to++);
        if (kind != HG_CSV_NUMBER) return bad_cell(c, i, kind, &cell, err);
    }
    return HG_OK;
}

// A row that cannot be used: it ends the reading, or is counted.
static int skip_row(csv *c, const hg_error *why, hg_error *err) {
    if (strcmp(c->o->on_bad, "skip") != 0) {
        if (err) *err = *why;
        return why->code;
    }
    if (c->d->skipped++ == 0) c->first = *why;
    return 0;
}

// The record at the start of the window by the slow way: 1 row, 0 none (blank or skipped, or *partial).
static int read_record(csv *c, float *to, bool *partial, hg_error *err) {
    hg__csv_window *w = &c->window;
    hg__csv_record r;
    *partial =
        !hg__csv_find_record(w->text + w->start, w->complete - w->start, c->head.separator, &r);
    if (*partial) return 0;
    const bool blank = hg__csv_is_blank(w->text + w->start, &r, c->head.columns);
    int code = blank ? 0 : 1;
    hg_error why;
    if (!blank && slow_row(c, w->text + w->start, r.cells, to, &why) < 0) {
        HG_TRY(skip_row(c, &why, err));
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

// More text. A line that cannot be had whole, for its quote never closes or it is too long to be held, is a bad row.
static int read_more(csv *c, hg_error *err) {
    hg__csv_window *w = &c->window;
    const size_t held = w->end - w->start;
    hg_error why = {0};
    if (w->at_end) {
        hg__fail(&why, HG_ERR_DATA, "%s:%llu: expected a closing quote, got the end of the file",
                 c->d->path, (unsigned long long)w->line);
    } else {
        const int code = hg__csv_window_more(w, &why);
        if (code == HG_OK) return HG_OK;
        if (code != HG_ERR_DATA || held < hg__data_limit.line) {
            if (err) *err = why;
            return code;
        }
    }
    HG_TRY(skip_row(c, &why, err));
    c->lost = !hg__csv_window_drop(w);
    return HG_OK;
}

static int tell(csv *c, hg_error *err) {
    const hg__source *s = c->window.source;
    if (s->size > 0) hg__meter_part(&c->meter, (double)s->at / (double)s->size);
    hg__meter_at(&c->meter, (int64_t)c->sink.rows);
    if (!hg__meter_is_stopped(&c->meter)) return HG_OK;
    return hg__fail(err, HG_ERR_STOPPED, "%s: stopped on request", c->d->path);
}

static int read_rows(csv *c, hg_error *err) {
    hg__csv_window *w = &c->window;
    for (;;) {
        void *to;
        size_t room;
        bool partial;
        if (c->lost) c->lost = !hg__csv_window_drop(w);
        HG_TRY(hg__sink_reserve(&c->sink, &to, &room, err));
        int64_t rows = read_window(c, to, room, &partial, err);
        if (rows < 0) return (int)rows;
        hg__sink_commit(&c->sink, (size_t)rows);
        HG_TRY(tell(c, err));
        if ((size_t)rows == room) continue;
        if (w->at_end && !partial) return HG_OK;
        HG_TRY(read_more(c, err));
    }
}

static int read_all(csv *c, hg_error *err) {
    HG_TRY(hg__csv_window_init(&c->window, c->window.source, err));
    HG_TRY(read_header(c, err));
    HG_TRY(hg__sink_init(&c->sink, (size_t)c->d->width * sizeof(float), c->o->memory, err));
    hg__meter_start(&c->meter, c->o->listener, "reading", "rows", 0);
    HG_TRY(read_rows(c, err));
    hg__meter_end(&c->meter);
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
    int code = read_all(&c, err);
    hg__csv_head_clear(&c.head);
    hg__free(c.used);
    hg__csv_window_clear(&c.window);
    hg__sink_clear(&c.sink);
    return code;
}

// Text: no control characters but tab and newlines, and the one with which DOS ended a text. UTF-16 says that it is.
static bool sniff(const uint8_t *head, size_t size) {
    const bool little = size >= 4 && head[0] == 0xff && head[1] == 0xfe && (head[2] || head[3]);
    const bool wide = little || (size >= 4 && head[0] == 0xfe && head[1] == 0xff);
    for (size_t i = wide ? 2 : 0; i < size; i++) {
        const uint8_t c = head[i];
        if (wide && c == 0) continue;
        if (c >= ' ' && c != 127) continue;
        if (c == 0x1a && i > 0 && i + 1 == size) continue;
        if (wide && i + 1 < size && head[i ^ 1] != 0) continue; // half of a letter
        if (c != '\t' && c != '\n' && c != '\r') return false;
    }
    return size > 0 && (wide || !(size >= 2 && head[0] >= 0xfe && head[1] >= 0xfe));
}

const hg__reader hg__reader_csv = {"csv", ".csv.tsv.txt.data.", sniff, open_csv};

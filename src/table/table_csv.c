// SPDX-License-Identifier: Apache-2.0
// table_csv.c - CSV and TSV as a table of numbers and texts.
//
// Two speeds, as in read_csv.c: a row without quotes goes through fast_row(), which looks at each byte once; whatever
// it does not like is read again from its start by slow_row(), which knows everything and finds the words.
//
// A row that cannot be used is behind us when its error is returned. A record that never ends (a quote that is not
// closed) is given up with its first line: what follows may be rows.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "array/reader.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "csv/csv.h"
#include "csv/csv_number.h"
#include "table/table.h"

// What a byte may be.
enum { STOP = 1, QUOTE = 2, DIGIT = 4, BLANK = 8, HIGH = 16, ZERO = 32 };

// What makes such text UTF-8, if it is Western European as most is: a line with the file's own name.
static int refuse_bytes(const hg__table *t, const char *where, const char *expected,
                        hg_error *err) {
    char line[HG_ICONV];
    hg__text_iconv("WINDOWS-1252", t->path, line);
    return hg__fail(err, HG_ERR_DATA,
                    "%.200s: expected %s, got other bytes; \"%s\" mends most such files", where,
                    expected, line);
}

typedef struct csv_table {
    int fd; // owned: one file for all passes
    hg__source source;
    hg__csv_window window;
    char separator, point;
    hg__header_options header;
    bool is_nfdump;       // whose last lines, from "Summary" on, are no rows
    bool ended;           // they were met
    bool lost;            // in a line too long to be held: pass on to its end
    uint64_t line;        // of the row given last
    uint8_t classes[256]; // of bytes
} csv_table;

// ---- opening and rewinding ----------------------------------------------------------------------

static void set_classes(csv_table *c) {
    uint8_t *k = c->classes;
    for (int i = 128; i < 256; i++) k[i] = HIGH;
    for (int i = '0'; i <= '9'; i++) k[i] = DIGIT;
    k['-'] = k['+'] = k[(uint8_t)c->point] = DIGIT; // a number may begin so
    k[' '] = k['\t'] = k['\r'] = BLANK;
    k['"'] = QUOTE;
    k[0] = ZERO;
    k['\n'] = k[(uint8_t)c->separator] = STOP;
}

// The file from its beginning: head says what it looks like.
static int begin(csv_table *c, const char *path, hg__csv_head *head, hg_error *err) {
    const hg__csv_options options = {
        .what = "rows", .label = "", .ignore = "", .commas = true, .header = c->header};
    hg__source_close(&c->source);
    const int fd = fcntl(c->fd, F_DUPFD_CLOEXEC, 3);
    if (fd < 0) return hg__fail_errno(err, HG_ERR_IO, "%s: cannot open again", path);
    HG_TRY(hg__source_open(&c->source, fd, path, err));
    hg__csv_window_clear(&c->window);
    HG_TRY(hg__csv_window_init(&c->window, &c->source, err));
    c->lost = c->ended = false;
    const int code = hg__csv_head_read(head, &c->window, &options, err);
    c->line = head->line;
    return code;
}

static int check_names(const hg__table *t, const hg__csv_head *head, hg_error *err) {
    for (int32_t i = 0; head->name && i < head->columns; i++) {
        if (hg__is_utf8(head->name[i], strlen(head->name[i]))) continue;
        char where[256];
        snprintf(where, sizeof where, "%.200s:%llu: column %d", t->path,
                 (unsigned long long)head->line, i + 1);
        return refuse_bytes(t, where, "a name in UTF-8", err);
    }
    return HG_OK;
}

static bool is_nfdump(char *const *name, int32_t columns) {
    static const char *const first[] = {"ts", "te", "td", "sa"};
    const int32_t count = sizeof first / sizeof *first;
    if (!name || columns < count) return false;
    for (int32_t i = 0; i < count; i++) {
        if (strcmp(name[i], first[i]) != 0) return false;
    }
    return true;
}

static int read_head(hg__table *t, csv_table *c, hg_error *err) {
    hg__csv_head head = {0};
    int code = begin(c, t->path, &head, err);
    if (code == HG_OK) code = check_names(t, &head, err);
    if (code == HG_OK) {
        t->columns = head.columns;
        t->name = head.name;
        head.name = NULL;
        snprintf(t->note, sizeof t->note, "%s", head.note);
        c->is_nfdump = is_nfdump(t->name, t->columns);
        c->separator = head.separator;
        t->point = c->point = head.point;
        set_classes(c);
    }
    hg__csv_head_clear(&head);
    return code;
}

static int open_csv(hg__table *t, const hg__table_options *o, hg_error *err) {
    csv_table *c = hg__alloc(1, sizeof *c, err);
    if (!c) return HG_ERR_MEMORY;
    t->state = c;
    t->bytes = &c->source;
    t->line = &c->line;
    c->header = o->header;
    c->source.fd = c->fd = -1;
    c->fd = hg__table_open_text(t, err);
    return c->fd < 0 ? c->fd : read_head(t, c, err);
}

static int rewind_csv(hg__table *t, hg_error *err) {
    csv_table *c = t->state;
    hg__csv_head head = {0};
    int code = begin(c, t->path, &head, err);
    const bool same = head.columns == t->columns && head.separator == c->separator &&
                      head.point == c->point && (head.name != NULL) == t->named;
    if (code == HG_OK && !same) {
        code = hg__fail(err, HG_ERR_IO, "%s: it was changed while it was being read", t->path);
    }
    hg__csv_head_clear(&head);
    return code;
}

static void close_csv(hg__table *t) {
    csv_table *c = t->state;
    if (!c) return;
    hg__source_close(&c->source);
    hg__csv_window_clear(&c->window);
    if (c->fd >= 0) close(c->fd);
    hg__free(c);
}

// ---- a row --------------------------------------------------------------------------------------

// What a cell without quotes is. One that reads as infinite or too large is a text: a code, unless its column says otherwise.
static void classify(const csv_table *c, const char *text, size_t size, hg__cell *cell) {
    const hg__csv_cell raw = {.text = text, .size = size};
    const bool may_be_number = size && c->classes[(uint8_t)*text] & DIGIT;
    cell->text = text;
    cell->size = (int32_t)size;
    if (may_be_number || size <= 9) {
        static const hg__cell_kind kinds[] = {[HG_CSV_NUMBER] = HG_CELL_NUMBER,
                                              [HG_CSV_MISSING] = HG_CELL_MISSING,
                                              [HG_CSV_TEXT] = HG_CELL_TEXT,
                                              [HG_CSV_INFINITE] = HG_CELL_TEXT};
        cell->kind = kinds[hg__csv_read_double(&raw, c->point, &cell->number)];
    } else {
        cell->kind = HG_CELL_TEXT;
    }
}

// The cell without quotes at p, which is no plain number; where it ends. *seen: classes of its bytes.
static const char *read_word(const csv_table *c, const char *p, hg__cell *cell, unsigned *seen) {
    const char *text = p, *end;
    unsigned k;
    while (!((k = c->classes[(uint8_t)*p]) & STOP)) {
        *seen |= k;
        p++;
    }
    end = p;
    while (end > text && c->classes[(uint8_t)end[-1]] & BLANK) end--;
    while (text < end && c->classes[(uint8_t)*text] & BLANK) text++;
    classify(c, text, (size_t)(end - text), cell);
    return p;
}

// A row without quotes at p, cell (columns); where the next begins, or NULL if slow_row() must look at it.
static const char *fast_row(const csv_table *c, const char *p, int32_t columns, hg__cell *cell) {
    const uint8_t *classes = c->classes;
    const char *row = p;
    unsigned seen = 0;
    if (*p == '\n' || *p == '\r') return NULL; // perhaps a blank line
    for (;;) {
        const char *start = p;
        const unsigned k = classes[(uint8_t)*p];
        if (k & QUOTE) return NULL;
        p = k & DIGIT ? hg__csv_plain_double(p, c->point, &cell->number) : NULL;
        if (p && classes[(uint8_t)*p] & STOP && cell->number - cell->number == 0) {
            cell->kind = HG_CELL_NUMBER;
            cell->text = start;
            cell->size = (int32_t)(p - start);
        } else {
            p = read_word(c, start, cell, &seen);
        }
        cell++;
        if (--columns == 0) break;
        if (*p++ == '\n') return NULL;
    }
    if (*p != '\n' || seen & ZERO) return NULL;
    if (seen & HIGH && !hg__is_utf8(row, (size_t)(p - row))) return NULL;
    return p + 1;
}

// "x.csv:3: column 'kind'"
static void place_of(const hg__table *t, int32_t column, char *text, size_t size) {
    const csv_table *c = t->state;
    int used = snprintf(text, size, "%.1000s:%llu: column ", t->path, (unsigned long long)c->line);
    if (t->named) {
        snprintf(text + used, size - (size_t)used, "'%.60s'", t->name[column]);
    } else {
        snprintf(text + used, size - (size_t)used, "%d", column + 1);
    }
}

static int bad_cell(const hg__table *t, int32_t column, const char *expected, const char *got,
                    hg_error *err) {
    char place[1120];
    place_of(t, column, place, sizeof place);
    return hg__fail(err, HG_ERR_DATA, "%s: expected %s, got %s", place, expected, got);
}

// Takes one of each two quotes out of the `size` bytes at text; how many are left.
static size_t join_quotes(char *text, size_t size) {
    size_t n = 0;
    for (size_t i = 0; i < size; i++) {
        text[n++] = text[i];
        if (text[i] == '"') i++;
    }
    return n;
}

static int slow_cell(const hg__table *t, int32_t column, hg__csv_cell *raw, hg__cell *cell,
                     hg_error *err) {
    const csv_table *c = t->state;
    const hg__csv_window *w = &c->window;
    if (!hg__is_utf8(raw->text, raw->size)) {
        char place[1120];
        place_of(t, column, place, sizeof place);
        return refuse_bytes(t, place, "UTF-8 text", err);
    }
    if (memchr(raw->text, 0, raw->size)) return bad_cell(t, column, "text", "a zero byte", err);
    if (raw->quoted && memchr(raw->text, '"', raw->size)) {
        raw->size = join_quotes(w->text + (raw->text - w->text), raw->size);
        *cell = (hg__cell){.kind = HG_CELL_TEXT, .text = raw->text, .size = (int32_t)raw->size};
        return HG_OK; // nothing with a quote in it is a number
    }
    classify(c, raw->text, raw->size, cell);
    return HG_OK;
}

static int slow_row(const hg__table *t, const char *p, int64_t cells, hg__cell *cell,
                    hg_error *err) {
    const csv_table *c = t->state;
    if (cells != t->columns) {
        return hg__fail(err, HG_ERR_DATA, "%s:%llu: expected %d column%s, got %lld", t->path,
                        (unsigned long long)c->line, t->columns, t->columns == 1 ? "" : "s",
                        (long long)cells);
    }
    for (int32_t i = 0; i < t->columns; i++) {
        hg__csv_cell raw;
        p = hg__csv_next_cell(p, c->separator, &raw);
        HG_TRY(slow_cell(t, i, &raw, cell + i, err));
    }
    return 1;
}

// ---- row after row ------------------------------------------------------------------------------

// More text. A line too long to be held is a bad row; a file that cannot be read on is the end of all.
static int read_more(csv_table *c, hg_error *err) {
    hg__csv_window *w = &c->window;
    const size_t held = w->end - w->start;
    int code = hg__csv_window_more(w, err);
    if (code == HG_ERR_DATA && held >= hg__data_limit.line) {
        c->lost = !hg__csv_window_drop(w);
    } else if (code == HG_ERR_DATA) {
        code = HG_ERR_IO;
        if (err) err->code = code;
    }
    return code;
}

// The record at the start of the window by the slow way: 1 row, 0 none (blank, or not all there yet).
static int read_record(hg__table *t, hg__cell *cell, hg_error *err) {
    csv_table *c = t->state;
    hg__csv_window *w = &c->window;
    const char *p = w->text + w->start;
    hg__csv_record r;
    if (hg__csv_find_record(p, w->complete - w->start, c->separator, &r)) {
        w->start += r.size;
        w->line += r.lines;
        if (hg__csv_is_blank(p, &r, t->columns)) return 0;
        c->ended = c->is_nfdump && r.cells == 1 && strncmp(p, "Summary", 7) == 0;
        if (c->ended) return 0;
        return slow_row(t, p, r.cells, cell, err);
    }
    if (!w->at_end) return read_more(c, err);
    c->lost = !hg__csv_window_drop(w);
    return hg__fail(err, HG_ERR_DATA, "%s:%llu: expected a closing quote, got the end of the file",
                    t->path, (unsigned long long)c->line);
}

static int next_csv(hg__table *t, hg__cell *cell, hg_error *err) {
    csv_table *c = t->state;
    hg__csv_window *w = &c->window;
    int code = 0;
    while (code == 0) {
        if (c->ended) return 0;
        if (c->lost) c->lost = !hg__csv_window_drop(w);
        c->line = w->line;
        if (w->start >= w->complete) {
            if (w->at_end) return 0;
            code = read_more(c, err);
            continue;
        }
        const char *p = w->text + w->start, *next = fast_row(c, p, t->columns, cell);
        if (next) {
            w->start += (size_t)(next - p);
            w->line++;
            return 1;
        }
        code = read_record(t, cell, err);
    }
    return code;
}

static void where_csv(const hg__table *t, char *text, size_t size) {
    const csv_table *c = t->state;
    snprintf(text, size, "%s:%llu", t->path, (unsigned long long)c->line);
}

static bool sniff_csv(const char *source, const uint8_t *head, size_t size) {
    if (!size) return false;
    return hg__reader_csv.sniff(head, size) ||
           hg__reader_is_meant(&hg__reader_csv, source, head, size);
}

const hg__table_type hg__table_csv = {"csv",    sniff_csv, open_csv, rewind_csv,
                                      next_csv, where_csv, close_csv};

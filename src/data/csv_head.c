// SPDX-License-Identifier: Apache-2.0
// csv_head.c - what the beginning of a CSV file says: separator, decimal point, columns and their names.
#include "data/csv_head.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "data/csv_arff.h"
#include "data/csv_header.h"
#include "data/csv_layout.h"
#include "data/csv_number.h"
#include "data/csv_stranger.h"
#include "data/reader.h"

enum { SAMPLE = 1000 }; // records that are looked at for decimal commas

// ---- the sample ---------------------------------------------------------------------------------

// More of the text: 1, or 0 where there is none, or where a line behind the first is too long to be held: whoever reads
// on will come upon it.
static int hold_more(hg__csv_window *w, hg_error *err) {
    if (w->at_end) return 0;
    const bool full = w->end - w->start >= hg__data_limit.line && w->complete > w->start;
    const int code = hg__csv_window_more(w, err);
    if (code == HG_ERR_DATA && full) return 0;
    return code < 0 ? code : 1;
}

// Reads on until ten newlines are in the window: enough to see what separates the columns.
static int hold_sample(hg__csv_window *w, hg_error *err) {
    for (int more = 1; more > 0;) {
        int lines = 0;
        for (size_t i = w->start; i < w->complete && lines < 10; i++) lines += w->text[i] == '\n';
        if (lines == 10) break;
        HG_TRY(more = hold_more(w, err));
    }
    return HG_OK;
}

// Makes sure that the first two records are in the window, or all there are.
static int hold_two_records(hg__csv_window *w, char separator, hg_error *err) {
    for (int more = 1; more > 0;) {
        size_t at = w->start;
        int found = 0;
        hg__csv_record r;
        while (at < w->complete &&
               hg__csv_find_record(w->text + at, w->complete - at, separator, &r)) {
            at += r.size;
            if (!r.blank && ++found == 2) return HG_OK;
        }
        HG_TRY(more = hold_more(w, err));
    }
    return HG_OK;
}

// Passes blank lines; true if a record begins at *at.
static bool find_start(const hg__csv_window *w, char separator, size_t *at, hg__csv_record *r) {
    while (*at < w->complete &&
           hg__csv_find_record(w->text + *at, w->complete - *at, separator, r)) {
        if (!r->blank) return true;
        *at += r->size;
    }
    return false;
}

// ---- the decimal point --------------------------------------------------------------------------

// How often a point and how often a comma stood in a number.
typedef struct points {
    int64_t points, commas, thirds; // thirds: commas with three digits behind them, as in 1,234
} points;

static void count_points(const hg__csv_cell *cell, points *n) {
    const char *mark = cell->size ? memchr(cell->text, ',', cell->size) : NULL;
    double x;
    if (mark && hg__csv_double(cell->text, ',', &x) == cell->text + cell->size) {
        const char *digit = cell->text + (*cell->text == '-' || *cell->text == '+');
        const bool third = cell->text + cell->size - mark == 4 && *digit != '0' && mark > digit;
        n->commas++;
        n->thirds += third;
    } else if (!mark && cell->size && memchr(cell->text, '.', cell->size)) {
        n->points += hg__csv_double(cell->text, '.', &x) == cell->text + cell->size;
    }
}

static char find_point(const hg__csv_window *w, char separator) {
    points n = {0};
    size_t at = w->start;
    hg__csv_record r;
    if (separator == ',') return '.';
    for (int i = 0; i < SAMPLE && find_start(w, separator, &at, &r); i++) {
        const char *p = w->text + at;
        for (int64_t k = 0; k < r.cells; k++) {
            hg__csv_cell cell;
            p = hg__csv_next_cell(p, separator, &cell);
            count_points(&cell, &n);
        }
        at += r.size;
    }
    // Between tabs 1,234 alone may be a thousand. Who writes ; between cells does it for the comma's sake.
    if (separator != ';' && n.thirds == n.commas) return '.';
    return n.commas > n.points ? ',' : '.';
}

// ---- names -------------------------------------------------------------------------------------

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

// `count` names from p; the column of the first is `from`, and those that get none have an empty one.
static int copy_names(hg__csv_head *h, const char *p, int32_t from, int32_t count, hg_error *err) {
    h->name = hg__alloc((size_t)h->columns, sizeof *h->name, err);
    if (!h->name) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < h->columns; i++) {
        hg__csv_cell cell = {.text = ""};
        if (i >= from && i < from + count) p = hg__csv_next_cell(p, h->separator, &cell);
        if (!(h->name[i] = copy_name(&cell, err))) return HG_ERR_MEMORY;
    }
    return HG_OK;
}

static void add_note(hg__csv_head *h, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_note(hg__csv_head *h, const char *format, ...) {
    const size_t used = strlen(h->note);
    va_list list;
    va_start(list, format);
    if (used) snprintf(h->note + used, sizeof h->note - used, "; ");
    const size_t at = strlen(h->note);
    (void)vsnprintf(h->note + at, sizeof h->note - at, format, list);
    va_end(list);
}

// The first cells of a record, for a message.
static void show_record(const hg__csv_head *h, const char *p, char text[80]) {
    size_t used = 0;
    text[0] = '\0';
    for (int32_t i = 0; i < h->columns && i < 3; i++) {
        hg__csv_cell cell;
        char shown[48];
        p = hg__csv_next_cell(p, h->separator, &cell);
        hg__csv_show_cell(&cell, shown);
        used += (size_t)snprintf(text + used, 80 - used, "%s%.16s", i ? ", " : "", shown);
    }
    if (h->columns > 3) snprintf(text + used, 80 - used, ", ...");
    if (!hg__is_utf8(text, strlen(text))) snprintf(text, 80, "...");
}

// ---- the table's beginning ----------------------------------------------------------------------

// What a head is made from.
typedef struct reading {
    hg__csv_head *h;
    hg__csv_window *w;
    const hg__csv_wish *wish;
    hg__csv_layout layout;
    size_t text,
        first;     // where the text begins in the window (behind a byte order mark), and the table
    char *comment; // owned: the comment right above it, as a record; NULL
} reading;

static hg__csv_sample sample_of(const reading *r, size_t at) {
    return (hg__csv_sample){.text = r->w->text + at,
                            .size = r->w->complete - at,
                            .separator = r->h->separator,
                            .point = r->h->point,
                            .columns = r->h->columns};
}

// What is read from now on begins at `at`.
static void begin_at(reading *r, size_t at) {
    hg__csv_window *w = r->w;
    for (size_t i = w->start; i < at; i++) w->line += w->text[i] == '\n';
    w->start = at;
}

// The separator that a first line `sep=;` names, as spreadsheets write it; 0 if there is none. *size: of the line.
static char said_separator(const char *text, size_t length, size_t *size) {
    const char *p = text, *end = memchr(text, '\n', length);
    if (!end) return 0;
    *size = (size_t)(end + 1 - text);
    if (end > p && end[-1] == '\r') end--;
    if (end - p > 2 && *p == '"' && end[-1] == '"') {
        p++;
        end--;
    }
    if (end - p < 5 || strncasecmp(p, "sep=", 4) != 0) return 0;
    if (end - p == 6 && p[4] == '\\' && p[5] == 't') return '\t';
    const unsigned char c = (unsigned char)p[4];
    const bool word = c >= 128 || c == '"' || c == '.' || c == '-' || c == '+' ||
                      (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    return end - p == 5 && !word ? (char)c : 0;
}

// The comment that has the names, in the dialect of the table.
static int keep_comment(reading *r, const char *text, size_t size, hg_error *err) {
    const size_t at = r->layout.names;
    if (at >= size) return HG_OK;
    const char *end = memchr(text + at, '\n', size - at);
    const size_t length = end ? (size_t)(end + 1 - text) - at : size - at;
    hg__csv_dialect d = r->layout.dialect;
    hg__csv_state state = {.line_start = true, .cell_start = true};
    d.comment[0] = '\0';
    r->comment = hg__alloc(hg__csv_room(length) + HG_CSV_PAD, 1, err);
    if (!r->comment) return HG_ERR_MEMORY;
    const char *begin = text + at;
    size_t left = length;
    while (left > 1 && (*begin == ' ' || (*begin == '\t' && r->layout.separator != '\t'))) {
        begin++;
        left--;
    }
    (void)hg__csv_translate(&d, &state, begin, left, r->comment);
    return HG_OK;
}

// Finds the layout in what the window holds, and has the text made plain if it is not.
static int settle(reading *r, hg_error *err) {
    enum { SAMPLE_BYTES = 64 << 10, MOST_BYTES = 1 << 20 };
    hg__csv_window *w = r->w;
    size_t line = 0;
    const char separator = said_separator(w->text + w->start, w->complete - w->start, &line);
    if (separator) begin_at(r, w->start + line);
    const char *text = w->text + w->start;
    size_t size = w->complete - w->start;
    if (size > SAMPLE_BYTES) {
        size_t lines = 0, i = 0;
        while (i < size && (i < SAMPLE_BYTES || lines < 10)) lines += text[i++] == '\n';
        while (i < size && text[i - 1] != '\n') i++;
        size = i;
    }
    if (size > MOST_BYTES) { // lines as long as this are no one's prose
        r->layout.separator = separator ? separator : hg__csv_find_separator(text, size);
        return HG_OK;
    }
    if (separator == ' ') {
        r->layout = (hg__csv_layout){.dialect.blanks = true, .separator = '\t', .width = 2};
    } else {
        HG_TRY(hg__csv_layout_find(&r->layout, text, size, separator, err));
    }
    if (r->layout.divider) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected cells between tabs, ';', ',', '|' or blanks, got lines that "
                        "%s",
                        w->source->path, r->layout.divider);
    }
    HG_TRY(keep_comment(r, text, size, err));
    if (hg__csv_dialect_is_plain(&r->layout.dialect)) return HG_OK;
    hg__csv_dialect all = r->layout.dialect;
    if (w->filter) {
        all.utf16 = hg__csv_filter_dialect(w->filter)->utf16;
        all.cr = hg__csv_filter_dialect(w->filter)->cr;
    }
    HG_TRY(hg__csv_window_filter(w, &all, err));
    return hold_sample(w, err);
}

// Decodes UTF-16, and makes lines of what ends in CR alone.
static int make_lines(reading *r, hg_error *err) {
    hg__csv_window *w = r->w;
    const hg__source *s = w->source;
    hg__csv_dialect d = {0};
    if (s->head_size >= 2 && s->head[0] == 0xff && s->head[1] == 0xfe) d.utf16 = 'l';
    if (s->head_size >= 2 && s->head[0] == 0xfe && s->head[1] == 0xff) d.utf16 = 'b';
    if (d.utf16) HG_TRY(hg__csv_window_filter(w, &d, err));
    HG_TRY(hg__csv_window_more(w, err));
    if (hg__csv_has_lone_cr(w->text, w->end)) {
        d.cr = true;
        HG_TRY(hg__csv_window_filter(w, &d, err));
    }
    HG_TRY(hold_sample(w, err));
    static const char mark[] = "\xef\xbb\xbf"; // a byte order mark
    if (w->complete >= 3 && memcmp(w->text, mark, 3) == 0) w->start = 3;
    return HG_OK;
}

static int refuse_strangers(const hg__csv_window *w, hg_error *err) {
    const char *advice;
    const char *name = hg__text_stranger(w->text + w->start, w->complete - w->start, &advice);
    if (!name) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected lines of cells, got %s%s%s", w->source->path,
                    name, *advice ? "; " : "", advice);
}

// ---- the header ---------------------------------------------------------------------------------

// The last record above the table, if it has as many cells as `columns`; SIZE_MAX if there is none.
static size_t find_above(const reading *r, int64_t columns) {
    const hg__csv_window *w = r->w;
    size_t at = r->text, last = SIZE_MAX;
    hg__csv_record one;
    while (at < r->first &&
           hg__csv_find_record(w->text + at, r->first - at, r->h->separator, &one)) {
        if (!one.blank) last = one.cells == columns ? at : SIZE_MAX;
        at += one.size;
    }
    return last;
}

// Whether the first cells of all records could be names of rows: numbered from 1, or texts that differ from the one before.
static bool are_row_names(const hg__csv_sample *s) {
    hg__csv_record one;
    hg__csv_cell cell, before = {.text = ""};
    size_t at = 0;
    int64_t rows = 0;
    bool counted = true, texts = true;
    for (; rows < 50 && hg__csv_sample_next(s, &at, &one); at += one.size) {
        double x;
        (void)hg__csv_next_cell(s->text + at, s->separator, &cell);
        const hg__csv_kind kind = hg__csv_read_double(&cell, s->point, &x);
        rows++;
        counted = counted && kind == HG_CSV_NUMBER && x == (double)rows;
        texts = texts && kind == HG_CSV_TEXT &&
                !(cell.size == before.size && memcmp(cell.text, before.text, cell.size) == 0);
        before = cell;
    }
    return rows > 1 && (counted || texts);
}

// Whether nothing stands behind the last separator of any row.
static bool is_last_empty(const hg__csv_sample *s, size_t at) {
    hg__csv_record one;
    int64_t rows = 0;
    if (s->columns < 2) return false;
    for (; rows < 50 && hg__csv_sample_next(s, &at, &one); at += one.size, rows++) {
        const char *end = s->text + at + one.size - 1;
        if (end[-1] == '\r') end--;
        if (end[-1] != s->separator) return false;
    }
    return rows > 1;
}

// Names that stand in a line of one cell less than the rows have: these end in a separator, or begin with a name of their own.
static int take_short_names(reading *r, hg_error *err) {
    hg__csv_head *h = r->h;
    const hg__csv_sample s = sample_of(r, r->first);
    const size_t above = h->columns > 1 ? find_above(r, h->columns - 1) : SIZE_MAX;
    if (above == SIZE_MAX || !hg__csv_are_names(&s, r->w->text + above, h->columns - 1))
        return HG_OK;
    const bool trailing = is_last_empty(&s, 0);
    if (!trailing && !are_row_names(&s)) return HG_OK;
    HG_TRY(copy_names(h, r->w->text + above, trailing ? 0 : 1, h->columns - 1, err));
    h->last_empty = trailing;
    r->layout.above--;
    if (!trailing)
        add_note(
            h,
            "rows have one cell more than there are names: the first is taken as a row's own name");
    return HG_OK;
}

// Names in a comment: as many as there are columns, and not one is a number.
static int take_comment(reading *r, hg_error *err) {
    hg__csv_head *h = r->h;
    hg__csv_record one;
    if (!r->comment) return HG_OK;
    const hg__csv_sample s = sample_of(r, r->first);
    const size_t size = strlen(r->comment);
    const bool fits =
        hg__csv_find_record(r->comment, size, h->separator, &one) && one.cells == h->columns;
    if (!fits || !hg__csv_are_names(&s, r->comment, h->columns)) return HG_OK;
    HG_TRY(copy_names(h, r->comment, 0, h->columns, err));
    return HG_OK;
}

// The header's records are passed over, and one of them names the columns.
static int take_header(reading *r, int records, int names, hg_error *err) {
    const hg__csv_sample s = sample_of(r, r->first);
    hg__csv_record one;
    size_t at = 0;
    for (int i = 0; i < records && hg__csv_sample_next(&s, &at, &one); i++) {
        if (i == names) HG_TRY(copy_names(r->h, s.text + at, 0, r->h->columns, err));
        at += one.size;
    }
    begin_at(r, r->first + at);
    return HG_OK;
}

static int read_names(reading *r, hg_error *err) {
    hg__csv_head *h = r->h;
    const hg__csv_sample s = sample_of(r, r->first);
    const bool no = r->wish->header.say && strcmp(r->wish->header.say, "no") == 0;
    hg__csv_verdict v;
    HG_TRY(hg__csv_judge_header(&s, &r->wish->header, r->wish->label, r->wish->ignore, &v, err));
    if (!v.is_header && !no) {
        HG_TRY(take_comment(r, err));
        if (!h->name && r->layout.above) HG_TRY(take_short_names(r, err));
    }
    int records = 1, names = 0;
    if (!no) HG_TRY(hg__csv_judge_block(&s, &records, &names, err));
    v.is_header = v.is_header || (records > 1 && !h->name);
    if (v.why && !h->name && records == 1) {
        char text[80];
        show_record(h, s.text, text);
        add_note(h, "the first row (%s) %s", text, v.why);
    }
    if (!v.is_header) return HG_OK;
    if (records > 1) {
        add_note(h, "%d line%s above or below the names of columns %s passed over", records - 1,
                 records == 2 ? "" : "s", records == 2 ? "is" : "are");
    }
    return take_header(r, records, names, err);
}

static int read_head(reading *r, hg_error *err) {
    hg__csv_head *h = r->h;
    hg__csv_window *w = r->w;
    hg__csv_record one;
    HG_TRY(make_lines(r, err));
    HG_TRY(refuse_strangers(w, err));
    if (hg__csv_is_arff(w->text + w->start, w->complete - w->start)) {
        return hg__csv_arff_read(h, w, err);
    }
    HG_TRY(settle(r, err));
    h->separator = r->layout.separator;
    HG_TRY(hold_two_records(w, h->separator, err));
    r->text = w->start;
    r->first = w->start + r->layout.at;
    if (!find_start(w, h->separator, &r->first, &one)) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected %s, got %s", w->source->path, r->wish->what,
                        r->first < w->complete ? "a quote that never closes" : "only empty lines");
    }
    if (one.cells > hg__data_limit.width) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected at most %lld columns, got %lld",
                        w->source->path, (long long)hg__data_limit.width, (long long)one.cells);
    }
    h->columns = (int32_t)one.cells;
    begin_at(r, r->first);
    h->point = r->wish->commas ? find_point(w, h->separator) : '.';
    h->line = w->line;
    HG_TRY(read_names(r, err));
    if (r->layout.above > 0) {
        add_note(h, "%lld line%s above the table %s passed over", (long long)r->layout.above,
                 r->layout.above == 1 ? "" : "s", r->layout.above == 1 ? "is" : "are");
    }
    const hg__csv_sample rows = sample_of(r, w->start);
    const bool named_last = h->name && *h->name[h->columns - 1];
    if (!named_last) h->last_empty = is_last_empty(&rows, 0);
    return HG_OK;
}

int hg__csv_head_read(hg__csv_head *h, hg__csv_window *w, const hg__csv_wish *wish, hg_error *err) {
    reading r = {.h = h, .w = w, .wish = wish};
    const int code = read_head(&r, err);
    hg__free(r.comment);
    return code;
}

void hg__csv_head_clear(hg__csv_head *h) {
    for (int32_t i = 0; h->name && i < h->columns; i++) hg__free(h->name[i]);
    hg__free(h->name);
    *h = (hg__csv_head){0};
}

// SPDX-License-Identifier: Apache-2.0
// csv_head.c - what the beginning of a CSV file says: separator, decimal point, columns and their names.
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/mem.h"
#include "csv/csv.h"
#include "csv/csv_internal.h"
#include "csv/csv_number.h"

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

// ---- the table's beginning ----------------------------------------------------------------------

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
static int keep_comment(hg__csv_reading *r, const char *text, size_t size, hg_error *err) {
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

// Of the text, whole lines that are enough to tell by: ten at least.
static size_t sample_size(const char *text, size_t size) {
    enum { ENOUGH = 64 << 10, LINES = 10 };
    size_t lines = 0, i = 0;
    while (i < size && (i < ENOUGH || lines < LINES)) lines += text[i++] == '\n';
    const char *end = i < size && text[i - 1] != '\n' ? memchr(text + i, '\n', size - i) : NULL;
    return end ? (size_t)(end + 1 - text) : i;
}

static int find_layout(hg__csv_reading *r, const char *text, size_t size, char separator,
                       hg_error *err) {
    enum { MOST = 1 << 20 };
    hg__csv_layout *l = &r->layout;
    if (size > MOST) { // lines as long as these are no prose
        l->separator = separator ? separator : hg__csv_find_separator(text, size);
        return HG_OK;
    }
    if (separator == ' ') {
        *l = (hg__csv_layout){.dialect.blanks = true, .separator = '\t', .names = SIZE_MAX};
        return HG_OK;
    }
    HG_TRY(hg__csv_layout_find(l, text, size, separator, err));
    if (!l->divider) return keep_comment(r, text, size, err);
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected cells between tabs, ';', ',', '|' or blanks, got lines that %s",
                    r->w->source->path, l->divider);
}

// Finds the layout in what the window holds, and has the text made plain if it is not.
static int settle(hg__csv_reading *r, hg_error *err) {
    hg__csv_window *w = r->w;
    size_t line = 0;
    const char separator = said_separator(w->text + w->start, w->complete - w->start, &line);
    if (separator) hg__csv_begin_at(r, w->start + line);
    const char *text = w->text + w->start;
    HG_TRY(find_layout(r, text, sample_size(text, w->complete - w->start), separator, err));
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
static int make_lines(hg__csv_window *w, hg_error *err) {
    static const char mark[] = "\xef\xbb\xbf"; // a byte order mark
    const uint8_t *head = w->source->head;
    hg__csv_dialect d = {0};
    if (w->source->head_size >= 2) {
        d.utf16 = head[0] == 0xff && head[1] == 0xfe   ? 'l'
                  : head[0] == 0xfe && head[1] == 0xff ? 'b'
                                                       : 0;
    }
    if (d.utf16) HG_TRY(hg__csv_window_filter(w, &d, err));
    HG_TRY(hg__csv_window_more(w, err));
    if (hg__csv_has_lone_cr(w->text, w->end)) {
        d.cr = true;
        HG_TRY(hg__csv_window_filter(w, &d, err));
    }
    HG_TRY(hold_sample(w, err));
    if (w->complete >= 3 && memcmp(w->text, mark, 3) == 0) w->start = 3;
    return HG_OK;
}

static int refuse_other_formats(const hg__csv_window *w, hg_error *err) {
    const char *advice;
    const char *name = hg__text_other_format(w->text + w->start, w->complete - w->start, &advice);
    if (!name) return HG_OK;
    const bool is_marked = w->filter && hg__csv_filter_dialect(w->filter)->utf16;
    const hg__source *s = w->source;
    const char *encoding = is_marked ? NULL : hg__text_wide(s->head, s->head_size);
    if (encoding) {
        char line[HG_ICONV];
        hg__text_iconv(encoding, s->path, line);
        return hg__fail(err, HG_ERR_DATA,
                        "%.200s: expected lines of cells, got %.6s text without a byte order mark; "
                        "\"%s\" makes UTF-8 of it",
                        s->path, encoding, line);
    }
    if (is_marked) advice = "save it as UTF-8 first";
    return hg__fail(err, HG_ERR_DATA, "%s: expected lines of cells, got %s%s%s", w->source->path,
                    name, *advice ? "; " : "", advice);
}

// The first record of the table, and what follows from it.
static int read_first(hg__csv_reading *r, hg_error *err) {
    hg__csv_head *h = r->h;
    hg__csv_window *w = r->w;
    hg__csv_record one;
    h->separator = r->layout.separator;
    HG_TRY(hold_two_records(w, h->separator, err));
    r->text = w->start;
    r->first = w->start + r->layout.at;
    if (!find_start(w, h->separator, &r->first, &one)) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected %s, got %s", w->source->path,
                        r->options->what,
                        r->first < w->complete ? "a quote that never closes" : "only empty lines");
    }
    if (one.cells > hg__data_limit.width) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected at most %lld columns, got %lld",
                        w->source->path, (long long)hg__data_limit.width, (long long)one.cells);
    }
    h->columns = (int32_t)one.cells;
    hg__csv_begin_at(r, r->first);
    h->point = r->options->commas ? find_point(w, h->separator) : '.';
    h->line = w->line;
    return HG_OK;
}

static int read_head(hg__csv_reading *r, hg_error *err) {
    hg__csv_head *h = r->h;
    hg__csv_window *w = r->w;
    HG_TRY(make_lines(w, err));
    HG_TRY(refuse_other_formats(w, err));
    if (hg__csv_is_arff(w->text + w->start, w->complete - w->start)) {
        return hg__csv_arff_read(h, w, err);
    }
    HG_TRY(settle(r, err));
    HG_TRY(read_first(r, err));
    HG_TRY(hg__csv_read_names(r, err));
    const long long above = (long long)r->layout.above;
    if (above > 0) {
        hg__csv_add_note(h, "%lld line%s above the table %s passed over", above,
                         above == 1 ? "" : "s", above == 1 ? "is" : "are");
    }
    const hg__csv_sample rows = hg__csv_sample_of(r, w->start);
    const bool named_last = h->name && *h->name[h->columns - 1];
    if (!named_last) h->last_empty = hg__csv_is_last_empty(&rows, 0);
    return HG_OK;
}

int hg__csv_head_read(hg__csv_head *h, hg__csv_window *w, const hg__csv_options *options,
                      hg_error *err) {
    hg__csv_reading r = {.h = h, .w = w, .options = options};
    const int code = read_head(&r, err);
    hg__free(r.comment);
    return code;
}

void hg__csv_head_clear(hg__csv_head *h) {
    for (int32_t i = 0; h->name && i < h->columns; i++) hg__free(h->name[i]);
    hg__free(h->name);
    *h = (hg__csv_head){0};
}

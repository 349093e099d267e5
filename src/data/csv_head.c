// SPDX-License-Identifier: Apache-2.0
// csv_head.c - what the beginning of a CSV file says: separator, decimal point, columns and their names.
#include "data/csv_head.h"

#include <string.h>

#include "base/mem.h"
#include "data/csv_number.h"
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
    if (separator != ';' && separator != '\t') return '.';
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
    if (separator == '\t' && n.thirds == n.commas) return '.';
    return n.commas > n.points ? ',' : '.';
}

// ---- the header ---------------------------------------------------------------------------------

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

// What the first record says about being a header; see docs/DATA.md. `second` may be NULL.
static bool is_header(const hg__csv_head *h, const hg__csv_wish *wish, const char *first,
                      const char *second) {
    bool any_number = false, any_text = false;
    for (int32_t i = 0; i < h->columns; i++) {
        hg__csv_cell a, b;
        double x;
        first = hg__csv_next_cell(first, h->separator, &a);
        hg__csv_kind kind = hg__csv_read_double(&a, h->point, &x);
        any_number = any_number || kind == HG_CSV_NUMBER || kind == HG_CSV_INFINITE;
        any_text = any_text || kind == HG_CSV_TEXT;
        bool above_number = false;
        if (second) {
            second = hg__csv_next_cell(second, h->separator, &b);
            above_number = hg__csv_read_double(&b, h->point, &x) == HG_CSV_NUMBER;
        }
        if (kind != HG_CSV_TEXT) continue;
        if (above_number || is_listed(wish->label, a.text, a.size) ||
            is_listed(wish->ignore, a.text, a.size)) {
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

static int copy_names(hg__csv_head *h, const char *p, hg_error *err) {
    h->name = hg__alloc((size_t)h->columns, sizeof *h->name, err);
    if (!h->name) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < h->columns; i++) {
        hg__csv_cell cell;
        p = hg__csv_next_cell(p, h->separator, &cell);
        if (!(h->name[i] = copy_name(&cell, err))) return HG_ERR_MEMORY;
    }
    return HG_OK;
}

int hg__csv_head_read(hg__csv_head *h, hg__csv_window *w, const hg__csv_wish *wish, hg_error *err) {
    hg__csv_record one, two;
    HG_TRY(hold_sample(w, err));
    static const char mark[] = "\xef\xbb\xbf"; // a byte order mark
    if (w->complete >= 3 && memcmp(w->text, mark, 3) == 0) w->start = 3;
    h->separator = hg__csv_find_separator(w->text + w->start, w->complete - w->start);
    HG_TRY(hold_two_records(w, h->separator, err));
    size_t first = w->start;
    if (!find_start(w, h->separator, &first, &one)) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected %s, got %s", w->source->path, wish->what,
                        first < w->complete ? "a quote that never closes" : "only empty lines");
    }
    if (one.cells > hg__data_limit.width) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected at most %lld columns, got %lld",
                        w->source->path, (long long)hg__data_limit.width, (long long)one.cells);
    }
    h->columns = (int32_t)one.cells;
    h->point = wish->commas ? find_point(w, h->separator) : '.';
    h->line = w->line;
    for (size_t i = w->start; i < first; i++) h->line += w->text[i] == '\n';
    size_t second = first + one.size;
    bool has_second = find_start(w, h->separator, &second, &two) && two.cells == one.cells;
    if (is_header(h, wish, w->text + first, has_second ? w->text + second : NULL)) {
        HG_TRY(copy_names(h, w->text + first, err));
        w->line = h->line + one.lines;
        w->start = first + one.size;
    }
    return HG_OK;
}

void hg__csv_head_clear(hg__csv_head *h) {
    for (int32_t i = 0; h->name && i < h->columns; i++) hg__free(h->name[i]);
    hg__free(h->name);
    *h = (hg__csv_head){0};
}

// SPDX-License-Identifier: Apache-2.0
// csv_names.c - the names of a CSV file's columns: from its first record, a comment above it, or a line that is one cell short.
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "csv/csv_internal.h"

hg__csv_sample hg__csv_sample_of(const hg__csv_reading *r, size_t at) {
    return (hg__csv_sample){.text = r->w->text + at,
                            .size = r->w->complete - at,
                            .separator = r->h->separator,
                            .point = r->h->point,
                            .columns = r->h->columns};
}

// What is read from now on begins at `at`.
void hg__csv_begin_at(hg__csv_reading *r, size_t at) {
    hg__csv_window *w = r->w;
    for (size_t i = w->start; i < at; i++) w->line += w->text[i] == '\n';
    w->start = at;
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

void hg__csv_add_note(hg__csv_head *h, const char *format, ...) {
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

// ---- the header ---------------------------------------------------------------------------------

// The last record above the table, if it has as many cells as `columns`; SIZE_MAX if there is none.
static size_t find_above(const hg__csv_reading *r, int64_t columns) {
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
bool hg__csv_is_last_empty(const hg__csv_sample *s, size_t at) {
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
static int take_short_names(hg__csv_reading *r, hg_error *err) {
    hg__csv_head *h = r->h;
    const hg__csv_sample s = hg__csv_sample_of(r, r->first);
    const size_t above = h->columns > 1 ? find_above(r, h->columns - 1) : SIZE_MAX;
    if (above == SIZE_MAX) return HG_OK;
    if (!hg__csv_are_names(&s, r->w->text + above, h->columns - 1)) return HG_OK;
    const bool trailing = hg__csv_is_last_empty(&s, 0);
    if (!trailing && !are_row_names(&s)) return HG_OK;
    HG_TRY(copy_names(h, r->w->text + above, trailing ? 0 : 1, h->columns - 1, err));
    h->last_empty = trailing;
    r->layout.above--;
    if (trailing) return HG_OK;
    hg__csv_add_note(h, "rows have one cell more than there are names: the first is their own");
    return HG_OK;
}

// Names in a comment: as many as there are columns, and not one is a number.
static int take_comment(hg__csv_reading *r, hg_error *err) {
    hg__csv_head *h = r->h;
    hg__csv_record one;
    if (!r->comment) return HG_OK;
    const hg__csv_sample s = hg__csv_sample_of(r, r->first);
    const size_t size = strlen(r->comment);
    const bool fits =
        hg__csv_find_record(r->comment, size, h->separator, &one) && one.cells == h->columns;
    if (!fits || !hg__csv_are_names(&s, r->comment, h->columns)) return HG_OK;
    HG_TRY(copy_names(h, r->comment, 0, h->columns, err));
    return HG_OK;
}

// The header's records are passed over, and one of them names the columns.
static int take_header(hg__csv_reading *r, int records, int names, hg_error *err) {
    const hg__csv_sample s = hg__csv_sample_of(r, r->first);
    hg__csv_record one;
    size_t at = 0;
    for (int i = 0; i < records && hg__csv_sample_next(&s, &at, &one); i++) {
        if (i == names) HG_TRY(copy_names(r->h, s.text + at, 0, r->h->columns, err));
        at += one.size;
    }
    hg__csv_begin_at(r, r->first + at);
    return HG_OK;
}

// Names that stand elsewhere: in a comment, or in a line that is one cell short.
static int find_names(hg__csv_reading *r, hg_error *err) {
    HG_TRY(take_comment(r, err));
    return r->h->name || !r->layout.above ? HG_OK : take_short_names(r, err);
}

static void tell_first(hg__csv_reading *r, const hg__csv_sample *s, const char *why) {
    char text[80];
    show_record(r->h, s->text, text);
    hg__csv_add_note(r->h, "the first row (%s) %s", text, why);
}

int hg__csv_read_names(hg__csv_reading *r, hg_error *err) {
    hg__csv_head *h = r->h;
    const hg__csv_options *options = r->options;
    const hg__csv_sample s = hg__csv_sample_of(r, r->first);
    hg__csv_header_finding v;
    int records = 1, names = 0;
    HG_TRY(hg__csv_classify_header(&s, &options->header, options->label, options->ignore, &v, err));
    if (options->header.say && strcmp(options->header.say, "no") == 0) return HG_OK;
    if (!v.is_header) HG_TRY(find_names(r, err));
    HG_TRY(hg__csv_find_header_block(&s, &records, &names, err));
    v.is_header = v.is_header || (records > 1 && !h->name);
    if (v.why && !h->name && records == 1) tell_first(r, &s, v.why);
    if (!v.is_header) return HG_OK;
    if (records > 1) {
        hg__csv_add_note(h, "%d line%s above or below the names of columns %s passed over",
                         records - 1, records == 2 ? "" : "s", records == 2 ? "is" : "are");
    }
    return take_header(r, records, names, err);
}

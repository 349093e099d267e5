// SPDX-License-Identifier: Apache-2.0
// table_zeek.c - logs as Zeek writes them: lines of cells, and lines of # that say what the cells are.
//
//   #separator \x09        what stands between cells; a byte, as it is or in hexadecimal digits
//   #unset_field  -        a cell without a value: missing. (empty), a set without members, is a text of its own
//   #fields  ts  id.orig_h ...      #types  time  addr ...
//
// A log that was labelled may have its last names, and its last cells, between blanks: `tunnel_parents   label   detailed-label`.
// A second header with the same names (two logs in one file) is passed over, one with others ends the reading.
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "csv/cell.h"
#include "csv/csv.h"
#include "table/table.h"
#include "table/text_lines.h"

enum { MARK = 32 }; // bytes of what stands for no value
enum { IS_TEXT, IS_NUMBER, IS_ANY };

typedef struct zeek_table {
    hg__text_lines lines;
    char separator;
    char unset[MARK];
    char path[MARK]; // which log it is: "conn"; ""
    char *fields;    // owned: behind #fields, as it stands
    uint64_t at;     // the line it stands in
    uint8_t *type;   // owned, (columns): by #types, IS_TEXT ...
    bool settled;    // the first row was met: what is said of cells from then on is passed over
    bool typed;      // there was a line #types
    int32_t tabbed;  // from this column on blanks separate cells as well
} zeek_table;

// ---- cells of a line ----------------------------------------------------------------------------

typedef struct cells {
    const char *at, *end; // at NULL: there are no more
    char separator;
} cells;

// The next cell; with `blanks` two of them end it too, and those around it are no part of it.
static hg__csv_cell next_cell(cells *c, bool blanks) {
    const char *start = c->at, *p = start;
    while (blanks && start < c->end && *start == ' ') p = ++start;
    while (p < c->end && *p != c->separator) {
        if (blanks && p + 1 < c->end && p[0] == ' ' && p[1] == ' ') break;
        p++;
    }
    const hg__csv_cell cell = {.text = start, .size = (size_t)(p - start)};
    while (blanks && p < c->end && *p == ' ') p++;
    const bool at_separator = p < c->end && *p == c->separator;
    c->at = p == c->end ? NULL : p + at_separator;
    return cell;
}

static bool is_same(const hg__csv_cell *cell, const char *text) {
    return strlen(text) == cell->size && memcmp(text, cell->text, cell->size) == 0;
}

// ---- lines of # ---------------------------------------------------------------------------------

// What stands behind the word, NULL where the line does not begin with it. Blanks before it are a copyist's.
static const char *behind(const char *text, size_t size, const char *word) {
    const char *end = text + size;
    const size_t n = strlen(word);
    while (text < end && (*text == ' ' || *text == '\t')) text++;
    if ((size_t)(end - text) < n || memcmp(text, word, n) != 0) return NULL;
    return text + n;
}

static int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char low = (char)(c | 0x20);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

// " \x09" or " ,"; 0 where it is neither.
static char read_separator(const char *p, const char *end) {
    if (p < end) p++;
    if (end - p == 1) return *p;
    if (end - p != 4 || p[0] != '\\' || p[1] != 'x') return 0;
    const int high = digit_of(p[2]), low = digit_of(p[3]);
    return high < 0 || low < 0 ? 0 : (char)(16 * high + low);
}

static void copy_mark(const zeek_table *z, const char *p, const char *end, char mark[MARK]) {
    if (p < end && (*p == z->separator || *p == ' ')) p++;
    const size_t size = (size_t)(end - p);
    if (size == 0 || size >= MARK) return;
    memcpy(mark, p, size);
    mark[size] = '\0';
}

// The cells behind #fields or #types.
static cells cells_behind(const zeek_table *z, const char *p, const char *end) {
    if (p < end && (*p == z->separator || *p == ' ')) p++;
    return (cells){p, end, z->separator};
}

static int add_name(hg__table *t, const hg__csv_cell *cell, hg_error *err) {
    if (t->columns >= HG_MAX_COLUMNS) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected at most %d columns, got more", t->path,
                        HG_MAX_COLUMNS);
    }
    if ((t->columns & (t->columns - 1)) == 0) { // as many as there is room for
        const size_t more = t->columns ? 2 * (size_t)t->columns : 1;
        char **grown = hg__grow(t->name, more, sizeof *grown, err);
        if (!grown) return HG_ERR_MEMORY;
        t->name = grown;
    }
    char *name = hg__alloc(cell->size + 1, 1, err);
    if (!name) return HG_ERR_MEMORY;
    memcpy(name, cell->text, cell->size);
    t->name[t->columns++] = name;
    return HG_OK;
}

static int refuse_fields(const hg__table *t, hg_error *err) {
    const zeek_table *z = t->state;
    const unsigned long long line = z->lines.line, at = z->at;
    return hg__fail(err, HG_ERR_IO,
                    "%s:%llu: expected the fields of line %llu, got others: two logs in one file",
                    t->path, line, at);
}

// The columns, or the same once more.
static int read_fields(hg__table *t, const char *p, const char *end, hg_error *err) {
    zeek_table *z = t->state;
    const size_t size = (size_t)(end - p);
    if (z->fields) {
        const bool same = strlen(z->fields) == size && memcmp(z->fields, p, size) == 0;
        return same ? HG_OK : refuse_fields(t, err);
    }
    if (!(z->fields = hg__alloc(size + 1, 1, err))) return HG_ERR_MEMORY;
    memcpy(z->fields, p, size);
    z->at = z->lines.line;
    cells c = cells_behind(z, p, end);
    z->tabbed = HG_MAX_COLUMNS;
    while (c.at) {
        cells whole = c;
        const hg__csv_cell cell = next_cell(&c, true);
        const bool parted = cell.size < next_cell(&whole, false).size;
        if (parted && z->tabbed > t->columns) z->tabbed = t->columns;
        HG_TRY(add_name(t, &cell, err));
    }
    z->type = hg__alloc((size_t)t->columns, 1, err);
    return z->type ? HG_OK : HG_ERR_MEMORY;
}

// Which columns are numbers; those without a type are what their cells are.
static void read_types(const hg__table *t, const char *p, const char *end) {
    static const char *const numbers[] = {"time", "interval", "count", "int", "double", "port"};
    zeek_table *z = t->state;
    cells c = cells_behind(z, p, end);
    for (int32_t i = 0; i < t->columns; i++) {
        z->type[i] = IS_ANY;
        if (!c.at) continue;
        const hg__csv_cell type = next_cell(&c, i >= z->tabbed);
        z->type[i] = IS_TEXT;
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
            if (is_same(&type, numbers[k])) z->type[i] = IS_NUMBER;
        }
    }
    z->typed = true;
}

static int read_header(hg__table *t, const char *text, size_t size, hg_error *err) {
    zeek_table *z = t->state;
    const char *end = text + size, *p;
    if ((p = behind(text, size, "#separator"))) {
        const char separator = read_separator(p, end);
        const bool other = z->fields && separator != z->separator;
        if (!separator || separator == '#' || separator == '\n' || other) {
            return hg__fail(err, HG_ERR_IO, "%s:%llu: expected '#separator \\x09', got another",
                            t->path, (unsigned long long)z->lines.line);
        }
        z->separator = separator;
    } else if ((p = behind(text, size, "#fields"))) {
        return read_fields(t, p, end, err);
    } else if (z->settled) {
        return HG_OK;
    } else if ((p = behind(text, size, "#unset_field"))) {
        copy_mark(z, p, end, z->unset);
    } else if ((p = behind(text, size, "#path"))) {
        copy_mark(z, p, end, z->path);
    } else if ((p = behind(text, size, "#types")) && z->fields) {
        read_types(t, p, end);
    }
    return HG_OK;
}

// The next row's line, passing over those of #: 1, 0 at the end, or an error.
static int next_row(hg__table *t, char **text, size_t *size, hg_error *err) {
    zeek_table *z = t->state;
    for (;;) {
        const int more = hg__text_lines_next(&z->lines, text, size, err);
        if (more <= 0) return more;
        if (*size && (*text)[*size - 1] == '\r') --*size;
        const bool plain = !memchr(*text, 0, *size) && hg__is_utf8(*text, *size);
        if (!plain) {
            return hg__fail(err, HG_ERR_DATA, "%s:%llu: expected text in UTF-8, got other bytes",
                            t->path, (unsigned long long)z->lines.line);
        }
        const bool first = z->lines.line == 1;
        if (**text != '#' && !(first && behind(*text, *size, "#"))) return 1;
        HG_TRY(read_header(t, *text, *size, err));
    }
}

// ---- opening ------------------------------------------------------------------------------------

static int open_zeek(hg__table *t, const hg__table_options *o, hg_error *err) {
    (void)o;
    zeek_table *z = hg__alloc(1, sizeof *z, err);
    char *text;
    size_t size;
    if (!z) return HG_ERR_MEMORY;
    t->state = z;
    t->point = '.';
    z->unset[0] = '-';
    z->separator = '\t';
    HG_TRY(hg__text_lines_open(&z->lines, t, err));
    const int code = next_row(t, &text, &size, err);
    if (code < 0 && (code != HG_ERR_DATA || !z->fields)) return code;
    z->settled = true;
    if (!z->fields) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected a line '#fields' above the rows, got none",
                        t->path);
    }
    static const char usual[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    if (*z->path && !z->path[strspn(z->path, usual)]) {
        snprintf(t->note, sizeof t->note, "a Zeek log (%s)", z->path);
    }
    return hg__text_lines_begin(&z->lines, t->path, err);
}

static int rewind_zeek(hg__table *t, hg_error *err) {
    zeek_table *z = t->state;
    return hg__text_lines_begin(&z->lines, t->path, err);
}

static void close_zeek(hg__table *t) {
    zeek_table *z = t->state;
    if (!z) return;
    hg__text_lines_close(&z->lines);
    hg__free(z->fields);
    hg__free(z->type);
    hg__free(z);
}

// ---- rows ---------------------------------------------------------------------------------------

static int read_cell(const hg__table *t, int32_t column, const hg__csv_cell *raw, hg__cell *cell,
                     hg_error *err) {
    const zeek_table *z = t->state;
    const int type = z->typed ? z->type[column] : IS_ANY;
    *cell = (hg__cell){.kind = HG_CELL_MISSING, .text = raw->text, .size = (int32_t)raw->size};
    if (raw->size == 0 || is_same(raw, z->unset)) return HG_OK;
    cell->kind = HG_CELL_TEXT;
    if (type == IS_TEXT) return HG_OK;
    const hg__csv_kind kind = hg__csv_read_double(raw, '.', &cell->number);
    if (kind == HG_CSV_NUMBER) cell->kind = HG_CELL_NUMBER;
    if (kind == HG_CSV_MISSING) cell->kind = HG_CELL_MISSING;
    if (type == IS_ANY || kind == HG_CSV_NUMBER || kind == HG_CSV_MISSING) return HG_OK;
    char shown[48];
    hg__csv_show_cell(raw, shown);
    return hg__fail(err, HG_ERR_DATA, "%s:%llu: column '%.60s': expected a number, got '%s'",
                    t->path, (unsigned long long)z->lines.line, t->name[column], shown);
}

static int bad_width(const hg__table *t, int32_t found, hg_error *err) {
    const zeek_table *z = t->state;
    const bool is_last = z->lines.window.at_end && z->lines.window.start >= z->lines.window.end;
    return hg__fail(err, HG_ERR_DATA, "%s:%llu: expected %d columns, got %s%d%s", t->path,
                    (unsigned long long)z->lines.line, t->columns,
                    found > t->columns ? "more than " : "", found > t->columns ? t->columns : found,
                    is_last && found < t->columns ? " in the last line, which may be cut" : "");
}

static int next_zeek(hg__table *t, hg__cell *cell, hg_error *err) {
    const zeek_table *z = t->state;
    char *text;
    size_t size;
    const int more = next_row(t, &text, &size, err);
    if (more <= 0) return more;
    cells c = {text, text + size, z->separator};
    for (int32_t i = 0; i < t->columns; i++) {
        if (!c.at) return bad_width(t, i, err);
        const hg__csv_cell raw = next_cell(&c, i >= z->tabbed);
        HG_TRY(read_cell(t, i, &raw, cell + i, err));
    }
    return c.at ? bad_width(t, t->columns + 1, err) : 1;
}

static void where_zeek(const hg__table *t, char *text, size_t size) {
    const zeek_table *z = t->state;
    snprintf(text, size, "%s:%llu", t->path, (unsigned long long)z->lines.line);
}

static bool sniff_zeek(const char *source, const uint8_t *head, size_t size) {
    (void)source;
    if (!size) return false; // an odbc: source has no bytes
    const bool marked = size >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0;
    const char *text = (const char *)head + (marked ? 3 : 0);
    return behind(text, size - (marked ? 3 : 0), "#separator ") != NULL;
}

const hg__table_type hg__table_zeek = {"zeek",    sniff_zeek, open_zeek, rewind_zeek,
                                       next_zeek, where_zeek, close_zeek};

// SPDX-License-Identifier: Apache-2.0
// row_lines_csv.c - a line of CSV as a row: the plain way first, the careful way where that finds anything unusual.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "streams/row_lines_internal.h"

// ---- which cell is what -------------------------------------------------------------------------

static int32_t find_cell(const hg__row_lines *r, const hg__csv_cell *cell) {
    const int32_t channel = hg__names_find(r->names, cell->text, cell->size);
    if (channel == r->channels) return HG_CELL_TIME;
    if (channel >= 0) return channel;
    for (int32_t i = 0; cell->quoted && memchr(cell->text, '"', cell->size) && i < r->channels;
         i++) {
        if (hg__csv_is_written(cell->text, cell->size, r->name[i])) return i;
    }
    return HG_CELL_OTHER;
}

static bool says_time(const hg__row_lines *r, const hg__csv_cell *cell) {
    char name[64];
    if (r->has_no_time || *r->time || cell->size >= sizeof name) return false;
    memcpy(name, cell->text, cell->size);
    name[cell->size] = '\0';
    return hg__time_name(name) != 0;
}

// what[] of a header's cells; how many channels it has, each of which is then 1 in has (channels). Of a name that comes twice the first
// counts. The first that says time is it, where nobody named one.
static int32_t match(const hg__row_lines *r, const char *text, char separator, int32_t cells,
                     int32_t *what, uint8_t *has, bool *is_timed) {
    int32_t found = 0;
    *is_timed = false;
    for (int32_t i = 0; i < cells; i++) {
        hg__csv_cell cell;
        text = hg__csv_next_cell(text, separator, &cell);
        what[i] = find_cell(r, &cell);
        if (what[i] >= 0 && has[what[i]]) what[i] = HG_CELL_OTHER;
        if (what[i] == HG_CELL_OTHER && !*is_timed && says_time(r, &cell)) what[i] = HG_CELL_TIME;
        if (what[i] == HG_CELL_TIME && *is_timed) what[i] = HG_CELL_OTHER;
        *is_timed |= what[i] == HG_CELL_TIME;
        if (what[i] < 0) continue;
        has[what[i]] = 1;
        found++;
    }
    return found;
}

static const char *missing_name(const hg__row_lines *r, const uint8_t *has) {
    for (int32_t i = 0; i < r->channels; i++) {
        if (!has[i]) return r->name[i];
    }
    return r->time;
}

// A header: 1; no header, since it has no name that is known: 0; HG_ERR_DATA: not all of them.
static int read_header(hg__row_lines *r, const char *text, size_t size, hg_error *err) {
    hg__csv_record record;
    const char separator = hg__csv_find_separator(text, size + 1);
    bool is_timed = false;
    if (!hg__csv_find_record(text, size + 1, separator, &record) || record.size != size + 1 ||
        record.cells > HG_MAX_COLUMNS) {
        return 0;
    }
    const int32_t cells = (int32_t)record.cells;
    int32_t *what = hg__alloc((size_t)cells, sizeof *what, err);
    uint8_t *has = hg__alloc((size_t)r->channels, 1, err);
    int code = what && has ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK) code = match(r, text, separator, cells, what, has, &is_timed);
    const bool lacks_time = code > 0 && *r->time && !r->has_no_time && !is_timed;
    if (code > 0 && (code < r->channels || lacks_time)) {
        code = hg__row_lines_fail(r, err, "expected a header with column '%.100s', got one without",
                                  missing_name(r, has));
    }
    hg__free(has);
    if (code <= 0) {
        hg__free(what);
        return code;
    }
    hg__free(r->what);
    r->what = what;
    r->cells = cells;
    r->separator = separator;
    r->is_timed = is_timed;
    r->has_header = true;
    return 1;
}

// No header: the channels in their order, behind the time where there is a cell more.
static int lay_out(hg__row_lines *r, const char *text, size_t size, hg_error *err) {
    hg__csv_record record;
    const char separator = hg__csv_find_separator(text, size + 1);
    const int32_t channels = r->channels;
    const bool found =
        hg__csv_find_record(text, size + 1, separator, &record) && record.size == size + 1;
    const bool is_timed = found && !r->has_no_time && record.cells == channels + 1;
    if (!found || (record.cells != channels && !is_timed)) {
        return hg__row_lines_fail(r, err, "expected a header, or %d cells%s, got %lld",
                                  (int)channels,
                                  r->has_no_time ? "" : " and maybe a time before them",
                                  found ? (long long)record.cells : 0LL);
    }
    int32_t *what = hg__alloc((size_t)record.cells, sizeof *what, err);
    if (!what) return HG_ERR_MEMORY;
    r->what = what;
    r->cells = (int32_t)record.cells;
    r->separator = separator;
    r->is_timed = is_timed;
    for (int32_t i = 0; i < r->cells; i++) r->what[i] = i - is_timed; // HG_CELL_TIME is -1
    return HG_OK;
}

// ---- the plain way ------------------------------------------------------------------------------

// Numbers, empty cells and texts without quotes, as many as there should be. False: look closer. *time: where the time's cell is; NULL.
static bool read_plain(const hg__row_lines *r, const char *text, size_t size, hg__row *row) {
    const char *p = text, *const end = text + size;
    const char separator = r->separator;
    row->when = NULL;
    for (int32_t i = 0; i < r->cells; i++) {
        const int32_t what = r->what[i];
        const char *from = p;
        if (what < 0) {
            while (p < end && *p != separator && *p != '"') p++;
            if (what == HG_CELL_TIME) hg__row_set_when(row, from, (size_t)(p - from));
        } else if (*p == separator || p == end) {
            row->value[what] = NAN;
        } else {
            p = hg__csv_plain(p, &row->value[what]);
            if (!p) return false;
        }
        if (i + 1 == r->cells) break;
        if (p >= end || *p != separator) return false;
        p++;
    }
    return p == end;
}

// ---- the careful way ----------------------------------------------------------------------------

// "3,14" where cells have another separator.
static bool read_comma(const hg__row_lines *r, const hg__csv_cell *cell, float *x) {
    double value;
    if (r->separator == ',' || hg__csv_read_double(cell, ',', &value) != HG_CSV_NUMBER) {
        return false;
    }
    *x = (float)value;
    return isfinite(*x);
}

static int read_cell(hg__row_lines *r, int32_t channel, const hg__csv_cell *cell, float *x,
                     hg_error *err) {
    const hg__csv_kind kind = hg__csv_read_cell(cell, x);
    if (kind == HG_CSV_NUMBER || (kind == HG_CSV_TEXT && read_comma(r, cell, x))) return HG_OK;
    *x = NAN;
    if (kind == HG_CSV_MISSING) return HG_OK;
    return hg__row_lines_bad_cell(r, channel, cell->text, cell->size, err);
}

static int read_careful(hg__row_lines *r, const char *text, size_t size, hg__row *row,
                        hg_error *err) {
    hg__csv_record record;
    if (!hg__csv_find_record(text, size + 1, r->separator, &record)) {
        return hg__row_lines_fail(r, err, "expected quotes that close, got the end of the line");
    }
    if (record.size != size + 1) {
        return hg__row_lines_fail(r, err, "expected one line, got several");
    }
    if (record.cells != r->cells) {
        return hg__row_lines_fail(r, err, "expected %d cells, got %lld", (int)r->cells,
                                  (long long)record.cells);
    }
    row->when = NULL;
    for (int32_t i = 0; i < r->cells; i++) {
        hg__csv_cell cell;
        text = hg__csv_next_cell(text, r->separator, &cell);
        if (r->what[i] == HG_CELL_TIME) hg__row_set_when(row, cell.text, cell.size);
        if (r->what[i] >= 0) HG_TRY(read_cell(r, r->what[i], &cell, row->value + r->what[i], err));
    }
    return HG_OK;
}

static int read_row(hg__row_lines *r, const char *text, size_t size, hg__row *row, hg_error *err) {
    if (!read_plain(r, text, size, row)) HG_TRY(read_careful(r, text, size, row, err));
    if (row->when) HG_TRY(hg__row_lines_read_time(r, row->when, row->when_size, row, err));
    return 1;
}

int hg__row_lines_read_csv(hg__row_lines *r, const char *text, size_t size, hg__row *row,
                           hg_error *err) {
    if (r->cells == 0) {
        const int code = read_header(r, text, size, err);
        if (code) return code < 0 ? code : 0;
        HG_TRY(lay_out(r, text, size, err));
    }
    const int64_t bad_cells = r->counts.bad_cells;
    const int code = read_row(r, text, size, row, err);
    if (code == 1 && r->counts.bad_cells == bad_cells) return 1;
    // A header once more, or another one: somebody has begun to write anew.
    if (code == HG_ERR_MEMORY || read_header(r, text, size, NULL) != 1) return code;
    r->counts.bad_cells = bad_cells;
    return 0;
}

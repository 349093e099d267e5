// SPDX-License-Identifier: Apache-2.0
// csv_layout.c - how the beginning of a text is a table: its dialect, what separates cells, where the table begins.
//
// What ten records agree upon is taken at once, as nearly every file is so. Else everything that people do to tables is
// tried on the sample: comment lines, other quotes, blanks between cells, lines above. What loses the fewest records is it,
// and of equals the plainest.
#include <string.h>

#include "base/mem.h"
#include "csv/csv_internal.h"
#include "csv/csv_number.h"
#include "csv/number_text.h"
#include "csv/time_text.h"

enum { RECORDS = 1000, SAMPLED = 50, MOST_ABOVE = 64, WIDTHS = 16, OPEN_QUOTES = 3 };

typedef struct place {
    size_t at;
    int64_t cells;
} place;

typedef struct search {
    const char *text; // as it is
    size_t size;
    char *plain;  // owned: of a trial, (hg__csv_room(size) and HG_CSV_PAD)
    place *place; // owned, (RECORDS): of a trial
    int64_t count;
    hg__csv_layout best;
} search;

// ---- records ------------------------------------------------------------------------------------

// Finds the records of the text; a quote that does not close costs its line.
static void list_records(search *s, const char *text, size_t size, char separator) {
    int open = 0;
    s->count = 0;
    for (size_t at = 0; at < size && s->count < RECORDS && open < OPEN_QUOTES;) {
        hg__csv_record r;
        if (!hg__csv_find_record(text + at, size - at, separator, &r)) {
            const char *end = memchr(text + at, '\n', size - at);
            r = (hg__csv_record){.size = end ? (size_t)(end + 1 - text) - at : size - at};
            open++;
        }
        if (!r.blank) s->place[s->count++] = (place){at, r.cells};
        at += r.size;
    }
}

static bool is_number(const hg__csv_cell *cell, bool commas) {
    double x;
    const hg__csv_kind kind = hg__csv_read_double(cell, '.', &x);
    return kind != HG_CSV_TEXT || (commas && hg__csv_read_double(cell, ',', &x) != HG_CSV_TEXT);
}

// How many of its cells are of that kind.
static int32_t count_kind(const char *p, const hg__csv_layout *l, hg__csv_kind kind) {
    int32_t count = 0;
    for (int32_t i = 0; i < l->width; i++) {
        hg__csv_cell cell;
        double x;
        p = hg__csv_next_cell(p, l->separator, &cell);
        count += hg__csv_read_double(&cell, '.', &x) == kind;
    }
    return count;
}

// The first record behind that of the names; below lines of prose units may stand between.
static int64_t first_row(const search *s, const char *text, const hg__csv_layout *l) {
    int64_t i = l->above + 1;
    for (int k = 0; l->above && k < 2 && i < s->count; k++) {
        const bool fits = s->place[i].cells == l->width;
        if (fits && count_kind(text + s->place[i].at, l, HG_CSV_TEXT) < l->width) break;
        i++;
    }
    return i;
}

// Sets numbers and number_columns from the records behind the first.
static int classify_cells(const search *s, const char *text, hg__csv_layout *l, hg_error *err) {
    bool *text_in = hg__alloc((size_t)l->width, sizeof *text_in, err);
    if (!text_in) return HG_ERR_MEMORY;
    int64_t seen = 0;
    l->numbers = true;
    for (int64_t i = first_row(s, text, l); i < s->count && seen < SAMPLED; i++) {
        if (s->place[i].cells != l->width) continue;
        const char *p = text + s->place[i].at;
        if (count_kind(p, l, HG_CSV_MISSING) == l->width) continue;
        seen++;
        for (int32_t k = 0; k < l->width; k++) {
            hg__csv_cell cell;
            p = hg__csv_next_cell(p, l->separator, &cell);
            text_in[k] = text_in[k] || !is_number(&cell, l->separator != ',');
        }
    }
    l->number_columns = 0;
    for (int32_t k = 0; k < l->width; k++) l->number_columns += !text_in[k];
    if (!seen) l->number_columns = 0;
    l->numbers = l->number_columns == l->width;
    l->first_is_number = seen && !text_in[0];
    hg__free(text_in);
    return HG_OK;
}

static void count_records(const search *s, hg__csv_layout *l) {
    l->good = l->bad = 0;
    for (int64_t i = l->above; i < s->count; i++) {
        const bool good = s->place[i].cells == l->width;
        l->good += good;
        l->bad += !good;
    }
    l->at = s->count ? s->place[l->above].at : 0;
}

// ---- lines -------------------------------------------------------------------------------------

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static const char *next_line(const char *p, const char *end) {
    const char *newline = memchr(p, '\n', (size_t)(end - p));
    return newline ? newline + 1 : end;
}

static const char *pass_blanks(const char *p, const char *end) {
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r')) p++;
    return p;
}

// A line without the blanks around it.
static hg__csv_cell trimmed(const char *p, const char *end) {
    p = pass_blanks(p, end);
    while (end > p && strchr(" \t\r\n", end[-1])) end--;
    return (hg__csv_cell){.text = p, .size = (size_t)(end - p)};
}

static bool starts(const char *p, const char *end, const char *mark) {
    const size_t n = strlen(mark);
    return (size_t)(end - p) >= n && memcmp(p, mark, n) == 0;
}

// ---- what loses the fewest ----------------------------------------------------------------------

// The width that most records have, more than one; 0 if there is none.
static int64_t usual_width(const search *s) {
    int64_t width[WIDTHS], count[WIDTHS], best = 0, most = 1;
    int widths = 0;
    for (int64_t i = 0; i < s->count; i++) {
        int k = 0;
        while (k < widths && width[k] != s->place[i].cells) k++;
        if (k == WIDTHS || s->place[i].cells < 2) continue;
        if (k == widths) {
            width[widths] = s->place[i].cells;
            count[widths++] = 0;
        }
        count[k]++;
    }
    for (int k = 0; k < widths; k++) {
        if (count[k] > most) {
            most = count[k];
            best = width[k];
        }
    }
    return best;
}

// `3,14` in every record but the first: one column, not two.
static bool has_decimal_commas(const search *s, const char *text, const hg__csv_layout *l) {
    double x;
    if (l->separator != ',' || l->width != 2 || l->above == 0) return false;
    for (int64_t i = l->above; i < s->count && i <= SAMPLED; i++) {
        const char *p = text + s->place[i].at, *end = hg__csv_double(p, ',', &x);
        if (!end || (*end != '\n' && *end != '\r')) return false;
    }
    return true;
}

// The table that begins behind lines of another width, if there is one.
static bool find_below(const search *s, hg__csv_layout *l) {
    int64_t width = usual_width(s);
    if (width < 2 && *l->dialect.comment && !l->dialect.blanks) width = 1; // behind comments
    if (width < 1 || width > INT32_MAX) return false;
    l->width = (int32_t)width;
    for (l->above = 0; l->above + 1 < s->count && l->above <= MOST_ABOVE; l->above++) {
        if (s->place[l->above].cells != width || s->place[l->above + 1].cells != width) continue;
        count_records(s, l);
        return l->bad * 4 <= l->good;
    }
    return false;
}

// The first record's cells are texts.
static bool are_words(const search *s, const char *text, const hg__csv_layout *l) {
    const char *p = text + s->place[l->above].at;
    for (int32_t i = 0; i < l->width; i++) {
        hg__csv_cell cell;
        p = hg__csv_next_cell(p, l->separator, &cell);
        if (is_number(&cell, true)) return false;
    }
    return l->above == 0;
}

// `1 234` in every record but the first: thousands, not two columns. Below two words some group begins with 0.
static bool is_grouped(const search *s, const char *text, const hg__csv_layout *l) {
    if (l->width != 2) return false;
    bool zero = !are_words(s, text, l);
    for (int64_t i = l->above + 1; i < s->count && i <= SAMPLED; i++) {
        if (s->place[i].cells != 2) continue;
        hg__csv_cell a, b;
        const char *p = hg__csv_next_cell(text + s->place[i].at, l->separator, &a);
        (void)hg__csv_next_cell(p, l->separator, &b);
        const size_t digits = strspn(b.text, "0123456789");
        if (a.size > 4 || digits != 3) return false;
        zero = zero || *b.text == '0';
    }
    return zero;
}

// $1,234  12,5 kg
static bool is_number_text(const hg__csv_cell *cell) {
    hg__number_text n;
    hg__number_value v;
    if (!hg__number_scan(cell->text, cell->size, &n)) return false;
    if (!hg__number_value_of(&n, '.', &v) && !hg__number_value_of(&n, ',', &v)) return false;
    const bool suffix = !*n.suffix || strcmp(n.suffix, "%") == 0 || hg__is_currency(n.suffix) ||
                        hg__is_unit(n.suffix, n.gap);
    return suffix && (!*n.prefix || hg__is_currency(n.prefix));
}

// Each line below the first, whole, is one time or (`numbers`) one number with commas or blanks in it: 31 May 2024, $1,234.
static bool are_single(const search *s, bool numbers) {
    const char *end = s->text + s->size;
    int seen = 0;
    for (const char *p = next_line(s->text, end), *next; p < end && seen < SAMPLED; p = next) {
        hg__time_reading when;
        next = next_line(p, end);
        const hg__csv_cell cell = trimmed(p, next);
        if (!cell.size) continue;
        seen++;
        hg__time_read_text(cell.text, cell.size, &when);
        if (!when.formats && !(numbers && is_number_text(&cell))) return false;
    }
    return seen > 2;
}

// Between blanks: texts of several words have blanks too. There must be numbers, or many words, always as many.
static bool is_split_by_blanks(const search *s, const char *text, const hg__csv_layout *l) {
    if (l->bad * 10 > l->good || is_grouped(s, text, l)) return false;
    if (l->width == 2 && !l->numbers) { // 12 kg
        return l->number_columns && are_words(s, text, l);
    }
    if (l->number_columns) return true;
    return l->width > 2 && l->good >= 10 && l->bad == 0 && l->above == 0;
}

// All cells of the first records.
static bool are_quoted(const search *s, const char *text, const hg__csv_layout *l) {
    for (int64_t i = l->above; i < s->count && i <= SAMPLED; i++) {
        const char *p = text + s->place[i].at;
        if (s->place[i].cells != l->width) continue;
        for (int32_t k = 0; k < l->width; k++) {
            hg__csv_cell cell;
            p = hg__csv_next_cell(p, l->separator, &cell);
            if (!cell.quoted) return false;
        }
    }
    return true;
}

static int64_t lost(const hg__csv_layout *l) {
    return l->above + l->bad;
}

static bool is_better(const hg__csv_layout *a, const hg__csv_layout *b) {
    // One column is what every text is: records are not lost, but columns are.
    const bool unsplit = b->width == 1 && !b->numbers;
    if (unsplit && a->width > 1) return true;
    // Rows that someone made comments of.
    const bool uncommented = *a->dialect.comment && !*b->dialect.comment && a->width == b->width;
    if (uncommented && a->first_is_number && !b->first_is_number && a->good * 2 > b->good) {
        return lost(a) <= lost(b);
    }
    // 'Quoted' though nothing is lost without.
    const bool unquoted = a->dialect.quote && !b->dialect.quote && a->width == b->width;
    if (unquoted && lost(a) <= lost(b) && (a->quoted || a->number_columns > b->number_columns)) {
        return true;
    }
    // What is all numbers, split in this way and in no other, is meant so.
    if (a->numbers != b->numbers && lost(a) <= lost(b)) return a->numbers;
    return lost(a) < lost(b) && a->good > b->good / 2;
}

// Whether lines that would be comments are rows: below the first record, with as many cells.
static bool drops_rows(const search *s, const hg__csv_layout *l) {
    const char *end = s->text + s->size;
    int64_t dropped = 0;
    bool below = false;
    if (!*l->dialect.comment || l->dialect.blanks) return false;
    if (l->first_is_number && *l->dialect.comment != '-') return false;
    for (const char *p = s->text; p < end; p = next_line(p, end)) {
        const char *begin = pass_blanks(p, end);
        hg__csv_record r;
        const bool is_comment = starts(begin, end, l->dialect.comment);
        below = below || (!is_comment && begin < end && *begin != '\n');
        if (!is_comment || !below) continue;
        if (!hg__csv_find_record(p, (size_t)(end - p), l->separator, &r)) continue;
        dropped += r.cells == l->width;
    }
    return dropped > 0;
}

// Lines above a table are believed where numbers stand below them, or many more records.
static bool is_below_prose(const hg__csv_layout *l) {
    if (l->above == 0) return true;
    return l->number_columns ? l->good >= 3 : l->good >= 10 && l->above * 4 <= l->good;
}

static int take(search *s, const char *text, hg__csv_layout *l, bool usual, hg_error *err) {
    if (has_decimal_commas(s, text, l)) return HG_OK;
    const bool may_be_one = l->dialect.blanks || l->separator == ',';
    if (may_be_one && are_single(s, l->above == 1 && s->place[0].cells == 1)) return HG_OK;
    HG_TRY(classify_cells(s, text, l, err));
    l->quoted = l->dialect.quote && are_quoted(s, text, l);
    if (!is_below_prose(l) || *l->dialect.comment == l->separator || drops_rows(s, l)) return HG_OK;
    if (l->width == 1 && !l->numbers) return HG_OK;
    if (l->dialect.blanks && !is_split_by_blanks(s, text, l)) return HG_OK;
    if (!usual && (l->bad || l->above || (l->width < 3 && !l->numbers))) return HG_OK;
    if (is_better(l, &s->best)) s->best = *l;
    return HG_OK;
}

// All separators that this dialect may have.
static int try_dialect(search *s, const hg__csv_dialect *d, hg_error *err) {
    static const char usual[] = "\t;,|", rare[] = "^~\1\x1f";
    hg__csv_state state = {.line_start = true, .cell_start = true};
    const size_t size = hg__csv_translate(d, &state, s->text, s->size, s->plain);
    memset(s->plain + size, 0, HG_CSV_PAD);
    for (const char *c = usual; *c; c++) {
        hg__csv_layout l = {.dialect = *d, .separator = *c};
        list_records(s, s->plain, size, *c);
        if (find_below(s, &l)) HG_TRY(take(s, s->plain, &l, true, err));
        if (d->blanks) return HG_OK;
    }
    for (const char *c = rare; *c; c++) {
        hg__csv_layout l = {.dialect = *d, .separator = *c};
        if (!memchr(s->plain, *c, size)) continue;
        list_records(s, s->plain, size, *c);
        if (find_below(s, &l)) HG_TRY(take(s, s->plain, &l, false, err));
    }
    return HG_OK;
}

// ---- what may be tried --------------------------------------------------------------------------

// Some line begins so.
static bool has_comment(const search *s, const char *mark) {
    const char *end = s->text + s->size;
    for (const char *p = s->text; p < end; p = next_line(p, end)) {
        if (starts(pass_blanks(p, end), end, mark)) return true;
    }
    return false;
}

// The first line that is not empty does.
static bool begins_with(const search *s, const char *mark) {
    const char *end = s->text + s->size, *p = s->text;
    while (p < end && (*p == '\n' || *p == ' ' || *p == '\t' || *p == '\r')) p++;
    return starts(p, end, mark);
}

static bool has_single_quotes(const search *s) {
    for (size_t i = 0; i < s->size; i++) {
        if (s->text[i] != '\'') continue;
        if (i == 0 || strchr("\n\t;,| ", s->text[i - 1])) return true;
    }
    return false;
}

// Names of columns above numbers, behind comments that have as many cells: they are comments.
static bool is_header_below(const search *s, const hg__csv_layout *l) {
    hg__csv_cell cell;
    double x;
    if (!l->number_columns || l->above) return false;
    const char *p = s->plain + l->at;
    for (int32_t i = 0; i < l->width; i++) {
        p = hg__csv_next_cell(p, l->separator, &cell);
        if (hg__csv_read_double(&cell, '.', &x) != HG_CSV_TEXT) return false;
    }
    return true;
}

static const char *const marks[] = {"#", "%", "//", ";", "!", "--"};

enum { MARKS = sizeof marks / sizeof *marks };

static int try_with_blanks(search *s, hg__csv_dialect d, hg_error *err) {
    HG_TRY(try_dialect(s, &d, err));
    d.blanks = true;
    return try_dialect(s, &d, err);
}

static int try_comments(search *s, hg__csv_dialect d, hg_error *err) {
    for (size_t i = 0; i < MARKS; i++) {
        if (!has_comment(s, marks[i]) || s->best.separator == *marks[i]) continue;
        memcpy(d.comment, marks[i], strlen(marks[i]) + 1);
        HG_TRY(try_with_blanks(s, d, err));
    }
    return HG_OK;
}

static int try_all(search *s, hg__csv_dialect d, hg_error *err) {
    HG_TRY(try_with_blanks(s, d, err));
    return try_comments(s, d, err);
}

static int try_quotes(search *s, hg_error *err) {
    HG_TRY(try_all(s, (hg__csv_dialect){0}, err));
    if (memmem(s->text, s->size, "\\\"", 2)) {
        HG_TRY(try_all(s, (hg__csv_dialect){.escapes = true}, err));
    }
    if (!has_single_quotes(s)) return HG_OK;
    return try_all(s, (hg__csv_dialect){.quote = '\'', .escapes = true}, err);
}

// ---- the first look -----------------------------------------------------------------------------

// As every file was read before there was a search: the first record says how many columns there are.
static int look_first(search *s, char separator, hg_error *err) {
    hg__csv_layout *l = &s->best;
    l->separator = separator ? separator : hg__csv_find_separator(s->text, s->size);
    list_records(s, s->text, s->size, l->separator);
    if (s->count == 0) return HG_OK;
    l->width = s->place[0].cells < 1 ? 1 : (int32_t)s->place[0].cells;
    count_records(s, l);
    HG_TRY(classify_cells(s, s->text, l, err));
    if (separator || l->width > 1 || l->bad < 2) return HG_OK;
    // One column, 3,14 in it. Not between ';', where 45,123 would be no thousands.
    hg__csv_layout one = {.separator = '\t', .width = 1};
    list_records(s, s->text, s->size, '\t');
    count_records(s, &one);
    if (one.bad == 0) HG_TRY(classify_cells(s, s->text, &one, err));
    if (one.numbers || are_single(s, true)) *l = one;
    return HG_OK;
}

// Comments at the top that happen to have as many cells as the table.
static int look_behind_comments(search *s, hg_error *err) {
    for (size_t i = 0; i < MARKS; i++) {
        if (!begins_with(s, marks[i])) continue;
        search below = *s;
        below.best = (hg__csv_layout){.width = 1};
        hg__csv_dialect d = {0};
        memcpy(d.comment, marks[i], strlen(marks[i]) + 1);
        d.blanks = s->best.dialect.blanks;
        HG_TRY(try_dialect(&below, &d, err));
        const hg__csv_layout *l = &below.best;
        const bool same = l->width == s->best.width && lost(l) <= lost(&s->best);
        if (!same || l->separator != s->best.separator) continue;
        // To have s->plain as it was tried last.
        if (is_header_below(&below, l) || (d.blanks && l->good)) s->best = *l;
        return HG_OK;
    }
    return HG_OK;
}

static bool is_settled(const search *s) {
    const hg__csv_layout *l = &s->best;
    if (s->count == 0 || l->bad) return s->count == 0;
    return l->numbers || (l->width > 1 && !begins_with(s, "'"));
}

// Where the comment line right above the table stands in the text as it is: lines are where they were.
static void find_names(search *s) {
    hg__csv_layout *l = &s->best;
    l->names = SIZE_MAX;
    if (!*l->dialect.comment) return;
    hg__csv_state state = {.line_start = true, .cell_start = true};
    const size_t size = hg__csv_translate(&l->dialect, &state, s->text, s->size, s->plain);
    const char *end = s->text + s->size, *p = s->text, *last = NULL;
    for (size_t i = 0; i < l->at && i < size; i++) {
        if (s->plain[i] != '\n') continue;
        const char *begin = pass_blanks(p, end);
        if (starts(begin, end, l->dialect.comment)) last = begin + strlen(l->dialect.comment);
        p = next_line(p, end);
    }
    if (last) l->names = (size_t)(last - s->text);
}

// Texts of one column, of which each seems to be several cells. A time of day is not, and an address is not.
static bool is_divided_by(const char *text, const char *end, char by, int *parts) {
    const char *first = memchr(text, by, (size_t)(end - text));
    *parts = 1;
    for (const char *p = text; p < end; p++) *parts += *p == by;
    if (!first || first == text || first[1] == '/') return false;
    return !is_digit(first[-1]) || !is_digit(first[1]) || !is_digit(first[2]);
}

// Several numbers between blanks.
static bool is_numbers(const char *text, const char *end) {
    int words = 0, numbers = 0;
    bool grouped = true;
    for (const char *p = pass_blanks(text, end); p < end; p = pass_blanks(p, end)) {
        hg__csv_cell word = {.text = p};
        while (p < end && *p != ' ' && *p != '\t' && *p != '\r') p++;
        word.size = (size_t)(p - word.text);
        words++;
        grouped = grouped && (words == 1 || strspn(word.text, "0123456789") == 3);
        numbers += is_number(&word, true);
    }
    return numbers > 1 && 2 * numbers > words && !grouped; // 1 234 567
}

static void find_divider(search *s) {
    hg__csv_layout *l = &s->best;
    bool blanks = true, colon = true, equal = true;
    int64_t seen = 0;
    int colons = 0, equals = 0, parts;
    l->divider = NULL;
    list_records(s, s->text, s->size, l->separator);
    if (l->width > 1 || l->numbers || l->bad || *l->dialect.comment || s->count < 4) return;
    if (are_single(s, true)) return;
    for (int64_t i = 1; i < s->count; i++, seen++) {
        const char *p = s->text + s->place[i].at, *end = memchr(p, '\n', s->size - s->place[i].at);
        if (!end) break;
        blanks = blanks && is_numbers(p, end);
        colon = colon && is_divided_by(p, end, ':', &parts) && (!colons || parts == colons);
        colons = parts;
        equal = equal && is_divided_by(p, end, '=', &parts) && (!equals || parts == equals);
        equals = parts;
    }
    if (seen < 3) return;
    if (blanks) l->divider = "blanks divide, but not as many in each (columns of fixed width?)";
    if (colon) l->divider = "':' seems to divide; a first line sep=: says that it does";
    if (equal) l->divider = "'=' seems to divide; a first line sep== says that it does";
}

// What fits may be something else all the same.
static int look_twice(search *s, hg_error *err) {
    const hg__csv_layout *l = &s->best;
    if (l->width == 1) return HG_OK;
    if (!l->first_is_number && !*l->dialect.comment) HG_TRY(try_comments(s, l->dialect, err));
    if (!l->numbers && hg__csv_dialect_is_plain(&l->dialect)) {
        HG_TRY(try_with_blanks(s, (hg__csv_dialect){0}, err)); // all numbers in another way?
    }
    return *l->dialect.comment ? HG_OK : look_behind_comments(s, err);
}

// A \, below a line with fewer cells: not one cell more, but a comma within one.
static void find_escaped(search *s) {
    hg__csv_layout *l = &s->best;
    const char escaped[] = {'\\', l->separator, '\0'};
    if (!l->above || l->width < 2 || !hg__csv_dialect_is_plain(&l->dialect)) return;
    list_records(s, s->text, s->size, l->separator);
    for (int64_t i = l->above; i < s->count; i++) {
        const size_t at = s->place[i].at, end = i + 1 < s->count ? s->place[i + 1].at : s->size;
        if (!memmem(s->text + at, end - at, escaped, 2)) return;
    }
    l->divider = "hold separators behind backslashes; cells with a separator want quotes";
}

static int search_all(search *s, char separator, hg_error *err) {
    HG_TRY(look_first(s, separator, err));
    s->best.names = SIZE_MAX;
    if (separator) return HG_OK;
    if (!is_settled(s)) HG_TRY(try_quotes(s, err));
    HG_TRY(look_twice(s, err));
    find_names(s);
    find_divider(s);
    find_escaped(s);
    return HG_OK;
}

int hg__csv_layout_find(hg__csv_layout *l, const char *text, size_t size, char separator,
                        hg_error *err) {
    search s = {.text = text, .size = size, .best = {.width = 1}};
    s.place = hg__alloc(RECORDS, sizeof *s.place, err);
    s.plain = s.place ? hg__alloc(hg__csv_room(size) + HG_CSV_PAD, 1, err) : NULL;
    const int code = s.plain ? search_all(&s, separator, err) : HG_ERR_MEMORY;
    *l = s.best;
    hg__free(s.place);
    hg__free(s.plain);
    return code;
}

// ---- small questions ----------------------------------------------------------------------------

bool hg__csv_has_lone_cr(const char *text, size_t size) {
    int64_t alone = 0, lines = 0;
    for (size_t i = 0; i < size; i++) {
        lines += text[i] == '\n';
        if (text[i] != '\r' || i + 1 == size) continue;
        alone += text[i + 1] != '\n' && text[i + 1] != '\r';
    }
    return alone > 0 && alone >= lines;
}

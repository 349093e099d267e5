// SPDX-License-Identifier: Apache-2.0
// csv_text.c - CSV as text: a window that slides over the file, records, cells.
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/mem.h"
#include "csv/csv.h"
#include "csv/csv_number.h"

enum { WINDOW = 1 << 18, SAMPLE = 10 };

// ---- the window ---------------------------------------------------------------------------------

static int resize(hg__csv_window *w, size_t capacity, hg_error *err) {
    char *grown = hg__grow(w->text, capacity + HG_CSV_PAD, 1, err);
    if (!grown) return HG_ERR_MEMORY;
    w->text = grown;
    w->capacity = capacity;
    return HG_OK;
}

int hg__csv_window_init(hg__csv_window *w, hg__source *s, hg_error *err) {
    *w = (hg__csv_window){.source = s, .line = 1};
    return resize(w, WINDOW, err);
}

void hg__csv_window_clear(hg__csv_window *w) {
    hg__csv_filter_free(w->filter);
    hg__free(w->text);
    *w = (hg__csv_window){0};
}

static int make_room(hg__csv_window *w, hg_error *err) {
    size_t held = w->end - w->start;
    memmove(w->text, w->text + w->start, held);
    w->complete -= w->start;
    w->start = 0;
    w->end = held;
    if (held < w->capacity / 2) return HG_OK;
    if (held >= hg__data_limit.line) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s:%llu: expected a line of at most %zu bytes, got a longer one",
                        w->source->path, (unsigned long long)w->line, hg__data_limit.line);
    }
    return resize(w, w->capacity * 2, err);
}

int hg__csv_window_filter(hg__csv_window *w, const hg__csv_dialect *d, hg_error *err) {
    if (!w->filter) w->filter = hg__csv_filter_new(w->source, err);
    if (!w->filter) return HG_ERR_MEMORY;
    HG_TRY(
        hg__csv_filter_begin(w->filter, d, w->text + w->start, w->end - w->start, w->at_end, err));
    w->start = w->end = w->complete = 0;
    w->at_end = false;
    return HG_OK;
}

static int read_text(hg__csv_window *w, hg_error *err) {
    const size_t want = w->capacity - w->end - 1; // 1: the newline that may be missing
    char *to = w->text + w->end;
    const int64_t n = w->filter ? hg__csv_filter_read(w->filter, to, want, &w->at_end, err)
                                : hg__source_read(w->source, to, want, err);
    if (n < 0) return (int)n;
    w->end += (size_t)n;
    if (!w->filter) w->at_end = (size_t)n < want;
    return HG_OK;
}

int hg__csv_window_more(hg__csv_window *w, hg_error *err) {
    static const char end_mark = '\x1a'; // that DOS put behind a text
    HG_TRY(make_room(w, err));
    HG_TRY(read_text(w, err));
    while (w->at_end && w->end > w->complete && w->text[w->end - 1] == end_mark) w->end--;
    if (w->at_end && w->end > w->start && w->text[w->end - 1] != '\n') w->text[w->end++] = '\n';
    memset(w->text + w->end, 0, HG_CSV_PAD);
    size_t complete = w->end;
    while (complete > w->complete && w->text[complete - 1] != '\n') complete--;
    w->complete = complete;
    return HG_OK;
}

bool hg__csv_window_drop(hg__csv_window *w) {
    const char *end =
        w->end > w->start ? memchr(w->text + w->start, '\n', w->end - w->start) : NULL;
    w->start = end ? (size_t)(end + 1 - w->text) : w->end;
    if (w->complete < w->start) w->complete = w->start;
    w->line += end != NULL;
    return end != NULL;
}

// ---- records and cells --------------------------------------------------------------------------

// Where the quoted cell that opens at p ends, one past its closing quote; NULL if it does not.
static const char *skip_quoted(const char *p, const char *end, size_t *lines) {
    for (p++; p < end; p++) {
        if (*p == '\n') (*lines)++;
        if (*p != '"') continue;
        if (p + 1 == end || p[1] != '"') return p + 1;
        p++;
    }
    return NULL;
}

bool hg__csv_find_record(const char *text, size_t size, char separator, hg__csv_record *r) {
    const char *p = text, *end = text + size;
    *r = (hg__csv_record){.lines = 1, .cells = 1};
    for (;;) {
        if (p < end && *p == '"' && !(p = skip_quoted(p, end, &r->lines))) return false;
        while (p < end && *p != separator && *p != '\n') p++;
        if (p == end) return false;
        if (*p++ == '\n') break;
        r->cells++;
    }
    r->size = (size_t)(p - text);
    r->blank = r->size == 1 || (r->size == 2 && *text == '\r');
    return true;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

bool hg__csv_is_blank(const char *text, const hg__csv_record *r, int32_t columns) {
    if (r->blank || columns == 1 || r->cells > 1) return r->blank;
    for (size_t i = 0; i + 1 < r->size; i++) {
        if (!is_blank(text[i])) return false;
    }
    return true;
}

static hg__csv_cell trim(const char *text, const char *end, bool quoted) {
    while (end > text && is_blank(end[-1])) end--;
    while (text < end && is_blank(*text)) text++;
    return (hg__csv_cell){.text = text, .size = (size_t)(end - text), .quoted = quoted};
}

const char *hg__csv_next_cell(const char *text, char separator, hg__csv_cell *cell) {
    const char *p = text;
    if (*p == '"') {
        for (p++; *p != '"' || p[1] == '"';) p += *p == '"' ? 2 : 1;
        *cell = trim(text + 1, p++, true);
        while (*p != separator && is_blank(*p)) p++;
        // Where text goes on after the quote, the cell is all of it as it stands.
        if (*p == separator || *p == '\n') return p + 1;
    }
    while (*p != separator && *p != '\n') p++;
    *cell = trim(text, p, false);
    return p + 1;
}

// Words by their length, in lower case.
typedef struct word {
    uint8_t size;
    bool infinite;
    char text[10];
} word;

#define MISSING(text) \
 { sizeof(text) - 1, false, text }
#define INFINITE(text) \
 { sizeof(text) - 1, true, text }

// As people, databases, spreadsheets, statistics programs and printf() write what is no value.
static const word words[] = {
    MISSING("?"),          MISSING("-"),          MISSING("."),        MISSING("--"),
    MISSING("---"),        MISSING("na"),         MISSING("n/a"),      MISSING("n.a."),
    MISSING("<na>"),       MISSING("nan"),        MISSING("-nan"),     MISSING("nat"),
    MISSING("nil"),        MISSING("null"),       MISSING("none"),     MISSING("missing"),
    MISSING("\\n"),        MISSING("(null)"),     MISSING("<null>"),   MISSING("[null]"),
    MISSING("{null}"),     MISSING("(none)"),     MISSING("#na"),      MISSING("#n/a"),
    MISSING("#nv"),        MISSING("#n/d"),       MISSING("#null!"),   MISSING("#div/0!"),
    MISSING("#value!"),    MISSING("#ref!"),      MISSING("#name?"),   MISSING("#num!"),
    MISSING("#error!"),    MISSING("#wert!"),     MISSING("#bezug!"),  MISSING("#zahl!"),
    MISSING("#valeur!"),   MISSING("#nombre!"),   MISSING("nan(ind)"), MISSING("-nan(ind)"),
    MISSING("1.#qnan"),    MISSING("-1.#qnan"),   MISSING("1.#ind"),   MISSING("-1.#ind"),
    MISSING("1.#qnan0"),   MISSING("-1.#qnan0"),  MISSING("1.#ind00"), MISSING("-1.#ind00"),
    INFINITE("inf"),       INFINITE("+inf"),      INFINITE("-inf"),    INFINITE("infinity"),
    INFINITE("+infinity"), INFINITE("-infinity"), INFINITE("1.#inf"),  INFINITE("-1.#inf"),
    INFINITE("1.#inf00"),  INFINITE("-1.#inf00")};

// What a cell that is no number is.
static hg__csv_kind read_word(const hg__csv_cell *cell) {
    static const char first[] = "?-.nN#<mMiI+\\([{1"; // bytes of these words
    enum { LONGEST = 9 };
    if (!cell->size) return HG_CSV_MISSING;
    if (cell->size > LONGEST || !memchr(first, *cell->text, sizeof first - 1)) return HG_CSV_TEXT;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (words[i].size != cell->size) continue;
        if (strncasecmp(words[i].text, cell->text, cell->size) != 0) continue;
        return words[i].infinite ? HG_CSV_INFINITE : HG_CSV_MISSING;
    }
    return HG_CSV_TEXT;
}

hg__csv_kind hg__csv_read_cell(const hg__csv_cell *cell, float *x) {
    if (cell->size && hg__csv_number(cell->text, x) == cell->text + cell->size) {
        return isfinite(*x) ? HG_CSV_NUMBER : HG_CSV_INFINITE;
    }
    return read_word(cell);
}

hg__csv_kind hg__csv_read_double(const hg__csv_cell *cell, char point, double *x) {
    if (cell->size && hg__csv_double(cell->text, point, x) == cell->text + cell->size) {
        return isfinite(*x) ? HG_CSV_NUMBER : HG_CSV_INFINITE;
    }
    return read_word(cell);
}

void hg__csv_show_cell(const hg__csv_cell *cell, char buffer[48]) {
    size_t n = cell->size < 40 ? cell->size : 40;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)cell->text[i];
        buffer[i] = c < ' ' || c == 127 ? '?' : (char)c;
    }
    memcpy(buffer + n, n < cell->size ? "..." : "", n < cell->size ? 4 : 1);
    if (n == 0) memcpy(buffer, "empty", 6);
}

// ---- the separator ------------------------------------------------------------------------------

char hg__csv_find_separator(const char *text, size_t size) {
    static const char candidates[] = "\t;,|";
    char most = ',';
    int64_t most_cells = 1;
    for (const char *c = candidates; *c; c++) {
        int64_t cells = 0;
        bool same = true;
        size_t at = 0;
        hg__csv_record r;
        for (int i = 0;
             i < SAMPLE && at < size && hg__csv_find_record(text + at, size - at, *c, &r); i++) {
            if (!r.blank && cells == 0) cells = r.cells;
            same = same && (r.blank || r.cells == cells);
            at += r.size;
        }
        if (same && cells > 1) return *c;
        if (cells > most_cells) {
            most_cells = cells;
            most = *c;
        }
    }
    return most;
}

// SPDX-License-Identifier: Apache-2.0
// csv_arff.c - ARFF (Weka's format, and KEEL's): lines that name the columns, then CSV.
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/mem.h"
#include "csv/csv_internal.h"
#include "csv/csv_number.h"

typedef struct line {
    const char *text;
    size_t size; // without blanks around it
} line;

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static line trim(const char *text, size_t size) {
    while (size && is_blank(*text)) {
        text++;
        size--;
    }
    while (size && is_blank(text[size - 1])) size--;
    return (line){text, size};
}

static bool is_word(line l, const char *word) {
    const size_t n = strlen(word);
    return l.size >= n && strncasecmp(l.text, word, n) == 0 && (l.size == n || is_blank(l.text[n]));
}

bool hg__csv_is_arff(const char *text, size_t size) {
    while (size) {
        const char *end = memchr(text, '\n', size);
        const size_t length = end ? (size_t)(end + 1 - text) : size;
        const line l = trim(text, length);
        if (l.size && *l.text != '%') return is_word(l, "@relation");
        text += length;
        size -= length;
    }
    return false;
}

// The line at the start of the window, with its newline; 0 at the end of the text.
static int take_line(hg__csv_window *w, const char **text, size_t *size, hg_error *err) {
    while (w->start >= w->complete && !w->at_end) HG_TRY(hg__csv_window_more(w, err));
    *text = w->text + w->start;
    if (w->start >= w->complete) return 0;
    const char *end = memchr(*text, '\n', w->complete - w->start);
    *size = (size_t)(end + 1 - *text);
    w->start += *size;
    w->line++;
    return 1;
}

static int refuse(const hg__csv_window *w, const char *expected, hg_error *err) {
    return hg__fail(err, HG_ERR_DATA, "%s:%llu: ARFF: expected %s", w->source->path,
                    (unsigned long long)(w->line - 1), expected);
}

// `@attribute 'a name' {x, y}`: the name, a copy.
static int add_name(hg__csv_head *h, const hg__csv_window *w, line l, hg_error *err) {
    const line rest = trim(l.text + strlen("@attribute"), l.size - strlen("@attribute"));
    const bool quoted = rest.size && (*rest.text == '\'' || *rest.text == '"');
    const char *p = rest.text + quoted, *end = rest.text + rest.size, *stop = p;
    while (stop < end && (quoted ? *stop != *rest.text : !is_blank(*stop) && *stop != '{')) stop++;
    if (stop == p || stop == end) return refuse(w, "a name and a type behind @attribute", err);
    const line type = trim(stop + quoted, (size_t)(end - stop) - quoted);
    if (is_word(type, "relational")) {
        return refuse(w, "columns of cells, got a relational one", err);
    }
    if (h->columns >= hg__data_limit.width) return refuse(w, "fewer columns", err);
    char **grown = hg__grow(h->name, (size_t)h->columns + 1, sizeof *grown, err);
    if (!grown) return HG_ERR_MEMORY;
    h->name = grown;
    char *name = hg__grow(NULL, (size_t)(stop - p) + 1, 1, err);
    if (!name) return HG_ERR_MEMORY;
    memcpy(name, p, (size_t)(stop - p));
    name[stop - p] = '\0';
    h->name[h->columns++] = name;
    return HG_OK;
}

static int read_names(hg__csv_head *h, hg__csv_window *w, hg_error *err) {
    const char *text;
    size_t size;
    for (int more; (more = take_line(w, &text, &size, err)) != 0;) {
        if (more < 0) return more;
        const line l = trim(text, size);
        if (is_word(l, "@data")) {
            return h->columns ? HG_OK : refuse(w, "@attribute before @data", err);
        }
        if (is_word(l, "@attribute")) HG_TRY(add_name(h, w, l, err));
    }
    return refuse(w, "@data, got the end of the file", err);
}

int hg__csv_arff_read(hg__csv_head *h, hg__csv_window *w, hg_error *err) {
    hg__csv_dialect d = {.comment = "%", .escapes = true};
    if (w->filter) {
        d.utf16 = hg__csv_filter_dialect(w->filter)->utf16;
        d.cr = hg__csv_filter_dialect(w->filter)->cr;
    }
    // Either quote may be used; one file keeps to one.
    const char *single = memchr(w->text + w->start, '\'', w->complete - w->start);
    if (single) d.quote = '\'';
    h->separator = ',';
    h->point = '.';
    HG_TRY(hg__csv_window_filter(w, &d, err));
    HG_TRY(read_names(h, w, err));
    while (w->start >= w->complete && !w->at_end) HG_TRY(hg__csv_window_more(w, err));
    h->line = w->line;
    const line rows = trim(w->text + w->start, w->complete - w->start);
    if (rows.size && *rows.text == '{') {
        w->line++;
        return refuse(w, "rows of cells, got sparse rows ({index value, ...})", err);
    }
    return HG_OK;
}

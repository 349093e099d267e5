// SPDX-License-Identifier: Apache-2.0
// recording_series.c - series of instances, as aeon and sktime have them: .ts, and .arff with one series a row or relational ones. Each
// instance begins anew, a step of it is a step.
//
//   .ts       1.2,3.4,5.6:7.8,9.0,1.1:walking        dimensions between ":", the class behind the last
//   .arff     1.2,3.4,5.6,walking
//             '1.2,3.4,5.6\n7.8,9.0,1.1',walking     relational: dimensions between "\n"
//
// label=class marks the steps of instances whose class is none of normal=.
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "array/reader.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "csv/csv.h"
#include "schema/schema.h"
#include "signal/recording_kind.h"

enum { DIMENSIONS = 4096 };

typedef enum layout { TS, ROWS, RELATIONAL } layout;

typedef struct series {
    hg__source source;
    hg__csv_window window;
    layout layout;
    bool has_class;
    // The instance at hand: where its dimensions begin, in values.
    float *value; // owned, (values)
    size_t values, room;
    size_t *dimension; // owned, (dimensions + 1): where each begins
    int32_t dimensions;
    int64_t instances; // so far
    size_t length, at; // steps of the instance, and the next
    uint8_t label;
    uint64_t line; // of the instance, from 1
} series;

// ---- which files --------------------------------------------------------------------------------

// The line at p, blanks before it passed over, begins with `word` in any case.
static bool begins_with(const char *p, size_t size, const char *word) {
    const size_t n = strlen(word);
    while (size > 0 && (*p == ' ' || *p == '\t')) {
        p++;
        size--;
    }
    return size >= n && strncasecmp(p, word, n) == 0;
}

static const char *line_end(const char *p, const char *end) {
    const char *newline = memchr(p, '\n', (size_t)(end - p));
    return newline ? newline : end;
}

// The number that a name ends in, -1: none. *size: bytes before it.
static int64_t number_behind(const char *name, size_t length, size_t *size) {
    char digits[16];
    *size = length;
    while (*size > 0 && name[*size - 1] >= '0' && name[*size - 1] <= '9') (*size)--;
    int64_t x = -1;
    snprintf(digits, sizeof digits, "%.*s", (int)(length - *size), name + *size);
    return hg__parse_int(digits, &x) ? x : -1;
}

// An attribute's line behind "@attribute": whether it is relational, and else the number its name ends in.
static bool read_attribute(const char *p, const char *stop, int64_t *number) {
    size_t length = 0, size;
    while (p < stop && (*p == ' ' || *p == '\t')) p++;
    while (p + length < stop && p[length] != ' ' && p[length] != '\t') length++;
    *number = number_behind(p, length, &size);
    return begins_with(p + length, (size_t)(stop - p) - length, "relational");
}

// An .arff file whose rows are series: its first attributes are called att0, att1, att2 ..., or it is relational.
static bool is_arff_of_series(const char *text, const char *end, bool *is_relational) {
    enum { ENOUGH = 5, WORD = 10 }; // attributes; bytes of "@attribute"
    int32_t run = 0;
    int64_t last = -1, number;
    *is_relational = false;
    for (const char *p = text; p < end && run < ENOUGH && !*is_relational;) {
        const char *stop = line_end(p, end);
        if (begins_with(p, (size_t)(stop - p), "@attribute")) {
            p = (const char *)memchr(p, '@', (size_t)(stop - p)) + WORD;
            *is_relational = read_attribute(p, stop, &number);
            run = number >= 0 && (run == 0 || number == last + 1) ? run + 1 : 0;
            last = number;
        }
        p = stop + 1;
    }
    return run >= ENOUGH || *is_relational;
}

// Its first line that is no comment.
static const char *first_line(const char *p, const char *end, char comment) {
    for (; p < end; p = line_end(p, end) + 1) {
        while (p < end && (*p == ' ' || *p == '\t' || *p == '\r')) p++;
        if (p < end && *p != comment && *p != '\n') return p;
    }
    return end;
}

static bool is_ts(const char *text, const char *end) {
    static const char *const words[] = {"@problemname",  "@timestamps", "@univariate",
                                        "@missing",      "@dimension",  "@equallength",
                                        "@serieslength", "@classlabel", "@targetlabel"};
    const char *p = first_line(text, end, '#');
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (begins_with(p, (size_t)(end - p), words[i])) return true;
    }
    return false;
}

static bool ends_in(const char *path, const char *end) {
    const size_t size = strlen(path), most = strlen(end);
    return size > most && strcasecmp(path + size - most, end) == 0;
}

static hg__recording_claim sniff_arff(const char *text, const char *end) {
    bool is_relational;
    const char *p = first_line(text, end, '%');
    if (!begins_with(p, (size_t)(end - p), "@relation")) return HG_CLAIM_NONE;
    if (!is_arff_of_series(p, end, &is_relational)) return HG_CLAIM_NONE;
    return is_relational ? HG_CLAIM_SURE : HG_CLAIM_MAYBE;
}

// What an .arff file is stands behind comments that may be long.
static hg__recording_claim sniff_series(const char *path, const uint8_t *head, size_t size) {
    enum { COMMENTS = 1 << 16 };
    const char *text = (const char *)head;
    if (!head || !hg__magic_is_text(head, size)) return HG_CLAIM_NONE;
    if (is_ts(text, text + size)) return HG_CLAIM_SURE;
    if (ends_in(path, ".ts") && size > 0 && (*text == '#' || *text == '@')) return HG_CLAIM_SURE;
    if (!ends_in(path, ".arff")) return sniff_arff(text, text + size);
    hg__content c = {0};
    if (hg__content_read_head(&c, path, COMMENTS, NULL) < 0) return HG_CLAIM_NONE;
    text = (const char *)c.data;
    const hg__recording_claim claim = sniff_arff(text, text + c.size);
    hg__content_free(&c);
    return claim;
}

// ---- lines --------------------------------------------------------------------------------------

// The next line with something on it, without its end: 1, 0 at the end of the file.
static int next_line(series *s, char **text, size_t *size, hg_error *err) {
    hg__csv_window *w = &s->window;
    for (;;) {
        if (w->start >= w->complete) {
            if (w->at_end) return 0;
            HG_TRY(hg__csv_window_more(w, err));
            continue;
        }
        char *p = w->text + w->start;
        const char *end = memchr(p, '\n', w->complete - w->start);
        size_t n = (size_t)(end - p);
        w->start += n + 1;
        s->line = w->line++;
        while (n > 0 && (p[n - 1] == '\r' || p[n - 1] == ' ' || p[n - 1] == '\t')) n--;
        while (n > 0 && (*p == ' ' || *p == '\t')) {
            p++;
            n--;
        }
        if (n == 0) continue;
        *text = p;
        *size = n;
        return 1;
    }
}

static int begin_lines(hg__recording_file *f, series *s, hg_error *err) {
    hg__source_close(&s->source);
    hg__csv_window_clear(&s->window);
    const int fd = hg__open_read(f->source, err);
    if (fd < 0) return fd;
    HG_TRY(hg__source_open(&s->source, fd, f->path, err));
    HG_TRY(hg__zip_text(&s->source, err));
    return hg__csv_window_init(&s->window, &s->source, err);
}

// ---- the header ---------------------------------------------------------------------------------

static int refuse(const hg__recording_file *f, const series *s, const char *expected,
                  const char *got, size_t size, hg_error *err) {
    return hg__fail(err, HG_ERR_DATA, "%s:%llu: expected %s, got '%.*s'", f->path,
                    (unsigned long long)s->line, expected, (int)(size < 40 ? size : 40), got);
}

static bool says_true(const char *text, size_t size) {
    while (size > 0 && *text != ' ' && *text != '\t') {
        text++;
        size--;
    }
    return begins_with(text, size, "true");
}

static int read_header_line(const hg__recording_file *f, series *s, const char *text, size_t size,
                            hg_error *err) {
    if (s->layout == TS) {
        if (begins_with(text, size, "@timestamps") && says_true(text, size)) {
            return refuse(f, s, "series without time stamps", text, size, err);
        }
        if (begins_with(text, size, "@classlabel")) s->has_class = says_true(text, size);
        if (begins_with(text, size, "@targetlabel")) s->has_class = says_true(text, size);
        return HG_OK;
    }
    if (!begins_with(text, size, "@attribute")) return HG_OK;
    // The last attribute is the class where it is one of names in braces.
    s->has_class = memchr(text, '{', size) != NULL;
    for (size_t i = 10; i + 10 <= size && s->layout != RELATIONAL; i++) {
        if (strncasecmp(text + i, "relational", 10) == 0) s->layout = RELATIONAL;
    }
    return HG_OK;
}

static int read_header(const hg__recording_file *f, series *s, hg_error *err) {
    char *text;
    size_t size;
    bool is_first = true;
    for (int more; (more = next_line(s, &text, &size, err)) != 0;) {
        HG_TRY(more);
        if (*text == '#' || *text == '%') continue;
        if (is_first) s->layout = begins_with(text, size, "@relation") ? ROWS : TS;
        is_first = false;
        if (begins_with(text, size, "@data")) return HG_OK;
        if (*text != '@') return refuse(f, s, "a line that begins with @", text, size, err);
        HG_TRY(read_header_line(f, s, text, size, err));
    }
    return hg__fail(err, HG_ERR_DATA, "%s: expected a line @data, got the end of the file",
                    f->path);
}

// ---- an instance --------------------------------------------------------------------------------

static int add_value(series *s, float x, hg_error *err) {
    if (s->values == s->room) {
        const size_t room = s->room ? 2 * s->room : 1024;
        float *grown = hg__grow(s->value, room, sizeof *grown, err);
        if (!grown) return HG_ERR_MEMORY;
        s->value = grown;
        s->room = room;
    }
    s->value[s->values++] = x;
    return HG_OK;
}

// "1.5", "?", "NaN" at text (size).
static int read_value(const hg__recording_file *f, series *s, const char *text, size_t size,
                      hg_error *err) {
    float x = NAN;
    hg__csv_cell cell = {.text = text, .size = size};
    while (cell.size > 0 && (*cell.text == ' ' || *cell.text == '\t')) {
        cell.text++;
        cell.size--;
    }
    while (cell.size > 0 && (cell.text[cell.size - 1] == ' ' || cell.text[cell.size - 1] == '\t')) {
        cell.size--;
    }
    const hg__csv_kind kind = hg__csv_read_cell(&cell, &x);
    const bool is_gap = kind == HG_CSV_MISSING || (cell.size == 1 && *cell.text == '?');
    if (is_gap) x = NAN;
    if (kind != HG_CSV_NUMBER && !is_gap) return refuse(f, s, "a number", text, size, err);
    return add_value(s, x, err);
}

// Values with commas between.
static int read_values(const hg__recording_file *f, series *s, const char *text, size_t size,
                       hg_error *err) {
    const char *end = text + size;
    for (const char *p = text; p <= end;) {
        const char *stop = memchr(p, ',', (size_t)(end - p));
        if (!stop) stop = end;
        HG_TRY(read_value(f, s, p, (size_t)(stop - p), err));
        p = stop + 1;
    }
    return HG_OK;
}

static int add_dimension(const hg__recording_file *f, series *s, const char *text, size_t size,
                         hg_error *err) {
    if (s->dimensions == DIMENSIONS) {
        return hg__fail(err, HG_ERR_DATA, "%s:%llu: expected at most %d dimensions, got more",
                        f->path, (unsigned long long)s->line, DIMENSIONS);
    }
    s->dimension[s->dimensions++] = s->values;
    HG_TRY(read_values(f, s, text, size, err));
    s->dimension[s->dimensions] = s->values;
    return HG_OK;
}

static const char *find_last(const char *text, size_t size, char c) {
    while (size > 0 && text[size - 1] != c) size--;
    return size ? text + size - 1 : NULL;
}

static void set_label(const hg__recording_file *f, series *s, const char *text, size_t size) {
    double x = 0;
    char word[64];
    if (size > 1 && (*text == '\'' || *text == '"') && text[size - 1] == *text) {
        text++;
        size -= 2;
    }
    snprintf(word, sizeof word, "%.*s", (int)size, text);
    const bool is_number = hg__parse_float(word, &x);
    const hg__cell cell = {.kind = size == 0   ? HG_CELL_MISSING
                                   : is_number ? HG_CELL_NUMBER
                                               : HG_CELL_TEXT,
                           .text = text,
                           .size = (int32_t)size,
                           .number = x};
    s->label = !hg__label_is_normal(&cell, f->o->normal);
}

// Where the class begins, which is taken off the line; the line as it is where there is none.
static int take_class(const hg__recording_file *f, series *s, const char *text, size_t *size,
                      hg_error *err) {
    const char *mark = s->has_class ? find_last(text, *size, s->layout == TS ? ':' : ',') : NULL;
    if (!s->has_class) return HG_OK;
    if (!mark) return refuse(f, s, "a series and its class", text, *size, err);
    const char *word = mark + 1, *end = text + *size;
    while (word < end && (*word == ' ' || *word == '\t')) word++;
    set_label(f, s, word, (size_t)(end - word));
    *size = (size_t)(mark - text);
    return HG_OK;
}

// The next mark between dimensions, of *width bytes, or `end`.
static const char *find_mark(const series *s, const char *p, const char *end, size_t *width) {
    *width = s->layout == RELATIONAL ? 2 : 1;
    if (s->layout == ROWS) return end;
    if (s->layout == TS) {
        const char *mark = memchr(p, ':', (size_t)(end - p));
        return mark ? mark : end;
    }
    for (; p + 1 < end; p++) {
        if (p[0] == '\\' && p[1] == 'n') return p;
    }
    return end;
}

static int read_dimensions(const hg__recording_file *f, series *s, const char *text, size_t size,
                           hg_error *err) {
    if (s->layout == RELATIONAL) {
        if (size < 2 || (*text != '\'' && *text != '"') || text[size - 1] != *text) {
            return refuse(f, s, "a series in quotes", text, size, err);
        }
        text++;
        size -= 2;
    }
    const char *end = text + size;
    for (const char *p = text;;) {
        size_t width;
        const char *stop = find_mark(s, p, end, &width);
        HG_TRY(add_dimension(f, s, p, (size_t)(stop - p), err));
        if (stop == end) return HG_OK;
        p = stop + width;
    }
}

// Series of one instance may be of several lengths: the shorter ones end in missing values.
static int settle(const hg__recording_file *f, series *s, hg_error *err) {
    if (f->channels && s->dimensions != f->channels) {
        return hg__fail(err, HG_ERR_DATA, "%s:%llu: expected %d dimension%s, got %d", f->path,
                        (unsigned long long)s->line, f->channels, f->channels == 1 ? "" : "s",
                        s->dimensions);
    }
    s->length = s->at = 0;
    for (int32_t i = 0; i < s->dimensions; i++) {
        const size_t length = s->dimension[i + 1] - s->dimension[i];
        if (length > s->length) s->length = length;
    }
    s->instances++;
    return 1;
}

// 1, 0 at the end.
static int read_instance(const hg__recording_file *f, series *s, hg_error *err) {
    char *text;
    size_t size;
    for (;;) {
        const int more = next_line(s, &text, &size, err);
        if (more <= 0) return more;
        if (*text != '#' && *text != '%') break;
    }
    s->values = 0;
    s->dimensions = 0;
    HG_TRY(take_class(f, s, text, &size, err));
    HG_TRY(read_dimensions(f, s, text, size, err));
    return settle(f, s, err);
}

// ---- open ---------------------------------------------------------------------------------------

static int check_label(hg__recording_file *f, const series *s, hg_error *err) {
    static const char *const words[] = {"class", "label", "last", "target", "classlabel"};
    const char *label = f->o->label;
    if (!*label) return HG_OK;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        f->has_label = f->has_label || strcasecmp(label, words[i]) == 0;
    }
    if (!f->has_label || !s->has_class) {
        return hg__fail(err, HG_ERR_USAGE, "%s: label=%.60s: expected class%s", f->path, label,
                        s->has_class ? "" : " in a file that has one");
    }
    return HG_OK;
}

static int open_series(hg__recording_file *f, hg_error *err) {
    series *s = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    f->state = s;
    s->source.fd = -1;
    s->dimension = hg__alloc(DIMENSIONS + 1, sizeof *s->dimension, err);
    if (!s->dimension) return HG_ERR_MEMORY;
    HG_TRY(begin_lines(f, s, err));
    HG_TRY(read_header(f, s, err));
    HG_TRY(check_label(f, s, err));
    const int more = read_instance(f, s, err);
    HG_TRY(more);
    if (more == 0) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected series behind @data, got none", f->path);
    }
    f->format = s->layout == TS ? "ts" : "arff";
    return hg__recording_name_channels(f, s->dimensions, err);
}

static void close_series(hg__recording_file *f) {
    series *s = f->state;
    if (!s) return;
    hg__source_close(&s->source);
    hg__csv_window_clear(&s->window);
    hg__free(s->value);
    hg__free(s->dimension);
    hg__free(s);
}

static int rewind_series(hg__recording_file *f, hg_error *err) {
    series *s = f->state;
    s->instances = 0;
    s->values = s->length = s->at = 0;
    HG_TRY(begin_lines(f, s, err));
    return read_header(f, s, err);
}

// ---- steps --------------------------------------------------------------------------------------

static void fill(hg__recording_file *f, series *s, hg__raw *raw) {
    float *to = raw->value + (size_t)raw->count * (size_t)f->channels;
    for (int32_t i = 0; i < f->channels; i++) {
        const size_t at = s->dimension[i] + s->at;
        to[i] = at < s->dimension[i + 1] ? s->value[at] : NAN;
    }
    raw->begins[raw->count] = s->at == 0;
    raw->label[raw->count] = s->label;
    raw->count++;
    s->at++;
}

static int next_series(hg__recording_file *f, hg__raw *raw, hg_error *err) {
    series *s = f->state;
    while (raw->count < raw->room) {
        if (s->at < s->length) {
            fill(f, s, raw);
            continue;
        }
        const int more = read_instance(f, s, err);
        if (more < 0) return more;
        if (more == 0) break;
    }
    return raw->count > 0;
}

const hg__recording_kind hg__recording_series = {"series",    sniff_series,  open_series,
                                                 next_series, rewind_series, close_series};

// SPDX-License-Identifier: Apache-2.0
// split_csv.c - reads a split CSV, a record at a time.
#include "parts/split_csv.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "csv/csv.h"

enum { OBJECT, SPLIT, LABEL, IMAGE, MASK, WORDS };
enum { MOST_WORD = 1024 }; // bytes of a cell

static const char *const words[WORDS] = {"object", "split", "label", "image", "mask"};

typedef struct reading {
    const char *path;
    hg__source source;
    hg__csv_window window;
    hg__csv_head head;
    int32_t column[WORDS]; // where it stands; -1: nowhere
    char cell[WORDS][MOST_WORD];
    char wrong[128];
} reading;

static int find_columns(reading *r, hg_error *err) {
    const hg__csv_head *h = &r->head;
    for (int k = 0; k < WORDS; k++) {
        r->column[k] = -1;
        for (int32_t i = 0; h->name && i < h->columns && r->column[k] < 0; i++) {
            if (strcasecmp(h->name[i], words[k]) == 0) r->column[k] = i;
        }
        if (r->column[k] >= 0 || k == OBJECT || k == MASK) continue;
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected columns object,split,label,image,mask, found no '%s'",
                        r->path, words[k]);
    }
    return HG_OK;
}

static int begin(reading *r, hg_error *err) {
    const hg__csv_options options = {
        .what = "pictures", .label = "", .ignore = "", .header = {.say = "yes"}};
    const int fd = hg__open_read(r->path, err);
    if (fd < 0) return fd;
    HG_TRY(hg__source_open(&r->source, fd, r->path, err));
    HG_TRY(hg__csv_window_init(&r->window, &r->source, err));
    HG_TRY(hg__csv_head_read(&r->head, &r->window, &options, err));
    return find_columns(r, err);
}

// False where it does not fit, or is no text.
static bool copy_cell(char to[MOST_WORD], const hg__csv_cell *cell) {
    size_t n = 0;
    if (cell->size >= MOST_WORD || memchr(cell->text, 0, cell->size)) return false;
    for (size_t i = 0; i < cell->size; i++) {
        to[n++] = cell->text[i];
        if (cell->quoted && cell->text[i] == '"') i++;
    }
    to[n] = '\0';
    return true;
}

static void read_cells(reading *r, const char *p, const hg__csv_record *record) {
    r->wrong[0] = '\0';
    for (int k = 0; k < WORDS; k++) r->cell[k][0] = '\0';
    if (record->cells != r->head.columns + r->head.last_empty && record->cells != r->head.columns) {
        snprintf(r->wrong, sizeof r->wrong, "expected %d columns, got %lld", r->head.columns,
                 (long long)record->cells);
        return;
    }
    for (int32_t i = 0; i < r->head.columns; i++) {
        hg__csv_cell cell;
        p = hg__csv_next_cell(p, r->head.separator, &cell);
        for (int k = 0; k < WORDS; k++) {
            if (r->column[k] != i || copy_cell(r->cell[k], &cell)) continue;
            snprintf(r->wrong, sizeof r->wrong, "expected a text of at most %d bytes as '%s'",
                     MOST_WORD - 1, words[k]);
            r->cell[k][0] = '\0';
        }
    }
}

// The record at the start of the window: 1 it was there, 0 there is more to read, or nothing.
static int next_record(reading *r, hg__csv_record *record, hg_error *err) {
    hg__csv_window *w = &r->window;
    const char *p = w->text + w->start;
    if (w->start < w->complete &&
        hg__csv_find_record(p, w->complete - w->start, r->head.separator, record)) {
        read_cells(r, p, record);
        record->blank = hg__csv_is_blank(p, record, r->head.columns);
        w->start += record->size;
        w->line += record->lines;
        return 1;
    }
    if (!w->at_end) return hg__csv_window_more(w, err);
    if (w->start >= w->complete) return 0;
    return hg__fail(err, HG_ERR_DATA, "%s:%llu: expected a closing quote, got the end of the file",
                    r->path, (unsigned long long)w->line);
}

static int read_records(reading *r,
                        int (*take)(void *context, const hg__split_row *row, hg_error *err),
                        void *context, hg_error *err) {
    for (;;) {
        const uint64_t line = r->window.line;
        hg__csv_record record = {0};
        const int code = next_record(r, &record, err);
        if (code < 0) return code;
        if (code == 0 && r->window.at_end && r->window.start >= r->window.complete) return HG_OK;
        if (code == 0 || record.blank) continue;
        const hg__split_row row = {.line = line,
                                   .object = r->cell[OBJECT],
                                   .split = r->cell[SPLIT],
                                   .label = r->cell[LABEL],
                                   .image = r->cell[IMAGE],
                                   .mask = r->cell[MASK],
                                   .wrong = r->wrong[0] ? r->wrong : NULL};
        HG_TRY(take(context, &row, err));
    }
}

int hg__split_read(const char *path,
                   int (*take)(void *context, const hg__split_row *row, hg_error *err),
                   void *context, hg_error *err) {
    reading r = {.path = path, .source.fd = -1};
    int code = begin(&r, err);
    if (code == HG_OK) code = read_records(&r, take, context, err);
    hg__csv_head_clear(&r.head);
    hg__csv_window_clear(&r.window);
    hg__source_close(&r.source);
    return code;
}

// The first line names the columns that must be there; other separators than commas are fine.
int hg__split_is(const char *path, hg_error *err) {
    enum { LOOK = 512 };
    hg__content c;
    int found = 0;
    if (!hg__is_file(path)) return 0;
    HG_TRY(hg__content_read_head(&c, path, LOOK, err));
    const char *text = (const char *)c.data, *end = memchr(text, '\n', c.size);
    if (!end) end = text + c.size;
    for (const char *p = text; p < end;) {
        size_t n = 0;
        while (p + n < end && ((p[n] | 32) >= 'a' && (p[n] | 32) <= 'z')) n++;
        for (int k = SPLIT; k <= IMAGE; k++) {
            found |= n == strlen(words[k]) && strncasecmp(p, words[k], n) == 0 ? 1 << k : 0;
        }
        p += n + 1;
    }
    hg__content_free(&c);
    return found == (1 << SPLIT | 1 << LABEL | 1 << IMAGE);
}

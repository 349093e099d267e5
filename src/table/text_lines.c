// SPDX-License-Identifier: Apache-2.0
// text_lines.c - a file of text line by line, as often as wanted.
#include "table/text_lines.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "array/reader.h"

int hg__text_lines_open(hg__text_lines *l, hg__table *t, hg_error *err) {
    t->bytes = &l->source;
    t->line = &l->line;
    l->source.fd = l->fd = -1;
    l->fd = hg__table_open_text(t, err);
    return l->fd < 0 ? l->fd : hg__text_lines_begin(l, t->path, err);
}

void hg__text_lines_close(hg__text_lines *l) {
    hg__source_close(&l->source);
    hg__csv_window_clear(&l->window);
    if (l->fd >= 0) close(l->fd);
}

int hg__text_lines_begin(hg__text_lines *l, const char *path, hg_error *err) {
    hg__source_close(&l->source);
    const int fd = fcntl(l->fd, F_DUPFD_CLOEXEC, 3);
    if (fd < 0) return hg__fail_errno(err, HG_ERR_IO, "%s: cannot open again", path);
    HG_TRY(hg__source_open(&l->source, fd, path, err));
    hg__csv_window_clear(&l->window);
    HG_TRY(hg__csv_window_init(&l->window, &l->source, err));
    l->lost = false;
    HG_TRY(hg__csv_window_more(&l->window, err));
    static const char mark[] = "\xef\xbb\xbf"; // a byte order mark
    if (l->window.end >= 3 && memcmp(l->window.text, mark, 3) == 0) l->window.start = 3;
    return HG_OK;
}

// Lets go of what the window holds of a line too long.
static void drop(hg__text_lines *l) {
    hg__csv_window *w = &l->window;
    const char *end = memchr(w->text + w->start, '\n', w->end - w->start);
    l->lost = !end;
    w->start = end ? (size_t)(end + 1 - w->text) : w->end;
    if (w->complete < w->start) w->complete = w->start;
    w->line += end != NULL;
}

static int read_more(hg__text_lines *l, hg_error *err) {
    hg__csv_window *w = &l->window;
    const size_t held = w->end - w->start;
    int code = hg__csv_window_more(w, err);
    if (code == HG_ERR_DATA && held >= hg__data_limit.line) {
        drop(l);
    } else if (code == HG_ERR_DATA) { // the file is damaged: the end of all
        code = HG_ERR_IO;
        if (err) err->code = code;
    }
    return code;
}

static bool is_empty(const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        const char c = text[i];
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n') return false;
    }
    return true;
}

int hg__text_lines_next(hg__text_lines *l, char **text, size_t *size, hg_error *err) {
    hg__csv_window *w = &l->window;
    for (;;) {
        if (l->lost) drop(l);
        l->line = w->line;
        if (w->start >= w->complete) {
            if (w->at_end) return 0;
            HG_TRY(read_more(l, err));
            continue;
        }
        *text = w->text + w->start;
        const char *end = memchr(*text, '\n', w->complete - w->start);
        *size = (size_t)(end - *text);
        w->start += *size + 1;
        w->line++;
        if (!is_empty(*text, *size)) return 1;
    }
}

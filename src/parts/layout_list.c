// SPDX-License-Identifier: Apache-2.0
// layout_list.c - a file: a picture, or a list of them, one a line, with labels and masks behind a tab or a comma.
//
//   parts/001.png                     parts/001.png,good                  parts/002.png<TAB>1<TAB>masks/002.png
//
// Paths are relative to the list's folder, or absolute. Labels are good ok normal 0, defect bad abnormal anomaly ng ko 1.
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "parts/part_set_internal.h"
#include "parts/split_csv.h"

enum { PATH, LABEL, MASK, CELLS };

typedef struct line {
    int64_t number;
    char text[HG_MAX_PART_PATH]; // cut into cells
    const char *cell[CELLS];     // in it; NULL: there is none
    int cells;                   // more than CELLS where there are more
} line;

static int is_list(const hg__part_builder *b, hg_error *err) {
    (void)err;
    return b->images.count == 0 && hg__is_file(b->path);
}

// ---- lines --------------------------------------------------------------------------------------

static bool is_there(const char *folder, const char *name) {
    char path[HG_MAX_PLACE];
    if (name[0] == '/') return hg__is_file(name);
    return hg__join_path(path, sizeof path, folder, name, NULL) == HG_OK && hg__is_file(path);
}

static char *trim(char *text) {
    while (*text == ' ') text++;
    size_t size = strlen(text);
    while (size > 0 && text[size - 1] == ' ') text[--size] = '\0';
    return text;
}

// At tabs, or else at commas; a line that is a file's name as it stands has one cell, commas and all.
static void cut(line *l, const char *folder) {
    const char separator = strchr(l->text, '\t') ? '\t' : ',';
    memset(l->cell, 0, sizeof l->cell);
    l->cells = 1;
    l->cell[PATH] = l->text;
    if (!strchr(l->text, separator) || is_there(folder, l->text)) return;
    char *text = l->text;
    for (l->cells = 0; text; l->cells++) {
        char *next = strchr(text, separator);
        if (next) *next++ = '\0';
        if (l->cells < CELLS) l->cell[l->cells] = trim(text);
        text = next;
    }
}

// The next line of the text at *at that is not empty: 1; 0 at the end, negative where there is no such line to be read.
static int next_line(line *l, const hg__content *c, size_t *at, const char *path, hg_error *err) {
    while (*at < c->size) {
        const char *text = (const char *)c->data + *at;
        const char *end = memchr(text, '\n', c->size - *at);
        size_t size = end ? (size_t)(end - text) : c->size - *at;
        *at += size + (end != NULL);
        l->number++;
        if (l->number == 1 && size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
            text += 3;
            size -= 3;
        }
        if (size > 0 && text[size - 1] == '\r') size--;
        if (size == 0) continue;
        if (size < sizeof l->text && !memchr(text, 0, size)) {
            memcpy(l->text, text, size);
            l->text[size] = '\0';
            return 1;
        }
        return hg__fail(err, HG_ERR_DATA, "%s:%lld: expected the path of an image, got %s", path,
                        (long long)l->number, size >= sizeof l->text ? "a long line" : "no text");
    }
    return 0;
}

// 0 good, 1 a defect, -1 another word.
static int label_of(const char *word) {
    const size_t size = strlen(word);
    if (strcmp(word, "0") == 0 || hg__parts_is_good(word, size)) return 0;
    return strcmp(word, "1") == 0 || hg__parts_is_defect(word, size) ? 1 : -1;
}

static bool is_header(const line *l) {
    return l->cells > 1 && strcasecmp(l->cell[LABEL], "label") == 0;
}

// ---- entries ------------------------------------------------------------------------------------

static int add_mask(hg__part_builder *b, hg__part *p, const line *l, hg_error *err) {
    char path[HG_MAX_PLACE];
    const char *name = l->cell[MASK], *folder = b->set->folder;
    if (!name || !*name) return 1;
    if (!is_there(folder, name)) {
        return hg__parts_bad(b, err, "%s:%lld: expected the path of a mask, found no file %.200s",
                             b->path, (long long)l->number, name);
    }
    if (name[0] == '/') {
        snprintf(path, sizeof path, "%s", name);
    } else {
        HG_TRY(hg__join_path(path, sizeof path, folder, name, err));
    }
    p->mask = hg__copy_text(path, err);
    return p->mask ? 1 : HG_ERR_MEMORY;
}

static int add_entry(hg__part_builder *b, const line *l, hg_error *err) {
    const char *path = l->cell[PATH], *word = l->cell[LABEL] ? l->cell[LABEL] : "";
    const int label = *word ? label_of(word) : 0;
    if (l->cells > CELLS) {
        return hg__parts_bad(b, err, "%s:%lld: expected path, label and mask, got %d columns",
                             b->path, (long long)l->number, l->cells);
    }
    if (label < 0) {
        return hg__parts_bad(b, err,
                             "%s:%lld: expected good, defect, 0 or 1 as label, got \"%.60s\"",
                             b->path, (long long)l->number, word);
    }
    if (!is_there(b->set->folder, path)) {
        return hg__parts_bad(b, err,
                             "%s:%lld: expected the path of an image, found no file \"%.200s\"",
                             b->path, (long long)l->number, path);
    }
    const char *kind = label ? "defect" : "good";
    hg__part *p = hg__parts_add_listed(b, path, *word ? kind : NULL, label == 1, err);
    if (!p) return (int)err->code;
    const int code = add_mask(b, p, l, err);
    if (code == 0) hg__parts_drop(b);
    return code < 0 ? code : HG_OK;
}

static int read_lines(hg__part_builder *b, const hg__content *c, hg_error *err) {
    line l = {.number = 0};
    size_t at = 0;
    for (;;) {
        const int code = next_line(&l, c, &at, b->path, err);
        if (code <= 0) return code;
        cut(&l, b->set->folder);
        if (b->set->count == 0 && is_header(&l)) continue;
        HG_TRY(add_entry(b, &l, err));
    }
}

static int read_list(hg__part_builder *b, hg_error *err) {
    enum { HEAD = 1 << 12 };
    hg__content c;
    HG_TRY(hg__content_read_head(&c, b->path, HEAD, err));
    const bool is_image = hg__image_is_image_path(b->path) || hg__image_sniff(c.data, c.size);
    const bool is_text =
        c.size && hg__magic_is_text(c.data, c.size) && !hg__magic_name(c.data, c.size);
    int code = is_image || is_text ? HG_OK : hg__image_refuse(c.data, c.size, b->path, err);
    hg__content_free(&c);
    HG_TRY(code);
    if (is_image) {
        const char *slash = strrchr(b->path, '/');
        return hg__parts_add(b, slash ? slash + 1 : b->path, NULL, false, err) ? HG_OK
                                                                               : (int)err->code;
    }
    HG_TRY(hg__parts_read_text(&c, b->path, HG_MAX_LIST_BYTES, err));
    code = read_lines(b, &c, err);
    hg__content_free(&c);
    return code;
}

// ---- is it one ----------------------------------------------------------------------------------

static bool begins_with_label(const char *path) {
    enum { LOOK = 1 << 13 };
    hg__content c;
    line l = {.number = 0};
    char folder[HG_MAX_PART_PATH];
    size_t at = 0;
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    if (hg__content_read_head(&c, path, LOOK, NULL) < 0) return false;
    bool is = false;
    while (!is && next_line(&l, &c, &at, path, NULL) > 0) {
        cut(&l, folder);
        if (l.number == 1 && is_header(&l)) continue;
        is = l.cells > 1 && l.cells <= CELLS && hg__image_is_named(path, l.cell[PATH]) &&
             label_of(l.cell[LABEL]) >= 0;
        break;
    }
    hg__content_free(&c);
    return is;
}

bool hg__is_parts_file(const char *path) {
    return hg__is_file(path) && (hg__split_is(path, NULL) == 1 || begins_with_label(path));
}

const hg__layout hg__layout_list = {"list", is_list, read_list};

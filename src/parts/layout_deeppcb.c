// SPDX-License-Identifier: Apache-2.0
// layout_deeppcb.c - boards beside their templates as DeepPCB has them (Tang et al., arXiv:1902.06197).
//
//   group/12000/12000001_temp.jpg   the template, free of defects: for training
//   group/12000/12000001_test.jpg   the board, aligned with it: for testing
//   group/12000_not/12000001.txt    its defects, one a line: x1 y1 x2 y2 type, in pixels, blanks or commas between them
//
// Boards whose boxes are there are split in two by their names, whatever folder they are opened from: of one half the templates are
// trained on, of the other the boards are tested and their templates stand beside them as good ones.
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "parts/part_set_internal.h"

// The name without "_temp" or "_test" and extension; 0: it ends in none.
static size_t board_of(const char *name, const char *ending) {
    const size_t size = hg__parts_stem(name), n = strlen(ending);
    return size > n && memcmp(name + size - n, ending, n) == 0 ? size - n : 0;
}

// All images are templates or boards, and a template has its board behind it.
static int is_deeppcb(const hg__part_builder *b, hg_error *err) {
    (void)err;
    bool has_pair = false;
    for (int32_t i = 0; i < b->images.count; i++) {
        const char *name = b->images.name[i], *before = i ? b->images.name[i - 1] : "";
        const size_t board = board_of(name, "_test");
        if (!board && !board_of(name, "_temp")) return 0;
        has_pair = has_pair || (board && board_of(before, "_temp") == board &&
                                memcmp(name, before, board) == 0);
    }
    return has_pair;
}

// ---- boxes --------------------------------------------------------------------------------------

// The line `text` (size) as corners; a type may follow, and is not looked at.
static bool read_box(const char *text, size_t size, hg__part_box *box) {
    enum { MOST = 1 << 24 };
    char word[32];
    int64_t x[5] = {0};
    int found = 0;
    for (size_t i = 0; i < size;) {
        size_t n = 0;
        while (i + n < size && !strchr(" ,\t", text[i + n])) n++;
        if (n >= sizeof word || (n && found == 5)) return false;
        snprintf(word, sizeof word, "%.*s", (int)n, text + i);
        if (n && (!hg__parse_int(word, &x[found]) || x[found] < 0 || x[found] > MOST)) return false;
        found += n > 0;
        i += n + 1;
    }
    *box = (hg__part_box){(double)x[0], (double)x[1], (double)(x[2] - x[0]), (double)(x[3] - x[1])};
    return found >= 4 && box->width > 0 && box->height > 0;
}

static int read_boxes(hg__part_builder *b, hg__part *p, const char *path, const hg__content *c,
                      hg_error *err) {
    int line = 1;
    for (size_t at = 0; at < c->size; line++) {
        const char *text = (const char *)c->data + at, *end = memchr(text, '\n', c->size - at);
        size_t size = end ? (size_t)(end - text) : c->size - at;
        at += size + (end != NULL);
        hg__part_box box;
        while (size > 0 && strchr(" \t\r", text[size - 1])) size--;
        if (size == 0) continue;
        if (memchr(text, 0, size) || !read_box(text, size, &box)) {
            return hg__parts_bad(b, err,
                                 "%s:%d: expected a box, x1 y1 x2 y2 type in pixels, got \"%.*s\"",
                                 path, line, (int)(size < 60 ? size : 60), text);
        }
        HG_TRY(hg__part_add_box(p, box, err));
    }
    return 1;
}

// "a/12000/12000001_test.jpg", whose board is its first `board` bytes -> "FOLDER/a/12000_not/12000001.txt"; without folders
// "FOLDER_not/12000001.txt". 0: there is no such folder.
static int find_boxes(const hg__part_builder *b, const char *name, size_t board,
                      char path[HG_MAX_PLACE], hg_error *err) {
    char place[HG_MAX_PLACE], file[300];
    const char *slash = strrchr(name, '/');
    const size_t depth = slash ? (size_t)(slash - name) : 0, begin = slash ? depth + 1 : 0;
    snprintf(place, sizeof place, "%s%s%.*s_not", b->set->folder, slash ? "/" : "", (int)depth,
             name);
    if (!hg__is_folder(place)) return 0;
    snprintf(file, sizeof file, "%.*s.txt", (int)(board - begin), name + begin);
    HG_TRY(hg__join_path(path, HG_MAX_PLACE, place, file, err));
    return 1;
}

// 1: it stays. Without a folder of boxes nothing is known of it.
static int give_boxes(hg__part_builder *b, hg__part *p, size_t board, char path[HG_MAX_PLACE],
                      hg_error *err) {
    hg__content c;
    const int found = find_boxes(b, p->path, board, path, err);
    if (found <= 0) return found < 0 ? found : 1;
    if (!hg__is_file(path)) {
        return hg__parts_bad(b, err, "%s/%s: expected its boxes in %.200s, found no such file",
                             b->set->folder, p->path, path);
    }
    HG_TRY(hg__parts_read_text(&c, path, HG_MAX_BOXES_BYTES, err));
    const int code = read_boxes(b, p, path, &c, err);
    hg__content_free(&c);
    if (code <= 0) return code;
    HG_TRY(hg__parts_set_kind(p, p->boxes ? "defect" : "good", p->boxes > 0, err));
    return 1;
}

// ---- boards -------------------------------------------------------------------------------------

// Whether a board is one of those that are tested: by its name without folders (FNV-1a).
static bool is_tested(const char *name, size_t board) {
    uint32_t hash = UINT32_C(0x811c9dc5);
    size_t i = board;
    while (i > 0 && name[i - 1] != '/') i--;
    for (; i < board; i++) hash = (hash ^ (uint8_t)name[i]) * UINT32_C(0x01000193);
    return (hash ^ hash >> 16) & 1;
}

// A board with the picture that lies before it, which is to be its template. 1: it stays.
static int complete(hg__part_builder *b, hg__part *p, const char *before, size_t board,
                    hg_error *err) {
    char path[HG_MAX_PLACE];
    p->split = HG_SPLIT_TEST;
    if (board_of(before, "_temp") != board || memcmp(before, p->path, board) != 0) {
        return hg__parts_bad(b, err, "%s/%s: expected its template %.*s_temp.*, found none",
                             b->set->folder, p->path, (int)board, p->path);
    }
    HG_TRY(hg__join_path(path, sizeof path, b->set->folder, before, err));
    p->pair = hg__copy_text(path, err);
    return p->pair ? give_boxes(b, p, board, path, err) : HG_ERR_MEMORY;
}

// Of boards whose boxes are known, the template before and the board go to the half that they belong to.
static void split_board(hg__part *pair, size_t board) {
    if (!pair[1].has_label) return;
    if (is_tested(pair[1].path, board)) {
        pair[0].split = HG_SPLIT_TEST;
    } else {
        pair[1].split = HG_SPLIT_NONE;
    }
}

static int read_deeppcb(hg__part_builder *b, hg_error *err) {
    for (int32_t i = 0; i < b->images.count; i++) {
        const char *name = b->images.name[i];
        const size_t board = board_of(name, "_test");
        hg__part *p = hg__parts_add(b, name, board ? NULL : "good", false, err);
        if (!p) return (int)err->code;
        p->split = HG_SPLIT_TRAIN;
        if (!board) continue;
        const int code = complete(b, p, i ? b->images.name[i - 1] : "", board, err);
        if (code < 0) return code;
        if (code == 0) hg__parts_drop(b);
        // where there is nothing to be chosen all boards are judged, and no template
        if (code == 1 && b->o->purpose != HG_PARTS_ALL) split_board(p - 1, board);
    }
    return HG_OK;
}

const hg__layout hg__layout_deeppcb = {"deeppcb", is_deeppcb, read_deeppcb};

// SPDX-License-Identifier: Apache-2.0
// layout_split.c - VisA's layout: split_csv/1cls.csv says which pictures are for training and testing, good or not.
//
// Paths in it are relative to the folder that split_csv/ lies in; in a CSV file elsewhere, to its own folder.
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "parts/part_set_internal.h"
#include "parts/split_csv.h"

enum { MOST_OBJECTS = 64 };

typedef struct taking {
    hg__part_builder *b;
    const char *path; // of the CSV file
    const char *object;
    char *objects[MOST_OBJECTS]; // owned: their names as they are met
    size_t met;
} taking;

// 1: it is there.
static int find_file(const hg__part_builder *b, char path[HG_MAX_PART_PATH], hg_error *err) {
    const char *within = b->images.count ? "/split_csv/1cls.csv" : "";
    const int size = snprintf(path, HG_MAX_PART_PATH, "%s%s", b->path, within);
    return size > 0 && size < HG_MAX_PART_PATH ? hg__split_is(path, err) : 0;
}

static int is_split(const hg__part_builder *b, hg_error *err) {
    char path[HG_MAX_PART_PATH];
    return find_file(b, path, err);
}

static bool is_word(const char *text, const char *a, const char *b) {
    return strcasecmp(text, a) == 0 || strcasecmp(text, b) == 0;
}

// What a record says of itself is checked before its files are looked for. NULL: nothing is wrong.
static const char *wrong_with(const hg__split_row *row, bool *is_defect, hg__part_split *split) {
    *is_defect =
        hg__parts_is_defect(row->label, strlen(row->label)) || strcmp(row->label, "1") == 0;
    *split = is_word(row->split, "train", "training") ? HG_SPLIT_TRAIN
             : is_word(row->split, "test", "testing") ? HG_SPLIT_TEST
                                                      : HG_SPLIT_NONE;
    if (!row->image[0]) return "expected the path of an image, got none";
    if (*split == HG_SPLIT_NONE) return "expected train or test as split, got another word";
    if (!*is_defect && !hg__parts_is_good(row->label, strlen(row->label)) &&
        strcmp(row->label, "0") != 0) {
        return "expected normal or anomaly as label, got another word";
    }
    return NULL;
}

static int resolve(const taking *t, const char *name, char *path, size_t size, hg_error *err) {
    if (name[0] == '/') return snprintf(path, size, "%s", name) < (int)size ? HG_OK : HG_ERR_DATA;
    return hg__join_path(path, size, t->b->set->folder, name, err);
}

// 1: there is a file; 0: the entry was bad.
static int check_file(const taking *t, const hg__split_row *row, const char *what, const char *name,
                      char *path, size_t size, hg_error *err) {
    if (resolve(t, name, path, size, err) == HG_OK && hg__is_file(path)) return 1;
    return hg__parts_bad(t->b, err, "%s:%llu: expected the path of %s, found no file %.200s",
                         t->path, (unsigned long long)row->line, what, name);
}

static int add_row(const taking *t, const hg__split_row *row, hg_error *err) {
    char path[HG_MAX_PLACE];
    bool is_defect;
    hg__part_split split;
    hg__part_builder *b = t->b;
    const char *wrong = wrong_with(row, &is_defect, &split);
    if (wrong) {
        return hg__parts_bad(b, err, "%s:%llu: %s", t->path, (unsigned long long)row->line, wrong);
    }
    int code = check_file(t, row, "an image", row->image, path, sizeof path, err);
    if (code <= 0) return code;
    hg__part *p =
        hg__parts_add_listed(b, row->image, is_defect ? row->label : "good", is_defect, err);
    if (!p) return (int)err->code;
    p->split = split;
    const bool wants_mask = b->o->purpose == HG_PARTS_TEST;
    if (!row->mask[0] || !wants_mask) return HG_OK;
    code = check_file(t, row, "a mask", row->mask, path, sizeof path, err);
    if (code > 0) {
        p->mask = hg__copy_text(path, err);
        return p->mask ? HG_OK : HG_ERR_MEMORY;
    }
    if (code == 0) hg__parts_drop(b);
    return code;
}

static int meet_object(taking *t, const hg__split_row *row, hg_error *err) {
    for (size_t i = 0; i < t->met; i++) {
        if (strcmp(t->objects[i], row->object) == 0) return HG_OK;
    }
    if (t->met == MOST_OBJECTS) return HG_OK;
    t->objects[t->met] = hg__copy_text(row->object, err);
    if (!t->objects[t->met]) return HG_ERR_MEMORY;
    t->met++;
    return HG_OK;
}

static int take_object(void *context, const hg__split_row *row, hg_error *err) {
    return row->wrong ? HG_OK : meet_object(context, row, err);
}

// Those of other objects are passed over.
static int take_row(void *context, const hg__split_row *row, hg_error *err) {
    const taking *t = context;
    if (row->wrong) {
        return hg__parts_bad(t->b, err, "%s:%llu: %s", t->path, (unsigned long long)row->line,
                             row->wrong);
    }
    if (t->object[0] && strcmp(t->object, row->object) != 0) return HG_OK;
    return add_row(t, row, err);
}

// The one object there is, or the one that was asked for.
static int check_objects(const taking *t, hg_error *err) {
    char text[300];
    size_t used = 0;
    bool is_found = !t->object[0];
    for (size_t i = 0; i < t->met; i++) {
        is_found = is_found || strcmp(t->objects[i], t->object) == 0;
        if (used >= sizeof text) continue;
        const int more =
            snprintf(text + used, sizeof text - used, "%s%s", i ? ", " : "", t->objects[i]);
        used += more > 0 ? (size_t)more : 0;
    }
    if (t->met < 2 && is_found) return HG_OK;
    if (t->object[0] && (is_found || t->met == MOST_OBJECTS)) return HG_OK;
    if (t->object[0]) {
        return hg__fail(err, HG_ERR_USAGE, "%s: expected the object '%s', got %s", t->path,
                        t->object, t->met ? text : "none");
    }
    return hg__fail(err, HG_ERR_USAGE,
                    "%s: expected one object, or object= with one of %s, got %zu", t->path, text,
                    t->met);
}

static int compare_parts(const void *a, const void *b) {
    const hg__part *one = a, *two = b;
    const int order = strcmp(one->path, two->path);
    if (order) return order;
    return one->split != two->split ? (int)one->split - (int)two->split
                                    : (int)one->is_defect - (int)two->is_defect;
}

static int read_split(hg__part_builder *b, hg_error *err) {
    char path[HG_MAX_PART_PATH];
    hg__part_set *s = b->set;
    int code = find_file(b, path, err);
    if (code == 0) code = hg__fail(err, HG_ERR_IO, "%s: it was changed meanwhile", b->path);
    HG_TRY(code);
    const size_t size = strlen(s->folder);
    if (!b->images.count && strcmp(s->folder, "split_csv") == 0) {
        snprintf(s->folder, sizeof s->folder, ".");
    } else if (!b->images.count && size > 10 && strcmp(s->folder + size - 10, "/split_csv") == 0) {
        s->folder[size - 10] = '\0';
    }
    taking t = {.b = b, .path = path, .object = b->o->object ? b->o->object : ""};
    code = hg__split_read(path, take_object, &t, err);
    if (code == HG_OK) code = check_objects(&t, err);
    if (code == HG_OK) code = hg__split_read(path, take_row, &t, err);
    for (size_t i = 0; i < t.met; i++) hg__free(t.objects[i]);
    if (s->count) qsort(s->part, (size_t)s->count, sizeof *s->part, compare_parts);
    return code;
}

const hg__layout hg__layout_split = {"split", is_split, read_split};

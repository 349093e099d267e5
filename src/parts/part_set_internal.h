// SPDX-License-Identifier: Apache-2.0
// part_set_internal.h - what the layouts share while a set of parts is put together. Only src/parts includes this.
#ifndef HG_PARTS_PART_SET_INTERNAL_H
#define HG_PARTS_PART_SET_INTERNAL_H
#include "base/file.h"
#include "image/image.h"
#include "parts/part_set.h"

enum {
    HG_MAX_PARTS = 1 << 24,
    HG_MAX_PART_BOXES = 1 << 16,  // of one part
    HG_MAX_PART_PATH = 2048,      // bytes
    HG_MAX_PLACE = 3072,          // bytes: of one in a folder
    HG_MAX_LIST_BYTES = 1 << 28,  // of a list, of annotations
    HG_MAX_BOXES_BYTES = 1 << 22, // of a file of boxes
};

typedef struct hg__part_builder {
    const char *path; // as it was given
    const hg__part_options *o;
    bool skips;
    hg__part_set *set;     // borrowed: what is put together
    hg__image_list images; // in and below a folder, sorted; none where the path is a file
    // Where a folder lies in one of the MVTec layout: "test/crack/" of images below; root: the folder that has it. "" else.
    char inside[HG_MAX_PART_PATH], root[HG_MAX_PART_PATH];
} hg__part_builder;

// What makes parts of a path of its kind.
typedef struct hg__layout {
    const char *name;
    // 1: the path is laid out so, by what is in its file or by its images' names; 0: it is not. Negative on failure.
    int (*is)(const hg__part_builder *b, hg_error *err);
    int (*read)(hg__part_builder *b, hg_error *err);
} hg__layout;

// A part of this path (relative to the set's folder); kind NULL: not known. NULL without memory, or where there are too many.
hg__part *hg__parts_add(hg__part_builder *b, const char *path, const char *kind, bool is_defect,
                        hg_error *err);
// The same for a path as it stands in a list, relative to the set's folder or absolute: all of them alike.
hg__part *hg__parts_add_listed(hg__part_builder *b, const char *path, const char *kind,
                               bool is_defect, hg_error *err);
int hg__parts_set_kind(hg__part *p, const char *kind, bool is_defect, hg_error *err);
// Takes away the part added last.
void hg__parts_drop(hg__part_builder *b);

// An entry that cannot be used: HG_ERR_DATA and the sentence; with on_bad=skip HG_OK, and it is counted.
int hg__parts_bad(hg__part_builder *b, hg_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// What is one of ours: "good", "normal", "ok"; "defect", "bad", "ng" ... of any case, `size` bytes.
bool hg__parts_is_good(const char *word, size_t size);
bool hg__parts_is_defect(const char *word, size_t size);

// How much of a name is without its extension. What has no letter is none.
size_t hg__parts_stem(const char *name);

// part_pairs.c: a template for each part, boxes from annotations, and how what is given is found.

int hg__parts_find_pairs(hg__part_builder *b, hg_error *err);
int hg__parts_find_boxes(hg__part_builder *b, hg_error *err);
// Of sorted things (count) of `each` bytes the number of the first that does not come before `wanted`; count: all do.
int32_t hg__parts_first(const void *all, size_t each, int32_t count, const void *wanted,
                        int (*compare)(const void *thing, const void *wanted));

// A box more. HG_ERR_DATA where there are too many.
int hg__part_add_box(hg__part *p, hg__part_box box, hg_error *err);

// A text file as a whole, no longer than `most`.

int hg__parts_read_text(hg__content *c, const char *path, size_t most, hg_error *err);
#endif

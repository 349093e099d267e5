// SPDX-License-Identifier: Apache-2.0
// part_set.h - which pictures of parts there are, and what is known of each: good or not, masks, boxes, templates.
//
//   path ──layout (layouts.def), by what lies there──> parts ──target=──> pairs ──labels=──> boxes ──purpose──> hg__part_set
//
// Names only: pictures and masks are opened by who wants their pixels. Links to files are followed, those to folders below
// the path not: the note says how many there are.
#ifndef HG_PARTS_PART_SET_H
#define HG_PARTS_PART_SET_H
#include "parts/raster.h"

typedef enum hg__parts_purpose {
    HG_PARTS_ALL,   // whatever there is
    HG_PARTS_TRAIN, // good pictures, of the training split where there is one: two at least
    HG_PARTS_TEST, // the test split where there is one, else all. Masks that are missing are found here
} hg__parts_purpose;

typedef enum hg__part_split { HG_SPLIT_NONE, HG_SPLIT_TRAIN, HG_SPLIT_TEST } hg__part_split;

typedef struct hg__part_box {
    double x, y, width, height; // pixels; x, y: of its upper left corner
} hg__part_box;

typedef struct hg__part {
    char *path; // owned: relative to the set's folder, as sheets name it
    char *kind; // owned: "good", "crack" ...; "": not known
    hg__part_split split;
    bool has_label, is_defect;
    // owned, as they can be opened; NULL: there is none
    char *mask; // ground truth: 0 where the part is good
    char *pair; // the defect-free template that is aligned with it
    // owned, (boxes): of its defects
    hg__part_box *box;
    int32_t boxes;
    // owned, (outlines) numbers: of each outline of a defect how many corners, then x, y of each, pixels; NULL: not known
    double *outline;
    size_t outlines;
} hg__part;

typedef struct hg__part_options {
    hg__parts_purpose purpose;
    const char
        *on_bad; // "stop" or "skip": what an entry that cannot be used does; "" and NULL: stop
    // Borrowed, or NULL or "":
    const char
        *target; // a folder of templates, found by the pictures' names without their extensions
    const char *labels; // COCO annotations (instances, JSON)
    const char *object; // the one that is meant, of a split CSV with several
} hg__part_options;

typedef struct hg__part_set {
    char folder
        [1024]; // what paths are relative to; "" for absolute ones, which lack their first slash
    hg__part *part; // owned, (count), by path but for lists: in their own order
    int32_t count;
    int32_t good, defects, unlabelled; // count in all
    const char *layout;                // "mvtec", "split", "normal", "list", "deeppcb" or "plain"
    int32_t skipped;                   // entries left out (on_bad=skip)
    char first_skipped[512];           // what was wrong with the first of them
    char note[256];                    // what a user should know; mostly ""
} hg__part_set;

// path: a folder, a picture, a list or a split CSV. s is {0} on failure.
int hg__part_set_open(hg__part_set *s, const char *path, const hg__part_options *o, hg_error *err);
void hg__part_set_clear(hg__part_set *s); // {0} is fine
void hg__part_clear(hg__part *p);         // of what a set is made of

// Part i as it can be opened, in buffer (size).
int hg__part_path(const hg__part_set *s, int32_t i, char *buffer, size_t size, hg_error *err);

// Whether the file is a split CSV, or a list with labels: pictures of parts rather than a table.
bool hg__is_parts_file(const char *path);

// Part i's mask as (height, width, 1) of 0 and 1, for its picture of that size: 1 is any sample that is not black; in JPEG,
// which blurs them, one from half of white on; or of outlines those whose middle they surround. All 0 for a good part without one. HG_ERR_DATA: another size, a defect without
// mask.
int hg__part_mask_load(const hg__part_set *s, int32_t i, int32_t height, int32_t width,
                       hg__raster *mask, hg_error *err);
#endif

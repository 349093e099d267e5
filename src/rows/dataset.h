// SPDX-License-Identifier: Apache-2.0
// dataset.h - what a path has rows of: a file of numbers, images, or a source of another kind. Opened by content, handed on as a
// row source.
#ifndef HG_ROWS_DATASET_H
#define HG_ROWS_DATASET_H
#include "rows/corrupted.h"
#include "rows/levelled.h"
#include "rows/pictures.h"

typedef struct hg__dataset {
    // Rows as they are; of images with partners, the clean ones.
    hg__row_source source;
    // Rows as they are learned: paired or, after hg__dataset_corrupt(), corrupted, with targets (has_target). Else the same.
    hg__row_source learned;
    // Owned: one of the three, or none. own: the context of a source of another kind, and what frees it.
    hg__data *array;
    hg__pictures *pictures;
    void *own;
    void (*free_own)(void *own);
    // Borrowed from it: for messages; "images", or the file's format; (width) names of its columns, or NULL.
    const char *path, *format;
    char **column;
    int64_t skipped; // bad rows left out (on_bad=skip)
    // borrowed: what was wrong with the first of them; "" where nobody knows
    const char *first_skipped;
    const char *note;        // borrowed: what a user should know of how the file is read; ""
    uint64_t fingerprint;    // of shape and contents
    const float *pair;       // borrowed, (rows, width): what rows should become; NULL: themselves
    hg__corrupted corrupted; // behind `learned`
    hg__levelled levelled;   // the same, round that
} hg__dataset;

// A kind of rows that a path may name.
typedef struct hg__dataset_type {
    bool (*is)(const char *path);
    // NULL on failure. pictures: NULL where images are taken whole and as they are.
    hg__dataset *(*open)(const char *path, const hg__data_options *o,
                         const hg__picture_options *pictures, hg_error *err);
} hg__dataset_type;

#define DATASET(name) extern const hg__dataset_type hg__dataset_##name;
#include "rows/datasets.def"
#undef DATASET

// Opens a folder of images, an image or a list of images' names, as `pictures` says (borrowed; NULL: whole and as they
// are), or any file that hg__data_open() does.
hg__dataset *hg__dataset_open(const char *path, const hg__data_options *o,
                              const hg__picture_options *pictures, hg_error *err);
void hg__dataset_close(hg__dataset *d); // NULL is fine

// Rows of a source of one's own; format: what it is, in a word, borrowed. Takes own (NULL is fine), its context, which free_own
// takes away, also on failure. NULL where memory is out.
hg__dataset *hg__dataset_of_source(const hg__row_source *s, const char *format, void *own,
                                   void (*free_own)(void *own), hg_error *err);

// Rows that are read already: takes them. NULL where they are NULL, or memory is out; then they are closed.
hg__dataset *hg__dataset_of(hg__data *array, hg_error *err);

// What each row should become: y (rows, width), borrowed. Before they are corrupted.
void hg__dataset_pair(hg__dataset *d, const float *y);

// Whether hg__dataset_open() would make rows of images: a folder, an image, or a list of images' names.
bool hg__dataset_is_pictures(const char *path);

// What is learned from now on has this noise, too. Once; noise without a step changes nothing.
int hg__dataset_corrupt(hg__dataset *d, const hg__corruption *how, hg_error *err);
// What is learned from now on has the level of its noise, too, as levelled.h has it. Once. Refused but of images whose clean partners, or
// own pixels before noise=, say what is noise.
int hg__dataset_tell_levels(hg__dataset *d, double share, uint64_t seed, hg_error *err);
#endif

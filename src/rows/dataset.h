// SPDX-License-Identifier: Apache-2.0
// dataset.h - what a path has rows of: a file of numbers, or images. Opened by content, handed on as a row source.
#ifndef HG_ROWS_DATASET_H
#define HG_ROWS_DATASET_H
#include "rows/corrupted.h"
#include "rows/pictures.h"

typedef struct hg__dataset {
    // Rows as they are; of images with partners, the clean ones.
    hg__row_source source;
    // Rows as they are learned: paired or, after hg__dataset_corrupt(), corrupted, with targets (has_target). Else the same.
    hg__row_source learned;
    // Owned: one of the two.
    hg__data *array;
    hg__pictures *pictures;
    // Borrowed from it: for messages; "images", or the file's format; (width) names of its columns, or NULL.
    const char *path, *format;
    char **column;
    int64_t skipped; // bad rows left out (on_bad=skip)
    const char
        *first_skipped;   // borrowed: what was wrong with the first of them; "" where nobody knows
    const char *note;     // borrowed: what a user should know of how the file is read; ""
    uint64_t fingerprint; // of shape and contents
    const float *pair;    // borrowed, (rows, width): what rows should become; NULL: themselves
    hg__corrupted corrupted; // behind `learned`
} hg__dataset;

// Opens a folder of images, an image or a list of images' names, as `pictures` says (borrowed; NULL: whole and as they
// are), or any file that hg__data_open() does.
hg__dataset *hg__dataset_open(const char *path, const hg__data_options *o,
                              const hg__picture_options *pictures, hg_error *err);
void hg__dataset_close(hg__dataset *d); // NULL is fine

// Rows that are read already: takes them. NULL where they are NULL, or memory is out; then they are closed.
hg__dataset *hg__dataset_of(hg__data *array, hg_error *err);

// What each row should become: y (rows, width), borrowed. Before they are corrupted.
void hg__dataset_pair(hg__dataset *d, const float *y);

// Whether hg__dataset_open() would make rows of images: a folder, an image, or a list of images' names.
bool hg__dataset_is_pictures(const char *path);

// What is learned from now on has this noise, too. Once; noise without a step changes nothing.
int hg__dataset_corrupt(hg__dataset *d, const hg__corruption *how, hg_error *err);
#endif

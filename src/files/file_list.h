// SPDX-License-Identifier: Apache-2.0
// file_list.h - files by their paths: those that were named, and those of a folder, in the order of their names, that somebody wants.
#ifndef HG_FILES_FILE_LIST_H
#define HG_FILES_FILE_LIST_H
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum { HG_LISTED_PATH = 4096 }; // bytes of a path

typedef struct hg__listed_file {
    char *path;       // owned
    const void *kind; // borrowed: what whoever added it says of it, or NULL
    bool from_folder; // nobody named it
} hg__listed_file;

typedef struct hg__file_list {
    hg__listed_file *file; // owned, (count)
    int32_t count;
} hg__file_list;

int hg__file_list_add(hg__file_list *l, const char *path, const void *kind, bool from_folder,
                      hg_error *err);
void hg__file_list_clear(hg__file_list *l); // {0} is fine

// Whether a file belongs to the list: 1, and what its kind is; 0; negative: an error was put into err, and the reading ends with it.
typedef int hg__file_wanted(void *context, const char *path, const void **kind, hg_error *err);

// Adds those of a folder that `wanted` wants, at most `most`: not those in its subfolders, nor what begins with a dot.
int hg__file_list_read_folder(hg__file_list *l, const char *folder, hg__file_wanted *wanted,
                              void *context, int32_t most, hg_error *err);
#endif

// SPDX-License-Identifier: Apache-2.0
// folder_kind.h - what lies in a folder that was given as data, for messages that say what to give instead.
#ifndef HG_IMAGE_FOLDER_KIND_H
#define HG_IMAGE_FOLDER_KIND_H
#include "base/error.h"

// Refuses a folder that holds as many tables as images, or no images at all. images: how many there are in it and below.
int hg__folder_check(const char *path, int32_t images, hg_error *err);

// The refusal where a table was wanted: which tables lie in the folder, and how to name one or join them.
int hg__folder_refuse(const char *path, const char *expected, int32_t images, hg_error *err);

// Whether rows made of what is there are images: a folder, an image, or a text file whose first line names an image.
bool hg__is_pictures(const char *path);

// Whether the path ends as files of tables do (".csv", ".jsonl", ".db" ...).
bool hg__is_named_table(const char *path);
#endif

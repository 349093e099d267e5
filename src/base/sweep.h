// SPDX-License-Identifier: Apache-2.0
// sweep.h - takes away what killed processes left of files they were writing: "<name>.<pid>.tmp", "<name>.<pid>.<n>.tmp".
#ifndef HG_BASE_SWEEP_H
#define HG_BASE_SWEEP_H
#include "base/error.h"

// In `folder`, of names for which is_ours() is true. Somebody else's files, and what a living process is writing, stay.
// is_alone: nobody else writes such files here (the folder is locked), whatever process has that number today.
void hg__sweep(const char *folder, bool is_alone,
               bool (*is_ours)(const char *name, const void *context), const void *context);
// Of the one file `path`, which is about to be written.
void hg__sweep_beside(const char *path);
#endif

// SPDX-License-Identifier: Apache-2.0
// inside.h - where paths lead, and whether one leads into a folder that another names. None of them need exist.
#ifndef HG_BASE_INSIDE_H
#define HG_BASE_INSIDE_H
#include <stdbool.h>

// Whether a relative path leaves the folder it begins in.
bool hg__path_is_climbing(const char *name);
// Whether `place` is `folder` or lies in it, links followed; true where that cannot be told.
bool hg__path_is_inside(const char *place, const char *folder);
// Where two paths lead: the second PATH_MAX bytes behind the first, for hg__free(). NULL where that cannot be told.
char *hg__resolve_both(const char *first, const char *second);
#endif

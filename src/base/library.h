// SPDX-License-Identifier: Apache-2.0
// library.h - functions of a library that is opened when it is first needed, so that nobody else pays for it.
#ifndef HG_BASE_LIBRARY_H
#define HG_BASE_LIBRARY_H
#include <stdbool.h>
#include <stddef.h>

// Opens the first of `files` that is there (NULL behind the last) and puts its functions `prefix` + names[i] (count)
// into `table`, a struct of that many pointers to functions in this order. Never closed. False where the library or one
// of the functions is missing.
bool hg__library_open(const char *const *files, const char *prefix, const char *const *names,
                      size_t count, void *table);
#endif

// SPDX-License-Identifier: Apache-2.0
// library.c - functions of a library that is opened when it is first needed, so that nobody else pays for it.
#include "base/library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

bool hg__library_open(const char *const *files, const char *prefix, const char *const *names,
                      size_t count, void *table) {
    void *library = NULL;
    while (*files && !library) library = dlopen(*files++, RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; library && i < count; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s%s", prefix, names[i]);
        void *symbol = dlsym(library, name);
        if (!symbol) return false;
        // ISO C has no cast from an object to a function; POSIX gives both the same size.
        memcpy((char *)table + i * sizeof symbol, &symbol, sizeof symbol);
    }
    return library != NULL;
}

// SPDX-License-Identifier: Apache-2.0
// place.c - where this program lies, for what lies beside it.
#include "base/place.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool cut_name(char *path) {
    char *slash = strrchr(path, '/');
    if (slash) *slash = '\0';
    return slash != NULL;
}

bool hg__place_of_command(char folder[1024]) {
    const ssize_t length = readlink("/proc/self/exe", folder, 1023);
    if (length <= 0 || length >= 1023) return false;
    folder[length] = '\0';
    return cut_name(folder);
}

bool hg__place_of_library(char folder[1024]) {
    static const char here = 0;
    Dl_info info;
    if (dladdr(&here, &info) == 0 || !info.dli_fname) return false;
    const int length = snprintf(folder, 1024, "%s", info.dli_fname);
    return length > 0 && length < 1024 && cut_name(folder);
}

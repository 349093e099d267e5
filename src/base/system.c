// SPDX-License-Identifier: Apache-2.0
// system.c - time, libraries that are opened late, and where this program lies.
#include "base/system.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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

double hg__seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void hg__format_now(char buffer[32]) {
    time_t now = time(NULL);
    struct tm parts;
    if (!gmtime_r(&now, &parts) || strftime(buffer, 32, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
        buffer[0] = '\0';
    }
}

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

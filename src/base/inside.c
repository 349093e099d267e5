// SPDX-License-Identifier: Apache-2.0
// inside.c - where paths lead, and whether one leads into a folder that another names.
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

bool hg__path_is_climbing(const char *name) {
    if (name[0] == '/') return true;
    for (const char *p = name; (p = strstr(p, "..")); p += 2) {
        if ((p == name || p[-1] == '/') && (p[2] == '/' || !p[2])) return true;
    }
    return false;
}

// Takes the last name off a path, and the slashes before it; the length that is left. "/" stays.
static size_t cut_last(char *path, size_t length) {
    while (length && path[length - 1] == '/') length--;
    while (length && path[length - 1] != '/') length--;
    while (length > 1 && path[length - 1] == '/') length--;
    path[length] = '\0';
    return length;
}

// The path without links, of a place that need not exist: what does is resolved, the rest is kept. False if it is too
// long or names "..": beyond what exists that means nothing.
static bool resolve(const char *path, char to[PATH_MAX]) {
    char part[PATH_MAX];
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof part) return false;
    memcpy(part, path, length + 1);
    while (!realpath(length ? part : ".", to)) {
        if (length == 0 || strcmp(part, "/") == 0) return false;
        length = cut_last(part, length);
    }
    const char *rest = path + length;
    const size_t used = strlen(to);
    while (*rest == '/') rest++;
    if (hg__path_is_climbing(rest) || used + strlen(rest) + 2 > PATH_MAX) return false;
    if (*rest) snprintf(to + used, PATH_MAX - used, "%s%s", used > 1 ? "/" : "", rest);
    return true;
}

char *hg__resolve_both(const char *first, const char *second) {
    char *to = hg__alloc(2, PATH_MAX, NULL);
    if (to && resolve(first, to) && resolve(second, to + PATH_MAX)) return to;
    hg__free(to);
    return NULL;
}

bool hg__path_is_same(const char *one, const char *other) {
    char *a = hg__resolve_both(one, other);
    const bool is_same = a && strcmp(a, a + PATH_MAX) == 0;
    hg__free(a);
    return is_same;
}

bool hg__path_is_inside(const char *place, const char *folder) {
    char *a = hg__resolve_both(place, folder);
    if (!a) return true; // rather refuse
    const char *b = a + PATH_MAX;
    const size_t n = strlen(b);
    const bool inside = strncmp(a, b, n) == 0 && (a[n] == '\0' || a[n] == '/' || n == 1);
    hg__free(a);
    return inside;
}

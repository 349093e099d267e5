// SPDX-License-Identifier: Apache-2.0
// mat_api.c - what we call of libmatio 1.5, opened at the first .mat file of version 7.3.
#include "table/mat_api.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/system.h"

#define NAME(result, name, arguments) #name,

static const char *const files[] = {"libmatio.so.13", "libmatio.so.12", "libmatio.so.11",
                                    "libmatio.so.9",  "libmatio.so",    NULL};

static struct {
    hg__mat functions;
    bool found;
    char version[32];
    pthread_once_t once;
} mat = {.once = PTHREAD_ONCE_INIT};

static void find_mat(void) {
    static const char *const names[] = {HG_MAT_FUNCTIONS(NAME)};
    int major = 0, minor = 0, release = 0;
    if (!hg__library_open(files, "Mat_", names, sizeof names / sizeof *names, &mat.functions)) {
        return;
    }
    mat.functions.GetLibraryVersion(&major, &minor, &release);
    mat.found = major == 1 && minor == 5; // another may have other structures
    if (mat.found) snprintf(mat.version, sizeof mat.version, "%d.%d.%d", major, minor, release);
}

const hg__mat *hg__mat_get(const char *path, hg_error *err) {
    pthread_once(&mat.once, find_mat);
    if (mat.found) return &mat.functions;
    hg__fail(err, HG_ERR_MISSING,
             "%s: MATLAB files of version 7.3 need the Debian package libmatio11, found no "
             "libmatio 1.5; or save it with `-v7` in MATLAB",
             path);
    return NULL;
}

const char *hg__mat_version(void) {
    (void)hg__mat_get("", NULL);
    return mat.version;
}

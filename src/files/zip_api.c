// SPDX-License-Identifier: Apache-2.0
// zip_api.c - what we call of libzip, opened at the first archive.
#include "files/zip_api.h"

#include <pthread.h>

#include "base/system.h"

#define NAME(name) #name,

static struct {
    hg__zip functions;
    bool found;
    pthread_once_t once;
} zip = {.once = PTHREAD_ONCE_INIT};

static void find_zip(void) {
    static const char *const files[] = {"libzip.so.4", "libzip.so.5", NULL};
    static const char *const names[] = {HG_ZIP_FUNCTIONS(NAME)};
    zip.found =
        hg__library_open(files, "zip_", names, sizeof names / sizeof *names, &zip.functions);
}

const hg__zip *hg__zip_get(const char *path, hg_error *err) {
    pthread_once(&zip.once, find_zip);
    if (zip.found) return &zip.functions;
    hg__fail(err, HG_ERR_MISSING,
             "%s: .npz files need the Debian package libzip4, found no libzip.so.4", path);
    return NULL;
}

const char *hg__zip_version(void) {
    const hg__zip *api = hg__zip_get("", NULL);
    return api ? api->libzip_version() : "";
}

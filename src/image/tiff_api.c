// SPDX-License-Identifier: Apache-2.0
// tiff_api.c - libtiff's functions, found when the first TIFF file is met.
#include <pthread.h>

#include "base/system.h"
#include "image/tiff.h"

#define NAME(name) #name,

hg__tiff_functions hg__tiff;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool is_found;

// The sixth interface has the handlers of errors that codec_tiff.c sets.
static void find(void) {
    static const char *const files[] = {"libtiff.so.6", NULL};
    static const char *const names[] = {HG_TIFF_FUNCTIONS(NAME)};
    is_found = hg__library_open(files, "TIFF", names, sizeof names / sizeof *names, &hg__tiff);
}

int hg__tiff_need(const char *path, hg_error *err) {
    pthread_once(&once, find);
    if (is_found) return HG_OK;
    return hg__fail(err, HG_ERR_MISSING,
                    "%s: TIFF images need the Debian package libtiff6, found no libtiff.so.6",
                    path);
}

const char *hg__image_tiff_version(void) {
    return hg__tiff_need("", NULL) == HG_OK ? hg__tiff.GetVersion() : "";
}

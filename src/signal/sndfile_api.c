// SPDX-License-Identifier: Apache-2.0
// sndfile_api.c - what we call of libsndfile, opened at the first file of sound.
#include "signal/sndfile_api.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/system.h"

#define NAME(result, name, arguments) #name,

static struct {
    hg__sf functions;
    bool found;
    pthread_once_t once;
} sndfile = {.once = PTHREAD_ONCE_INIT};

static void find_sndfile(void) {
    static const char *const files[] = {"libsndfile.so.1", NULL};
    static const char *const names[] = {HG_SF_FUNCTIONS(NAME)};
    sndfile.found =
        hg__library_open(files, "sf_", names, sizeof names / sizeof *names, &sndfile.functions);
}

const hg__sf *hg__sf_get(const char *what, hg_error *err) {
    pthread_once(&sndfile.once, find_sndfile);
    if (sndfile.found) return &sndfile.functions;
    hg__fail(err, HG_ERR_MISSING,
             "%s: needs the Debian package libsndfile1, found no libsndfile.so.1", what);
    return NULL;
}

// "libsndfile-1.2.0".
void hg__sf_version(char version[32]) {
    const hg__sf *api = hg__sf_get("", NULL);
    const char *dash = api ? strchr(api->version_string(), '-') : NULL;
    snprintf(version, 32, "%s", dash ? dash + 1 : "");
}

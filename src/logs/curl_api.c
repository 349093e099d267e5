// SPDX-License-Identifier: Apache-2.0
// curl_api.c - what we call of libcurl, opened at the first request.
#include "logs/curl_api.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/system.h"

#define NAME(result, name, arguments) #name,

static struct {
    hg__curl functions;
    bool found;
    pthread_once_t once;
} curl = {.once = PTHREAD_ONCE_INIT};

static void find_curl(void) {
    static const char *const files[] = {"libcurl.so.4", "libcurl-gnutls.so.4", NULL};
    static const char *const names[] = {HG_CURL_FUNCTIONS(NAME)};
    curl.found =
        hg__library_open(files, "curl_", names, sizeof names / sizeof *names, &curl.functions) &&
        curl.functions.global_init(HG_CURL_ALL) == HG_CURL_OK;
}

const hg__curl *hg__curl_get(const char *what, hg_error *err) {
    pthread_once(&curl.once, find_curl);
    if (curl.found) return &curl.functions;
    hg__fail(err, HG_ERR_MISSING, "%s: needs the Debian package libcurl4, found no libcurl.so.4",
             what);
    return NULL;
}

// "libcurl/7.88.1 OpenSSL/3.0 ...".
void hg__curl_version(char version[32]) {
    const hg__curl *api = hg__curl_get("", NULL);
    const char *slash = api ? strchr(api->version(), '/') : NULL;
    snprintf(version, 32, "%.*s", slash ? (int)strcspn(slash + 1, " ") : 0, slash ? slash + 1 : "");
}

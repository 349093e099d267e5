// SPDX-License-Identifier: Apache-2.0
// curl_api.h - what we call of libcurl (curl.se/libcurl/c), opened at the first request. The declarations are our own:
// building needs no header, and tests/test_logs.c compares the numbers with libcurl's where its header is there.
#ifndef HG_LOGS_CURL_API_H
#define HG_LOGS_CURL_API_H
#include "base/error.h"

struct curl_slist;

enum {                                // of easy_setopt: each says of which type its argument is
    HG_CURL_POST_SIZE = 60,           // long
    HG_CURL_LOW_SPEED_LIMIT = 19,     // long, bytes a second
    HG_CURL_LOW_SPEED_TIME = 20,      // long, seconds
    HG_CURL_NO_SIGNAL = 99,           // long
    HG_CURL_HTTP_AUTH = 107,          // long
    HG_CURL_TIMEOUT_MS = 155,         // long
    HG_CURL_CONNECT_TIMEOUT_MS = 156, // long
    HG_CURL_WRITE_DATA = 10001,       // pointer
    HG_CURL_URL = 10002,              // text
    HG_CURL_POST_FIELDS = 10015,      // bytes, borrowed
    HG_CURL_USER_AGENT = 10018,       // text
    HG_CURL_HEADERS = 10023,          // struct curl_slist *, borrowed
    HG_CURL_METHOD = 10036,           // text
    HG_CURL_USER = 10173,             // text
    HG_CURL_PASSWORD = 10174,         // text
    HG_CURL_WRITE = 20011,            // function
};

enum {
    HG_CURL_OK = 0,
    HG_CURL_RESPONSE_CODE = 0x200002, // of easy_getinfo: long *
    HG_CURL_BASIC = 1,                // of HG_CURL_HTTP_AUTH
    HG_CURL_ALL = 3                   // of global_init
};

// clang-format off
// F(result, name, arguments)
#define HG_CURL_FUNCTIONS(F)                                                                       \
    F(int, global_init, (long flags))                                                              \
    F(char *, version, (void))                                                                     \
    F(void *, easy_init, (void))                                                                   \
    F(int, easy_setopt, (void *curl, int option, ...))                                             \
    F(int, easy_perform, (void *curl))                                                             \
    F(int, easy_getinfo, (void *curl, int info, ...))                                              \
    F(void, easy_cleanup, (void *curl))                                                            \
    F(const char *, easy_strerror, (int code))                                                     \
    F(struct curl_slist *, slist_append, (struct curl_slist *list, const char *line))              \
    F(void, slist_free_all, (struct curl_slist *list))
// clang-format on

#define HG_CURL_MEMBER(result, name, arguments) \
 result(*name) arguments; // NOLINT(bugprone-macro-parentheses)

typedef struct hg__curl {
    HG_CURL_FUNCTIONS(HG_CURL_MEMBER)
} hg__curl;

// NULL with HG_ERR_MISSING and a sentence that begins with `what` where libcurl is not there.
const hg__curl *hg__curl_get(const char *what, hg_error *err);
// Its version as "7.88.1", up to 31 bytes; "": it is not there.
void hg__curl_version(char version[32]);
#endif

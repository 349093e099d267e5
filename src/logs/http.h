// SPDX-License-Identifier: Apache-2.0
// http.h - one request to a web server and its answer, within a time.
#ifndef HG_LOGS_HTTP_H
#define HG_LOGS_HTTP_H
#include "base/text.h"

typedef struct hg__http_request {
    const char *method, *url, *type; // "POST", the address without credentials, "application/json"
    const void *body;                // borrowed, (size); NULL: none
    size_t size;
    const char *user, *password, *token; // borrowed; "": none
    // 0: as long as something moves
    int32_t seconds;
} hg__http_request;

// The server's answer, whatever it is: *status, and its text, which is the caller's to clear. HG_ERR_IO: there was none; the
// sentence is libcurl's, and does not say whose.
int hg__http_send(const hg__http_request *r, int32_t *status, hg__text *answer, hg_error *err);
#endif

// SPDX-License-Identifier: Apache-2.0
// http.c - one request to a web server and its answer.
#include "logs/http.h"

#include <stdio.h>

#include "base/error.h"
#include "logs/curl_api.h"

enum { MOST = 1 << 20, CONNECT_MS = 3000, STALLED = 15 }; // bytes of an answer; seconds

// As CURLOPT_WRITEFUNCTION has it: less than it got ends the transfer.
static size_t keep(char *bytes, size_t size, size_t count, void *context) {
    hg__text *answer = context;
    const size_t more = size * count;
    if (more > MOST || answer->length > MOST - more) return 0;
    return hg__text_add_bytes(answer, bytes, more) == HG_OK ? more : 0;
}

static struct curl_slist *make_headers(const hg__curl *api, const hg__http_request *r) {
    char line[4200];
    snprintf(line, sizeof line, "Content-Type: %s", r->type);
    struct curl_slist *list = api->slist_append(NULL, line);
    struct curl_slist *more = list ? api->slist_append(list, "Expect:") : NULL;
    if (more && *r->token) {
        snprintf(line, sizeof line, "Authorization: Bearer %s", r->token);
        more = api->slist_append(list, line);
    }
    if (!more) api->slist_free_all(list);
    return more ? list : NULL;
}

static void set_up(const hg__curl *api, void *curl, const hg__http_request *r, hg__text *answer,
                   const struct curl_slist *headers) {
    api->easy_setopt(curl, HG_CURL_URL, r->url);
    api->easy_setopt(curl, HG_CURL_METHOD, r->method);
    api->easy_setopt(curl, HG_CURL_NO_SIGNAL, 1L);
    api->easy_setopt(curl, HG_CURL_CONNECT_TIMEOUT_MS, (long)CONNECT_MS);
    api->easy_setopt(curl, HG_CURL_TIMEOUT_MS, 1000L * r->seconds);
    api->easy_setopt(curl, HG_CURL_LOW_SPEED_LIMIT, 1L);
    api->easy_setopt(curl, HG_CURL_LOW_SPEED_TIME, (long)STALLED);
    api->easy_setopt(curl, HG_CURL_USER_AGENT, "hourglass");
    api->easy_setopt(curl, HG_CURL_HEADERS, headers);
    api->easy_setopt(curl, HG_CURL_WRITE, keep);
    api->easy_setopt(curl, HG_CURL_WRITE_DATA, answer);
    if (r->body) {
        api->easy_setopt(curl, HG_CURL_POST_SIZE, (long)r->size);
        api->easy_setopt(curl, HG_CURL_POST_FIELDS, r->body);
    }
    if (*r->user) {
        api->easy_setopt(curl, HG_CURL_HTTP_AUTH, (long)HG_CURL_BASIC);
        api->easy_setopt(curl, HG_CURL_USER, r->user);
        api->easy_setopt(curl, HG_CURL_PASSWORD, r->password);
    }
}

int hg__http_send(const hg__http_request *r, int32_t *status, hg__text *answer, hg_error *err) {
    const hg__curl *api = hg__curl_get(r->url, err);
    if (!api) return HG_ERR_MISSING;
    long code = 0;
    struct curl_slist *headers = make_headers(api, r);
    void *curl = headers ? api->easy_init() : NULL;
    if (!curl) {
        api->slist_free_all(headers);
        return hg__fail(err, HG_ERR_MEMORY, "out of memory while asking a server");
    }
    set_up(api, curl, r, answer, headers);
    const int done = api->easy_perform(curl);
    if (done == HG_CURL_OK) api->easy_getinfo(curl, HG_CURL_RESPONSE_CODE, &code);
    const char *why = api->easy_strerror(done);
    api->easy_cleanup(curl);
    api->slist_free_all(headers);
    *status = (int32_t)code;
    if (done == HG_CURL_OK) return HG_OK;
    return hg__fail(err, HG_ERR_IO, "%s", why);
}

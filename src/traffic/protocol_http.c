// SPDX-License-Identifier: Apache-2.0
// protocol_http.c - HTTP/1: the method or the status, the path's first part, how long the path is (RFC 9112).
#include <stdio.h>
#include <string.h>

#include "traffic/glimpse.h"
#include "traffic/mix.h"

enum { SHORTEST = 12, MOST_PATH = 1024 };

static const char *const methods[] = {"GET ",     "POST ",  "HEAD ",    "PUT ",   "DELETE ",
                                      "OPTIONS ", "PATCH ", "CONNECT ", "TRACE ", "PROPFIND "};
enum { METHODS = sizeof methods / sizeof *methods };

// A path as far as its second stroke or its question mark is what is asked of; the rest counts by its length and variety.
static void look_at_path(const uint8_t *path, uint32_t most, hg__glimpse *g) {
    uint32_t length = 0, first = 0;
    if (most > MOST_PATH) most = MOST_PATH;
    while (length < most && path[length] > ' ') length++;
    uint64_t hash = 1;
    for (; first < length && path[first] != '?' && (first == 0 || path[first] != '/'); first++) {
        hash = hg__mix(hash, path[first]);
    }
    g->object = hash;
    g->size = length;
    g->variety = hg__variety(path, length);
    g->special = hg__special(path, length);
}

static bool is_refusal(uint32_t status) {
    return status == 401 || status == 403 || status == 407 || status == 429;
}

static bool look(const hg__packet *p, uint16_t server, hg__glimpse *g) {
    const uint8_t *b = p->payload;
    (void)server;
    if (!(p->layers & HG_LAYER_TCP) || p->payload_captured < SHORTEST) return false;
    if (memcmp(b, "HTTP/1.", 7) == 0) {
        const uint32_t status = (uint32_t)b[9] % 16 * 100 + (uint32_t)b[10] % 16 * 10 + b[11] % 16;
        g->action = METHODS + status;
        g->refuses = is_refusal(status);
        return true;
    }
    for (uint32_t i = 0; i < METHODS; i++) {
        const uint32_t size = (uint32_t)strlen(methods[i]);
        if (memcmp(b, methods[i], size) != 0) continue;
        g->action = i;
        look_at_path(b + size, p->payload_captured - size, g);
        return true;
    }
    return false;
}

static void describe(uint32_t action, char *text, size_t size) {
    if (action >= METHODS) {
        snprintf(text, size, "status %u", (unsigned)(action - METHODS));
    } else {
        snprintf(text, size, "%.*s", (int)strlen(methods[action]) - 1, methods[action]);
    }
}

const hg__protocol hg__protocol_http = {"HTTP", describe, look};

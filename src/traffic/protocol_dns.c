// SPDX-License-Identifier: Apache-2.0
// protocol_dns.c - DNS over UDP: query type, domain, length and variety of the name (RFC 1035).
#include <stdio.h>
#include <string.h>

#include "traffic/glimpse.h"
#include "traffic/mix.h"

enum {
    HEADER = 12,
    PORT = 53,
    MULTICAST_PORT = 5353,
    LOCAL_PORT = 5355,
    LONGEST_NAME = 255,
    LABELS = 128
};

#define NO_QUESTION (1U << 24)
#define ANSWER      (1U << 25)

typedef struct name {
    uint32_t start[LABELS], length[LABELS]; // of its labels, bytes in the payload
    uint32_t labels;
    uint32_t end; // behind it
} name;

static bool read_name(const uint8_t *b, uint32_t size, name *n) {
    uint32_t at = HEADER;
    n->labels = 0;
    while (at < size && b[at] != 0) {
        const uint32_t length = b[at];
        if (length > 63 || at + 1 + length > size || n->labels == LABELS) return false;
        n->start[n->labels] = at + 1;
        n->length[n->labels++] = length;
        at += 1 + length;
    }
    n->end = at + 1;
    return at < size;
}

// The last two labels are taken for the domain: who has a third (co.uk) is seen as one.
static uint64_t domain(const uint8_t *b, const name *n) {
    uint64_t hash = 2;
    for (uint32_t i = n->labels > 2 ? n->labels - 2 : 0; i < n->labels; i++) {
        hash = hg__mix(hash, n->length[i]);
        for (uint32_t j = 0; j < n->length[i]; j++) {
            const uint8_t c = b[n->start[i] + j];
            hash = hg__mix(hash, c >= 'A' && c <= 'Z' ? c + 32U : c);
        }
    }
    return hash;
}

static bool look(const hg__packet *p, uint16_t server, hg__glimpse *g) {
    const uint8_t *b = p->payload;
    const bool is_port = server == PORT || server == MULTICAST_PORT || server == LOCAL_PORT;
    if (!(p->layers & HG_LAYER_UDP) || !is_port || p->payload_captured < HEADER) return false;
    const bool is_answer = b[2] & 0x80;
    const uint32_t questions = (uint32_t)b[4] << 8 | b[5];
    const uint32_t code = (b[2] >> 3 & 15U) << 4 | (is_answer ? b[3] & 15U : 0);
    name n;
    if (questions == 0 || !read_name(b, p->payload_captured, &n)) {
        g->action = NO_QUESTION | code;
        return true;
    }
    uint32_t type = 0;
    if (n.end + 2 <= p->payload_captured) type = (uint32_t)b[n.end] << 8 | b[n.end + 1];
    g->action = (is_answer ? ANSWER : 0U) | code << 16 | type;
    g->object = domain(b, &n);
    g->size = n.end - HEADER;
    g->variety = hg__variety(b + HEADER, n.end - HEADER);
    for (uint32_t i = 0; i < n.labels; i++) g->special += hg__special(b + n.start[i], n.length[i]);
    return true;
}

static void describe(uint32_t action, char *text, size_t size) {
    if (action & NO_QUESTION) {
        snprintf(text, size, "no question");
        return;
    }
    snprintf(text, size, "%squery type %u", action & ANSWER ? "answer to " : "",
             (unsigned)(action & 0xffff));
    const unsigned code = action >> 16 & 15;
    const size_t used = strlen(text);
    if (code) snprintf(text + used, size - used, ", code %u", code);
}

const hg__protocol hg__protocol_dns = {"DNS", describe, look};

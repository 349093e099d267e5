// SPDX-License-Identifier: Apache-2.0
// protocol_tls.c - TLS: kind of record, kind of handshake message, version (RFC 8446; RFC 6066 for the server's name).
#include <stdio.h>

#include "traffic/glimpse.h"
#include "traffic/mix.h"

enum {
    RECORD = 5,
    HANDSHAKE = 22,
    FIRST_KIND = 20,
    LAST_KIND = 24,
    CLIENT_HELLO = 1,
    MESSAGE = 256
};

// How many kinds of cipher a client offers says which program it is.
static uint32_t ciphers(const uint8_t *b, uint32_t size) {
    const uint32_t at = RECORD + 4 + 2 + 32; // message's type and length, version, random bytes
    if (size <= at) return 0;
    const uint32_t behind = at + 1 + b[at]; // session id
    if (size < behind + 2) return 0;
    return ((uint32_t)b[behind] << 8 | b[behind + 1]) / 2;
}

static bool look(const hg__packet *p, uint16_t server, hg__glimpse *g) {
    const uint8_t *b = p->payload;
    (void)server;
    if (!(p->layers & HG_LAYER_TCP) || p->payload_captured < RECORD + 1) return false;
    if (b[0] < FIRST_KIND || b[0] > LAST_KIND || b[1] != 3 || b[2] > 4) return false;
    g->action = b[0];
    g->object = hg__mix(b[1], b[2]);
    if (b[0] != HANDSHAKE) return true;
    g->action = MESSAGE + b[RECORD];
    if (b[RECORD] == CLIENT_HELLO) g->size = ciphers(b, p->payload_captured);
    return true;
}

static void describe(uint32_t action, char *text, size_t size) {
    const bool is_handshake = action >= MESSAGE;
    snprintf(text, size, "%s %u", is_handshake ? "handshake message" : "record",
             (unsigned)(is_handshake ? action - MESSAGE : action));
}

const hg__protocol hg__protocol_tls = {"TLS", describe, look};

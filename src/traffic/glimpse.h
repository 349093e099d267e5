// SPDX-License-Identifier: Apache-2.0
// glimpse.h - a look at the first bytes of a payload: what a plain protocol is asked, of what, and how large. Nothing of it is kept
// but hashes and classes.
#ifndef HG_TRAFFIC_GLIMPSE_H
#define HG_TRAFFIC_GLIMPSE_H
#include <stddef.h>

#include "packets/packet.h"

enum { HG_OPENING = 24 }; // bytes at the beginning of a payload that are compared one by one

// Nothing of traffic/ looks at more of a payload: HTTP's longest path, behind its method. (A name in DNS over UDP that is longer is none.)
enum { HG_LOOKED_AT = 1040 };

typedef struct hg__glimpse {
    const struct hg__protocol *protocol; // whose words these are; NULL: nobody's
    uint32_t place;                      // its place in protocols.def, from 1
    uint32_t action;                     // query type, function code, method, kind of record
    uint64_t object;  // a hash of what it is done to: domain, unit and address, host; 0: nothing
    uint32_t size;    // of a name or a path, how many registers ...
    uint32_t variety; // bits per byte of a name, in eighths
    uint32_t special; // characters of a name that names seldom have: hg__special()
    bool refuses;     // says to a client that it may not: a wrong password, too many requests
} hg__glimpse;

// One plain protocol; protocols.def lists them.
typedef struct hg__protocol {
    const char *name; // "DNS"
    // An action for people: "query type 28", "exception to function 17".
    void (*describe)(uint32_t action, char *text, size_t size);
    // Whether the payload is such, and what it says. server: the port of the side that serves.
    bool (*look)(const hg__packet *p, uint16_t server, hg__glimpse *g);
} hg__protocol;

#define PROTOCOL(name) extern const hg__protocol hg__protocol_##name;
#include "traffic/protocols.def"
#undef PROTOCOL

// g->protocol is NULL where no protocol knows it.
void hg__glimpse_take(hg__glimpse *g, const hg__packet *p, uint16_t server);

// Entropy of bytes (count), in eighths of a bit per byte: 0 .. 64.
uint32_t hg__variety(const uint8_t *bytes, uint32_t count);
// How many characters are quotes, brackets, bars, control characters or the like, also where they are written as %27.
uint32_t hg__special(const uint8_t *bytes, uint32_t count);
#endif

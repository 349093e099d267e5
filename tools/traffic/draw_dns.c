// SPDX-License-Identifier: Apache-2.0
// draw_dns.c - names of sites, and DNS (RFC 1035) that asks for them.
#include <stdio.h>
#include <string.h>

#include "protocols.h"

static const char *const first[] = {"sol", "mer", "net", "blue", "pix", "tri", "nor",
                                    "vel", "kan", "dat", "fin",  "por", "lum", "cas",
                                    "red", "hub", "oak", "zen",  "arc", "tal"};
static const char *const second[] = {"ara",  "ify",   "wave", "post", "line", "mart", "news",
                                     "book", "cloud", "tube", "lab",  "soft", "desk", "ville",
                                     "ora",  "ex",    "gram", "pay",  "map",  "play"};
static const char *const ends[] = {"com", "com", "com", "net", "org", "io", "de", "fr", "co.uk"};
static const char *const starts[] = {"www",    "www", "www",   "api",  "cdn",
                                     "static", "img", "login", "mail", "ads"};

void site_name(const world *w, int n, char name[NAME_MAX_BYTES]) {
    const uint64_t z = ((uint64_t)n + w->seed * 7919 + 1) * 0x9E3779B97F4A7C15U;
    const unsigned a = (unsigned)(z >> 20), b = (unsigned)(z >> 40);
    if (n % 7 == 3) {
        snprintf(name, NAME_MAX_BYTES, "%c%03x%05x.cdn.%s%s.net", 'a' + (int)(a % 26),
                 a >> 8 & 0xFFF, b & 0xFFFFF, first[a % 20], second[b % 3]);
    } else {
        snprintf(name, NAME_MAX_BYTES, "%s.%s%s.%s", starts[(a >> 5) % 10], first[a % 20],
                 second[b % 20], ends[(b >> 8) % 9]);
    }
}

host *site_host(world *w, int n) {
    char name[NAME_MAX_BYTES];
    snprintf(name, sizeof name, "site%d", n);
    host *h = host_find(w, name);
    if (h) return h;
    const uint64_t state = w->state;
    stream_of_plant(w, 100000 + (uint64_t)n);
    h = host_add_outside(w, name, &stack_linux);
    w->state = state;
    return h;
}

static void question(buf *b, unsigned id, unsigned flags, unsigned answers, const char *name,
                     int type) {
    b->n = 0;
    put16(b, id), put16(b, flags), put16(b, 1), put16(b, answers), put16(b, 0), put16(b, 0);
    put_name(b, name), put16(b, (unsigned)type), put16(b, 1);
}

void dns_raw(world *w, int64_t t, host *client, int port, const char *name, int type,
             const buf *answer) {
    host *server = w->resolver;
    static buf b;
    const unsigned id = (unsigned)(bits(w) & 0xFFFF);
    question(&b, id, 0x0100, 0, name, type);
    udp_send(w, t, client, port, server, 53, &b);
    question(&b, id, 0x8180, 1, name, type);
    put16(&b, 0xC00C), put16(&b, (unsigned)type), put16(&b, 1), put32(&b, 0);
    put16(&b, (unsigned)answer->n), put_bytes(&b, answer->b, answer->n);
    t += turn(w, server), t += about(w, 30 * MS);
    udp_send(w, t, server, 53, client, port, &b);
}

int64_t dns_ask(world *w, int64_t t, host *client, host *server, const char *name, int type,
                uint32_t answer) {
    static buf b;
    const int port = port_next(w, client);
    const unsigned id = (unsigned)(bits(w) & 0xFFFF);
    question(&b, id, 0x0100, 0, name, type);
    udp_send(w, t, client, port, server, 53, &b);
    int64_t back = t + turn(w, server) + 200 * US;
    if (chance(w, 0.3)) back += about(w, 30 * MS);
    const uint32_t ttl = (uint32_t)range(w, 5, 3600);
    if (!answer) { // no such name, or no such record
        question(&b, id, type == DNS_A ? 0x8183 : 0x8180, 0, name, type);
    } else if (type == DNS_A) {
        const bool alias = name[0] == 's' || name[0] == 'i';
        question(&b, id, 0x8180, alias ? 2 : 1, name, type);
        if (alias) {
            char edge[NAME_MAX_BYTES];
            snprintf(edge, sizeof edge, "e%04x.edge.cdnline.net", answer & 0xFFFF);
            put16(&b, 0xC00C), put16(&b, 5), put16(&b, 1), put32(&b, ttl);
            put16(&b, (unsigned)strlen(edge) + 2);
            const unsigned at = (unsigned)b.n;
            put_name(&b, edge), put16(&b, 0xC000 | at);
        } else {
            put16(&b, 0xC00C);
        }
        put16(&b, 1), put16(&b, 1), put32(&b, ttl), put16(&b, 4), put32(&b, answer);
    } else {
        question(&b, id, 0x8180, 1, name, type);
        put16(&b, 0xC00C), put16(&b, (unsigned)type), put16(&b, 1), put32(&b, ttl);
        if (type == DNS_AAAA) {
            put16(&b, 16), put32(&b, 0x2A00E900U), put32(&b, answer >> 8), put32(&b, 0),
                put32(&b, answer);
        } else if (type == DNS_PTR) {
            put16(&b, 17), put8(&b, 4), put_text(&b, "h%03u", answer & 255),
                put_name(&b, "corp.local");
        } else {
            put16(&b, 25), put8(&b, 24), put_text(&b, "v=spf1 ip4:%3u.0.0.0/8 -", answer >> 24);
        }
    }
    udp_send(w, back, server, 53, client, port, &b);
    return back + turn(w, client);
}

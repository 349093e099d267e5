// SPDX-License-Identifier: Apache-2.0
// draw_quic.c - QUIC (RFC 9000) as it looks from outside: long headers of full size, then short ones.
#include "protocols.h"

static void long_header(world *w, buf *b, unsigned first, uint64_t id, size_t n) {
    b->n = 0;
    put8(b, first), put32(b, 1), put8(b, 8), put32(b, (uint32_t)(id >> 32)), put32(b, (uint32_t)id),
        put8(b, 0);
    if (first < 0xD0) put8(b, 0); // no token
    put16(b, 0x4000 | (unsigned)(n - b->n - 2)), put_noise(w, b, n - b->n);
}

static void short_header(world *w, buf *b, uint64_t id, size_t n) {
    b->n = 0;
    put8(b, 0x40 | ((unsigned)bits(w) & 0x3F)), put32(b, (uint32_t)(id >> 32)),
        put32(b, (uint32_t)id), put_noise(w, b, n);
}

void quic_visit(world *w, int64_t t, host *client, host *server) {
    static buf b;
    const int port = port_next(w, client);
    const uint64_t theirs = bits(w), ours = bits(w);
    long_header(w, &b, 0xC0 | ((unsigned)bits(w) & 3), theirs, 1250),
        udp_send(w, t, client, port, server, 443, &b);
    t += turn(w, server);
    for (int i = 0; i < 3; i++) {
        long_header(w, &b, i ? 0xE1 : 0xC1, ours, i < 2 ? 1252 : 600),
            udp_send(w, t += 30 * US, server, 443, client, port, &b);
    }
    t += turn(w, client) + MS;
    long_header(w, &b, 0xE0, theirs, 84), udp_send(w, t, client, port, server, 443, &b);
    for (int asked = 1 + (int)heavy(w, 0.6, 10, 1.2); asked > 0; asked--) {
        short_header(w, &b, theirs, (size_t)range(w, 60, 700)),
            udp_send(w, t, client, port, server, 443, &b);
        t += turn(w, server), t += about(w, 10 * MS);
        int64_t left = (int64_t)heavy(w, 300, 500000, 0.85);
        for (int i = 1; left > 0; left -= 1240, i++, t += server->gap) {
            short_header(w, &b, ours, (size_t)(left < 1240 ? left : 1240)),
                udp_send(w, t, server, 443, client, port, &b);
            if (i % 10 == 0) {
                short_header(w, &b, theirs, (size_t)range(w, 24, 30)),
                    udp_send(w, t + turn(w, client), client, port, server, 443, &b);
            }
        }
        short_header(w, &b, theirs, 25), t += turn(w, client),
            udp_send(w, t, client, port, server, 443, &b);
        t += about(w, 400 * MS);
    }
}

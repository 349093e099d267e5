// SPDX-License-Identifier: Apache-2.0
// draw_link.c - what is heard on every wire: spanning tree, LLDP, LLMNR, hosts that look for IPv6.
#include <string.h>

#include "protocols.h"

static void start(buf *b, const uint8_t to[6], const host *from, unsigned type) {
    b->n = 0;
    put_bytes(b, to, 6), put_bytes(b, from->mac, 6), put16(b, type);
}

void stp_hello(world *w, int64_t t,
               const host *from) { // IEEE 802.1D: LLC, then a configuration message of the root
    static buf b;
    static const uint8_t bridges[6] = {1, 0x80, 0xC2, 0, 0, 0};
    start(&b, bridges, from, 38);
    put8(&b, 0x42), put8(&b, 0x42), put8(&b, 3), put32(&b, 0), put8(&b, 0);
    put16(&b, 0x8001), put_bytes(&b, from->mac, 6), put32(&b, 0), put16(&b, 0x8001),
        put_bytes(&b, from->mac, 6);
    put16(&b, 0x8003), put16(&b, 0), put16(&b, 0x1400), put16(&b, 0x0200), put16(&b, 0x0F00);
    frame_plain(w, t, b.b, b.n);
}

void lldp_tell(world *w, int64_t t, const host *from) {
    static buf b;
    static const uint8_t nearest[6] = {1, 0x80, 0xC2, 0, 0, 0x0E};
    start(&b, nearest, from, 0x88CC);
    put16(&b, 1 << 9 | 7), put8(&b, 4), put_bytes(&b, from->mac, 6);
    put16(&b, 2 << 9 | 5), put8(&b, 5), put_text(&b, "Gi03");
    put16(&b, 3 << 9 | 2), put16(&b, 120);
    put16(&b, 5 << 9 | (unsigned)strlen(from->name)), put_text(&b, "%s", from->name), put16(&b, 0);
    frame_plain(w, t, b.b, b.n);
}

void llmnr_ask(world *w, int64_t t, host *from, const char *name) { // RFC 4795
    static buf b;
    host group = {
        .mac = {1, 0, 0x5E, 0, 0, 0xFC},
          .ip = 0xE00000FCU, .stack = &stack_linux
    };
    b.n = 0;
    put16(&b, (unsigned)bits(w) & 0xFFFF), put16(&b, 0), put16(&b, 1), put16(&b, 0), put32(&b, 0);
    put8(&b, (unsigned)strlen(name)), put_text(&b, "%s", name), put8(&b, 0), put16(&b, DNS_A),
        put16(&b, 1);
    const int port = port_next(w, from);
    udp_send(w, t, from, port, &group, 5355, &b),
        udp_send(w, t + 410 * MS, from, port, &group, 5355, &b);
}

static unsigned folded(const uint8_t *p, size_t n, uint32_t sum) {
    for (size_t i = 0; i < n; i++) sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
    while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
    return ~sum & 0xFFFF;
}

void dhcp6_solicit(world *w, int64_t t, const host *from) { // RFC 8415
    static buf b;
    static const uint8_t servers[6] = {0x33, 0x33, 0, 1, 0, 2},
                         all[16] = {0xFF, 2, [13] = 1, [15] = 2};
    const unsigned n = 8 + 4 + 6 + 14 + 16;
    start(&b, servers, from, 0x86DD);
    put32(&b, 0x60000000U), put16(&b, n), put8(&b, 17), put8(&b, 1);
    put32(&b, 0xFE800000U), put32(&b, 0), put8(&b, from->mac[0] ^ 2),
        put_bytes(&b, from->mac + 1, 2), put16(&b, 0xFFFE), put_bytes(&b, from->mac + 3, 3);
    put_bytes(&b, all, 16);
    const size_t udp = b.n;
    put16(&b, 546), put16(&b, 547), put16(&b, n), put16(&b, 0);
    put32(&b, 0x01000000U | ((uint32_t)bits(w) & 0xFFFFFF)), put16(&b, 8), put16(&b, 2),
        put16(&b, 0);
    put16(&b, 1), put16(&b, 10), put16(&b, 3), put16(&b, 1), put_bytes(&b, from->mac, 6);
    put16(&b, 3), put16(&b, 12), put32(&b, 0x0E001B21U), put32(&b, 0), put32(&b, 0);
    const unsigned c = folded(b.b + 22, b.n - 22, 17 + n);
    b.b[udp + 6] = (uint8_t)(c >> 8), b.b[udp + 7] = (uint8_t)c;
    frame_plain(w, t, b.b, b.n);
}

void link_chatter(world *w, host *bridge) {
    const int64_t first = w->start + about(w, SECOND);
    for (int64_t t = first; t < w->end; t += 2 * SECOND) {
        stp_hello(w, t + about(w, 200 * US), bridge);
    }
    for (int64_t t = first; t < w->end; t += 30 * SECOND) lldp_tell(w, t + about(w, MS), bridge);
    for (int i = 0; i < w->hosts_n; i++) {
        host *h = &w->hosts[i];
        if (h->stack != &stack_windows || h->outside) continue;
        for (int64_t t = w->start + about(w, 200 * SECOND); t < w->end;
             t += 100 * SECOND + about(w, 300 * SECOND)) {
            if (chance(w, 0.5)) {
                dhcp6_solicit(w, t, h);
            } else {
                llmnr_ask(w, t, h, chance(w, 0.5) ? "wpad" : "print-server");
            }
        }
    }
}

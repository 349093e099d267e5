// SPDX-License-Identifier: Apache-2.0
// draw_local.c - what keeps a network going: NTP, ping, DHCP, mDNS, SSDP, NetBIOS names.
#include <stdio.h>
#include <string.h>

#include "protocols.h"

static void put_ntp_time(buf *b, int64_t t) { // RFC 5905: seconds since 1900 and 2^-32 of them
    put32(b, (uint32_t)(t / SECOND + 2208988800LL));
    put32(b, (uint32_t)((t % SECOND * 4294967296LL) / SECOND));
}

void ntp_ask(world *w, int64_t t, host *client, host *server) {
    static buf b;
    const int port = client->stack->counts ? 123 : port_next(w, client);
    b.n = 0;
    put8(&b, 0x23), put8(&b, 0), put8(&b, 6), put8(&b, 0xEC);
    put_bytes(&b, (uint8_t[36]){0}, 36);
    put_ntp_time(&b, t);
    udp_send(w, t, client, port, server, 123, &b);
    const int64_t back = t + turn(w, server) + 20 * US;
    b.n = 0;
    put8(&b, 0x24), put8(&b, server->outside ? 2 : 1), put8(&b, 6), put8(&b, 0xE9);
    put32(&b, (uint32_t)range(w, 10, 300)), put32(&b, (uint32_t)range(w, 300, 3000)),
        put_text(&b, "GPS"), put8(&b, 0);
    put_ntp_time(&b, back - 13 * SECOND), put_ntp_time(&b, t), put_ntp_time(&b, back - 40 * US),
        put_ntp_time(&b, back - 15 * US);
    udp_send(w, back, server, 123, client, port, &b);
}

void ping(world *w, int64_t t, host *from, host *to, int id, int seq) {
    uint8_t body[60] = {(uint8_t)(id >> 8), (uint8_t)id, (uint8_t)(seq >> 8), (uint8_t)seq};
    size_t n = 60;
    if (from->stack == &stack_windows) { // a to w, again and again
        n = 36;
        for (size_t i = 4; i < n; i++) body[i] = (uint8_t)('a' + (i - 4) % 23);
    } else { // the time, then counting
        for (int i = 0; i < 4; i++) {
            body[4 + i] = (uint8_t)((uint64_t)(t / SECOND) >> (8 * i)),
                     body[12 + i] = (uint8_t)((uint64_t)(t % SECOND / US) >> (8 * i));
        }
        for (size_t i = 20; i < n; i++) body[i] = (uint8_t)(i - 4);
    }
    icmp_send(w, t, from, to, 8, 0, body, n);
    icmp_send(w, t + turn(w, to), to, from, 0, 0, body, n);
}

static void dhcp(buf *b, const world *w, int op, uint32_t id, const host *client,
                 const host *server) {
    b->n = 0;
    put8(b, op == 3 ? 1 : 2), put8(b, 1), put8(b, 6), put8(b, 0), put32(b, id), put32(b, 0);
    put32(b, client->ip), put32(b, op == 3 ? 0 : client->ip), put32(b, 0), put32(b, 0);
    put_bytes(b, client->mac, 6), put_bytes(b, (uint8_t[202]){0}, 202);
    put32(b, 0x63825363), put8(b, 53), put8(b, 1), put8(b, (unsigned)op);
    if (op == 3) {
        put8(b, 61), put8(b, 7), put8(b, 1), put_bytes(b, client->mac, 6);
        put8(b, 12), put8(b, (unsigned)strlen(client->name)), put_text(b, "%s", client->name);
        put8(b, 55), put8(b, 6), put8(b, 1), put8(b, 3), put8(b, 6), put8(b, 15), put8(b, 42),
            put8(b, 119);
    } else {
        put8(b, 54), put8(b, 4), put32(b, server->ip), put8(b, 51), put8(b, 4), put32(b, 7200);
        put8(b, 1), put8(b, 4), put32(b, 0xFFFFFF00U), put8(b, 3), put8(b, 4),
            put32(b, w->router->ip);
        put8(b, 6), put8(b, 4), put32(b, server->ip);
    }
    put8(b, 255);
    while (b->n < 300) put8(b, 0);
}

void dhcp_renew(world *w, int64_t t, host *client, host *server) {
    static buf b;
    const uint32_t id = (uint32_t)bits(w);
    dhcp(&b, w, 3, id, client, server);
    udp_send(w, t, client, 68, server, 67, &b);
    dhcp(&b, w, 5, id, client, server);
    udp_send(w, t + turn(w, server) + MS, server, 67, client, 68, &b);
}

void mdns_tell(world *w, int64_t t, host *from, const char *service) {
    static buf b;
    host group = {
        .mac = {1, 0, 0x5E, 0, 0, 0xFB},
          .ip = 0xE00000FBU, .stack = &stack_linux
    };
    b.n = 0;
    put16(&b, 0), put16(&b, 0), put16(&b, 1), put16(&b, 0), put16(&b, 0), put16(&b, 0);
    put_name(&b, service), put16(&b, 12), put16(&b, chance(w, 0.3) ? 0x8001 : 1);
    udp_send(w, t, from, 5353, &group, 5353, &b);
}

void ssdp_search(world *w, int64_t t, host *from) {
    static buf b;
    host group = {
        .mac = {1, 0, 0x5E, 0x7F, 0xFF, 0xFA},
          .ip = 0xEFFFFFFAU, .stack = &stack_linux
    };
    const int port = port_next(w, from);
    for (int i = 0; i < 4; i++) {
        b.n = 0;
        put_text(&b, "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "
                     "\"ssdp:discover\"\r\nMX: 1\r\n"
                     "ST: urn:dial-multiscreen-org:service:dial:1\r\nUSER-AGENT: "
                     "Chromium/118.0.5993.118 Windows\r\n\r\n");
        udp_send(w, t + i * SECOND + about(w, 3 * MS), from, port, &group, 1900, &b);
    }
}

void netbios_ask(world *w, int64_t t, host *from, const char *name) {
    static buf b;
    const unsigned id = (unsigned)(bits(w) & 0xFFFF);
    for (int i = 0; i < 3; i++) { // RFC 1002: asked three times
        b.n = 0;
        put16(&b, id), put16(&b, 0x0110), put16(&b, 1), put16(&b, 0), put16(&b, 0), put16(&b, 0);
        put8(&b, 32);
        const size_t n = strlen(name);
        for (size_t k = 0; k < 16; k++) {
            const unsigned c = k == 15 ? 0 : k < n ? (unsigned char)name[k] : ' ';
            put8(&b, 'A' + (c >> 4)), put8(&b, 'A' + (c & 15));
        }
        put8(&b, 0), put16(&b, 32), put16(&b, 1);
        udp_send(w, t + i * 750 * MS + about(w, MS), from, 137, w->everyone, 137, &b);
    }
}

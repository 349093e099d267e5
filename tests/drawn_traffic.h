// SPDX-License-Identifier: Apache-2.0
// drawn_traffic.h - packets of a network that is not there: hosts that talk over TCP, UDP, ICMP, ARP and without IP, some to
// themselves, at times that now and then jump back.
#ifndef HG_TESTS_DRAWN_TRAFFIC_H
#define HG_TESTS_DRAWN_TRAFFIC_H
#include <string.h>

#include "packets/packet.h"

typedef struct drawn_traffic {
    uint64_t state;   // of the random numbers
    int64_t time;     // ns
    uint32_t hosts;   // 4 at least
    uint32_t sockets; // conversations
} drawn_traffic;

static inline uint32_t draw_number(drawn_traffic *d, uint32_t below) {
    d->state = d->state * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(((d->state >> 33) * below) >> 31);
}

static inline void put_host(uint8_t address[16], uint8_t mac[6], uint32_t host, bool is_six) {
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    static const uint8_t six[8] = {0xfe, 0x80};
    memset(address, 0, 16);
    memcpy(address, is_six ? six : mapped, is_six ? sizeof six : sizeof mapped);
    if (!is_six) address[12] = 10;
    address[13] = (uint8_t)(host >> 16);
    address[14] = (uint8_t)(host >> 8);
    address[15] = (uint8_t)(host & 0xff);
    memset(mac, 0, 6);
    mac[0] = 2;
    memcpy(mac + 3, address + 13, 3);
}

// Ports such that texts of address and port collide: 10.0.0.1 port 23, 10.0.0.12 port 3.
static inline uint16_t drawn_port(uint32_t socket, uint32_t of_server) {
    static const uint16_t well_known[] = {23, 3, 80, 443, 53, 123};
    return of_server ? well_known[socket % 6] : (uint16_t)(1024 + socket * 7 % 60000);
}

static inline void put_transport(hg__packet *p, uint32_t kind, uint32_t socket, bool is_back) {
    p->layers |= HG_LAYER_IP;
    p->protocol = kind < 12 ? 6 : kind < 17 ? 17 : p->version == 6 ? 58 : 1;
    p->layers |= (uint16_t)(kind < 12 ? HG_LAYER_TCP : kind < 17 ? HG_LAYER_UDP : HG_LAYER_ICMP);
    if (kind >= 17) return;
    p->port_from = drawn_port(socket, is_back);
    p->port_to = drawn_port(socket, !is_back);
}

// The next packet: one of the sockets, in one of its directions.
static inline void draw_packet(drawn_traffic *d, hg__packet *p) {
    const uint32_t socket =
        draw_number(d, 4) ? draw_number(d, d->sockets / 16 + 1) : draw_number(d, d->sockets);
    const uint32_t kind = socket * 2654435761U >> 16;
    const bool is_back = draw_number(d, 5) > 2;
    const uint32_t client = 1 + socket * 31 % d->hosts, server = 1 + socket * 17 % (d->hosts / 4);
    memset(p, 0, sizeof *p);
    d->time += draw_number(d, 100) ? (int64_t)draw_number(d, 2000) * 1000 : 2000000000;
    const bool jumps = draw_number(d, 200) == 0;
    p->time = d->time - (jumps ? draw_number(d, 500000) * 1000 : 0);
    p->length = kind % 7 == 0 ? 60 : 60 + draw_number(d, is_back ? 1455 : 300);
    p->captured = p->length;
    p->layers = HG_LAYER_ETHERNET;
    const bool is_six = kind % 11 == 0;
    put_host(p->from, p->mac_from, is_back ? server : client, is_six);
    put_host(p->to, p->mac_to, is_back ? client : server, is_six);
    p->version = is_six ? 6 : 4;
    if (kind % 20 < 18) {
        put_transport(p, kind % 20, socket, is_back);
        return;
    }
    p->version = 0;
    if (kind % 20 == 18) {
        p->layers |= HG_LAYER_ARP;
        return;
    }
    memset(p->from, 0, 16);
    memset(p->to, 0, 16);
}
#endif

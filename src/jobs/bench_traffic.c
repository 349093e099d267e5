// SPDX-License-Identifier: Apache-2.0
// bench_traffic.c - packets of a network that is not there: whole headers, payloads with the first words of their protocols.
#include "jobs/bench_traffic.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"

enum {
    SOCKETS = 4096,
    BUSY = SOCKETS / 16, // have three quarters of the packets
    CLIENTS = 600,
    SERVERS = 50,
    TCP = 6,
    UDP = 17,
    ICMP = 1,
    ARP = -1
};
static const int64_t most_gap = 200000; // ns

// What a socket speaks; sockets take these in turn.
static const struct speech {
    int protocol;
    uint16_t port;
    uint32_t up, down; // bytes of payload at most, to the server and from it
} speeches[] = {
    {TCP,  443, 300, 1440},
    {TCP,  80,  200, 1440},
    {TCP,  502, 12,  40  },
    {UDP,  53,  40,  300 },
    {TCP,  443, 300, 1440},
    {UDP,  443, 500, 1200},
    {TCP,  22,  100, 200 },
    {ICMP, 0,   56,  56  },
    {TCP,  80,  200, 1440},
    {UDP,  123, 48,  48  },
    {ARP,  0,   0,   0   },
};

typedef struct drawing {
    uint8_t *at;            // where the next byte goes
    uint32_t socket, noise; // noise: random bits
    uint32_t payload;       // bytes, of which SNAP leaves some out
    const struct speech *speech;
    bool is_back, is_six;
} drawing;

static void put(drawing *d, const void *bytes, size_t size) {
    memcpy(d->at, bytes, size);
    d->at += size;
}

static void put_number(drawing *d, uint32_t number, int bytes) { // the largest byte first
    while (bytes-- > 0) *d->at++ = (uint8_t)(number >> 8 * bytes);
}

static uint32_t host_of(const drawing *d, bool sends) {
    const bool is_server = sends == d->is_back;
    return is_server ? 0x0a640000U + d->socket * 17 % SERVERS
                     : 0x0a000000U + d->socket * 31 % CLIENTS;
}

static void put_mac(drawing *d, bool sends) {
    put_number(d, 0x0200, 2);
    put_number(d, host_of(d, sends), 4);
}

static void put_ip(drawing *d, uint32_t behind) {
    static const uint8_t local[12] = {0xfe, 0x80};
    const uint32_t protocol = (uint32_t)d->speech->protocol;
    if (d->is_six) {
        put_number(d, 0x60000000U, 4);
        put_number(d, behind, 2);
        put_number(d, protocol == ICMP ? 58 : protocol, 1);
        put_number(d, 64, 1);
        for (int sends = 1; sends >= 0; sends--) {
            put(d, local, sizeof local);
            put_number(d, host_of(d, sends), 4);
        }
        return;
    }
    put_number(d, 0x4500U << 16 | (20 + behind), 4);
    put_number(d, d->noise << 16 | 0x4000, 4);
    put_number(d, 64U << 24 | protocol << 16, 4);
    put_number(d, host_of(d, true), 4);
    put_number(d, host_of(d, false), 4);
}

static void put_ports(drawing *d) {
    const uint32_t client = 1024 + d->socket * 7 % 60000, server = d->speech->port;
    put_number(d, d->is_back ? server : client, 2);
    put_number(d, d->is_back ? client : server, 2);
}

static void put_transport(drawing *d) {
    static const uint8_t timestamps[12] = {1, 1, 8, 10};
    if (d->speech->protocol == ICMP) {
        put_number(d, (d->is_six ? 128U + d->is_back : d->is_back ? 0U : 8U) << 24, 4);
        put_number(d, d->noise, 4);
        return;
    }
    put_ports(d);
    if (d->speech->protocol == UDP) {
        put_number(d, (8 + d->payload) << 16, 4);
        return;
    }
    put_number(d, d->noise, 4);
    put_number(d, d->noise * 3, 4);
    put_number(d, 0x80180200U, 4); // 32 bytes of header; PSH and ACK
    put_number(d, 0, 4);
    put(d, timestamps, sizeof timestamps);
}

static uint32_t put_words(drawing *d) {
    uint8_t *const from = d->at;
    const uint16_t port = d->speech->port;
    if (port == 80 && !d->is_back) {
        char words[80];
        const int n = snprintf(words, sizeof words, "GET /page%u HTTP/1.1\r\nHost: h%u.example\r\n",
                               d->noise % 50, d->socket % SERVERS);
        put(d, words, (size_t)n);
    } else if (port == 53) {
        static const char name[] = "\3www\7example\3org";
        put_number(d, d->noise << 16 | (d->is_back ? 0x8180U : 0x0100U), 4);
        put_number(d, 1U << 16 | d->is_back, 4);
        put_number(d, 0, 4);
        put(d, name, sizeof name);
        put_number(d, 1U << 16 | 1, 4);
    } else if (port == 502) {
        put_number(d, d->noise << 16, 4);
        put_number(d, 6U << 16 | 1U << 8 | 3, 4);
        put_number(d, d->socket % 100 << 16 | 8, 4);
    }
    return (uint32_t)(d->at - from);
}

// Noise up to what is captured.
static void put_payload(drawing *d, const uint8_t *begin) {
    uint32_t said = put_words(d);
    if (d->payload < said) d->payload = said;
    for (uint32_t x = d->noise; said < d->payload && d->at - begin < HG_BENCH_SNAP; said++) {
        x = x * 1664525 + 1013904223;
        *d->at++ = (uint8_t)(x >> 24);
    }
}

static void put_arp(drawing *d) {
    put_number(d, 0x00010800U, 4);
    put_number(d, 0x06040001U + d->is_back, 4);
    for (int sends = 1; sends >= 0; sends--) {
        put_mac(d, sends);
        put_number(d, host_of(d, sends), 4);
    }
}

// Bytes on the wire. Payloads are made at least as long as their words before any length is written.
static uint32_t put_packet(drawing *d) {
    enum { WORDS = 64 };
    uint8_t *const begin = d->at;
    const int protocol = d->speech->protocol;
    const uint32_t header = protocol == TCP ? 32 : 8;
    put_mac(d, false);
    put_mac(d, true);
    put_number(d, protocol == ARP ? 0x0806 : d->is_six ? 0x86dd : 0x0800, 2);
    if (protocol == ARP) {
        put_arp(d);
        return 60;
    }
    const bool has_words = d->speech->port == 80 || d->speech->port == 53;
    if (has_words && d->payload < WORDS) d->payload = WORDS;
    if (d->speech->port == 502 && d->payload < 12) d->payload = 12;
    put_ip(d, header + d->payload);
    put_transport(d);
    put_payload(d, begin);
    return 14 + (d->is_six ? 40U : 20U) + header + d->payload;
}

static void draw_packet(hg__bench_traffic *t, int64_t i, size_t *used) {
    const hg__philox r = hg__philox_run(0, HG_STREAM_SYNTHETIC, (uint32_t)i, 0, 2);
    hg__bench_packet *p = &t->packet[i];
    drawing d = {.at = t->byte + *used, .noise = r.word[3]};
    d.socket = r.word[0] % 4 ? r.word[1] % BUSY : r.word[1] % SOCKETS;
    d.speech = &speeches[d.socket % (sizeof speeches / sizeof *speeches)];
    d.is_back = r.word[0] >> 8 & 1;
    d.is_six = d.socket % 8 == 5 && d.speech->protocol != ARP;
    const uint32_t most = d.is_back ? d.speech->down : d.speech->up;
    d.payload = most ? r.word[2] % (most + 1) : 0;
    t->span += (int64_t)(r.word[0] >> 16) * most_gap >> 16;
    *p = (hg__bench_packet){.time = t->span, .at = *used};
    p->length = put_packet(&d);
    p->captured = (uint32_t)(d.at - t->byte - (ptrdiff_t)*used);
    *used += p->captured;
}

int hg__bench_traffic_draw(hg__bench_traffic *t, int64_t packets, hg_error *err) {
    size_t used = 0;
    *t = (hg__bench_traffic){.packets = packets};
    t->packet = hg__alloc((size_t)packets, sizeof *t->packet, err);
    t->byte = hg__alloc((size_t)packets, HG_BENCH_SNAP, err);
    if (!t->packet || !t->byte) return HG_ERR_MEMORY;
    for (int64_t i = 0; i < packets; i++) draw_packet(t, i, &used);
    t->span += most_gap;
    return HG_OK;
}

void hg__bench_traffic_clear(hg__bench_traffic *t) {
    hg__free(t->packet);
    hg__free(t->byte);
    *t = (hg__bench_traffic){0};
}

void hg__bench_traffic_read(const hg__bench_traffic *t, int64_t i, int64_t round, hg__packet *p) {
    const hg__bench_packet *from = &t->packet[i];
    p->time = from->time + round * t->span;
    p->length = from->length;
    p->captured = from->captured;
    hg__packet_read(p, HG_BENCH_LINK, t->byte + from->at);
}

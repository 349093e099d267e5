// SPDX-License-Identifier: Apache-2.0
// bench_traffic.h - packets of a network that is not there, as bytes in memory.
#ifndef HG_JOBS_BENCH_TRAFFIC_H
#define HG_JOBS_BENCH_TRAFFIC_H
#include "base/error.h"
#include "packets/packet.h"

enum { HG_BENCH_LINK = 1, HG_BENCH_SNAP = 256 }; // Ethernet; bytes captured of a packet

typedef struct hg__bench_packet {
    int64_t time;              // ns
    uint32_t length, captured; // bytes, on the wire and here
    size_t at;                 // where they begin
} hg__bench_packet;

typedef struct hg__bench_traffic {
    uint8_t *byte;            // owned
    hg__bench_packet *packet; // owned, (packets)
    int64_t packets;
    int64_t span; // ns: from the first to behind the last
} hg__bench_traffic;

// Packets of some thousands of sockets, some busier than others: TCP with web pages, Modbus and noise, UDP with DNS and noise, ICMP, ARP;
// IPv4 and IPv6.
int hg__bench_traffic_draw(hg__bench_traffic *t, int64_t packets, hg_error *err);
void hg__bench_traffic_clear(hg__bench_traffic *t); // {0} is fine

// Packet i, read; the traffic goes round and round, `round` spans later each time.
void hg__bench_traffic_read(const hg__bench_traffic *t, int64_t i, int64_t round, hg__packet *p);
#endif

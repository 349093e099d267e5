// SPDX-License-Identifier: Apache-2.0
// observe.h - one packet in what came before it: who is client and who serves, how long ago the last one was, how much its sender
// does lately.
//
//   hg__packet ──> hg__observer: hosts, rhythms, flows (lru_table.h: bounded memory, the least recently seen go) ──> hg__observation
#ifndef HG_TRAFFIC_OBSERVE_H
#define HG_TRAFFIC_OBSERVE_H
#include "traffic/fanout.h"
#include "traffic/glimpse.h"
#include "traffic/lru_table.h"

// What a host does within the last ten seconds or so.
enum {
    HG_PACE_PACKETS,  // it sends
    HG_PACE_BYTES,    // it sends
    HG_PACE_FLOWS,    // it begins
    HG_PACE_REFUSED,  // resets and ICMP errors that it gets
    HG_PACE_HOSTS,    // it speaks to, distinct
    HG_PACE_SERVICES, // it asks for, distinct: protocol and port
    HG_PACE_NAMES,    // it asks for, distinct: of DNS and the like
    HG_PACES
};

typedef struct hg__observation {
    const hg__packet *packet; // borrowed
    uint64_t from, to;        // hosts: hashes of the IP address, or of the MAC where there is none
    uint64_t service;         // protocol and the server's port; or the kind of Ethernet frame
    uint16_t server_port;
    bool to_server;
    uint64_t talk;     // client, server and service
    uint64_t offer;    // server and service
    uint64_t symbol;   // kind of packet: direction, flags, size class, what a protocol's word is
    uint64_t previous; // the symbol before it in the flow; 0: it is the first
    hg__glimpse glimpse;
    uint32_t variety;             // of the payload's first 128 bytes: eighths of a bit per byte
    int64_t gap;                  // ns since the flow's last packet; -1: it is the first
    int64_t symbol_gap;           // ns since the talk last had this symbol; -1: never
    int64_t packets;              // of the flow so far, with this
    int64_t bytes_up, bytes_down; // payload of the flow so far: to the server, from it
    float pace[HG_PACES];         // of the sender
} hg__observation;

typedef struct hg__observer hg__observer;

// max_bytes: of memory, for hosts, talks and flows together. key: of all hashes; what compares them later needs the same.
hg__observer *hg__observer_new(const hg__siphash_key *key, size_t max_bytes, hg_error *err);
void hg__observer_free(hg__observer *o); // NULL is fine

// Packets in the order in which they came. A time that lies before an earlier one counts as that one.
void hg__observer_run(hg__observer *o, const hg__packet *p, hg__observation *seen);
#endif

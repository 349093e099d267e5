// SPDX-License-Identifier: Apache-2.0
// observe.c - hosts, talks and flows as packets come by.
#include "traffic/observe.h"

#include <string.h>

#include "base/mem.h"
#include "base/real.h"
#include "traffic/mix.h"
#include "traffic/siphash.h"

#define SECOND INT64_C(1000000000)
enum {
    PACE_HALF = 5, // s in which what a host did counts half
    SPAN = 10,     // s of a fan-out's span
    VARIED = 128,  // bytes of a payload whose variety is measured
    WELL_KNOWN = 1024,
    DYNAMIC = 32768, // ports from here on are drawn by systems (Linux; IANA's are from 49152)
    ICMP = 1,
    ICMP_6 = 58,
    SYN = 2,
    RST = 4,
    ACK = 16
};

// What is remembered of a flow, both directions.
typedef struct flow {
    uint64_t previous; // symbol
    int64_t latest;    // ns since 1970
    int64_t packets, bytes_up, bytes_down;
    uint16_t server_port;
    bool is_first_server; // the side whose address and port come first in the key serves
} flow;

typedef struct host {
    int64_t latest;   // ns since 1970
    float decayed[4]; // packets, bytes, flows, refused: halved every PACE_HALF
    hg__fanout hosts, services, names;
} host;

struct hg__observer {
    hg__siphash_key key;
    hg__lru *flows, *hosts, *rhythms; // owned
    int64_t now;                      // ns since 1970: never goes back
};

static hg__lru *table(size_t entry_bytes, size_t max_bytes, const hg__siphash_key *key,
                      hg_error *err) {
    const uint32_t fit = hg__lru_fit(sizeof(uint64_t), entry_bytes, max_bytes);
    const hg__lru_options o = {
        .key_bytes = sizeof(uint64_t), .entry_bytes = entry_bytes, .capacity = fit ? fit : 1};
    return hg__lru_new(&o, key, err);
}

hg__observer *hg__observer_new(const hg__siphash_key *key, size_t max_bytes, hg_error *err) {
    hg__observer *o = hg__alloc(1, sizeof *o, err);
    if (!o) return NULL;
    o->key = *key;
    o->flows = table(sizeof(flow), max_bytes / 4, key, err);
    if (o->flows) o->hosts = table(sizeof(host), max_bytes / 2, key, err);
    if (o->hosts) o->rhythms = table(sizeof(int64_t), max_bytes / 4, key, err);
    if (o->rhythms) return o;
    hg__observer_free(o);
    return NULL;
}

void hg__observer_free(hg__observer *o) {
    if (!o) return;
    hg__lru_free(o->flows);
    hg__lru_free(o->hosts);
    hg__lru_free(o->rhythms);
    hg__free(o);
}

// ---- who ----------------------------------------------------------------------------------------

static uint64_t hash_of(const hg__observer *o, const uint8_t *address, size_t size) {
    return hg__siphash(&o->key, address, size);
}

static void find_hosts(const hg__observer *o, const hg__packet *p, hg__observation *seen) {
    if (p->layers & (HG_LAYER_IP | HG_LAYER_ARP)) {
        seen->from = hash_of(o, p->from, sizeof p->from);
        seen->to = hash_of(o, p->to, sizeof p->to);
    } else {
        seen->from = hash_of(o, p->mac_from, sizeof p->mac_from);
        seen->to = hash_of(o, p->mac_to, sizeof p->mac_to);
    }
}

static bool has_ports(const hg__packet *p) {
    return p->layers & (HG_LAYER_TCP | HG_LAYER_UDP);
}

// Whether the packet, of a flow that nothing is known of, goes to the side that serves.
static bool goes_to_server(const hg__packet *p) {
    if (p->layers & HG_LAYER_TCP) {
        const int flags = p->tcp_flags & (SYN | ACK);
        if (flags == SYN) return true;
        if (flags == (SYN | ACK)) return false;
        return p->port_to <= p->port_from;
    }
    if (p->layers & HG_LAYER_UDP) {
        if (p->port_from < WELL_KNOWN || p->port_to < WELL_KNOWN) return p->port_to <= p->port_from;
        return true;
    }
    if (p->layers & HG_LAYER_ARP) return p->arp_operation != 2;
    const bool is_answer = (p->protocol == ICMP && p->icmp_type == 0) ||
                           (p->protocol == ICMP_6 && p->icmp_type == 129);
    return !is_answer;
}

static uint64_t service_of(const hg__packet *p, uint16_t port) {
    if (has_ports(p)) {
        const uint64_t known = port < DYNAMIC || port == 44818 || port == 47808 ? port : DYNAMIC;
        return (uint64_t)p->protocol << 16 | known;
    }
    if (p->layers & HG_LAYER_IP) {
        const bool is_echo = p->protocol == ICMP && (p->icmp_type == 0 || p->icmp_type == 8);
        return (uint64_t)p->protocol << 16 | (is_echo ? 8U : p->icmp_type);
    }
    return UINT64_C(1) << 32 | (p->ether_type < 1536 ? 0U : p->ether_type);
}

// ---- what came before ---------------------------------------------------------------------------

// A key of a table, whose entry is on its way from memory while other things are done.
typedef struct sought {
    uint64_t key, hash;
} sought;

static sought seek(const hg__lru *t, uint64_t key) {
    const sought s = {key, hg__lru_hash(t, &key)};
    hg__lru_prefetch(t, s.hash);
    return s;
}

static void *find(hg__lru *t, const sought *s, bool *is_new) {
    return hg__lru_find_or_add_hashed(t, &s->key, s->hash, is_new);
}

// Both directions of a flow have one entry; `is_first` says whether its key begins with the sender.
static sought seek_flow(const hg__observer *o, const hg__packet *p, const hg__observation *seen,
                        bool *is_first) {
    const uint64_t from = hg__mix(seen->from, 1U + p->port_from),
                   to = hg__mix(seen->to, 1U + p->port_to);
    *is_first = from <= to;
    const uint64_t kind = p->layers & HG_LAYER_IP ? p->protocol : 256U + p->ether_type;
    return seek(o->flows, hg__mix(*is_first ? hg__mix(from, to) : hg__mix(to, from), kind));
}

static bool begins(const hg__packet *p) {
    return p->layers & HG_LAYER_TCP && (p->tcp_flags & (SYN | ACK | RST)) == SYN;
}

// A retransmitted SYN begins nothing new.
static bool begins_anew(const hg__packet *p, const flow *f) {
    return begins(p) && (f->packets > 2 || f->bytes_up + f->bytes_down > 0);
}

static flow *follow_flow(hg__observer *o, const hg__packet *p, hg__observation *seen,
                         const sought *which, bool is_first, bool *is_new) {
    flow *f = find(o->flows, which, is_new);
    if (!*is_new && begins_anew(p, f)) *is_new = true;
    if (*is_new) {
        const bool to_server = goes_to_server(p);
        *f = (flow){.latest = o->now,
                    .is_first_server = is_first != to_server,
                    .server_port = to_server ? p->port_to : p->port_from};
    }
    seen->to_server = has_ports(p) ? is_first != f->is_first_server : goes_to_server(p);
    seen->server_port = f->server_port;
    seen->gap = *is_new ? -1 : o->now - f->latest;
    seen->previous = f->previous;
    f->latest = o->now;
    f->packets++;
    *(seen->to_server ? &f->bytes_up : &f->bytes_down) += p->payload_length;
    seen->packets = f->packets;
    seen->bytes_up = f->bytes_up;
    seen->bytes_down = f->bytes_down;
    return f;
}

// 0, 1, 2, 3-4, 5-8 ...
static uint64_t size_class(uint32_t size) {
    return size == 0 ? 0 : 1U + (uint64_t)(size > 1 ? 32 - __builtin_clz(size - 1) : 0);
}

static uint64_t symbol_of(const hg__packet *p, const hg__observation *seen) {
    const uint64_t kind = p->layers & HG_LAYER_TCP    ? p->tcp_flags
                          : p->layers & HG_LAYER_ICMP ? p->icmp_type
                          : p->layers & HG_LAYER_ARP  ? p->arp_operation
                                                      : 0U;
    const uint64_t word = seen->glimpse.protocol ? 1U + seen->glimpse.action : 0U;
    return hg__mix(kind << 8 | size_class(p->payload_length) << 1 | seen->to_server, word);
}

static void follow_rhythm(hg__observer *o, const sought *which, hg__observation *seen) {
    bool is_new;
    int64_t *latest = find(o->rhythms, which, &is_new);
    seen->symbol_gap = is_new ? -1 : o->now - *latest;
    *latest = o->now;
}

// ---- how much -----------------------------------------------------------------------------------

static host *find_host(hg__observer *o, const sought *who) {
    static const double ln_2 = 0.693147180559945309;
    bool is_new;
    host *h = find(o->hosts, who, &is_new);
    if (is_new) h->latest = o->now;
    const double halves = (double)(o->now - h->latest) / (double)(PACE_HALF * SECOND);
    if (halves > 0) {
        const float left = halves > 100 ? 0 : (float)(1 / (1 + hg__expm1(halves * ln_2)));
        for (int32_t i = 0; i < 4; i++) h->decayed[i] *= left;
    }
    h->latest = o->now;
    hg__fanout_turn(&h->hosts, o->now, SPAN * SECOND);
    hg__fanout_turn(&h->services, o->now, SPAN * SECOND);
    hg__fanout_turn(&h->names, o->now, SPAN * SECOND);
    return h;
}

static bool is_refusal(const hg__packet *p) {
    if (p->layers & HG_LAYER_TCP) return p->tcp_flags & RST;
    return (p->protocol == ICMP && p->icmp_type == 3) ||
           (p->protocol == ICMP_6 && p->icmp_type == 1);
}

static void measure_pace(hg__observer *o, const hg__packet *p, const sought *sender,
                         hg__observation *seen, bool is_new) {
    if (is_refusal(p) || seen->glimpse.refuses) {
        const sought to = seek(o->hosts, seen->to);
        find_host(o, &to)->decayed[HG_PACE_REFUSED]++;
    }
    host *h = find_host(o, sender);
    h->decayed[HG_PACE_PACKETS]++;
    h->decayed[HG_PACE_BYTES] += (float)p->length;
    if (seen->to_server) {
        if (is_new) h->decayed[HG_PACE_FLOWS]++;
        hg__fanout_add(&h->hosts, hg__mix(seen->to, 1));
        hg__fanout_add(&h->services, hg__mix(seen->service, seen->server_port));
        if (seen->glimpse.object) {
            hg__fanout_add(&h->names, hg__mix(seen->glimpse.object, seen->glimpse.size));
        }
    }
    for (int32_t i = 0; i < 4; i++) seen->pace[i] = h->decayed[i];
    seen->pace[HG_PACE_HOSTS] = h->hosts.count;
    seen->pace[HG_PACE_SERVICES] = h->services.count;
    seen->pace[HG_PACE_NAMES] = h->names.count;
}

// The sender's and the flow's entries are on their way while the payload is looked at, the rhythm's while the sender is measured.
void hg__observer_run(hg__observer *o, const hg__packet *p, hg__observation *seen) {
    bool is_first, is_new;
    *seen = (hg__observation){.packet = p};
    if (p->time > o->now) o->now = p->time;
    find_hosts(o, p, seen);
    const sought sender = seek(o->hosts, seen->from), which = seek_flow(o, p, seen, &is_first);
    seen->variety =
        hg__variety(p->payload, p->payload_captured < VARIED ? p->payload_captured : VARIED);
    flow *f = follow_flow(o, p, seen, &which, is_first, &is_new);
    seen->service = service_of(p, seen->server_port);
    const uint64_t client = seen->to_server ? seen->from : seen->to,
                   server = seen->to_server ? seen->to : seen->from;
    seen->offer = hg__mix(server, seen->service);
    seen->talk = hg__mix(client, seen->offer);
    hg__glimpse_take(&seen->glimpse, p, seen->server_port);
    seen->symbol = symbol_of(p, seen);
    f->previous = seen->symbol;
    const sought rhythm = seek(o->rhythms, hg__mix(seen->talk, seen->symbol));
    measure_pace(o, p, &sender, seen, is_new);
    follow_rhythm(o, &rhythm, seen);
}

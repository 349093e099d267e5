// SPDX-License-Identifier: Apache-2.0
// kitsune_features.c - four tables, by MAC and IP, IP, pair of IPs and pair of sockets, and what each says of a packet.
#include "traffic/kitsune_features.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "traffic/damped.h"
#include "traffic/kitsune_published.h"
#include "traffic/lru_table.h"

enum { OF_MAC, OF_HOST, OF_CHANNEL, OF_SOCKET, TABLES, LEAST_BYTES = 64 << 10 };

// ---- what is remembered -------------------------------------------------------------------------

typedef struct {
    hg__damped size;
    int64_t time; // ns
} one_way;

typedef struct {
    hg__damped_pair size;
    int64_t time; // of the last packet of either side, ns
} socket_entry;

typedef struct {
    hg__damped_pair size;
    int64_t time;
    hg__damped gap[2]; // s
    int64_t last[2];   // of each side's last packet, ns
    bool was[2];       // whether there was one
} channel_entry;

static const size_t entry_bytes[TABLES] = {sizeof(one_way), sizeof(one_way), sizeof(channel_entry),
                                           sizeof(socket_entry)};
static const int share[TABLES] = {3, 3, 17, 17}; // of the memory, in 40ths

// ---- keys ---------------------------------------------------------------------------------------

enum {
    BY_NOTHING,
    BY_IP,
    BY_MAC
}; // what names hosts: of packets that have no addresses at all, nothing

typedef struct {
    uint8_t address[16], mac[6], by, unused;
} host_key; // 24 bytes

typedef struct {
    uint8_t address[2][16]; // the smaller end first
    uint8_t port[2][2];
    uint8_t by, protocol, unused[2];
} pair_key; // 40 bytes

static const size_t key_bytes[TABLES] = {sizeof(host_key), sizeof(host_key), sizeof(pair_key),
                                         sizeof(pair_key)};

typedef struct {
    host_key mac, host;
    pair_key channel, socket;
    int channel_side, socket_side; // the end that sent it
} keys;

static int name_hosts(const hg__packet *p, uint8_t from[16], uint8_t to[16]) {
    if (p->layers & (HG_LAYER_IP | HG_LAYER_ARP)) {
        memcpy(from, p->from, 16);
        memcpy(to, p->to, 16);
        return BY_IP;
    }
    if (!(p->layers & HG_LAYER_ETHERNET)) return BY_NOTHING;
    memcpy(from, p->mac_from, 6);
    memcpy(to, p->mac_to, 6);
    return BY_MAC;
}

// Fills in the ends of a key, the smaller first: the side of the first of them.
static int put_ends(pair_key *k, const uint8_t from[16], const uint8_t to[16], uint16_t port_from,
                    uint16_t port_to) {
    int order = memcmp(from, to, 16);
    if (order == 0) order = port_from > port_to ? 1 : 0;
    const int side = order > 0 ? 1 : 0;
    memcpy(k->address[side], from, 16);
    memcpy(k->address[!side], to, 16);
    memcpy(k->port[side], &port_from, 2);
    memcpy(k->port[!side], &port_to, 2);
    return side;
}

static void make_keys(keys *k, const hg__packet *p) {
    uint8_t from[16] = {0}, to[16] = {0};
    memset(k, 0, sizeof *k);
    const int by = name_hosts(p, from, to);
    memcpy(k->host.address, from, 16);
    k->host.by = k->channel.by = k->socket.by = (uint8_t)by;
    k->mac = k->host;
    if (p->layers & HG_LAYER_ETHERNET) memcpy(k->mac.mac, p->mac_from, 6);
    k->channel_side = put_ends(&k->channel, from, to, 0, 0);
    if ((p->layers & HG_LAYER_ARP) && !(p->layers & HG_LAYER_IP)) {
        memset(from, 0, 16);
        memset(to, 0, 16);
        memcpy(from, p->mac_from, 6);
        memcpy(to, p->mac_to, 6);
        k->socket.by = BY_MAC;
        k->socket.protocol = 1; // ICMP's, which has IPs: no other socket of MACs has one
    } else if (by == BY_IP) {
        k->socket.protocol = p->protocol;
    }
    const bool has_ports = (p->layers & (HG_LAYER_TCP | HG_LAYER_UDP)) != 0;
    k->socket_side =
        put_ends(&k->socket, from, to, has_ports ? p->port_from : 0, has_ports ? p->port_to : 0);
}

// ---- a packet -----------------------------------------------------------------------------------

struct hg__kitsune_features {
    hg__lru *table[TABLES];
    hg__kitsune_published *published; // NULL: SOUND
};

// Seconds since *last, which becomes now; 0 for what is new, where the entry's clock did not yet run.
static double pass(int64_t *last, int64_t now, bool is_new) {
    const double seconds = is_new ? 0 : hg__seconds_between(*last, now);
    *last = now;
    return seconds;
}

static void add_host(one_way *h, bool is_new, const hg__packet *p, float *out) {
    hg__lanes factor;
    hg__damped_factors(pass(&h->time, p->time, is_new), &factor);
    hg__damped_add(&h->size, &factor, p->length);
    hg__damped_read(&h->size, out);
}

// sizes (5, 7), gaps (5, 3)
static void add_channel(channel_entry *c, bool is_new, int side, const hg__packet *p, float *sizes,
                        float *gaps) {
    hg__lanes factor;
    hg__damped_factors(pass(&c->time, p->time, is_new), &factor);
    hg__damped_pair_add(&c->size, side, &factor, p->length);
    hg__damped_pair_read(&c->size, side, sizes);
    const double gap = pass(&c->last[side], p->time, !c->was[side]);
    if (c->was[side]) {
        hg__damped_add(c->gap + side, &factor, gap);
    } else {
        hg__damped_fade(c->gap + side, &factor);
    }
    hg__damped_fade(c->gap + !side, &factor);
    c->was[side] = true;
    hg__damped_read(c->gap + side, gaps);
}

static void add_socket(socket_entry *s, bool is_new, int side, const hg__packet *p, float *out) {
    hg__lanes factor;
    hg__damped_factors(pass(&s->time, p->time, is_new), &factor);
    hg__damped_pair_add(&s->size, side, &factor, p->length);
    hg__damped_pair_read(&s->size, side, out);
}

void hg__kitsune_features_run(hg__kitsune_features *k, const hg__packet *p, float *out) {
    if (k->published) {
        hg__kitsune_published_run(k->published, p, out);
        return;
    }
    keys names;
    make_keys(&names, p);
    const void *const key[TABLES] = {&names.mac, &names.host, &names.channel, &names.socket};
    uint64_t hash[TABLES];
    void *entry[TABLES];
    bool is_new[TABLES];
    for (int i = 0; i < TABLES; i++) hash[i] = hg__lru_hash(k->table[i], key[i]);
    for (int i = 0; i < TABLES; i++) hg__lru_prefetch(k->table[i], hash[i]);
    for (int i = 0; i < TABLES; i++) {
        entry[i] = hg__lru_find_or_add_hashed(k->table[i], key[i], hash[i], is_new + i);
    }
    add_host(entry[OF_MAC], is_new[OF_MAC], p, out);
    add_host(entry[OF_HOST], is_new[OF_HOST], p, out + 15);
    add_channel(entry[OF_CHANNEL], is_new[OF_CHANNEL], names.channel_side, p, out + 30, out + 65);
    add_socket(entry[OF_SOCKET], is_new[OF_SOCKET], names.socket_side, p, out + 80);
}

// ---- making one ---------------------------------------------------------------------------------

static hg__lru *make_table(int i, size_t max_bytes, const hg__siphash_key *key, hg_error *err) {
    const hg__lru_options o = {
        .key_bytes = key_bytes[i],
        .entry_bytes = entry_bytes[i],
        .capacity = hg__lru_fit(key_bytes[i], entry_bytes[i], max_bytes / 40 * (size_t)share[i])};
    return hg__lru_new(&o, key, err);
}

static int make_tables(hg__kitsune_features *k, hg__kitsune_mode mode, size_t max_bytes,
                       hg_error *err) {
    hg__siphash_key key;
    HG_TRY(hg__siphash_key_draw(&key, err));
    if (mode == HG_KITSUNE_PUBLISHED) {
        k->published = hg__kitsune_published_new(max_bytes, &key, err);
        return k->published ? HG_OK : HG_ERR_MEMORY;
    }
    for (int i = 0; i < TABLES; i++) {
        k->table[i] = make_table(i, max_bytes, &key, err);
        if (!k->table[i]) return HG_ERR_MEMORY;
    }
    return HG_OK;
}

hg__kitsune_features *hg__kitsune_features_new(hg__kitsune_mode mode, size_t max_bytes,
                                               hg_error *err) {
    if (max_bytes < LEAST_BYTES) {
        hg__fail(err, HG_ERR_USAGE, "packets' features: expected 64 KB of memory at least, got %zu",
                 max_bytes);
        return NULL;
    }
    hg__kitsune_features *k = hg__alloc(1, sizeof *k, err);
    if (k && make_tables(k, mode, max_bytes, err) < 0) {
        hg__kitsune_features_free(k);
        return NULL;
    }
    return k;
}

void hg__kitsune_features_free(hg__kitsune_features *k) {
    if (!k) return;
    for (int i = 0; i < TABLES; i++) hg__lru_free(k->table[i]);
    hg__kitsune_published_free(k->published);
    hg__free(k);
}

uint64_t hg__kitsune_features_forgotten(const hg__kitsune_features *k) {
    if (k->published) return hg__kitsune_published_forgotten(k->published);
    uint64_t n = 0;
    for (int i = 0; i < TABLES; i++) n += hg__lru_forgotten(k->table[i]);
    return n;
}

// ---- names --------------------------------------------------------------------------------------

static const char *const of_sizes[] = {
    "packets",
    "mean size",
    "deviation of sizes",
    "both ways' deviations together",
    "both ways' means together",
    "covariance with the way back",
    "correlation with the way back",
};
static const char *const of_gaps[] = {"gaps", "mean gap", "deviation of gaps"};
static const char *const half_life[HG_DAMPED_WINDOWS] = {"0.2 s", "0.33 s", "1 s", "10 s", "100 s"};

// In the order of the numbers. The code's "IP to IP" is what the IP sends to anyone.
static const struct {
    const char *words, *published; // published NULL: not there
    const char *const *of;
    int count; // of numbers a window
} groups[] = {
    {"from this MAC and IP",  "from this MAC and IP", of_sizes, 3},
    {"from this IP",          NULL,                   of_sizes, 3},
    {"between these IPs",     "from this IP",         of_sizes, 7},
    {"between these IPs",     "between these IPs",    of_gaps,  3},
    {"between these sockets", "from this socket",     of_sizes, 7},
};

int32_t hg__kitsune_features_count(hg__kitsune_mode mode) {
    return mode == HG_KITSUNE_SOUND ? (int32_t)HG_KITSUNE_FEATURES : HG_KITSUNE_PUBLISHED_FEATURES;
}

void hg__kitsune_features_name(hg__kitsune_mode mode, int32_t i, char name[HG_KITSUNE_NAME]) {
    name[0] = '\0';
    for (size_t g = 0; g < sizeof groups / sizeof *groups && i >= 0; g++) {
        const bool is_sound = mode == HG_KITSUNE_SOUND;
        const char *words = is_sound ? groups[g].words : groups[g].published;
        const int n = groups[g].count;
        if (!words) continue;
        if (i >= n * HG_DAMPED_WINDOWS) {
            i -= n * HG_DAMPED_WINDOWS;
            continue;
        }
        const bool is_variance = !is_sound && i % n == 2;
        const char *what =
            is_variance ? (groups[g].of == of_gaps ? "variance of gaps" : "variance of sizes")
                        : groups[g].of[i % n];
        snprintf(name, HG_KITSUNE_NAME, "%s %s, over %s", what, words, half_life[i / n]);
        return;
    }
}

// SPDX-License-Identifier: Apache-2.0
// kitsune_published.c - Kitsune's features as the public code computes them: streams named by texts, each with the covariances that
// it has a part in, all of which every value of the stream updates.
//
// What is odd and kept is told in kitsune_features.h. Sums start at a weight of 0 where the code has 1e-20: it is never seen, as means
// are taken after a value was added, and 1 + 1e-20 is 1.
#include "traffic/kitsune_published.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "traffic/damped.h"
#include "traffic/lru_table.h"

enum { VECTORS = HG_DAMPED_LANES / 2 };

// ---- streams and their covariances --------------------------------------------------------------

typedef struct covariance covariance;
typedef struct stream stream;

// A place in a stream's list of covariances.
typedef struct hold {
    covariance *of;
    struct hold *next, *before;
} hold;

struct stream {
    hg__lanes weight, sum, squares; // faded
    hg__lanes mean, variance;       // after its last value
    double time;                    // s since 1970
    uint64_t number;                // of no other stream, ever
    hold *first, *last;
};

struct covariance {
    hg__lanes product, weight; // faded
    hg__lanes rest[2];
    double time;
    stream *side[2]; // may be the same
    hold in[2];      // each side's list
};

typedef struct {
    hg__lru *streams, *covariances; // covariances NULL: streams have none
    uint64_t numbers;
} store;

static void join(stream *s, hold *h, covariance *c) {
    *h = (hold){c, NULL, s->last};
    *(s->last ? &s->last->next : &s->first) = h;
    s->last = h;
}

static void leave(stream *s, hold *h) {
    *(h->before ? &h->before->next : &s->first) = h->next;
    *(h->next ? &h->next->before : &s->last) = h->before;
}

static void forget_covariance(void *context, const void *key, void *entry) {
    (void)context;
    (void)key;
    covariance *c = entry;
    for (int i = 0; i < 2; i++) leave(c->side[i], c->in + i);
}

static void forget_stream(void *context, const void *key, void *entry) {
    (void)key;
    store *own = context;
    stream *s = entry;
    while (s->first) {
        covariance *c = s->first->of;
        forget_covariance(NULL, NULL, c);
        hg__lru_remove(own->covariances, c);
    }
}

static stream *find_stream(store *own, const void *id, double t) {
    bool is_new;
    stream *s = hg__lru_find_or_add(own->streams, id, &is_new);
    if (is_new) {
        s->time = t;
        s->number = own->numbers++;
    }
    return s;
}

// Between two streams; of a stream with itself: its first with anybody.
static covariance *find_covariance(store *own, stream *a, stream *b, double t) {
    if (a == b && a->first) return a->first->of;
    const bool is_ordered = a->number < b->number;
    const uint64_t key[2] = {is_ordered ? a->number : b->number,
                             is_ordered ? b->number : a->number};
    bool is_new;
    covariance *c = hg__lru_find_or_add(own->covariances, key, &is_new);
    if (!is_new) return c;
    c->time = t;
    c->side[0] = a;
    c->side[1] = b;
    join(a, c->in, c);
    join(b, c->in + 1, c);
    return c;
}

// ---- arithmetic ---------------------------------------------------------------------------------

static void fade_stream(stream *s, double t) {
    hg__lanes factor;
    if (!(t > s->time)) return;
    hg__damped_factors(t - s->time, &factor);
    for (int i = 0; i < VECTORS; i++) {
        s->sum.two[i] *= factor.two[i];
        s->squares.two[i] *= factor.two[i];
        s->weight.two[i] *= factor.two[i];
    }
    s->time = t;
}

static void update_covariance(covariance *c, const stream *s, double value, double t) {
    const int mine = s == c->side[0] ? 0 : 1;
    fade_stream(c->side[!mine], t);
    if (t > c->time) {
        hg__lanes factor;
        hg__damped_factors(t - c->time, &factor);
        for (int i = 0; i < VECTORS; i++) {
            c->product.two[i] *= factor.two[i];
            c->weight.two[i] *= factor.two[i];
        }
        c->time = t;
    }
    for (int i = 0; i < VECTORS; i++) {
        const hg__two_lanes rest = value - s->mean.two[i];
        c->product.two[i] += rest * c->rest[!mine].two[i];
        c->weight.two[i] += 1;
        c->rest[mine].two[i] = rest;
    }
}

static void insert(stream *s, double value, double t) {
    fade_stream(s, t);
    for (int i = 0; i < VECTORS; i++) {
        s->sum.two[i] += value;
        s->squares.two[i] += value * value;
        s->weight.two[i] += 1;
        s->mean.two[i] = s->sum.two[i] / s->weight.two[i];
        const hg__two_lanes v =
            s->squares.two[i] / s->weight.two[i] - s->mean.two[i] * s->mean.two[i];
        s->variance.two[i] = (hg__two_lanes){fabs(v[0]), fabs(v[1])};
    }
    for (hold *h = s->first; h; h = h->next) update_covariance(h->of, s, value, t);
}

// ---- numbers ------------------------------------------------------------------------------------

// Weight, mean and variance into out[0 .. 3) of each window, `stride` apart.
static void read_stream(const stream *s, float *out, int stride) {
    for (int i = 0; i < HG_DAMPED_WINDOWS; i++, out += stride) {
        out[0] = (float)s->weight.at[i];
        out[1] = (float)s->mean.at[i];
        out[2] = (float)s->variance.at[i];
    }
}

static void read_covariance(const covariance *c, float *out) {
    const stream *a = c->side[0], *b = c->side[1];
    for (int i = 0; i < HG_DAMPED_WINDOWS; i++, out += 7) {
        const double both = sqrt(a->variance.at[i]) * sqrt(b->variance.at[i]);
        const double covariance_now = c->product.at[i] / c->weight.at[i];
        out[3] = (float)sqrt(a->variance.at[i] * a->variance.at[i] +
                             b->variance.at[i] * b->variance.at[i]);
        out[4] = (float)sqrt(a->mean.at[i] * a->mean.at[i] + b->mean.at[i] * b->mean.at[i]);
        out[5] = (float)covariance_now;
        out[6] = both != 0 ? (float)(covariance_now / both) : 0; // NOLINT: as published
    }
}

static void add_one(store *own, const void *id, double value, double t, float *out) {
    stream *s = find_stream(own, id, t);
    insert(s, value, t);
    read_stream(s, out, 3);
}

static void add_gap(store *own, const void *id, double t, float *out) {
    stream *s = find_stream(own, id, t);
    insert(s, t > s->time ? t - s->time : 0, t);
    read_stream(s, out, 3);
}

static void add_two(store *own, const void *from, const void *to, double value, double t,
                    float *out) {
    stream *s = find_stream(own, from, t);
    insert(s, value, t);
    read_stream(s, out, 7);
    covariance *c = find_covariance(own, s, find_stream(own, to, t), t);
    update_covariance(c, s, value, t); // once more, where it was there
    read_covariance(c, out);
}

// ---- names --------------------------------------------------------------------------------------

enum { OF_MAC, OF_HOST, OF_GAP, OF_SOCKET, TABLES, TEXT = 2 * HG_ADDRESS_TEXT + 4 };
enum { SOCKET_TEXT = 56, HOST_TEXT = 48, MAC_TEXT = 64 };

typedef struct {
    char mac[TEXT], from[TEXT], to[TEXT], gap[TEXT], socket_from[TEXT], socket_to[TEXT];
} names;

// Of a MAC or an IP each, or a port.
static void join_texts(char to[TEXT], const char *a, const char *b) {
    const size_t first = strnlen(a, HG_ADDRESS_TEXT - 1);
    memcpy(to, a, first);
    memcpy(to + first, b, strnlen(b, HG_ADDRESS_TEXT - 1));
}

static void name_socket(char to[TEXT], const hg__packet *p, const char *ip, uint16_t port) {
    char text[8] = "";
    if (p->layers & (HG_LAYER_TCP | HG_LAYER_UDP)) {
        snprintf(text, sizeof text, "%u", port);
    } else if ((p->layers & HG_LAYER_ICMP) && p->version == 4) {
        snprintf(text, sizeof text, "icmp");
    }
    join_texts(to, ip, text);
}

static void name(names *n, const hg__packet *p) {
    char mac_from[HG_ADDRESS_TEXT] = "", mac_to[HG_ADDRESS_TEXT] = "";
    memset(n, 0, sizeof *n);
    if (p->layers & HG_LAYER_ETHERNET) {
        hg__mac_format(p->mac_from, mac_from);
        hg__mac_format(p->mac_to, mac_to);
    }
    if (p->layers & (HG_LAYER_IP | HG_LAYER_ARP)) {
        hg__address_format(p->from, n->from);
        hg__address_format(p->to, n->to);
    } else {
        join_texts(n->from, mac_from, "");
        join_texts(n->to, mac_to, "");
    }
    join_texts(n->mac, mac_from, n->from);
    join_texts(n->gap, n->from, n->to);
    if ((p->layers & HG_LAYER_ARP) && !(p->layers & HG_LAYER_IP)) {
        join_texts(n->socket_from, mac_from, "");
        join_texts(n->socket_to, mac_to, "");
    } else {
        name_socket(n->socket_from, p, n->from, p->port_from);
        name_socket(n->socket_to, p, n->to, p->port_to);
    }
}

// ---- all of it ----------------------------------------------------------------------------------

struct hg__kitsune_published {
    store store[TABLES];
};

static const size_t key_bytes[TABLES] = {MAC_TEXT, HOST_TEXT, TEXT, SOCKET_TEXT};
static const int share[TABLES] = {2, 4, 4, 4};       // of the memory, in 20ths
static const int covariances[TABLES] = {0, 3, 0, 3}; // and for covariances

static int make_store(store *own, int i, size_t twentieth, const hg__siphash_key *key,
                      hg_error *err) {
    hg__lru_options o = {.key_bytes = key_bytes[i], .entry_bytes = sizeof(stream)};
    const size_t rest = (size_t)covariances[i] * twentieth;
    o.capacity = hg__lru_fit(o.key_bytes, o.entry_bytes, (size_t)share[i] * twentieth);
    o.forget = rest ? forget_stream : NULL;
    o.context = own;
    own->streams = hg__lru_new(&o, key, err);
    if (!own->streams) return HG_ERR_MEMORY;
    if (!rest) return HG_OK;
    const hg__lru_options c = {.key_bytes = 2 * sizeof(uint64_t),
                               .entry_bytes = sizeof(covariance),
                               .capacity = hg__lru_fit(16, sizeof(covariance), rest),
                               .forget = forget_covariance};
    own->covariances = hg__lru_new(&c, key, err);
    return own->covariances ? HG_OK : HG_ERR_MEMORY;
}

hg__kitsune_published *hg__kitsune_published_new(size_t max_bytes, const hg__siphash_key *key,
                                                 hg_error *err) {
    hg__kitsune_published *k = hg__alloc(1, sizeof *k, err);
    for (int i = 0; k && i < TABLES; i++) {
        if (make_store(k->store + i, i, max_bytes / 20, key, err) < 0) {
            hg__kitsune_published_free(k);
            return NULL;
        }
    }
    return k;
}

void hg__kitsune_published_free(hg__kitsune_published *k) {
    if (!k) return;
    for (int i = 0; i < TABLES; i++) {
        hg__lru_free(k->store[i].streams);
        hg__lru_free(k->store[i].covariances);
    }
    hg__free(k);
}

uint64_t hg__kitsune_published_forgotten(const hg__kitsune_published *k) {
    uint64_t n = 0;
    for (int i = 0; i < TABLES; i++) {
        n += hg__lru_forgotten(k->store[i].streams);
        if (k->store[i].covariances) n += hg__lru_forgotten(k->store[i].covariances);
    }
    return n;
}

void hg__kitsune_published_run(hg__kitsune_published *k, const hg__packet *p, float *out) {
    names n;
    name(&n, p);
    const int64_t second = 1000000000;
    const int64_t seconds = p->time / second, rest = p->time % second;
    const double t = (double)seconds + (double)rest * 1e-9;
    const double size = p->length;
    add_one(k->store + OF_MAC, n.mac, size, t, out);
    add_two(k->store + OF_HOST, n.from, n.to, size, t, out + 15);
    add_gap(k->store + OF_GAP, n.gap, t, out + 50);
    add_two(k->store + OF_SOCKET, n.socket_from, n.socket_to, size, t, out + 65);
}

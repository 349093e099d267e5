// SPDX-License-Identifier: Apache-2.0
// draw_packet.c - hosts, and the frames they send: Ethernet, ARP, IPv4, UDP, ICMP.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traffic.h"

// clang-format off
const stack stack_linux   = {"linux",   "MSTNW",     64240, 501,   1460, 64,  7, 0, 1, 32768, 60999, 40};
const stack stack_windows = {"windows", "MNWNNS",    64240, 1026,  1460, 128, 8, 1, 1, 49152, 65535, 45};
const stack stack_mac     = {"mac",     "MNWNNTSEE", 65535, 2058,  1460, 64,  6, 0, 1, 49152, 65535, 40};
const stack stack_plc     = {"plc",     "M",         8192,  8192,  1460, 30,  0, 1, 0, 1025,  5000,  150};
const stack stack_rtu     = {"rtu",     "M",         2144,  2144,  536,  255, 0, 1, 0, 49152, 65535, 250};
const stack stack_vxworks = {"vxworks", "MNWNNT",    8192,  8192,  1460, 64,  0, 1, 0, 1024,  5000,  200};
const stack stack_router  = {"router",  "M",         4128,  4128,  536,  255, 0, 0, 0, 11000, 65000, 200};
const stack stack_printer = {"printer", "MNWNNT",    11680, 11680, 1460, 60,  0, 1, 0, 1025,  8000,  200};
const stack stack_nmap    = {"nmap",    "M",         1024,  1024,  1460, 47,  0, 0, 0, 33000, 65000, 40};
const stack stack_mirai   = {"mirai",   "",          29201, 29201, 1460, 64,  0, 0, 0, 1024,  65000, 40};
// clang-format on

// ---- hosts ---------------------------------------------------------------------------------------

host *host_add(world *w, const char *name, const stack *s, uint32_t ip, uint32_t vendor) {
    if (w->hosts_n == HOSTS_MAX) return &w->hosts[HOSTS_MAX - 1];
    host *h = &w->hosts[w->hosts_n++];
    *h = (host){.ip = ip, .stack = s, .ttl = s->ttl, .gap = 12 * US};
    snprintf(h->name, sizeof h->name, "%s", name);
    for (int i = 0; i < 3; i++) {
        h->mac[i] = (uint8_t)(vendor >> (8 * (2 - i)));
        h->mac[3 + i] = (uint8_t)bits(w);
    }
    h->delay = range(w, 40 * US, 180 * US);
    if (s == &stack_plc || s == &stack_rtu || s == &stack_vxworks) {
        h->delay += range(w, 300 * US, 4 * MS);
    }
    h->clock = (uint32_t)bits(w);
    h->ip_id = (uint16_t)bits(w);
    h->port = (uint16_t)range(w, s->port_low, s->port_high);
    return h;
}

host *host_add_outside(world *w, const char *name, const stack *s) {
    static const uint8_t nets[] = {13,  20,  23,  31,  34,  52,  65,  91, 93,
                                   104, 142, 151, 172, 185, 192, 195, 212};
    const unsigned first = nets[range(w, 0, (int64_t)sizeof nets - 1)];
    const unsigned second =
        (unsigned)(first == 172 || first == 192 ? range(w, 200, 250) : range(w, 1, 250));
    const uint32_t third = (uint32_t)range(w, 0, 255);
    const uint32_t ip = first << 24 | second << 16 | third << 8 | (uint32_t)range(w, 1, 254);
    host *h = host_add(w, name, s, ip, 0);
    if (w->router) memcpy(h->mac, w->router->mac, 6);
    h->outside = true;
    h->ttl = (uint8_t)(s->ttl - range(w, 6, 19));
    h->delay = (int64_t)heavy(w, 3e6, 9e7, 0.8);
    h->gap = range(w, 40 * US, 600 * US);
    return h;
}

host *host_find(world *w, const char *name) {
    for (int i = 0; i < w->hosts_n; i++) {
        if (!strcmp(w->hosts[i].name, name)) return &w->hosts[i];
    }
    return NULL;
}

host *host_near(world *w, int last) {
    for (int i = 0; i < w->hosts_n; i++) {
        if (w->hosts[i].ip == (w->net | (uint32_t)last)) return &w->hosts[i];
    }
    return NULL;
}

uint16_t port_next(world *w, host *h) {
    const stack *s = h->stack;
    if (s->counts && !s->whole) { // small systems count
        h->port = (uint16_t)(h->port >= s->port_high ? s->port_low : h->port + 1);
        return h->port;
    }
    return (uint16_t)range(w, s->port_low, s->port_high);
}

int64_t turn(world *w, const host *h) {
    const int64_t on_way = about(w, h->delay / 5);
    return 2 * h->delay + on_way + about(w, 30 * US);
}

// ---- frames --------------------------------------------------------------------------------------

static void *grown(void *p, size_t *room, size_t need, size_t each) {
    if (need <= *room) return p;
    *room = *room * 2 > need ? *room * 2 : need + 4096;
    void *q = realloc(p, *room * each);
    if (q) return q;
    fputs("draw_traffic: out of memory\n", stderr);
    exit(1);
}

// A new frame of n bytes, at least 60 of them; NULL outside the capture's time.
static uint8_t *frame(world *w, int64_t t, size_t n, int counter) {
    if (t < w->start || t >= w->end) return NULL;
    const size_t size = n < 60 ? 60 : n;
    w->bytes = grown(w->bytes, &w->bytes_room, w->bytes_n + size, 1);
    w->rows = grown(w->rows, &w->rows_room, w->rows_n + 1, sizeof *w->rows);
    w->rows[w->rows_n] = (row){.time = t,
                               .at = w->bytes_n,
                               .order = (uint32_t)w->rows_n,
                               .source = w->attack ? w->source : 0,
                               .size = (uint16_t)size,
                               .counter = (int16_t)counter,
                               .attack = w->attack};
    w->rows_n++;
    uint8_t *f = w->bytes + w->bytes_n;
    memset(f, 0, size);
    w->bytes_n += size;
    return f;
}

static uint32_t sum16(const uint8_t *p, size_t n, uint32_t sum) {
    for (size_t i = 0; i + 1 < n; i += 2) sum += (uint32_t)p[i] << 8 | p[i + 1];
    return n % 2 ? sum + ((uint32_t)p[n - 1] << 8) : sum;
}

static unsigned folded(uint32_t sum) {
    while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
    return ~sum & 0xFFFF;
}

void frame_ip(world *w, int64_t t, host *from, host *to, int protocol, int id, const uint8_t *body,
              size_t n) {
    const int counter = id < 0 ? (int)(from - w->hosts) : -1;
    uint8_t *f = frame(w, t, 34 + n, counter);
    if (!f) return;
    memcpy(f, to->mac, 6), memcpy(f + 6, from->mac, 6);
    f[12] = 8;
    uint8_t *ip = f + 14;
    ip[0] = 0x45;
    set16(ip + 2, (unsigned)(20 + n));
    if (id > 0) set16(ip + 4, (unsigned)id);
    ip[6] = from->stack->whole ? 0x40 : 0;
    ip[8] = from->ttl;
    if (to->ip >> 24 == 224) ip[8] = 255; // what stays on the link
    if (to->ip >> 24 == 239) ip[8] = 1;
    ip[9] = (uint8_t)protocol;
    set32(ip + 12, from->ip), set32(ip + 16, to->ip);
    uint8_t *p = ip + 20;
    memcpy(p, body, n);
    uint32_t sum = sum16(ip + 12, 8, (uint32_t)protocol + (uint32_t)n);
    if (protocol == 6) set16(p + 16, 0), set16(p + 16, folded(sum16(p, n, sum)));
    if (protocol == 17) {
        set16(p + 6, 0);
        const unsigned c = folded(sum16(p, n, sum));
        set16(p + 6, c ? c : 0xFFFF);
    }
    if (protocol == 1) set16(p + 2, 0), set16(p + 2, folded(sum16(p, n, 0)));
}

void udp_send(world *w, int64_t t, host *from, int from_port, host *to, int to_port, const buf *b) {
    uint8_t u[1480];
    const size_t n = b->n > 1472 ? 1472 : b->n;
    set16(u, (unsigned)from_port), set16(u + 2, (unsigned)to_port), set16(u + 4, (unsigned)(n + 8));
    memcpy(u + 8, b->b, n);
    const int id = from->stack->counts ? -1 : (int)(bits(w) & 0xFFFF);
    frame_ip(w, t, from, to, 17, id, u, n + 8);
}

void icmp_send(world *w, int64_t t, host *from, host *to, int type, int code, const uint8_t *body,
               size_t n) {
    uint8_t u[1480] = {(uint8_t)type, (uint8_t)code};
    if (n > 1476) n = 1476;
    memcpy(u + 4, body, n);
    const int id = from->stack->counts ? -1 : (int)(bits(w) & 0xFFFF);
    frame_ip(w, t, from, to, 1, id, u, n + 4);
}

void arp_send(world *w, int64_t t, host *from, int op, const uint8_t target_mac[6],
              uint32_t sender_ip, uint32_t target_ip) {
    static const uint8_t all[6] = {255, 255, 255, 255, 255, 255};
    uint8_t *f = frame(w, t, 42, -1);
    if (!f) return;
    memcpy(f, op == 1 ? all : target_mac, 6), memcpy(f + 6, from->mac, 6);
    set16(f + 12, 0x0806);
    set16(f + 14, 1), set16(f + 16, 0x0800);
    f[18] = 6, f[19] = 4;
    set16(f + 20, (unsigned)op);
    memcpy(f + 22, from->mac, 6), set32(f + 28, sender_ip);
    if (op == 2) memcpy(f + 32, target_mac, 6);
    set32(f + 38, target_ip);
}

void arp_ask(world *w, int64_t t, host *from, host *to, bool answered) {
    arp_send(w, t, from, 1, from->mac, from->ip, to->ip);
    if (answered) arp_send(w, t + turn(w, to), to, 2, from->mac, to->ip, from->ip);
}

void arp_cache(world *w, host *from, host *to, int64_t mean) {
    for (int64_t t = w->start + about(w, mean); t < w->end; t += mean / 2 + about(w, mean / 2)) {
        arp_ask(w, t, from, to, true);
    }
}

void frame_plain(world *w, int64_t t, const uint8_t *bytes, size_t n) {
    uint8_t *f = frame(w, t, n, -1);
    if (f) memcpy(f, bytes, n);
}

static bool is_between(const uint8_t *f, const host *from, const host *to) {
    return f[12] == 8 && f[13] == 0 && !memcmp(f, to->mac, 6) && !memcmp(f + 6, from->mac, 6);
}

void frames_divert(world *w, host *through, const host *one, const host *other, int64_t from,
                   int64_t to) {
    const size_t rows = w->rows_n;
    for (size_t i = 0; i < rows; i++) {
        const row r = w->rows[i];
        const uint8_t *f = w->bytes + r.at;
        if (r.attack || r.time < from || r.time >= to) continue;
        if (!is_between(f, one, other) && !is_between(f, other, one)) continue;
        uint8_t *copy = frame(w, r.time + 90 * US + about(w, 60 * US), r.size, -1);
        if (!copy) continue;
        uint8_t *old = w->bytes + r.at; // the bytes may have moved
        memcpy(copy, old, r.size);
        memcpy(copy + 6, through->mac, 6), memcpy(old, through->mac, 6);
        w->rows[w->rows_n - 1].twin = r.order + 1;
        w->rows[i].attack = w->attack, w->rows[i].source = w->source;
    }
}

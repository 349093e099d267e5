// SPDX-License-Identifier: Apache-2.0
// draw_tcp.c - TCP as a tap sees it: handshake, segments, acknowledgements now or a little later, what is sent again, the end.
#include <string.h>

#include "traffic.h"

enum { HEADER_MAX = 60, LOSS_PER_10000 = 30 };

static bool has(const stack *s, char option) {
    return strchr(s->options, option) != NULL;
}

// The options of a SYN, as this system orders them; of an answer, only what was offered. Returns their bytes.
static size_t syn_options(const tcp *k, int who, uint8_t *o, bool answer) {
    const side *s = &k->side[who], *peer = &k->side[!who];
    const stack *mine = s->host->stack;
    size_t n = 0;
    for (const char *c = mine->options; *c; c++) {
        const bool taken = !answer || has(peer->host->stack, *c);
        if (*c == 'M') o[n] = 2, o[n + 1] = 4, set16(o + n + 2, mine->mss), n += 4;
        if (*c == 'S' && taken) o[n] = 4, o[n + 1] = 2, n += 2;
        if (*c == 'W' && taken) o[n] = 3, o[n + 1] = 3, o[n + 2] = mine->scale, n += 3;
        if (*c == 'T' && taken) {
            o[n] = 8, o[n + 1] = 10, set32(o + n + 2, s->tsval), set32(o + n + 6, peer->tsval),
            n += 10;
        }
        if (*c == 'N' && taken) o[n++] = 1;
        if (*c == 'E') o[n++] = 0;
    }
    while (n % 4) o[n++] = answer ? 1 : 0;
    return n;
}

static void stamp(tcp *k, int who, int64_t t) {
    k->side[who].tsval = k->side[who].host->clock + (uint32_t)(t / MS);
}

// One segment at time t with this sequence number; counts nothing.
static void segment(tcp *k, int who, int flags, uint32_t seq, const uint8_t *data, size_t n,
                    int64_t t) {
    side *s = &k->side[who];
    const side *peer = &k->side[!who];
    const stack *mine = s->host->stack;
    uint8_t p[1500] = {0};
    size_t head = 20;
    if (t <= s->sent) t = s->sent + 4 * US; // nobody overtakes itself
    s->sent = t;
    stamp(k, who, t);
    set16(p, s->port), set16(p + 2, peer->port);
    set32(p + 4, seq);
    if (flags & ACK) set32(p + 8, peer->seq);
    if (flags & SYN) {
        head += syn_options(k, who, p + 20, (flags & ACK) != 0);
    } else if (k->timestamps) {
        p[20] = p[21] = 1, p[22] = 8, p[23] = 10;
        set32(p + 24, s->tsval), set32(p + 28, peer->tsval);
        head += 12;
    }
    p[12] = (uint8_t)(head / 4 << 4), p[13] = (uint8_t)flags;
    unsigned window = mine->syn_window;
    if (!(flags & SYN)) window = k->scaled || mine->scale == 0 ? mine->window : mine->syn_window;
    if (!(flags & SYN) && k->timestamps && k->scaled) { // grows with what is received
        window += 6 * (unsigned)(s->heard < 300 ? s->heard : 300);
    }
    if (!(flags & SYN) && s->owes > 0 && !k->scaled) window -= (unsigned)s->owes * 12;
    if (flags & RST) window = 0;
    set16(p + 14, window);
    if (n) memcpy(p + head, data, n);
    int id = -1;
    if (!mine->counts) id = flags == (SYN | ACK) || flags == RST ? 0 : s->id++;
    frame_ip(k->w, t, s->host, peer->host, 6, id, p, head + n);
}

static void prepare(tcp *k, world *w, host *client, host *server, int port, int64_t t) {
    memset(k, 0, sizeof *k);
    k->w = w, k->now = t, k->cwnd = 10;
    side *c = &k->side[CLIENT], *d = &k->side[SERVER];
    c->host = client, c->port = port_next(w, client), c->id = (uint16_t)bits(w),
    c->seq = (uint32_t)bits(w);
    d->host = server, d->port = (uint16_t)port, d->id = (uint16_t)bits(w),
    d->seq = (uint32_t)bits(w);
    const stack *a = client->stack, *b = server->stack;
    k->timestamps = has(a, 'T') && has(b, 'T'), k->scaled = has(a, 'W') && has(b, 'W');
    k->mss = a->mss < b->mss ? a->mss : b->mss;
    if (k->timestamps) k->mss -= 12;
}

void tcp_open(tcp *k, world *w, host *client, host *server, int port, int64_t t) {
    prepare(k, w, client, server, port, t);
    uint32_t *c = &k->side[CLIENT].seq, *s = &k->side[SERVER].seq;
    segment(k, CLIENT, SYN, *c, NULL, 0, k->now);
    if (range(w, 1, 10000) <= LOSS_PER_10000) {
        k->now += SECOND, segment(k, CLIENT, SYN, *c, NULL, 0, k->now);
    }
    ++*c;
    k->now += turn(w, server);
    segment(k, SERVER, SYN | ACK, *s, NULL, 0, k->now);
    ++*s;
    k->now += turn(w, client);
    segment(k, CLIENT, ACK, *c, NULL, 0, k->now);
    k->now += about(w, 60 * US);
    k->last = CLIENT;
}

// What this side owes is acknowledged at its time, if that is before t.
static void settle(tcp *k, int who, int64_t t) {
    side *s = &k->side[who];
    if (s->owes && s->owes_at <= t) {
        s->owes = 0;
        segment(k, who, ACK, s->seq, NULL, 0, s->owes_at);
    }
}

// Acknowledged at once: every second segment, and by Linux the first ones. Else when a timer says so, if nothing is said before:
// a large system's runs from the segment on, a small one's runs always.
static void received(tcp *k, int who) {
    side *s = &k->side[who];
    const stack *mine = s->host->stack;
    const int64_t there = k->now + turn(k->w, s->host);
    const bool at_once =
        (++s->owes >= 2 && mine->mss > 600) || (++s->heard < 16 && mine == &stack_linux);
    if (at_once) {
        s->owes = 0;
        segment(k, who, ACK, s->seq, NULL, 0, there);
        return;
    }
    const int64_t timer = mine->delayed_ack_ms * MS;
    s->owes_at = there + (mine->whole ? timer + about(k->w, MS) : range(k->w, 0, timer));
}

// Now is when this side may speak: what the other said last has come, and it has said its own.
static void take_turn(tcp *k, int who) {
    const side *s = &k->side[who];
    if (k->last != who) k->now += turn(k->w, s->host);
    if (k->now <= s->sent) k->now = s->sent + 4 * US;
}

static void round_trip(tcp *k, int who) {
    k->now += turn(k->w, k->side[!who].host);
    k->now += turn(k->w, k->side[who].host);
}

void tcp_say(tcp *k, int who, const void *bytes, size_t n) {
    world *w = k->w;
    side *s = &k->side[who];
    const uint8_t *from = bytes;
    take_turn(k, who);
    settle(k, who, k->now), settle(k, !who, k->now);
    s->owes = 0; // carried by what is said
    int burst = 0;
    for (size_t at = 0; at < n;) {
        const size_t part = n - at < (size_t)k->mss ? n - at : (size_t)k->mss;
        const int flags = ACK | (at + part == n ? PSH : 0);
        const uint32_t seq = s->seq;
        segment(k, who, flags, seq, from + at, part, k->now);
        if (range(w, 1, 10000) <= LOSS_PER_10000) { // lost behind the tap, and sent again
            k->now += 200 * MS, round_trip(k, who);
            segment(k, who, flags, seq, from + at, part, k->now);
            k->cwnd = 10;
        }
        s->seq += (uint32_t)part, at += part;
        received(k, !who);
        k->now += s->host->gap / 2 + about(w, s->host->gap / 2);
        if (++burst < k->cwnd || at == n) continue;
        round_trip(k, who);
        k->cwnd = k->cwnd < 32 ? k->cwnd * 2 : 64, burst = 0;
    }
    k->last = who;
}

void tcp_wait_until(tcp *k, int64_t t) {
    if (t > k->now) k->now = t;
    settle(k, CLIENT, k->now), settle(k, SERVER, k->now);
}

void tcp_wait(tcp *k, int64_t ns) {
    tcp_wait_until(k, k->now + ns);
}

void tcp_close(tcp *k, int who) {
    world *w = k->w;
    take_turn(k, who);
    settle(k, who, k->now), settle(k, !who, k->now);
    k->side[who].owes = 0;
    segment(k, who, FIN | ACK, k->side[who].seq++, NULL, 0, k->now);
    k->last = who, take_turn(k, !who);
    k->side[!who].owes = 0;
    segment(k, !who, FIN | ACK, k->side[!who].seq++, NULL, 0, k->now);
    k->now += turn(w, k->side[who].host);
    segment(k, who, ACK, k->side[who].seq, NULL, 0, k->now);
}

void tcp_reset(tcp *k, int who) {
    take_turn(k, who);
    settle(k, who, k->now), settle(k, !who, k->now);
    k->side[who].owes = 0;
    segment(k, who, RST | ACK, k->side[who].seq, NULL, 0, k->now);
}

void tcp_refused(world *w, host *client, host *server, int port, int64_t t) {
    tcp k;
    prepare(&k, w, client, server, port, t);
    segment(&k, CLIENT, SYN, k.side[CLIENT].seq++, NULL, 0, t);
    k.timestamps = false;
    segment(&k, SERVER, RST | ACK, 0, NULL, 0, t + turn(w, server));
}

void tcp_unheard(world *w, host *client, host *server, int port, int64_t t, int tries) {
    tcp k;
    prepare(&k, w, client, server, port, t);
    for (int i = 0; i < tries; i++, t += SECOND << (i - 1)) {
        segment(&k, CLIENT, SYN, k.side[CLIENT].seq, NULL, 0, t);
    }
}

void tcp_lone(world *w, int64_t t, host *from, host *to, lone what) {
    tcp k;
    prepare(&k, w, from, to, what.to_port, t);
    k.side[CLIENT].port = (uint16_t)what.from_port, k.side[SERVER].seq = what.ack;
    k.timestamps = false;
    segment(&k, CLIENT, what.flags, what.seq, NULL, 0, t);
}

// SPDX-License-Identifier: Apache-2.0
// attacks_scan.c - who knocks at doors: scans of ports and hosts, floods, guessed passwords, a worm.
#include <string.h>

#include "attacks_office.h"
#include "office.h"
#include "protocols.h"

host *office_insider(world *w) {
    host *h = office_person(w, (int)range(w, 0, office_people(w) - 1));
    w->source = h->ip;
    return h;
}

host *office_server(world *w) {
    static const char *const names[] = {"files", "mail", "intranet", "backup", "dc"};
    return host_find(w, names[range(w, 0, 4)]);
}

static bool is_open(const host *h, int port) {
    if (port == 135 || port == 139 || port == 445) return h->stack == &stack_windows;
    if (port == 22) return h->stack == &stack_linux;
    if (port == 80) return !strcmp(h->name, "intranet");
    return (port == 53 || port == 88 || port == 389) && !strcmp(h->name, "dc");
}

static void knock(world *w, int64_t t, host *raw, int raw_port, host *real, host *to, int port,
                  bool connects) {
    if (!is_open(to, port)) {
        tcp_refused(w, connects ? real : raw, to, port, t);
    } else if (connects) {
        tcp k;
        tcp_open(&k, w, real, to, port, t);
        tcp_reset(&k, CLIENT);
    } else { // the system knows nothing of the scanner's SYN, and resets
        const uint32_t seq = (uint32_t)bits(w), ack = (uint32_t)bits(w);
        const int64_t back = t + turn(w, to);
        tcp_lone(w, t, raw, to, (lone){raw_port, port, SYN, seq, 0});
        tcp_lone(w, back, to, raw, (lone){port, raw_port, SYN | ACK, ack, seq + 1});
        tcp_lone(w, back + turn(w, real), raw, to, (lone){raw_port, port, RST, seq + 1, 0});
    }
}

// SYN scan, connect scan or one port every second or so.
void attack_port_scan(world *w, int64_t t, int64_t length) {
    static const int usual[] = {80,  23,   443,  21,  22,   25,   3389, 110, 445,
                                139, 143,  53,   135, 3306, 8080, 1723, 111, 995,
                                993, 5900, 1025, 587, 8888, 199,  1720, 88,  389};
    host *real = office_insider(w), *to = office_server(w), raw = *real;
    raw.stack = &stack_nmap, raw.ttl = (uint8_t)range(w, 37, 59);
    const int kind = (int)range(w, 0, 2), port = (int)range(w, 33000, 60000),
              ports = kind == 2 ? 60 : 1000;
    const int64_t gap = kind == 2 ? length / ports : 300 * US;
    arp_ask(w, t - MS, real, to, true);
    for (int i = 0; i < ports; i++, t += gap / 2 + about(w, gap / 2)) {
        int p = 6 * zipf(w, 10000);
        p += (int)range(w, 1, 90);
        if (i < (int)(sizeof usual / sizeof *usual)) p = usual[i];
        knock(w, t, &raw, port, real, to, p, kind == 1);
    }
}

// Every address of the net is asked for by ARP; those that are there get a ping.
void attack_host_sweep(world *w, int64_t t, int64_t length) {
    host *from = office_insider(w), nobody = {.stack = &stack_linux};
    const int64_t gap = length / 254 < 40 * MS ? length / 254 : 40 * MS;
    for (int i = 1; i < 255; i++, t += gap / 2 + about(w, gap / 2)) {
        host *to = host_near(w, i);
        nobody.ip = w->net | (uint32_t)i;
        if (to == from) continue;
        arp_ask(w, t, from, to ? to : &nobody, to != NULL);
        if (to) ping(w, t + MS, from, to, 1, i);
    }
}

void attack_syn_flood(world *w, int64_t t, int64_t length) {
    host *from = office_insider(w), *to = host_find(w, "intranet");
    const bool forged = chance(w, 0.6);
    const int packets = 4000;
    for (int i = 0; i < packets; i++) {
        host raw = *from;
        raw.stack = &stack_nmap, raw.ttl = 64;
        if (forged) raw.ip = (uint32_t)(bits(w) >> 32) | 0x01000000U;
        const int port = (int)range(w, 1024, 65535);
        const int64_t now = t + (length < 20 * SECOND ? length : 20 * SECOND) * i / packets;
        const uint32_t seq = (uint32_t)bits(w);
        tcp_lone(w, now, &raw, to, (lone){port, 80, SYN, seq, 0});
        if (forged) memcpy(raw.mac, w->router->mac, 6); // where answers go
        if (i % 8) continue;
        const uint32_t answer = (uint32_t)bits(w);
        tcp_lone(w, now + turn(w, to), to, &raw, (lone){80, port, SYN | ACK, answer, seq + 1});
    }
}

void attack_brute_force(world *w, int64_t t, int64_t length) {
    host *from = office_insider(w);
    if (chance(w, 0.5)) {
        host *to = host_find(w, "backup");
        for (int64_t now = t; now < t + length; now += 900 * MS + about(w, 600 * MS)) {
            ssh_guess(w, now, from, to, (int)range(w, 3, 6));
        }
        return;
    }
    host *to = host_find(w, "intranet");
    for (int64_t now = t; now < t + length;) {
        tcp k;
        tcp_open(&k, w, from, to, 80, now);
        for (int i = 0; i < 12; i++) {
            http_post(&k, "intranet.corp.local", "/login", "python-requests/2.28.1",
                      (size_t)range(w, 38, 52), 412);
        }
        tcp_close(&k, CLIENT);
        now = k.now + about(w, 60 * MS);
    }
}

// Half a request on many connections, and a header more every ten seconds.
void attack_slowloris(world *w, int64_t t, int64_t length) {
    static const char more[] = "X-a: 4821\r\n";
    static buf b;
    host *from = office_insider(w), *to = host_find(w, "intranet");
    for (int i = 0; i < 60; i++) {
        tcp k;
        tcp_open(&k, w, from, to, 80, t + i * 15 * MS);
        b.n = 0;
        put_text(&b,
                 "GET /?%d HTTP/1.1\r\nHost: intranet.corp.local\r\nUser-Agent: Mozilla/4.0 "
                 "(compatible; MSIE 8.0; Windows NT 6.0)\r\nContent-length: 5000000\r\n",
                 (int)range(w, 1, 9999));
        tcp_say(&k, CLIENT, b.b, b.n);
        while (k.now + 12 * SECOND < t + length) {
            tcp_wait(&k, 10 * SECOND + about(w, 20 * MS)),
                tcp_say(&k, CLIENT, more, sizeof more - 1);
        }
        tcp_wait(&k, SECOND), tcp_reset(&k, SERVER);
    }
}

void attack_worm(world *w, int64_t t, int64_t length) {
    host *from = office_insider(w);
    for (int64_t now = t; now < t + length; now += about(w, 50 * MS)) {
        const int last = (int)range(w, 1, 254);
        host *to = chance(w, 0.6) ? host_near(w, last) : NULL;
        if (to == from) continue;
        if (to && to->stack == &stack_windows) {
            tcp k;
            tcp_open(&k, w, from, to, 445, now);
            if (chance(w, 0.2)) smb_begin(&k), smb_write(&k, 12000);
            tcp_reset(&k, CLIENT);
        } else if (to) {
            tcp_refused(w, from, to, 445, now);
        } else {
            host far = *from; // somewhere behind the router
            memcpy(far.mac, w->router->mac, 6);
            far.ip = (uint32_t)range(w, 0x0B000000, 0xDF000000);
            tcp_unheard(w, from, &far, 445, now, (int)range(w, 1, 2));
        }
    }
}

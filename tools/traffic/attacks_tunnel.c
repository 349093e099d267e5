// SPDX-License-Identifier: Apache-2.0
// attacks_tunnel.c - what hides in what is let through: tunnels in DNS, ICMP, HTTP and on port 443, a beacon, odd queries; and the table of an office's attacks.
#include <stdio.h>
#include <string.h>

#include "attacks_office.h"
#include "office.h"
#include "plant.h"

// ---- DNS -----------------------------------------------------------------------------------------

static const char base32[] = "abcdefghijklmnopqrstuvwxyz012345", hex[] = "0123456789abcdef";

// Labels of at most 57 letters, `n` letters in all, before the tunnel's domain.
static void tunnel_name(world *w, char *name, size_t room, const char *start, size_t n,
                        const char *letters, const char *domain) {
    size_t at = (size_t)snprintf(name, room, "%s", start);
    for (size_t i = 0, label = at; i < n && at + 40 < room; i++) {
        if (label == 57) name[at++] = '.', label = 0;
        name[at++] = letters[range(w, 0, (int64_t)strlen(letters) - 1)], label++;
    }
    snprintf(name + at, room - at, ".%s", domain);
}

static size_t noise(world *w, uint8_t *to, size_t n) {
    for (size_t i = 0; i < n; i++) to[i] = (uint8_t)bits(w);
    return n;
}

// iodine: NULL records that carry raw bytes, asked for over and over; names hold what goes up.
static void iodine(world *w, int64_t t, int64_t length, host *from) {
    char name[256];
    static buf answer;
    const int port = port_next(w, from);
    int count = 0;
    for (int64_t now = t; now < t + length; count++) {
        const bool carries = chance(w, 0.6);
        char start[8];
        snprintf(start, sizeof start, "%c%c%c", carries ? hex[count % 16] : 'p', base32[count % 32],
                 base32[count / 32 % 32]);
        tunnel_name(w, name, sizeof name, start, carries ? (size_t)range(w, 60, 190) : 4, base32,
                    "t.ns-relay.net");
        answer.n = 0;
        const bool large = carries && chance(w, 0.6);
        put_noise(w, &answer, large ? (size_t)range(w, 300, 1130) : (size_t)range(w, 2, 20));
        dns_raw(w, now, from, port, name, DNS_NULL, &answer);
        now += carries ? 10 * MS + about(w, 60 * MS) : about(w, 900 * MS);
    }
}

// dnscat2: TXT, and hexadecimal names.
static void dnscat(world *w, int64_t t, int64_t length, host *from) {
    char name[256];
    static buf answer;
    const int port = port_next(w, from);
    for (int64_t now = t; now < t + length;
         now += chance(w, 0.2) ? about(w, 100 * MS) : 900 * MS + about(w, 200 * MS)) {
        tunnel_name(w, name, sizeof name, "", chance(w, 0.7) ? 18 : (size_t)range(w, 80, 200), hex,
                    "c.updates-sync.org");
        const size_t n = (size_t)range(w, 18, 60); // a TXT record's text, behind its length
        answer.n = 0;
        put8(&answer, (unsigned)n), put_letters(w, &answer, n, hex);
        dns_raw(w, now, from, port, name, DNS_TXT, &answer);
    }
}

static void dns_tunnel(world *w, int64_t t, int64_t length) {
    host *from = office_insider(w);
    if (chance(w, 0.5)) {
        iodine(w, t, length, from);
    } else {
        dnscat(w, t, length, from);
    }
}

// A file, a name at a time, every few seconds, as plain questions for addresses.
static void exfil_dns(world *w, int64_t t, int64_t length) {
    host *from = office_insider(w);
    char name[NAME_MAX_BYTES * 2];
    for (int64_t now = t; now < t + length; now += 2 * SECOND + about(w, 4 * SECOND)) {
        tunnel_name(w, name, sizeof name, "", (size_t)range(w, 28, 48), base32, "img-metrics.com");
        dns_ask(w, now, from, w->resolver, name, DNS_A, 0x2D4C0000U | (uint32_t)range(w, 1, 9));
    }
}

// ---- ICMP, HTTP, port 443 ------------------------------------------------------------------------

static void icmp_tunnel(world *w, int64_t t, int64_t length) {
    host *from = office_insider(w), *to = host_add_outside(w, "relay", &stack_linux);
    uint8_t body[1404];
    const int id = (int)range(w, 1, 65535);
    int seq = 0;
    for (int64_t now = t; now < t + length;
         now += 5 * MS + about(w, chance(w, 0.7) ? 120 * MS : 1500 * MS)) {
        for (int back = 0; back < 2; back++) { // each carries something of its own
            const size_t n =
                chance(w, 0.5) ? (size_t)range(w, 40, 120) : (size_t)range(w, 500, 1400);
            noise(w, body, n + 4);
            body[0] = (uint8_t)(id >> 8), body[1] = (uint8_t)id, body[2] = (uint8_t)(seq >> 8),
            body[3] = (uint8_t)seq;
            if (back) {
                icmp_send(w, now + turn(w, to), to, from, 0, 0, body, n + 4);
            } else {
                icmp_send(w, now, from, to, 8, 0, body, n + 4);
            }
        }
        seq++;
    }
}

static void http_tunnel(world *w, int64_t t, int64_t length) {
    host *from = office_insider(w), *to = host_add_outside(w, "relay2", &stack_linux);
    char path[NAME_MAX_BYTES];
    tcp k;
    tcp_open(&k, w, from, to, 80,
             dns_ask(w, t, from, w->resolver, "static.pixelhub.net", DNS_A, to->ip));
    while (k.now < t + length) {
        snprintf(path, sizeof path, "/index.php?s=%08x", (unsigned)bits(w));
        const size_t sent = (size_t)heavy(w, 4100, 60000, 0.9);
        http_post(&k, "static.pixelhub.net", path, agents[0], sent, (size_t)range(w, 20, 600));
        tcp_wait(&k, about(w, 700 * MS));
    }
    tcp_close(&k, CLIENT);
}

// An upgraded connection, then masked frames that go up for long.
static void websocket(world *w, int64_t t, int64_t length) {
    static buf b;
    host *from = office_insider(w), *to = host_add_outside(w, "relay3", &stack_linux);
    tcp k;
    tcp_open(&k, w, from, to, 8080, t);
    b.n = 0;
    put_text(&b, "GET /socket HTTP/1.1\r\nHost: live.tri-lab.io:8080\r\nUpgrade: "
                 "websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
                 "x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    tcp_say(&k, CLIENT, b.b, b.n);
    b.n = 0;
    put_text(&b, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
                 "Upgrade\r\nSec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\n\r\n");
    tcp_say(&k, SERVER, b.b, b.n);
    while (k.now < t + length) {
        const size_t n = (size_t)heavy(w, 300, 60000, 0.9);
        b.n = 0;
        put8(&b, 0x82), put8(&b, 0x80 | 126), put16(&b, (unsigned)n & 0xFFFF),
            put_noise(w, &b, n + 4);
        tcp_say(&k, CLIENT, b.b, b.n);
        b.n = 0;
        put8(&b, 0x82), put8(&b, 24), put_noise(w, &b, 24);
        tcp_say(&k, SERVER, b.b, b.n), tcp_wait(&k, about(w, 400 * MS));
    }
    tcp_close(&k, CLIENT);
}

static void ssh_tunnel(world *w, int64_t t, int64_t length) {
    static buf b;
    host *from = office_insider(w), *to = host_add_outside(w, "relay4", &stack_linux);
    tcp k;
    tcp_open(&k, w, from, to, 443, t);
    ssh_begin(&k);
    while (k.now < t + length) {
        for (int way = 0; way < 2; way++) {
            b.n = 0;
            put_noise(w, &b, 36 + 8 * (size_t)heavy(w, 1, way ? 2000 : 400, 0.7));
            tcp_say(&k, way, b.b, b.n);
        }
        tcp_wait(&k, about(w, 800 * MS));
    }
    tcp_close(&k, CLIENT);
}

static void beacon(world *w, int64_t t, int64_t length) {
    host *from = office_insider(w), *to = host_add_outside(w, "control", &stack_linux);
    const int64_t every = range(w, 8, 20) * SECOND;
    for (int64_t now = t; now < t + length; now += every - every / 8 + range(w, 0, every / 4)) {
        tcp k;
        tcp_open(&k, w, from, to, 443, now);
        tls_hello(&k, ""), tls_data(&k, CLIENT, (size_t)range(w, 180, 260)),
            tls_data(&k, SERVER, (size_t)range(w, 90, 130));
        tcp_close(&k, CLIENT);
    }
}

static void sql_injection(world *w, int64_t t, int64_t length) {
    static const char *const queries[] = {
        "1042%27%20AND%201%3D1--%20-",
        "1042%20UNION%20ALL%20SELECT%20NULL%2CNULL%2CCONCAT%280x7176%2CIFNULL%28CAST%28user%20AS%"
        "20CHAR%29%2C0x20%29%29--%20",
        "1042%29%20ORDER%20BY%2012--%20", "1042%27%20AND%20SLEEP%285%29--%20aQzX",
        "1042%27%20AND%20%28SELECT%204521%20FROM%28SELECT%20COUNT%28%2A%29%2CFLOOR%28RAND%280%29%"
        "2A2%29x%20FROM%20INFORMATION_SCHEMA.PLUGINS%20GROUP%20BY%20x%29a%29--%20"};
    host *from = office_insider(w), *to = host_find(w, "intranet");
    char path[400];
    for (int64_t now = t; now < t + length;) {
        tcp k;
        tcp_open(&k, w, from, to, 80, now);
        const char *query = queries[range(w, 0, 3)];
        snprintf(path, sizeof path, "/tickets?id=%s%d", query, (int)range(w, 1000, 9999));
        http_get(&k, "intranet.corp.local", path, "sqlmap/1.6.12#stable (https://sqlmap.org)",
                 (size_t)range(w, 900, 6000));
        tcp_close(&k, CLIENT);
        now = k.now + about(w, 120 * MS);
    }
}

const attack attacks_office[] = {
    {"port-scan",   attack_port_scan, 60},
    {"host-sweep",           attack_host_sweep, 30},
    {"syn-flood",  attack_syn_flood, 20},
    {"brute-force",           attack_brute_force, 60},
    {"dns-tunnel",   dns_tunnel, 60},
    {"icmp-tunnel",           icmp_tunnel, 60},
    {"http-tunnel", http_tunnel, 60},
    {"websocket",           websocket, 60},
    {"ssh-tunnel",  ssh_tunnel, 60},
    {"beacon",           beacon, 240},
    {"arp-spoof", attack_arp_spoof, 90},
    {"slowloris",           attack_slowloris, 60},
    {"sql-injection", sql_injection, 40},
    {"worm",           attack_worm, 40},
    {"exfil-dns",   exfil_dns, 300},
    {"exfil",           attack_exfiltration, 40},
    {"cnc",  attack_control, 120},
    {0          },
};

// SPDX-License-Identifier: Apache-2.0
// draw_web.c - HTTP/1.1, TLS (RFC 8446) as it looks from outside, and people who browse.
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "protocols.h"

const char *const agents[AGENTS] = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/118.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:109.0) Gecko/20100101 Firefox/118.0",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/118.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/16.6 Safari/605.1.15",
    "Microsoft-Delivery-Optimization/10.0",
};

// ---- HTTP ----------------------------------------------------------------------------------------

static void put_date(buf *b, int64_t t) {
    const time_t s = (time_t)(t / SECOND);
    struct tm day;
    char text[40] = "";
    if (gmtime_r(&s, &day)) strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &day);
    put_text(b, "Date: %s\r\n", text);
}

static void respond(tcp *k, const char *path, size_t n) {
    static buf b;
    const bool picture = strstr(path, ".jpg") || strstr(path, ".png") || strstr(path, ".cab");
    b.n = 0;
    put_text(&b, "HTTP/1.1 200 OK\r\n");
    put_date(&b, k->now);
    put_text(&b,
             "Server: %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: "
             "keep-alive\r\nCache-Control: max-age=%d\r\n\r\n",
             k->side[SERVER].host->outside ? "nginx/1.18.0" : "lighttpd/1.4.35",
             picture ? "image/jpeg" : "text/html; charset=utf-8", n, picture ? 86400 : 0);
    if (picture) {
        put_noise(k->w, &b, n);
    } else {
        put_words(k->w, &b, n);
    }
    tcp_wait(k, about(k->w, 8 * MS));
    tcp_say(k, SERVER, b.b, b.n);
}

void http_get(tcp *k, const char *site, const char *path, const char *agent, size_t answer) {
    static buf b;
    b.n = 0;
    put_text(&b,
             "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: */*\r\nAccept-Language: "
             "en-US,en;q=0.5\r\n"
             "Accept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\n\r\n",
             path, site, agent);
    tcp_say(k, CLIENT, b.b, b.n);
    respond(k, path, answer);
}

void http_post(tcp *k, const char *site, const char *path, const char *agent, size_t sent,
               size_t answer) {
    static buf b;
    b.n = 0;
    put_text(&b,
             "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: */*\r\nContent-Type: "
             "application/x-www-form-urlencoded\r\n"
             "Content-Length: %zu\r\nConnection: keep-alive\r\n\r\n",
             path, site, agent, sent);
    if (sent > 4000) {
        put_noise(k->w, &b, sent);
    } else {
        put_letters(k->w, &b, sent, "abcdefghijklmnopqrstuvwxyz0123456789=&%+");
    }
    tcp_say(k, CLIENT, b.b, b.n);
    respond(k, path, answer);
}

// ---- TLS -----------------------------------------------------------------------------------------

static void client_hello(tcp *k, buf *b, const char *site) {
    static const uint16_t suites[] = {0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F,
                                      0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013,
                                      0xC014, 0x009C, 0x009D, 0x002F, 0x0035};
    const size_t n = strlen(site);
    b->n = 0;
    put8(b, 22), put16(b, 0x0301), put16(b, 0), put8(b, 1), put8(b, 0), put16(b, 0);
    put16(b, 0x0303), put_noise(k->w, b, 32), put8(b, 32), put_noise(k->w, b, 32);
    put16(b, sizeof suites);
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) put16(b, suites[i]);
    put8(b, 1), put8(b, 0);
    const size_t extensions = b->n;
    put16(b, 0);
    if (n) {
        put16(b, 0), put16(b, (unsigned)n + 5), put16(b, (unsigned)n + 3), put8(b, 0),
            put16(b, (unsigned)n), put_bytes(b, site, n);
    }
    put16(b, 23), put16(b, 0), put16(b, 0xFF01), put16(b, 1), put8(b, 0);
    put16(b, 10), put16(b, 8), put16(b, 6), put16(b, 0x001D), put16(b, 0x0017), put16(b, 0x0018);
    put16(b, 11), put16(b, 2), put16(b, 0x0100), put16(b, 35), put16(b, 0);
    put16(b, 16), put16(b, 14), put16(b, 12), put8(b, 2), put_text(b, "h2"), put8(b, 8),
        put_text(b, "http/1.1");
    put16(b, 13), put16(b, 18), put16(b, 16);
    static const uint16_t signatures[] = {0x0403, 0x0804, 0x0401, 0x0503,
                                          0x0805, 0x0501, 0x0806, 0x0601};
    for (int i = 0; i < 8; i++) put16(b, signatures[i]);
    put16(b, 51), put16(b, 38), put16(b, 36), put16(b, 29), put16(b, 32), put_noise(k->w, b, 32);
    put16(b, 43), put16(b, 5), put8(b, 4), put16(b, 0x0304), put16(b, 0x0303);
    if (b->n + 4 < 517) { // padding
        const size_t pad = 517 - b->n - 4;
        put16(b, 21), put16(b, (unsigned)pad);
        for (size_t i = 0; i < pad; i++) put8(b, 0);
    }
    set16(b->b + 3, (unsigned)b->n - 5), set16(b->b + 7, (unsigned)b->n - 9);
    set16(b->b + extensions, (unsigned)(b->n - extensions) - 2);
}

static void put_record(world *w, buf *b, size_t n) {
    put8(b, 23), put16(b, 0x0303), put16(b, (unsigned)n), put_noise(w, b, n);
}

void tls_hello(tcp *k, const char *site) {
    static buf b;
    world *w = k->w;
    client_hello(k, &b, site);
    tcp_say(k, CLIENT, b.b, b.n);
    b.n = 0;
    put8(&b, 22), put16(&b, 0x0303), put16(&b, 122), put8(&b, 2), put8(&b, 0), put16(&b, 118),
        put16(&b, 0x0303);
    put_noise(w, &b, 32), put8(&b, 32), put_noise(w, &b, 32), put16(&b, 0x1301), put8(&b, 0),
        put16(&b, 46);
    put16(&b, 43), put16(&b, 2), put16(&b, 0x0304), put16(&b, 51), put16(&b, 36), put16(&b, 29),
        put16(&b, 32), put_noise(w, &b, 32);
    static const uint8_t change[] = {20, 3, 3, 0, 1, 1};
    put_bytes(&b, change, sizeof change);
    put_record(w, &b, (size_t)range(w, 32, 60)), put_record(w, &b, (size_t)range(w, 1800, 4200));
    put_record(w, &b, (size_t)(k->side[SERVER].host->ip % 2 ? 281 : 537)), put_record(w, &b, 53);
    tcp_wait(k, about(w, 2 * MS));
    tcp_say(k, SERVER, b.b, b.n);
    b.n = 0;
    put_bytes(&b, change, sizeof change), put_record(w, &b, 53);
    tcp_say(k, CLIENT, b.b, b.n);
}

void tls_data(tcp *k, int who, size_t n) {
    static buf b;
    b.n = 0;
    for (; n > 0 && b.n + 16406 < BUF_MAX;) {
        const size_t part = n < 16384 ? n : 16384;
        put_record(k->w, &b, part + 17);
        n -= part;
    }
    tcp_say(k, who, b.b, b.n);
}

// ---- people --------------------------------------------------------------------------------------

static void plain_visit(tcp *k, const char *site, const char *agent, int requests) {
    static const char *const paths[] = {"/",
                                        "/index.html",
                                        "/style.css",
                                        "/logo.png",
                                        "/news/2023/11/article",
                                        "/img/photo.jpg",
                                        "/search?q=weather",
                                        "/app.js"};
    world *w = k->w;
    for (int i = 0; i < requests; i++) {
        const char *path = paths[range(w, 0, 7)];
        http_get(k, site, path, agent, (size_t)heavy(w, 300, 400000, 0.9));
        tcp_wait(k, about(w, 150 * MS));
    }
}

static void visit(world *w, int64_t t, host *client, int n, const char *agent) {
    char site[NAME_MAX_BYTES];
    site_name(w, n, site);
    host *server = site_host(w, n);
    tcp k;
    if (chance(w, 0.8)) { // else still known
        if (chance(w, 0.4)) {
            dns_ask(w, t + 40 * US, client, w->resolver, site, DNS_AAAA,
                    chance(w, 0.5) ? server->ip : 0);
        }
        if (chance(w, 0.2)) dns_ask(w, t + 90 * US, client, w->resolver, site, DNS_HTTPS, 0);
        t = dns_ask(w, t, client, w->resolver, site, DNS_A, server->ip);
    }
    const bool plain = n % 9 == 5;
    if (n % 6 == 1 && strstr(agent, "Chrome")) {
        quic_visit(w, t, client, server);
        return;
    }
    tcp_open(&k, w, client, server, plain ? 80 : 443, t);
    const int requests = 1 + (int)heavy(w, 0.6, 12, 1.2);
    if (plain) {
        plain_visit(&k, site, agent, requests);
    } else {
        tls_hello(&k, site);
        for (int i = 0; i < requests; i++) {
            tls_data(&k, CLIENT, (size_t)heavy(w, 90, 3000, 1.5));
            tcp_wait(&k, about(w, 15 * MS));
            tls_data(&k, SERVER, (size_t)heavy(w, 250, 600000, 0.85));
            tcp_wait(&k, about(w, 200 * MS));
        }
    }
    tcp_wait(&k, chance(w, 0.5) ? 5 * SECOND + about(w, 20 * SECOND) : about(w, SECOND));
    if (chance(w, 0.12)) {
        tcp_reset(&k, CLIENT);
    } else {
        tcp_close(&k, plain && chance(w, 0.5) ? SERVER : CLIENT);
    }
}

void browse(world *w, int64_t t, host *client) {
    const int system = client->stack == &stack_linux ? 2
                       : client->stack == &stack_mac ? 3
                                                     : (int)(client->ip % 2);
    const int pages = 1 + (int)heavy(w, 0.7, 15, 1.1);
    for (int i = 0; i < pages && t < w->end; i++) {
        visit(w, t, client, zipf(w, SITES), agents[system]);
        const int more = (int)range(w, 0, 5);
        for (int j = 0; j < more; j++) {
            const int64_t then = t + 300 * MS + about(w, 400 * MS);
            visit(w, then, client, zipf(w, SITES), agents[system]);
        }
        t += 2 * SECOND + about(w, 25 * SECOND);
    }
}

// SPDX-License-Identifier: Apache-2.0
// attacks_iot.c - what infected devices do (after Antonakakis et al. 2017, Understanding the Mirai Botnet).
#include <stdio.h>
#include <string.h>

#include "plant.h"

static host *camera(world *w) {
    char name[NAME_MAX_BYTES];
    snprintf(name, sizeof name, "camera%d", (int)range(w, 0, 5));
    host *h = host_find(w, name);
    w->source = h->ip;
    return h;
}

// SYNs whose sequence number is the address asked: 23, every tenth 2323. Some answer.
static void mirai_scan(world *w, int64_t t, int64_t length) {
    host *from = camera(w), raw = *from, far = *w->router;
    raw.stack = &stack_mirai;
    const int port = (int)range(w, 1024, 65000);
    for (int64_t now = t; now < t + length; now += about(w, 25 * MS)) {
        far.ip = (uint32_t)range(w, 0x0B000000, 0xDF000000), far.ttl = (uint8_t)range(w, 38, 60);
        const int to = chance(w, 0.1) ? 2323 : 23;
        tcp_lone(w, now, &raw, &far, (lone){port, to, SYN, far.ip, 0});
        if (chance(w, 0.01)) {
            tcp_lone(w, now + range(w, 30, 200) * MS, &far, &raw,
                     (lone){to, port, RST | ACK, 0, far.ip + 1});
        }
    }
}

static void udp_flood(world *w, int64_t t, int64_t length) {
    static buf b;
    host *from = camera(w), *to = host_add_outside(w, "victim", &stack_linux);
    const int port = (int)range(w, 1024, 65000), packets = 4000;
    for (int i = 0; i < packets; i++) {
        b.n = 0;
        put_noise(w, &b, 512);
        const int64_t now = t + length * i / packets + about(w, 100 * US);
        udp_send(w, now, from, port, to, (int)range(w, 1, 65535), &b);
    }
}

static void say(tcp *k, int who, const char *text) {
    tcp_say(k, who, text, strlen(text));
}

static void telnet_brute(world *w, int64_t t, int64_t length) {
    static const char *const pairs[][2] = {
        {"root\r\n",    "xc3511\r\n"  },
        {"root\r\n",    "vizxv\r\n"   },
        {"admin\r\n",   "admin\r\n"   },
        {"root\r\n",    "888888\r\n"  },
        {"support\r\n", "support\r\n" },
        {"root\r\n",    "juantech\r\n"}
    };
    static const char offers[] = "\xFF\xFD\x01\xFF\xFD\x1F\xFF\xFB\x01\xFF\xFB\x03",
                      replies[] = "\xFF\xFC\x01\xFF\xFC\x1F\xFF\xFE\x01\xFF\xFE\x03";
    host *from = camera(w), *to = camera(w);
    if (to == from) to = host_find(w, "recorder");
    w->source = from->ip;
    for (int64_t now = t; now < t + length;) {
        tcp k;
        tcp_open(&k, w, from, to, 23, now);
        tcp_say(&k, SERVER, offers, 12), tcp_say(&k, CLIENT, replies, 12);
        for (int i = 0; i < 3; i++) {
            const int64_t which = range(w, 0, 5);
            say(&k, SERVER, "\r\ncamera login: "), say(&k, CLIENT, pairs[which][0]),
                say(&k, SERVER, pairs[which][0]);
            say(&k, SERVER, "Password: "), say(&k, CLIENT, pairs[which][1]),
                tcp_wait(&k, 300 * MS + about(w, 300 * MS));
            say(&k, SERVER, "\r\nLogin incorrect\r\n");
        }
        tcp_close(&k, SERVER);
        now = k.now + about(w, 300 * MS);
    }
}

const attack attacks_iot[] = {
    {"mirai-scan", mirai_scan, 60},
    {"udp-flood",          udp_flood, 20},
    {"telnet-brute",  telnet_brute, 60},
    {0         }
};

// SPDX-License-Identifier: Apache-2.0
// scene_iot.c - cameras that stream by RTP, sensors that tell an MQTT broker; and what is done from and to them.
#include <stdio.h>
#include <string.h>

#include "protocols.h"

enum { CAMERAS = 6, SENSORS = 12 };

static host *numbered(world *w, const char *what, int i) {
    char name[NAME_MAX_BYTES];
    snprintf(name, sizeof name, "%s%d", what, i);
    return host_find(w, name);
}

static void build(world *w) {
    w->net = 0xC0A80000U | (uint32_t)range(w, 1, 250) << 8;
    w->router = host_add(w, "router", &stack_linux, w->net | 1, 0x50C7BF);
    w->everyone = host_add(w, "everyone", &stack_linux, w->net | 255, 0);
    memset(w->everyone->mac, 255, 6);
    w->resolver = w->router;
    host_add(w, "recorder", &stack_linux, w->net | 5, 0x001132);
    host_add(w, "broker", &stack_linux, w->net | 6, 0xDCA632);
    host_add(w, "pc0", &stack_windows, w->net | 20, 0x18DBF2);
    for (int i = 0; i < CAMERAS + SENSORS; i++) {
        char name[NAME_MAX_BYTES];
        const bool camera = i < CAMERAS;
        snprintf(name, sizeof name, "%s%d", camera ? "camera" : "sensor", camera ? i : i - CAMERAS);
        host *h = host_add(w, name, camera ? &stack_linux : &stack_rtu,
                           w->net | (uint32_t)(100 + i), camera ? 0x4419B6 : 0x240AC4);
        if (!camera) h->ttl = 255;
    }
    host_add_outside(w, "ntp", &stack_linux);
    host_add_outside(w, "cloud", &stack_linux);
}

// ---- everyday ------------------------------------------------------------------------------------

static void say_text(tcp *k, int who, const char *text) {
    tcp_say(k, who, text, strlen(text));
}

// RTSP, then a picture each 66 ms as RTP packets over UDP: a large one each second.
static void stream_pictures(world *w, host *camera, host *recorder) {
    static buf b;
    tcp k;
    int64_t t = w->start - range(w, 2, 30) * SECOND;
    tcp_open(&k, w, recorder, camera, 554, t);
    say_text(&k, CLIENT,
             "DESCRIBE rtsp://camera/ch0 RTSP/1.0\r\nCSeq: 2\r\nAccept: application/sdp\r\n\r\n");
    say_text(
        &k, SERVER,
        "RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Type: application/sdp\r\nContent-Length: 0\r\n\r\n");
    const int port = 50000 + 2 * (int)range(w, 0, 5000), to = 6970 + 2 * (int)range(w, 0, 100);
    const uint32_t source = (uint32_t)bits(w);
    unsigned seq = (unsigned)range(w, 0, 65535);
    int64_t alive = k.now;
    for (int picture = 0; t < w->end; picture++, t += 66 * MS + about(w, 400 * US)) {
        const int64_t all = picture % 15 == 0 ? range(w, 9000, 16000) : range(w, 700, 3500);
        int64_t at = t;
        for (int64_t left = all; left > 0; left -= 1400, at += 120 * US) {
            b.n = 0;
            put8(&b, 0x80), put8(&b, left <= 1400 ? 0xE0 : 0x60), put16(&b, seq++ & 0xFFFF),
                put32(&b, (uint32_t)picture * 6000), put32(&b, source);
            put8(&b, 0x7C), put8(&b, picture % 15 ? 0x41 : 0x65),
                put_noise(w, &b, (size_t)(left < 1400 ? left : 1400));
            udp_send(w, at, camera, port, recorder, to, &b);
        }
        if (t < alive + 30 * SECOND) continue;
        alive = t;
        tcp_wait_until(&k, t);
        say_text(
            &k, CLIENT,
            "GET_PARAMETER rtsp://camera/ch0 RTSP/1.0\r\nCSeq: 9\r\nSession: 7F2A91C4\r\n\r\n");
        say_text(&k, SERVER, "RTSP/1.0 200 OK\r\nCSeq: 9\r\nSession: 7F2A91C4\r\n\r\n");
    }
}

static void tell_broker(world *w, host *sensor, host *broker, int64_t period) { // MQTT 3.1.1
    static buf b;
    static const uint8_t accepted[] = {0x20, 2, 0, 0}, alive[] = {0xC0, 0}, heard[] = {0xD0, 0};
    tcp k;
    tcp_open(&k, w, sensor, broker, 1883, w->start - range(w, 2, 40) * SECOND);
    b.n = 0;
    put8(&b, 0x10), put8(&b, 12 + (unsigned)strlen(sensor->name)), put16(&b, 4),
        put_text(&b, "MQTT"), put8(&b, 4), put8(&b, 2), put16(&b, 60);
    put16(&b, (unsigned)strlen(sensor->name)), put_text(&b, "%s", sensor->name);
    tcp_say(&k, CLIENT, b.b, b.n), tcp_say(&k, SERVER, accepted, sizeof accepted);
    for (int64_t t = k.now; t < w->end; t += period) {
        static buf topic;
        tcp_wait_until(&k, t + about(w, 20 * MS));
        topic.n = b.n = 0;
        put_text(&topic, "site/%s/state", sensor->name);
        const int tenth = (int)range(w, 0, 9), wet = (int)range(w, 38, 52),
                  volt = (int)range(w, 5, 6), degrees = (int)(18 + t / SECOND / 300 % 7);
        put8(&b, 0x30), put8(&b, (unsigned)(2 + topic.n + 27)), put16(&b, (unsigned)topic.n),
            put_bytes(&b, topic.b, topic.n);
        put_text(&b, "{\"t\":%02d.%d,\"h\":%02d,\"bat\":3.%d}", degrees, tenth, wet, volt);
        tcp_say(&k, CLIENT, b.b, b.n);
        if (period > 30 * SECOND) tcp_say(&k, CLIENT, alive, 2), tcp_say(&k, SERVER, heard, 2);
    }
}

static void call_cloud(world *w, int64_t t, host *camera) {
    tcp k;
    host *cloud = host_find(w, "cloud");
    tcp_open(&k, w, camera, cloud, 443,
             dns_ask(w, t, camera, w->resolver, "device.camcloud.io", DNS_A, cloud->ip));
    tls_hello(&k, "device.camcloud.io"), tls_data(&k, CLIENT, 420), tls_data(&k, SERVER, 230);
    if (chance(w, 0.1)) tls_data(&k, CLIENT, (size_t)range(w, 30000, 200000));
    tcp_close(&k, CLIENT);
}

static void live(world *w) {
    host *recorder = host_find(w, "recorder"), *broker = host_find(w, "broker"),
         *pc = host_find(w, "pc0"), *clock = host_find(w, "ntp");
    for (int i = 0; i < CAMERAS + SENSORS; i++) {
        const bool camera = i < CAMERAS;
        host *h = camera ? numbered(w, "camera", i) : numbered(w, "sensor", i - CAMERAS);
        stream(w, 10 + (uint64_t)i);
        if (camera) {
            stream_pictures(w, h, recorder);
        } else {
            tell_broker(w, h, broker, (SECOND * 5) << (i % 4));
        }
        for (int64_t t = w->start + about(w, 60 * SECOND); camera && t < w->end;
             t += 60 * SECOND + about(w, 2 * SECOND)) {
            call_cloud(w, t, h);
        }
        for (int64_t t = w->start + about(w, 100 * SECOND); t < w->end; t += 128 * SECOND) {
            ntp_ask(w, t, h, clock);
        }
        arp_cache(w, h, w->router, 120 * SECOND),
            arp_cache(w, camera ? recorder : broker, h, 200 * SECOND);
        for (int64_t t = w->start + about(w, 300 * SECOND); t < w->end;
             t += 300 * SECOND + about(w, 300 * SECOND)) {
            dhcp_renew(w, t, h, w->router);
        }
        for (int64_t t = w->start + about(w, 200 * SECOND); camera && t < w->end;
             t += about(w, 200 * SECOND) + SECOND) {
            mdns_tell(w, t, h, "_rtsp._tcp.local");
        }
    }
    stream(w, 99), link_chatter(w, w->router);
    stream(w, 100);
    for (int64_t t = next_session(w, w->start, 90 * SECOND); t < w->end;
         t = next_session(w, t, 90 * SECOND)) {
        browse(w, t, pc);
    }
    for (int64_t t = next_session(w, w->start, 400 * SECOND); t < w->end;
         t = next_session(w, t, 400 * SECOND)) {
        ssh_session(w, t, pc, broker, (int)range(w, 8, 60));
    }
    for (int64_t t = next_session(w, w->start, 300 * SECOND); t < w->end;
         t = next_session(w, t, 300 * SECOND)) {
        tcp k;
        tcp_open(&k, w, pc, numbered(w, "camera", (int)range(w, 0, CAMERAS - 1)), 80, t);
        http_get(&k, "camera", "/doc/page/login.asp", agents[0], 4200),
            http_get(&k, "camera", "/snapshot.jpg", agents[0], (size_t)range(w, 40000, 90000));
        tcp_close(&k, CLIENT);
    }
}

const scene scene_iot = {"iot", "cameras, MQTT sensors, a recorder, a broker", build, live,
                         attacks_iot};

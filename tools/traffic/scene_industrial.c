// SPDX-License-Identifier: Apache-2.0
// scene_industrial.c - a plant: a master polls RTUs by Modbus/TCP, an operator at the HMI writes now and then, all the rest of a plant's network.
#include <stdio.h>

#include "plant.h"
#include "protocols.h"

enum { MODBUS = 502, POLLS = 3 };

// ---- hosts ---------------------------------------------------------------------------------------

void plant_build(world *w) {
    static const stack *const kinds[] = {&stack_plc, &stack_rtu, &stack_vxworks};
    plant *p = &w->plant;
    w->net = 0xC0A80000U | (uint32_t)range(w, 1, 250) << 8;
    w->router = host_add(w, "router", &stack_router, w->net | 1, 0x00000C);
    w->everyone = host_add(w, "everyone", &stack_linux, w->net | 255, 0);
    for (int i = 0; i < 6; i++) w->everyone->mac[i] = 255;
    p->master = host_add(w, "master", &stack_windows, w->net | 10, 0x001B21);
    p->hmi = host_add(w, "hmi", &stack_windows, w->net | 11, 0x001B21);
    p->historian = host_add(w, "historian", &stack_linux, w->net | 12, 0x001517);
    p->station = host_add(w, "station", &stack_windows, w->net | 20, 0x18DBF2);
    p->monitor = host_add(w, "monitor", &stack_linux, w->net | 30, 0x525400);
    p->clock = host_add(w, "clock", &stack_vxworks, w->net | 5, 0x0060E9);
    host_add(w, "switch", &stack_router, w->net | 2, 0x000FE2);
    host_add(w, "laptop", &stack_windows, w->net | 60, 0x54E1AD);
    host_add_outside(w, "update", &stack_linux);
    w->resolver = w->router;
    p->rtus = 6;
    const int first = (int)range(w, 0, 2);
    for (int i = 0; i < p->rtus; i++) {
        char name[NAME_MAX_BYTES];
        snprintf(name, sizeof name, "rtu%d", i + 1);
        const stack *s = kinds[(first + i / 3) % 3];
        p->rtu[i] = host_add(w, name, s, w->net | (uint32_t)(101 + i),
                             s == &stack_plc ? 0x0080F4 : 0x0090E8);
    }
    static const int periods[] = {500, 1000, 1000, 2000, 5000};
    p->period_ms = periods[range(w, 0, 4)];
    p->persistent = (int)range(w, 0, 63);
    p->writes = chance(w, 0.75);
    p->protocol = (int)(w->seed % 3);
}

// ---- Modbus --------------------------------------------------------------------------------------

poll plant_poll(const world *w, int rtu, int i) {
    static const int functions[POLLS] = {3, 1, 4};
    const unsigned own = (unsigned)(w->seed * 31 + (uint64_t)rtu * 7 + (uint64_t)i * 3);
    return (poll){1, functions[i % POLLS], (int)(own % 5) * 10 + i * 100,
                  i == 1 ? 8 + (int)(own % 3) * 8 : 4 + (int)(own % 13)};
}

poll plant_set_point(const world *w, int rtu, int i) {
    static const int functions[] = {6, 5, 16};
    const int at = 40 + (int)(w->seed % 4) * 10 + rtu % 2 * 5 + i;
    return (poll){1, functions[i % 3], at, i % 3 == 2 ? 2 : 1};
}

static void poll_all(world *w, tcp *k, int *transaction, int rtu) {
    const int polls = 2 + rtu % 2;
    for (int i = 0; i < polls; i++) {
        modbus_ask(k, transaction, plant_poll(w, rtu, i), 0);
        tcp_wait(k, 2 * MS + about(w, MS));
    }
}

static void poll_rtu(world *w, host *from, int rtu, int64_t period, bool persistent) {
    tcp k;
    int transaction = (int)range(w, 0, 3000);
    const int64_t before = w->start - range(w, 5, 20) * SECOND;
    if (persistent) tcp_open(&k, w, from, w->plant.rtu[rtu], MODBUS, before);
    for (int64_t t = before + range(w, 0, period / MS) * MS; t < w->end; t += period) {
        int64_t now = t + about(w, 2 * MS);
        if (chance(w, 0.01)) now += about(w, 80 * MS);
        if (persistent) {
            tcp_wait_until(&k, now);
        } else {
            tcp_open(&k, w, from, w->plant.rtu[rtu], MODBUS, now);
        }
        poll_all(w, &k, &transaction, rtu);
        if (!persistent) tcp_close(&k, CLIENT);
        if (k.now > t + period) t = k.now - period / 2;
    }
}

static void operate(world *w, int64_t t) {
    tcp k;
    int transaction = 0;
    const int rtu = (int)range(w, 0, w->plant.rtus - 1);
    tcp_open(&k, w, w->plant.hmi, w->plant.rtu[rtu], MODBUS, t);
    const int writes = (int)range(w, 1, 3);
    for (int i = 0; i < writes; i++) {
        const poll p = plant_set_point(w, rtu, (int)range(w, 0, 2));
        modbus_ask(&k, &transaction, p,
                   p.function == 5 ? (int)range(w, 0, 1) : (int)range(w, 40, 90) * 10);
        tcp_wait(&k, 20 * MS), poll_all(w, &k, &transaction, rtu);
        tcp_wait(&k, SECOND + about(w, 4 * SECOND));
    }
    tcp_close(&k, CLIENT);
}

// An engineer's change of a setting no operator writes: rare, and nobody's attack.
static void engineer_write(world *w, int64_t t) {
    tcp k;
    int transaction = 0;
    const int rtu = (int)range(w, 0, w->plant.rtus - 1);
    tcp_open(&k, w, w->plant.station, w->plant.rtu[rtu], MODBUS, t);
    modbus_identify(&k, &transaction, 1);
    const poll setting = {1, 16, 1000 + 2 * (rtu % 3), 2};
    for (int i = (int)range(w, 1, 3); i > 0; i--) {
        modbus_ask(&k, &transaction, (poll){1, 3, setting.at, 2}, 0),
            tcp_wait(&k, SECOND + about(w, 6 * SECOND));
        modbus_ask(&k, &transaction, setting, (int)range(w, 1, 20) * 50), tcp_wait(&k, 200 * MS);
    }
    tcp_close(&k, CLIENT);
}

// ---- everything else -----------------------------------------------------------------------------

static void tend(world *w) { // NTP, ARP, ping, the historian's copy
    plant *p = &w->plant;
    host *const known[] = {p->master, p->hmi, p->historian, p->station, p->monitor};
    for (int i = 0; i < 5; i++) {
        const int64_t every = SECOND << range(w, 6, 8);
        for (int64_t t = w->start + about(w, every / 2); t < w->end;
             t += every + about(w, SECOND)) {
            ntp_ask(w, t, known[i], p->clock);
        }
        arp_cache(w, known[i], w->router, 200 * SECOND);
        for (int r = 0; r < p->rtus; r++) {
            if (i < 3) {
                arp_cache(w, known[i], p->rtu[r], 120 * SECOND),
                    arp_cache(w, p->rtu[r], known[i], 400 * SECOND);
            }
        }
    }
    for (int r = 0; r < p->rtus + 2; r++) {
        host *to = r < p->rtus ? p->rtu[r] : r == p->rtus ? p->master : w->router;
        const int id = (int)range(w, 1, 65535);
        int seq = 0;
        for (int64_t t = w->start + range(w, 0, 30) * SECOND; t < w->end;
             t += 30 * SECOND + about(w, 10 * MS)) {
            ping(w, t, p->monitor, to, id, ++seq & 0xFFFF);
        }
    }
    for (int64_t t = w->start + about(w, 60 * SECOND); t < w->end;
         t += 55 * SECOND + about(w, 10 * SECOND)) {
        tcp k;
        tcp_open(&k, w, p->historian, p->master, 1433, t);
        tls_hello(&k, ""), tls_data(&k, CLIENT, 380), tcp_wait(&k, 4 * MS),
            tls_data(&k, SERVER, (size_t)range(w, 3000, 9000));
        tcp_close(&k, CLIENT);
    }
}

static void engineer(
    world *
        w) { // SMB to the historian, the RTUs' web pages, ssh to the monitor, now and then the outside
    plant *p = &w->plant;
    tcp k;
    for (int64_t t = next_session(w, w->start, 150 * SECOND); t < w->end;
         t = next_session(w, t, 150 * SECOND)) {
        tcp_open(&k, w, p->station, p->historian, 445, t);
        smb_begin(&k), smb_read(&k, (size_t)heavy(w, 2000, 900000, 0.8)), tcp_close(&k, CLIENT);
    }
    for (int64_t t = next_session(w, w->start, 200 * SECOND); t < w->end;
         t = next_session(w, t, 200 * SECOND)) {
        tcp_open(&k, w, p->station, p->rtu[zipf(w, p->rtus)], 80, t);
        for (int i = (int)range(w, 1, 4); i > 0; i--) {
            http_get(&k, "rtu", i % 2 ? "/status.html" : "/diag/io.cgi", agents[0],
                     (size_t)range(w, 800, 5000)),
                tcp_wait(&k, about(w, SECOND));
        }
        tcp_close(&k, CLIENT);
    }
    for (int64_t t = next_session(w, w->start, 900 * SECOND); t < w->end;
         t = next_session(w, t, 900 * SECOND)) {
        ssh_session(w, t, p->station, p->monitor, (int)range(w, 10, 60));
    }
    for (int64_t t = next_session(w, w->start, 240 * SECOND); t < w->end;
         t = next_session(w, t, 240 * SECOND)) {
        browse(w, t, p->station);
    }
    for (int64_t t = w->start + about(w, 120 * SECOND); t < w->end;
         t += 120 * SECOND + about(w, 60 * SECOND)) {
        netbios_ask(w, t, p->hmi, "WORKGROUP");
    }
}

// What happens a few times a day, and is nobody's attack: a laptop at an RTU, a copy of the historian, updates, a password mistyped.
static void visit_with_laptop(world *w, int64_t t) {
    host *laptop = host_find(w, "laptop"), *to = w->plant.rtu[range(w, 0, w->plant.rtus - 1)];
    tcp k;
    dhcp_renew(w, t, laptop, w->router);
    arp_ask(w, t + SECOND, laptop, to, true);
    for (int i = 0; i < 4; i++) ping(w, t + (2 + i) * SECOND, laptop, to, 1, i + 300);
    tcp_open(&k, w, laptop, to, 80, t + 9 * SECOND);
    for (int i = 0; i < 3; i++) {
        http_get(&k, "rtu", "/diag/io.cgi", agents[0], (size_t)range(w, 800, 5000)),
            tcp_wait(&k, about(w, 2 * SECOND));
    }
    tcp_close(&k, CLIENT);
    browse(w, t + 20 * SECOND, laptop);
}

static void copy_historian(world *w, int64_t t) {
    tcp k;
    tcp_open(&k, w, w->plant.monitor, w->plant.historian, 22, t);
    ssh_begin(&k);
    static buf b;
    b.n = 0;
    put_noise(w, &b, (size_t)range(w, 300000, 900000));
    for (int i = (int)range(w, 1, 4); i > 0; i--) {
        tcp_say(&k, SERVER, b.b, b.n), tcp_say(&k, CLIENT, b.b, 36);
    }
    tcp_close(&k, CLIENT);
}

static void fetch_update(world *w, int64_t t) {
    host *server = host_find(w, "update");
    tcp k;
    tcp_open(
        &k, w, w->plant.hmi, server, 80,
        dns_ask(w, t, w->plant.hmi, w->resolver, "au.download.updates.net", DNS_A, server->ip));
    for (int i = (int)range(w, 1, 3); i > 0; i--) {
        http_get(&k, "au.download.updates.net", "/c/msdownload/update/2023/11/kb5032189.cab",
                 agents[4], (size_t)range(w, 60000, 700000));
    }
    tcp_close(&k, CLIENT);
}

static void mistype(world *w, int64_t t) {
    ssh_guess(w, t, w->plant.station, w->plant.monitor, (int)range(w, 1, 3));
}

static void rare(world *w) {
    static void (*const events[])(world *, int64_t) = {visit_with_laptop, copy_historian,
                                                       fetch_update, mistype};
    for (int i = 0; i < 4; i++) {
        for (int64_t t = next_session(w, w->start, 1500 * SECOND); t < w->end;
             t = next_session(w, t, 1500 * SECOND)) {
            events[i](w, t);
        }
    }
}

void plant_tend(world *w) {
    stream(w, 20), tend(w);
    stream(w, 21), engineer(w);
    stream(w, 22), link_chatter(w, host_find(w, "switch"));
    stream(w, 23), rare(w);
}

static void live(world *w) {
    plant *p = &w->plant;
    for (int r = 0; r < p->rtus; r++) {
        stream(w, 1 + (uint64_t)r);
        poll_rtu(w, p->master, r, p->period_ms * MS, p->persistent >> r & 1);
        if (r % 2 == 0) poll_rtu(w, p->hmi, r, 2 * p->period_ms * MS + 50 * MS, true);
        if (r % 3 == 0) poll_rtu(w, p->historian, r, 10 * SECOND, false);
    }
    stream(w, 15);
    for (int64_t t = next_session(w, w->start, 80 * SECOND); p->writes && t < w->end;
         t = next_session(w, t, 80 * SECOND)) {
        operate(w, t);
    }
    stream(w, 16);
    for (int64_t t = next_session(w, w->start, 1200 * SECOND); t < w->end;
         t = next_session(w, t, 1200 * SECOND)) {
        engineer_write(w, t);
    }
    plant_tend(w);
}

const scene scene_industrial = {"industrial",
                                "a plant's network: Modbus/TCP polls and an operator's writes",
                                plant_build, live, attacks_industrial};

// SPDX-License-Identifier: Apache-2.0
// attacks_industrial.c - what is done to a plant that speaks Modbus/TCP (after Lemay & Fernandez 2016, whose captures have its like).
#include <stdio.h>

#include "plant.h"

enum { MODBUS = 502 };

// A handful of packets: which device is it, then one write that nobody ever wrote.
static void fake_command(world *w, int64_t t, int64_t length) {
    (void)length;
    tcp k;
    int transaction = (int)range(w, 0, 1);
    const int rtu = (int)range(w, 0, w->plant.rtus - 1);
    tcp_open(&k, w, plant_insider(w), w->plant.rtu[rtu], MODBUS, t);
    modbus_identify(&k, &transaction, 1);
    tcp_wait(&k, about(w, SECOND));
    const bool coil = chance(w, 0.5);
    const int at = (int)range(w, 200, 900), value = coil ? 1 : (int)range(w, 1000, 60000);
    modbus_ask(&k, &transaction, (poll){1, coil ? 5 : 6, at, 1}, value);
    if (chance(w, 0.5)) {
        tcp_wait(&k, about(w, SECOND)),
            modbus_ask(&k, &transaction, (poll){1, coil ? 1 : 3, at, 1}, 0);
    }
    if (chance(w, 0.5)) {
        tcp_close(&k, CLIENT);
    } else {
        tcp_reset(&k, CLIENT);
    }
}

// Which units answer, then which functions, then which addresses.
static void modbus_scan(world *w, int64_t t, int64_t length) {
    host *from = plant_insider(w), *to = w->plant.rtu[range(w, 0, w->plant.rtus - 1)];
    tcp k;
    int transaction = 0;
    tcp_open(&k, w, from, to, MODBUS, t);
    for (int unit = 1; unit <= 40 && k.now < t + length / 3; unit++) {
        modbus_ask(&k, &transaction, (poll){unit, 17, 0, 1}, 0), tcp_wait(&k, about(w, 40 * MS));
    }
    for (int function = 1; function <= 60 && k.now < t + length * 2 / 3; function++) {
        if (function != 5 && function != 6 && function != 15 && function != 16) {
            modbus_ask(&k, &transaction, (poll){1, function, 0, 1}, 0),
                tcp_wait(&k, about(w, 40 * MS));
        }
    }
    for (int at = 0; at < 2000 && k.now < t + length; at += 25) {
        modbus_ask(&k, &transaction, (poll){1, 3, at, 25}, 0), tcp_wait(&k, about(w, 60 * MS));
    }
    tcp_close(&k, CLIENT);
}

// What an operator writes, with the HMI's addresses, but from another machine.
static void replay_write(world *w, int64_t t, int64_t length) {
    (void)length;
    host forged = *w->plant.hmi;
    tcp k;
    int transaction = 0;
    forged.stack = &stack_linux, forged.ttl = 64, forged.delay *= 3;
    w->source = forged.ip;
    const int rtu = (int)range(w, 0, w->plant.rtus - 1);
    tcp_open(&k, w, &forged, w->plant.rtu[rtu], MODBUS, t);
    for (int i = (int)range(w, 1, 4); i > 0; i--) {
        modbus_ask(&k, &transaction, plant_set_point(w, rtu, i % 3), (int)range(w, 40, 90) * 10);
        tcp_wait(&k, about(w, 200 * MS));
    }
    tcp_close(&k, CLIENT);
}

static void rtu_flood(world *w, int64_t t, int64_t length) {
    host *from = plant_insider(w), *to = w->plant.rtu[range(w, 0, w->plant.rtus - 1)];
    host raw = *from; // hping3's packets, not the system's
    raw.stack = &stack_nmap, raw.ttl = 64;
    const int kind = (int)range(w, 0, 2), packets = (int)range(w, 1500, 4000);
    int port = (int)range(w, 1200, 3000);
    for (int i = 0; i < packets; i++) {
        const int64_t now = t + length * i / packets + about(w, 200 * US);
        uint8_t body[60] = {0x1E, 0x4C, (uint8_t)(i >> 8), (uint8_t)i};
        if (kind == 0) {
            tcp_lone(w, now, &raw, to, (lone){port++, MODBUS, SYN, (uint32_t)bits(w), 0});
        }
        if (kind == 1) icmp_send(w, now, &raw, to, 8, 0, body, 60);
        if (kind == 2) tcp_refused(w, &raw, to, (int)range(w, 1, 9000), now);
    }
}

const attack attacks_industrial[] = {
    {"fake-command", fake_command, 10},
    {"modbus-scan",            modbus_scan, 40},
    {"replay-write",  replay_write, 10},
    {"exfil",            attack_exfiltration, 40},
    {"cnc", attack_control, 120},
    {"moving-files",            attack_moving_files, 60},
    {"arp-spoof",        attack_arp_spoof, 90},
    {"rtu-flood",            rtu_flood, 20},
    {0         },
};

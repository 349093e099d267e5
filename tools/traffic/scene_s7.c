// SPDX-License-Identifier: Apache-2.0
// scene_s7.c - the same plant with S7comm, DNP3 or IEC 104, by the seed; and what is done to it.
#include "fieldbus.h"

static const fieldbus buses[] = {
    {"S7comm",  102,   s7_begin,     s7_read,     s7_write,     s7_attack    },
    {"DNP3",    20000, dnp3_begin,   dnp3_read,   dnp3_write,   dnp3_attack  },
    {"IEC 104", 2404,  iec104_begin, iec104_read, iec104_write, iec104_attack},
};

const fieldbus *fieldbus_of(const world *w) {
    return &buses[w->plant.protocol];
}

unsigned field_value(const tcp *k, int at) {
    const uint32_t own =
        ((uint32_t)at * 2654435761U + (k->side[SERVER].host->ip & 255) * 40503U) >> 18;
    const uint32_t slow = (uint32_t)(k->now / (SECOND * 5)) * 2246822519U + own;
    return (own & 0x3FFF) + (slow >> 28);
}

static poll block(int rtu, int i) {
    static const int counts[] = {16, 4, 32};
    return (poll){i + 1, 0, rtu * 8 + i * 20, counts[i % 3]};
}

static poll set_point(int rtu, int i) {
    return (poll){10 + i % 2, 0, rtu * 4 + i % 3, 2};
}

static void poll_rtu(world *w, host *from, int rtu, int64_t period) {
    const fieldbus *f = fieldbus_of(w);
    tcp k;
    int count = (int)range(w, 0, 9) * 256;
    const int64_t before = w->start - range(w, 5, 20) * SECOND;
    tcp_open(&k, w, from, w->plant.rtu[rtu], f->port, before);
    f->begin(&k, &count);
    for (int64_t t = k.now + range(w, 0, period / MS) * MS; t < w->end; t += period) {
        tcp_wait_until(&k, t + about(w, 2 * MS));
        for (int i = 0; i < 1 + rtu % 3; i++) {
            f->read(&k, &count, block(rtu, i)), tcp_wait(&k, MS + about(w, MS));
        }
    }
}

static void operate(world *w, int64_t t) {
    const fieldbus *f = fieldbus_of(w);
    const int rtu = (int)range(w, 0, w->plant.rtus - 1);
    tcp k;
    int count = 0;
    tcp_open(&k, w, w->plant.hmi, w->plant.rtu[rtu], f->port, t);
    f->begin(&k, &count);
    for (int i = (int)range(w, 1, 3); i > 0; i--) {
        f->read(&k, &count, block(rtu, 0)), tcp_wait(&k, SECOND + about(w, 3 * SECOND));
        const poll p = set_point(rtu, (int)range(w, 0, 3));
        f->write(&k, &count, p, (int)range(w, 40, 90) * 10);
    }
    tcp_close(&k, CLIENT);
}

static void live(world *w) {
    for (int r = 0; r < w->plant.rtus; r++) {
        stream(w, 1 + (uint64_t)r);
        poll_rtu(w, w->plant.master, r, w->plant.period_ms * MS);
        if (r % 2) poll_rtu(w, w->plant.hmi, r, 2 * w->plant.period_ms * MS + 70 * MS);
    }
    stream(w, 15);
    for (int64_t t = next_session(w, w->start, 80 * SECOND); w->plant.writes && t < w->end;
         t = next_session(w, t, 80 * SECOND)) {
        operate(w, t);
    }
    plant_tend(w);
}

// ---- attacks -------------------------------------------------------------------------------------

static void forged_write(world *w, int64_t t, int64_t length) {
    (void)length;
    const fieldbus *f = fieldbus_of(w);
    tcp k;
    int count = 0;
    host *from = plant_insider(w);
    tcp_open(&k, w, from, w->plant.rtu[range(w, 0, w->plant.rtus - 1)], f->port, t);
    f->begin(&k, &count), tcp_wait(&k, about(w, SECOND));
    f->attack(&k, &count), tcp_wait(&k, about(w, SECOND));
    if (chance(w, 0.5)) {
        tcp_close(&k, CLIENT);
    } else {
        tcp_reset(&k, CLIENT);
    }
}

// Every block of every device is read once, faster than anyone polls.
static void read_out(world *w, int64_t t, int64_t length) {
    const fieldbus *f = fieldbus_of(w);
    host *from = plant_insider(w);
    for (int r = 0; r < w->plant.rtus; r++) {
        tcp k;
        int count = 0;
        tcp_open(&k, w, from, w->plant.rtu[r], f->port, t + length * r / w->plant.rtus);
        f->begin(&k, &count);
        for (int i = 0; i < 60 && k.now < t + length * (r + 1) / w->plant.rtus; i++) {
            f->read(&k, &count, (poll){i + 1, 0, i * 8, 64}), tcp_wait(&k, about(w, 30 * MS));
        }
        tcp_close(&k, CLIENT);
    }
}

// An operator's write, with the HMI's addresses, but from another machine.
static void replay_write(world *w, int64_t t, int64_t length) {
    (void)length;
    const fieldbus *f = fieldbus_of(w);
    host forged = *w->plant.hmi;
    tcp k;
    int count = 0;
    forged.stack = &stack_linux, forged.ttl = 64, forged.delay *= 3;
    w->source = forged.ip;
    const int rtu = (int)range(w, 0, w->plant.rtus - 1);
    tcp_open(&k, w, &forged, w->plant.rtu[rtu], f->port, t);
    f->begin(&k, &count);
    for (int i = (int)range(w, 1, 3); i > 0; i--) {
        f->write(&k, &count, set_point(rtu, i), (int)range(w, 40, 90) * 10),
            tcp_wait(&k, about(w, 200 * MS));
    }
    tcp_close(&k, CLIENT);
}

const attack attacks_s7[] = {
    {"forged-write", forged_write, 10},
    {"read-out",            read_out, 60},
    {"replay-write",     replay_write, 10},
    {"exfil",            attack_exfiltration, 40},
    {"cnc", attack_control, 120},
    {"moving-files",            attack_moving_files, 60},
    {"arp-spoof",        attack_arp_spoof, 90},
    {0           },
};

const scene scene_s7 = {"s7", "the same plant with S7comm, DNP3 or IEC 104, by the seed",
                        plant_build, live, attacks_s7};

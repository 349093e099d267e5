// SPDX-License-Identifier: Apache-2.0
// draw_iec104.c - IEC 60870-5-104: STARTDT, interrogation, measured values by themselves, acknowledgements, commands.
#include "fieldbus.h"

// *count has both counters: sent by the client in the low half, by the station in the high one.
static void say_frame(tcp *k, int who, int *count, const buf *asdu) {
    static buf b;
    const unsigned sent[2] = {(unsigned)*count & 0x7FFF, (unsigned)*count >> 16 & 0x7FFF};
    b.n = 0;
    put8(&b, 0x68), put8(&b, (unsigned)asdu->n + 4), put16_low(&b, sent[who] << 1),
        put16_low(&b, sent[!who] << 1);
    put_bytes(&b, asdu->b, asdu->n);
    *count += who ? 0x10000 : 1;
    if (who == SERVER) tcp_wait(k, 2 * MS + about(k->w, 4 * MS));
    tcp_say(k, who, b.b, b.n);
}

static void say_control(tcp *k, int who, unsigned low, unsigned high) { // U and S frames
    static buf b;
    b.n = 0;
    put8(&b, 0x68), put8(&b, 4), put16_low(&b, low), put16_low(&b, high << 1);
    tcp_say(k, who, b.b, b.n);
}

static void asdu(buf *b, const tcp *k, int type, int elements, int cause) {
    b->n = 0;
    put8(b, (unsigned)type), put8(b, (unsigned)elements), put16_low(b, (unsigned)cause),
        put16_low(b, k->side[SERVER].host->ip & 255);
}

static void address(buf *b, int at) {
    put16_low(b, (unsigned)at), put8(b, 0);
}

static void command(tcp *k, int *count, int type, int at, int value) {
    static buf b;
    for (int cause = 6; cause <= 10; cause++) { // activation, confirmed, terminated
        if (cause == 8 || cause == 9) continue;
        asdu(&b, k, type, 1, cause), address(&b, at), put8(&b, (unsigned)value);
        say_frame(k, cause == 6 ? CLIENT : SERVER, count, &b);
    }
}

void iec104_begin(tcp *k, int *count) {
    *count = 0;
    say_control(k, CLIENT, 7, 0), say_control(k, SERVER, 11, 0);
    command(k, count, 100, 0, 20);
}

void iec104_read(tcp *k, int *count,
                 poll p) { // what the station tells by itself, and the S frame for it
    static buf b;
    const int n = 1 + (int)(field_value(k, p.at) % 4);
    asdu(&b, k, 13, n, 3); // short floating point numbers, spontaneous
    for (int i = 0; i < n; i++) {
        address(&b, 700 + p.at + i);
        put32_low(&b, 0x42000000U + (field_value(k, p.at + i) << 10)), put8(&b, 0);
    }
    say_frame(k, SERVER, count, &b);
    if ((*count >> 16) % 4 == 0) {
        tcp_wait(k, about(k->w, 10 * MS)),
            say_control(k, CLIENT, 1, (unsigned)*count >> 16 & 0x7FFF);
    }
    if ((*count >> 16) % 25 == 0) say_control(k, CLIENT, 0x43, 0), say_control(k, SERVER, 0x83, 0);
}

void iec104_write(tcp *k, int *count, poll p,
                  int value) { // a single command, selected and executed
    command(k, count, 45, 3000 + p.at % 8, 0x80 | (value & 1)),
        command(k, count, 45, 3000 + p.at % 8, value & 1);
}

void iec104_attack(tcp *k, int *count) { // executed at once, at an address nobody commands
    const int at = (int)range(k->w, 3100, 3900);
    const int type = chance(k->w, 0.7) ? 45 : 46;
    command(k, count, type, at, chance(k->w, 0.5) ? 1 : 2);
}

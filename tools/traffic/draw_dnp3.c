// SPDX-License-Identifier: Apache-2.0
// draw_dnp3.c - DNP3 over TCP (IEEE 1815): link frames with their CRCs, integrity and event polls, a control.
#include "fieldbus.h"

static unsigned
crc(const uint8_t *p,
    size_t n) { // x^16 + x^13 + x^12 + x^11 + x^10 + x^8 + x^6 + x^5 + x^2 + 1, reflected
    unsigned c = 0;
    for (size_t i = 0; i < n; i++) {
        c ^= p[i];
        for (int k = 0; k < 8; k++) c = c & 1 ? c >> 1 ^ 0xA6BC : c >> 1;
    }
    return ~c & 0xFFFF;
}

// A link frame of one transport segment: head of 8 bytes, then blocks of 16, each with its CRC.
static void say_link(tcp *k, int who, unsigned control, const uint8_t *user, size_t n) {
    static buf b;
    const unsigned master = 1, station = k->side[SERVER].host->ip & 255;
    b.n = 0;
    put16(&b, 0x0564), put8(&b, (unsigned)n + 5), put8(&b, control);
    put16_low(&b, who ? master : station), put16_low(&b, who ? station : master);
    put16_low(&b, crc(b.b, 8));
    for (size_t at = 0; at < n; at += 16) {
        const size_t part = n - at < 16 ? n - at : 16;
        put_bytes(&b, user + at, part), put16_low(&b, crc(user + at, part));
    }
    if (who == SERVER) tcp_wait(k, 4 * MS + about(k->w, 8 * MS));
    tcp_say(k, who, b.b, b.n);
}

static void say(tcp *k, int who, const buf *user) {
    say_link(k, who, who ? 0x44 : 0xC4, user->b, user->n);
}

static void begin(buf *b, int sequence, int function) {
    b->n = 0;
    put8(b, 0xC0 | ((unsigned)sequence & 63)), put8(b, 0xC0 | ((unsigned)sequence & 15)),
        put8(b, (unsigned)function);
    if (function == 129) put16(b, 0); // internal indications
}

void dnp3_begin(tcp *k, int *sequence) { // how is the link?
    *sequence &= 15;
    say_link(k, CLIENT, 0xC9, NULL, 0), say_link(k, SERVER, 0x0B, NULL, 0);
}

void dnp3_read(tcp *k, int *sequence, poll p) { // class 1, 2, 3; every tenth time class 0 too
    static buf b;
    const bool all = ++*sequence % 10 == 1;
    begin(&b, *sequence, 1);
    for (unsigned i = 0; i < 3; i++) put8(&b, 60), put8(&b, 2 + i), put8(&b, 6);
    if (all) put8(&b, 60), put8(&b, 1), put8(&b, 6);
    say(k, CLIENT, &b);
    begin(&b, *sequence, 129);
    if (all) {
        put8(&b, 1), put8(&b, 2), put8(&b, 0), put8(&b, 0), put8(&b, 15);
        for (int i = 0; i < 16; i++) put8(&b, 1 | (field_value(k, i) & 1) << 7);
    }
    const unsigned values = all ? 8 : field_value(k, p.at) % 4;
    if (values) {
        put8(&b, all ? 30 : 32), put8(&b, 2), put8(&b, 0), put8(&b, 0), put8(&b, values - 1);
    }
    for (unsigned i = 0; i < values; i++) put8(&b, 1), put16_low(&b, field_value(k, p.at + (int)i));
    say(k, SERVER, &b);
}

static void operate(tcp *k, int *sequence, int function, int at,
                    int code) { // control relay output block
    static buf b;
    ++*sequence;
    for (int who = 0; who < 2; who++) {
        begin(&b, *sequence, who ? 129 : function);
        put8(&b, 12), put8(&b, 1), put8(&b, 0x17), put8(&b, 1), put8(&b, (unsigned)at);
        put8(&b, (unsigned)code), put8(&b, 1), put32_low(&b, 100), put32_low(&b, 100), put8(&b, 0);
        say(k, who, &b);
    }
}

void dnp3_write(tcp *k, int *sequence, poll p, int value) { // select before operate
    const int code = value % 2 ? 0x41 : 0x81;
    operate(k, sequence, 3, p.at & 7, code), operate(k, sequence, 4, p.at & 7, code);
}

void dnp3_attack(tcp *k, int *sequence) { // a point nobody operates, at once; or a cold restart
    static buf b;
    if (chance(k->w, 0.5)) {
        operate(k, sequence, 5, (int)range(k->w, 20, 60), 3);
        return;
    }
    begin(&b, ++*sequence, 13), say(k, CLIENT, &b);
    begin(&b, *sequence, 129), put8(&b, 52), put8(&b, 2), put8(&b, 7), put8(&b, 1),
        put16_low(&b, 5000), say(k, SERVER, &b);
}

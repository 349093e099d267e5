// SPDX-License-Identifier: Apache-2.0
// draw_s7.c - S7comm over TPKT (RFC 1006) and COTP (ISO 8073): set-up, reads, writes, device information, stop.
#include "fieldbus.h"

enum { JOB = 1, ANSWER = 3, USERDATA = 7 };

static void say(tcp *k, int who, buf *b) { // TPKT's length is known at the end
    b->b[2] = (uint8_t)(b->n >> 8), b->b[3] = (uint8_t)b->n;
    if (who == SERVER) tcp_wait(k, MS + about(k->w, 3 * MS));
    tcp_say(k, who, b->b, b->n);
}

static void begin(buf *b, int kind, int reference, size_t parameters, size_t data) {
    b->n = 0;
    put16(b, 0x0300), put16(b, 0), put8(b, 2), put8(b, 0xF0), put8(b, 0x80);
    put8(b, 0x32), put8(b, (unsigned)kind), put16(b, 0), put16(b, (unsigned)reference);
    put16(b, (unsigned)parameters), put16(b, (unsigned)data);
    if (kind == ANSWER) put16(b, 0);
}

static void connect(tcp *k) {
    static buf b;
    for (int who = 0; who < 2; who++) {
        b.n = 0;
        put16(&b, 0x0300), put16(&b, 0), put8(&b, 17), put8(&b, who ? 0xD0 : 0xE0);
        put16(&b, who ? 1 : 0), put16(&b, who ? 4 : 1), put8(&b, 0);
        put8(&b, 0xC0), put8(&b, 1), put8(&b, 10), put8(&b, 0xC1), put8(&b, 2), put16(&b, 0x0100);
        put8(&b, 0xC2), put8(&b, 2), put16(&b, 0x0102);
        say(k, who, &b);
    }
}

void s7_begin(tcp *k, int *reference) {
    static buf b;
    connect(k);
    *reference += 256;
    for (int who = 0; who < 2; who++) {
        begin(&b, who ? ANSWER : JOB, *reference, 8, 0);
        put8(&b, 0xF0), put8(&b, 0), put16(&b, 1), put16(&b, 1), put16(&b, who ? 240 : 480);
        say(k, who, &b);
    }
}

static void put_item(buf *b, poll p) { // p.unit is the data block, p.at the first byte
    put8(b, 0x12), put8(b, 10), put8(b, 0x10), put8(b, 2), put16(b, (unsigned)p.count),
        put16(b, (unsigned)p.unit);
    put8(b, 0x84), put8(b, 0), put16(b, (unsigned)p.at * 8 & 0xFFFF);
}

static void read_block(tcp *k, int reference, poll p) {
    static buf b;
    begin(&b, JOB, reference, 14, 0), put8(&b, 4), put8(&b, 1), put_item(&b, p), say(k, CLIENT, &b);
    begin(&b, ANSWER, reference, 2, (size_t)p.count + 4), put8(&b, 4), put8(&b, 1);
    put8(&b, 0xFF), put8(&b, 4), put16(&b, (unsigned)p.count * 8);
    for (int i = 0; i < p.count; i++) put8(&b, field_value(k, p.at + i) & 255);
    say(k, SERVER, &b);
}

static void write_block(tcp *k, int reference, poll p, int value) {
    static buf b;
    begin(&b, JOB, reference, 14, (size_t)p.count + 4), put8(&b, 5), put8(&b, 1), put_item(&b, p);
    put8(&b, 0), put8(&b, 4), put16(&b, (unsigned)p.count * 8);
    for (int i = 0; i < p.count; i++) put8(&b, (unsigned)value >> (8 * (p.count - 1 - i)) & 255);
    say(k, CLIENT, &b);
    begin(&b, ANSWER, reference, 2, 1), put8(&b, 5), put8(&b, 1), put8(&b, 0xFF),
        say(k, SERVER, &b);
}

static void identify(tcp *k, int reference) { // SZL 0x001C: the component's names
    static buf b;
    begin(&b, USERDATA, reference, 8, 8);
    put32(&b, 0x00011204U), put32(&b, 0x11440100U), put8(&b, 0xFF), put8(&b, 9), put16(&b, 4),
        put32(&b, 0x001C0000U);
    say(k, CLIENT, &b);
    begin(&b, USERDATA, reference, 12, 12 + 4 * 34);
    put32(&b, 0x00011208U), put32(&b, 0x12840101U), put32(&b, 0), put8(&b, 0xFF), put8(&b, 9),
        put16(&b, 8 + 4 * 34);
    put32(&b, 0x001C0000U), put16(&b, 34), put16(&b, 4);
    static const char *const names[] = {"SIMATIC 300(1)", "CPU 315-2 PN/DP",
                                        "Original Siemens Equipment", "S C-C2UR28922012"};
    for (unsigned i = 0; i < 4; i++) {
        const size_t end = b.n + 34;
        put16(&b, i + 1), put_text(&b, "%s", names[i]);
        while (b.n < end) put8(&b, 0);
    }
    say(k, SERVER, &b);
}

static void stop(tcp *k, int reference) {
    static buf b;
    begin(&b, JOB, reference, 16, 0), put8(&b, 0x29), put32(&b, 0), put8(&b, 0), put8(&b, 9),
        put_text(&b, "P_PROGRAM");
    say(k, CLIENT, &b);
    begin(&b, ANSWER, reference, 1, 0), put8(&b, 0x29), say(k, SERVER, &b);
}

void s7_read(tcp *k, int *reference, poll p) {
    read_block(k, *reference += 256, p);
}

void s7_write(tcp *k, int *reference, poll p, int value) {
    write_block(k, *reference += 256, p, value);
}

static void write_unusual(tcp *k, int *reference) {
    const int data_block = (int)range(k->w, 60, 99), at = (int)range(k->w, 0, 200);
    s7_write(k, reference, (poll){data_block, 0, at, 2}, (int)range(k->w, 0, 65535));
}

void s7_attack(
    tcp *k,
    int *reference) { // which CPU is it; then it is stopped, or a byte nobody writes is written
    identify(k, *reference += 256);
    tcp_wait(k, about(k->w, SECOND));
    if (chance(k->w, 0.4)) {
        stop(k, *reference += 256);
    } else {
        write_unusual(k, reference);
    }
}

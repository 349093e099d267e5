// SPDX-License-Identifier: Apache-2.0
// draw_modbus.c - Modbus/TCP: reads, writes, device identification (MODBUS Application Protocol 1.1b3).
#include "protocols.h"

static void header(buf *b, int transaction, int unit, size_t n) {
    b->n = 0;
    put16(b, (unsigned)transaction), put16(b, 0), put16(b, (unsigned)n + 1),
        put8(b, (unsigned)unit);
}

static bool is_write(int function) {
    return function == 5 || function == 6 || function == 15 || function == 16;
}

void modbus_request(buf *b, int transaction, poll p, int value) {
    const bool many = p.function == 16;
    header(b, transaction, p.unit, many ? 6 + 2 * (size_t)p.count : 5);
    put8(b, (unsigned)p.function), put16(b, (unsigned)p.at);
    if (p.function == 5) {
        put16(b, value ? 0xFF00 : 0);
    } else if (p.function == 6) {
        put16(b, (unsigned)value);
    } else {
        put16(b, (unsigned)p.count);
    }
    if (!many) return;
    put8(b, 2 * (unsigned)p.count);
    for (int i = 0; i < p.count; i++) put16(b, (unsigned)(value + i));
}

// A register's value: drifts slowly about what is its own.
static unsigned value_at(const tcp *k, int unit_at, int at) {
    const uint32_t own = ((uint32_t)at * 2654435761U + (uint32_t)unit_at * 40503U) >> 20;
    const uint32_t slow = (uint32_t)(k->now / (SECOND * 7)) * 2246822519U + own;
    return (own & 0xFFF) + (at % 3 ? (slow >> 27) : 0);
}

static void answer(const tcp *k, buf *b, int transaction, poll p, int value) {
    if (is_write(p.function)) {
        header(b, transaction, p.unit, 5);
        put8(b, (unsigned)p.function), put16(b, (unsigned)p.at);
        put16(b, p.function == 5   ? (value ? 0xFF00U : 0U)
                 : p.function == 6 ? (unsigned)value
                                   : (unsigned)p.count);
        return;
    }
    if (p.function < 1 || p.function > 4 || p.count < 1 || p.count > 125 ||
        p.at > 9999) { // exception
        header(b, transaction, p.unit, 2);
        put8(b, (unsigned)p.function | 0x80), put8(b, p.function > 4 || p.function < 1 ? 1 : 2);
        return;
    }
    const bool coils = p.function <= 2;
    const int n = coils ? (p.count + 7) / 8 : 2 * p.count;
    header(b, transaction, p.unit, (size_t)n + 2);
    put8(b, (unsigned)p.function), put8(b, (unsigned)n);
    if (coils) {
        for (int i = 0; i < n; i++) {
            put8(b, value_at(k, p.unit, p.at + i * 3) & (p.count >= 8 ? 255 : (1U << p.count) - 1));
        }
    } else {
        for (int i = 0; i < p.count; i++) {
            put16(b, value_at(k, p.unit + (int)(k->side[SERVER].host->ip & 255), p.at + i));
        }
    }
}

// The device looks at its inputs between two scans: a few ms.
static void thinks(tcp *k) {
    tcp_wait(k, MS / 2 + about(k->w, 2 * MS));
}

void modbus_ask(tcp *k, int *transaction, poll p, int value) {
    static buf b;
    const int id = ++*transaction & 0xFFFF;
    modbus_request(&b, id, p, value);
    tcp_say(k, CLIENT, b.b, b.n);
    thinks(k);
    answer(k, &b, id, p, value);
    tcp_say(k, SERVER, b.b, b.n);
}

void modbus_identify(tcp *k, int *transaction, int unit) {
    static buf b;
    const int id = ++*transaction & 0xFFFF;
    header(&b, id, unit, 4);
    put8(&b, 43), put8(&b, 14), put8(&b, 1), put8(&b, 0);
    tcp_say(k, CLIENT, b.b, b.n);
    thinks(k);
    header(&b, id, unit, 42);
    put8(&b, 43), put8(&b, 14), put8(&b, 1), put8(&b, 1), put8(&b, 0), put8(&b, 0), put8(&b, 3);
    put8(&b, 0), put8(&b, 10), put_text(&b, "Controlink");
    put8(&b, 1), put8(&b, 11), put_text(&b, "RTU 2100-16");
    put8(&b, 2), put8(&b, 8), put_text(&b, "V2.4.117");
    tcp_say(k, SERVER, b.b, b.n);
}

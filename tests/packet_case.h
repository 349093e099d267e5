// SPDX-License-Identifier: Apache-2.0
// packet_case.h - packets made by hand, from hexadecimal digits and the headers that most of them have.
#ifndef HG_TESTS_PACKET_CASE_H
#define HG_TESTS_PACKET_CASE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "packets/packet.h"

#include <cmocka.h>

typedef struct made {
    uint8_t bytes[4096];
    uint32_t size;
} made;

static inline void put_byte(made *m, unsigned value) {
    assert_true(m->size < sizeof m->bytes);
    m->bytes[m->size++] = (uint8_t)value;
}

static inline void put_16(made *m, unsigned value) {
    put_byte(m, value >> 8);
    put_byte(m, value & 255);
}

static inline void put_zeros(made *m, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) put_byte(m, 0);
}

// "0800 45" : digits in pairs, blanks anywhere between.
static inline void put(made *m, const char *digits) {
    static const char all[] = "0123456789abcdef";
    for (const char *d = digits; *d; d++) {
        if (*d == ' ') continue;
        const char *high = strchr(all, d[0]), *low = strchr(all, d[1]);
        assert_true(high && low && d[1]);
        put_byte(m, (unsigned)((high - all) << 4 | (low - all)));
        d++;
    }
}

// 02:..:01 to 02:..:02
static inline void put_ethernet(made *m, unsigned type) {
    put(m, "020000000002 020000000001");
    put_16(m, type);
}

// 10.0.0.7 to 192.168.1.200, time to live 64, no fragment; size: what it says is behind the header.
static inline void put_ip4(made *m, unsigned protocol, uint32_t size) {
    put(m, "45 28");
    put_16(m, 20 + size);
    put(m, "1234 4000 40");
    put_byte(m, protocol);
    put(m, "0000 0a000007 c0a801c8");
}

// 2001:db8::1 to fe80::2, hop limit 63, traffic class 0x28
static inline void put_ip6(made *m, unsigned next, uint32_t size) {
    put(m, "62800000");
    put_16(m, size);
    put_byte(m, next);
    put(m, "3f 20010db8000000000000000000000001 fe800000000000000000000000000002");
}

// From port 443 to 51000, SYN and ACK, window 8192, without options.
static inline void put_tcp(made *m) {
    put(m, "01bb c738 11223344 55667788 5012 2000 0000 0000");
}

// From port 53 to `to`; size: of what is behind it.
static inline void put_udp(made *m, unsigned to, uint32_t size) {
    put(m, "0035");
    put_16(m, to);
    put_16(m, 8 + size);
    put_16(m, 0);
}

// Reads the first `captured` bytes of it, from a block of exactly that size. payload must lie in it.
static inline hg__packet read_part(int link, const made *m, uint32_t captured) {
    hg__packet p;
    memset(&p, 0xa5, sizeof p);
    p.time = 17;
    p.length = m->size;
    p.captured = captured;
    uint8_t *copy = malloc(captured ? captured : 1);
    assert_non_null(copy);
    memcpy(copy, m->bytes, captured);
    hg__packet_read(&p, link, copy);
    assert_true(p.payload >= copy && p.payload <= copy + captured);
    assert_true(p.payload_captured <= (size_t)(copy + captured - p.payload));
    assert_true(p.payload_captured <= p.payload_length && p.payload_length <= m->size);
    assert_true(p.time == 17 && p.length == m->size && p.captured == captured);
    p.payload = m->bytes + (p.payload - copy); // of the same bytes
    free(copy);
    return p;
}

static inline hg__packet read_made(int link, const made *m) {
    return read_part(link, m, m->size);
}

static inline void expect_address(const uint8_t address[16], const char *expected) {
    char text[HG_ADDRESS_TEXT];
    hg__address_format(address, text);
    assert_string_equal(text, expected);
}
#endif

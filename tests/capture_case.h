// SPDX-License-Identifier: Apache-2.0
// capture_case.h - captures made by hand: pcap of both byte orders and resolutions, pcapng, gzipped.
#ifndef HG_TESTS_CAPTURE_CASE_H
#define HG_TESTS_CAPTURE_CASE_H
#include <zlib.h>

#include "packet_case.h"

typedef struct writing {
    made *m; // borrowed
    bool is_big;
} writing;

static inline void put_number(writing w, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++) {
        const int place = w.is_big ? bytes - 1 - i : i;
        put_byte(w.m, (unsigned)(value >> 8 * place) & 255U);
    }
}

static inline void put_pcap_header(writing w, uint32_t magic, uint32_t link) {
    put_number(w, magic, 4);
    put_number(w, 2, 2);
    put_number(w, 4, 2);
    put_number(w, 0, 8);
    put_number(w, 65535, 4);
    put_number(w, link, 4);
}

// `size` bytes of IPv4 without more, the last of them `mark`.
static inline void put_pcap_packet(writing w, uint32_t seconds, uint32_t fraction, uint32_t size,
                                   unsigned mark) {
    put_number(w, seconds, 4);
    put_number(w, fraction, 4);
    put_number(w, size, 4);
    put_number(w, size + 100, 4);
    for (uint32_t i = 0; i < size; i++) put_byte(w.m, i == 0 ? 0x45 : i == size - 1 ? mark : 1);
}

static inline void put_section(writing w) {
    put_number(w, 0x0a0d0d0a, 4);
    put_number(w, 28, 4);
    put_number(w, 0x1a2b3c4d, 4);
    put_number(w, 1, 2);
    put_number(w, 0, 2);
    put_number(w, UINT64_MAX, 8);
    put_number(w, 28, 4);
}

// An interface whose times are in 10^-resolution of a second.
static inline void put_interface(writing w, unsigned link, unsigned resolution) {
    put_number(w, 1, 4);
    put_number(w, 32, 4);
    put_number(w, link, 2);
    put_number(w, 0, 2);
    put_number(w, 65535, 4);
    put_number(w, 9, 2); // if_tsresol
    put_number(w, 1, 2);
    put_number(w, resolution, w.is_big ? 1 : 4);
    if (w.is_big) put_zeros(w.m, 3);
    put_number(w, 0, 4);
    put_number(w, 32, 4);
}

static inline void put_enhanced(writing w, unsigned interface, uint64_t time, uint32_t size,
                                unsigned mark) {
    const uint32_t padded = (size + 3) / 4 * 4;
    put_number(w, 6, 4);
    put_number(w, 32 + padded, 4);
    put_number(w, interface, 4);
    put_number(w, time >> 32, 4);
    put_number(w, time & UINT32_MAX, 4);
    put_number(w, size, 4);
    put_number(w, size + 100, 4);
    for (uint32_t i = 0; i < padded; i++) {
        put_byte(w.m, i == 0 ? 0x45 : i == size - 1 ? mark : i < size);
    }
    put_number(w, 32 + padded, 4);
}

// The same bytes as one gzip member.
static inline void pack(const made *m, made *to) {
    made plain = *m;
    z_stream z = {.next_in = plain.bytes,
                  .avail_in = plain.size,
                  .next_out = to->bytes,
                  .avail_out = sizeof to->bytes};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    to->size = (uint32_t)z.total_out;
}
#endif

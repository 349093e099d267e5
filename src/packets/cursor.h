// SPDX-License-Identifier: Apache-2.0
// cursor.h - reads front to back through the bytes of a packet; never behind those that were captured.
#ifndef HG_PACKETS_CURSOR_H
#define HG_PACKETS_CURSOR_H
#include <stddef.h>
#include <stdint.h>

typedef struct hg__cursor {
    const uint8_t *at; // borrowed
    uint32_t captured; // bytes at `at`
    uint32_t left;     // bytes by what the headers say: captured <= left
} hg__cursor;

// The next n bytes, passed over; NULL, and nothing passed, where fewer were captured.
static inline const uint8_t *hg__cursor_take(hg__cursor *c, uint32_t n) {
    if (n > c->captured) return NULL;
    const uint8_t *bytes = c->at;
    c->at += n;
    c->captured -= n;
    c->left -= n;
    return bytes;
}

// No more than n bytes are left: what is behind them is padding.
static inline void hg__cursor_limit(hg__cursor *c, uint32_t n) {
    if (n < c->left) c->left = n;
    if (n < c->captured) c->captured = n;
}

// Numbers as networks write them, the high byte first; 802.11 and what captures add write the low byte first.
static inline uint16_t hg__big_16(const uint8_t *b) {
    return (uint16_t)(b[0] << 8 | b[1]);
}
static inline uint32_t hg__big_32(const uint8_t *b) {
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}
static inline uint16_t hg__little_16(const uint8_t *b) {
    return (uint16_t)(b[1] << 8 | b[0]);
}
static inline uint32_t hg__little_32(const uint8_t *b) {
    return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}
#endif

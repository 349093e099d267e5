// SPDX-License-Identifier: Apache-2.0
// wfdb_format.c - how WFDB stores samples (signal(5)): whole bytes, and 10 or 12 bits packed.
#include <stdio.h>
#include <string.h>

#include "signal/wfdb.h"

static int32_t sign(uint32_t x, int bits) {
    const uint32_t top = 1U << (bits - 1);
    return (int32_t)(((x & (top + top - 1)) ^ top)) - (int32_t)top;
}

static uint32_t little(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static int32_t get_8(const uint8_t *p, int32_t at) {
    (void)at;
    return sign(p[0], 8);
}

static int32_t get_16(const uint8_t *p, int32_t at) {
    (void)at;
    return sign(little(p), 16);
}

static int32_t get_24(const uint8_t *p, int32_t at) {
    (void)at;
    return sign(little(p) | (uint32_t)p[2] << 16, 24);
}

static int32_t get_32(const uint8_t *p, int32_t at) {
    (void)at;
    const uint32_t x = little(p) | little(p + 2) << 16;
    int32_t y;
    memcpy(&y, &x, sizeof y);
    return y;
}

static int32_t get_61(const uint8_t *p, int32_t at) {
    (void)at;
    return sign((uint32_t)p[0] << 8 | p[1], 16);
}

static int32_t get_80(const uint8_t *p, int32_t at) {
    (void)at;
    return p[0] - 128;
}

static int32_t get_160(const uint8_t *p, int32_t at) {
    (void)at;
    return (int32_t)little(p) - 32768;
}

// Two of 12 bits: the low byte of the first, the high half bytes of both, the low byte of the second.
static int32_t get_212(const uint8_t *p, int32_t at) {
    const uint32_t x = at ? p[2] | (p[1] & 0xf0U) << 4 : p[0] | (p[1] & 0x0fU) << 8;
    return sign(x, 12);
}

// Three of 10 bits in two words of 16: the first two in bits 1 to 10, the third in what is left at their tops.
static int32_t get_310(const uint8_t *p, int32_t at) {
    const uint32_t a = little(p), b = little(p + 2);
    const uint32_t third = (a >> 11 & 0x1f) | (b >> 11 & 0x1f) << 5;
    return sign(at == 2 ? third : (at ? b : a) >> 1, 10);
}

// Three of 10 bits, the low bits first, in a word of 32.
static int32_t get_311(const uint8_t *p, int32_t at) {
    const uint32_t x = little(p) | little(p + 2) << 16;
    return sign(x >> 10 * at, 10);
}

static const hg__wfdb_format formats[] = {
    {8,   1, 1, INT32_MAX, get_8,   true },
    {16,  1, 2, -32768,    get_16,  false},
    {24,  1, 3, -8388608,  get_24,  false},
    {32,  1, 4, INT32_MIN, get_32,  false},
    {61,  1, 2, -32768,    get_61,  false},
    {80,  1, 1, -128,      get_80,  false},
    {160, 1, 2, -32768,    get_160, false},
    {212, 2, 3, -2048,     get_212, false},
    {310, 3, 4, -512,      get_310, false},
    {311, 3, 4, -512,      get_311, false},
};

const hg__wfdb_format *hg__wfdb_find_format(int32_t number) {
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (formats[i].number == number) return &formats[i];
    }
    return NULL;
}

void hg__wfdb_list_formats(char text[64]) {
    size_t used = 0;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        used += (size_t)snprintf(text + used, 64 - used, "%s%d", i ? ", " : "", formats[i].number);
    }
}

// SPDX-License-Identifier: Apache-2.0
// dicom_uid.c - UIDs by SHA-256 (FIPS 180-4), of which 122 bits make a UUID of version 8 (RFC 9562).
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "image/dicom.h"

typedef struct sha256 {
    uint32_t h[8];
    uint64_t size; // bytes so far
    uint8_t block[64];
} sha256;

// The first 32 bits of the fractions of the cube roots of the first 64 primes.
static const uint32_t round_constant[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turn(uint32_t x, int bits) {
    return x >> bits | x << (32 - bits);
}

static void mix(sha256 *s, const uint8_t *block) {
    uint32_t w[64], v[8];
    for (int i = 0; i < 16; i++) {
        const uint8_t *b = block + (size_t)i * 4;
        w[i] = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    }
    for (int i = 16; i < 64; i++) {
        const uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ a >> 3) + w[i - 7] +
               (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
    }
    memcpy(v, s->h, sizeof v);
    for (int i = 0; i < 64; i++) {
        const uint32_t a = v[0], e = v[4];
        const uint32_t one = v[7] + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) +
                             ((e & v[5]) ^ (~e & v[6])) + round_constant[i] + w[i];
        const uint32_t two =
            (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += one;
        v[0] = one + two;
    }
    for (int i = 0; i < 8; i++) s->h[i] += v[i];
}

static void add(sha256 *s, const void *bytes, size_t size) {
    const uint8_t *from = bytes;
    while (size > 0) {
        const size_t at = s->size % 64, n = size < 64 - at ? size : 64 - at;
        if (n == 64) {
            mix(s, from);
        } else {
            memcpy(s->block + at, from, n);
            if (at + n == 64) mix(s, s->block);
        }
        s->size += n;
        from += n;
        size -= n;
    }
}

static void end(sha256 *s) {
    const uint64_t bits = s->size * 8;
    const uint8_t one = 0x80, zeros[64] = {0};
    uint8_t length[8];
    for (int i = 0; i < 8; i++) length[i] = (uint8_t)(bits >> (56 - 8 * i));
    add(s, &one, 1);
    add(s, zeros, (120 - s->size % 64) % 64);
    add(s, length, 8);
}

// Decimal digits of 128 bits, by division; the highest word first.
static void print(const uint32_t word[4], char digits[40]) {
    uint32_t left[4];
    char back[40];
    size_t count = 0;
    memcpy(left, word, sizeof left);
    do {
        uint64_t rest = 0;
        for (int i = 0; i < 4; i++) {
            rest = rest << 32 | left[i];
            left[i] = (uint32_t)(rest / 10);
            rest %= 10;
        }
        back[count++] = (char)('0' + (int)rest);
    } while (left[0] | left[1] | left[2] | left[3]);
    for (size_t i = 0; i < count; i++) digits[i] = back[count - 1 - i];
    digits[count] = '\0';
}

void hg__dicom_uid(char uid[HG_DICOM_UID], const char *what, const char *source, const void *bytes,
                   size_t size) {
    sha256 s = {
        .h = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
              0x5be0cd19}
    };
    char digits[40];
    add(&s, what, strlen(what) + 1); // with their ends: "ab", "c" is not "a", "bc"
    add(&s, source, strlen(source) + 1);
    add(&s, bytes, size);
    end(&s);
    s.h[1] = (s.h[1] & 0xffff0fffU) | 0x8000U;     // version 8
    s.h[2] = (s.h[2] & 0x3fffffffU) | 0x80000000U; // variant
    print(s.h, digits);
    snprintf(uid, HG_DICOM_UID, "2.25.%s", digits);
}

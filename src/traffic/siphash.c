// SPDX-License-Identifier: Apache-2.0
// siphash.c - SipHash-2-4: two rounds a word of 8 bytes, four at the end.
#include "traffic/siphash.h"

#include <string.h>
#include <sys/random.h>

static uint64_t word_at(const uint8_t *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline uint64_t turn(uint64_t x, int bits) {
    return (x << bits) | (x >> (64 - bits));
}

static inline void round_once(uint64_t v[4]) {
    v[0] += v[1], v[2] += v[3];
    v[1] = turn(v[1], 13) ^ v[0], v[3] = turn(v[3], 16) ^ v[2];
    v[0] = turn(v[0], 32);
    v[2] += v[1], v[0] += v[3];
    v[1] = turn(v[1], 17) ^ v[2], v[3] = turn(v[3], 21) ^ v[0];
    v[2] = turn(v[2], 32);
}

static inline void take(uint64_t v[4], uint64_t word) {
    v[3] ^= word;
    round_once(v);
    round_once(v);
    v[0] ^= word;
}

hg__siphash_key hg__siphash_key_of(const uint8_t bytes[16]) {
    return (hg__siphash_key){word_at(bytes), word_at(bytes + 8)};
}

int hg__siphash_key_draw(hg__siphash_key *key, hg_error *err) {
    uint8_t bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        return hg__fail_errno(err, HG_ERR_IO, "random numbers of the system: expected 16 bytes");
    }
    *key = hg__siphash_key_of(bytes);
    return HG_OK;
}

uint64_t hg__siphash(const hg__siphash_key *key, const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    uint64_t v[4] = {key->k0 ^ 0x736f6d6570736575U, key->k1 ^ 0x646f72616e646f6dU,
                     key->k0 ^ 0x6c7967656e657261U, key->k1 ^ 0x7465646279746573U};
    uint64_t last = (uint64_t)size << 56;
    for (size_t left = size / 8; left > 0; left--, at += 8) take(v, word_at(at));
    for (size_t i = 0; i < size % 8; i++) last |= (uint64_t)at[i] << (8 * i);
    take(v, last);
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++) round_once(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

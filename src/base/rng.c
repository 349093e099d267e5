// SPDX-License-Identifier: Apache-2.0
// rng.c - Philox4x32-10 and a keyed permutation made from it.
#include "base/rng.h"

hg__philox hg__philox_run(uint64_t key, uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3) {
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53U * c0, p1 = (uint64_t)0xCD9E8D57U * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9U;
        k1 += 0xBB67AE85U;
    }
    return (hg__philox){
        {c0, c1, c2, c3}
    };
}

hg__shuffle hg__shuffle_init(uint64_t key, uint32_t stream, uint32_t epoch, uint64_t count) {
    hg__shuffle s = {.count = count, .half_bits = 1};
    while (s.half_bits < 32 && (1ULL << (2 * s.half_bits)) < count) s.half_bits++;
    for (uint32_t i = 0; i < HG_SHUFFLE_ROUNDS; i++) {
        s.round_key[i] = hg__philox_run(key, stream, epoch, i / 4, 0).word[i % 4];
    }
    return s;
}

// Spreads every bit of x over all of them (the finaliser of MurmurHash3, Appleby, public domain).
static uint32_t mix(uint32_t x) {
    x = (x ^ x >> 16) * 0x85EBCA6BU;
    x = (x ^ x >> 13) * 0xC2B2AE35U;
    return x ^ x >> 16;
}

static uint64_t feistel(const hg__shuffle *s, uint64_t i) {
    const uint32_t mask = (uint32_t)((1ULL << s->half_bits) - 1);
    uint32_t left = (uint32_t)(i >> s->half_bits), right = (uint32_t)i & mask;
    for (int round = 0; round < HG_SHUFFLE_ROUNDS; round++) {
        const uint32_t next = left ^ (mix(right ^ s->round_key[round]) & mask);
        left = right;
        right = next;
    }
    return (uint64_t)left << s->half_bits | right;
}

uint64_t hg__shuffle_at(const hg__shuffle *s, uint64_t i) {
    do {
        i = feistel(s, i);
    } while (i >= s->count);
    return i;
}

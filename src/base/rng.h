// SPDX-License-Identifier: Apache-2.0
// rng.h - random numbers that are a function of where they are used, not of who drew before.
//
// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11): ten rounds
// turn (key, counter) into four 32-bit words. Key = the user's seed; counter = (stream, epoch, row,
// draw). So a dropout mask or a shuffle is the same for any thread count and after any restart.
#ifndef HG_BASE_RNG_H
#define HG_BASE_RNG_H
#include <stdint.h>

typedef struct hg__philox {
    uint32_t word[4];
} hg__philox;

// One block of four words.
hg__philox hg__philox_run(uint64_t key, uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3);

// Streams keep the users of one seed apart.
enum {
    HG_STREAM_INIT = 1,
    HG_STREAM_SHUFFLE,
    HG_STREAM_SPLIT,
    HG_STREAM_DROPOUT,
    HG_STREAM_SYNTHETIC,
    HG_STREAM_CROP,
    HG_STREAM_NOISE,
    HG_STREAM_BLIND,
    HG_STREAM_BOOTSTRAP,
    HG_STREAM_SAMPLE,
    HG_STREAM_FOREST,
    HG_STREAM_SCHEMA,
    HG_STREAM_LATENT,
    HG_STREAM_DAMAGE,
    HG_STREAM_PART_CROP,
    HG_STREAM_KITNET,
    HG_STREAM_PACKETS,
    HG_STREAM_MAP,
    HG_STREAM_PRIOR,
    HG_STREAM_LIKELIHOOD,
    HG_STREAM_ADVERSARY,
    HG_STREAM_LEVEL
};

// A word as a number in [0, 1): 24 bits, exact in float.
static inline float hg__unit_float(uint32_t word) {
    return (float)(word >> 8) * 0x1p-24F;
}

// A keyed permutation of 0 .. count-1: where index i goes. No table: any element at any time.
// A Feistel network over the next power of four, walked until it lands inside (fewer than 4 walks on
// average); its round keys come from Philox. (Black & Rogaway, "Ciphers with arbitrary finite domains",
// 2002.)
enum { HG_SHUFFLE_ROUNDS = 8 };

typedef struct hg__shuffle {
    uint64_t count;
    uint32_t half_bits;
    uint32_t round_key[HG_SHUFFLE_ROUNDS];
} hg__shuffle;

hg__shuffle hg__shuffle_init(uint64_t key, uint32_t stream, uint32_t epoch, uint64_t count);
uint64_t hg__shuffle_at(const hg__shuffle *s, uint64_t i);
#endif

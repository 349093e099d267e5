// SPDX-License-Identifier: Apache-2.0
// siphash.h - SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012): a hash that who sends the bytes cannot
// steer without knowing the key, so that tables keyed by what is on a wire cannot be made slow.
#ifndef HG_TRAFFIC_SIPHASH_H
#define HG_TRAFFIC_SIPHASH_H
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef struct hg__siphash_key {
    uint64_t k0, k1;
} hg__siphash_key;

// From 16 bytes, as the paper writes a key.
hg__siphash_key hg__siphash_key_of(const uint8_t bytes[16]);
// A secret one from the system.
int hg__siphash_key_draw(hg__siphash_key *key, hg_error *err);

// The same on every machine.
uint64_t hg__siphash(const hg__siphash_key *key, const void *bytes, size_t size);
#endif

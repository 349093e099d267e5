// SPDX-License-Identifier: Apache-2.0
// kitsune_published.h - Kitsune's features as the public code computes them, with what is odd in it: only kitsune_features.c calls.
#ifndef HG_TRAFFIC_KITSUNE_PUBLISHED_H
#define HG_TRAFFIC_KITSUNE_PUBLISHED_H
#include "packets/packet.h"
#include "traffic/siphash.h"

typedef struct hg__kitsune_published hg__kitsune_published;

enum { HG_KITSUNE_PUBLISHED_FEATURES = 100 };

// max_bytes, as for hg__kitsune_features_new(); large enough.
hg__kitsune_published *hg__kitsune_published_new(size_t max_bytes, const hg__siphash_key *key,
                                                 hg_error *err);
void hg__kitsune_published_free(hg__kitsune_published *k); // NULL is fine
void hg__kitsune_published_run(hg__kitsune_published *k, const hg__packet *p, float *out); // (100)
uint64_t hg__kitsune_published_forgotten(const hg__kitsune_published *k);
#endif

// SPDX-License-Identifier: Apache-2.0
// names.h - names found by their bytes: columns of a table, levels of a category.
#ifndef HG_CSV_NAMES_H
#define HG_CSV_NAMES_H
#include <string.h>

#include "base/error.h"

static inline uint64_t hg__hash_bytes(const char *bytes, size_t size) {
    uint64_t h = size * 0x9E3779B97F4A7C15ULL;
    for (; size > 0;) {
        uint64_t word = 0;
        const size_t n = size < sizeof word ? size : sizeof word;
        memcpy(&word, bytes, n);
        h = (h ^ word) * 0x9FB21C651E98DF25ULL;
        h ^= h >> 29;
        bytes += n;
        size -= n;
    }
    return h ^ h >> 32;
}

typedef struct hg__names hg__names;

// Over name (count), which must outlive it. Of equal names the first is found. NULL without memory.
hg__names *hg__names_new(char *const *name, int32_t count, hg_error *err);
void hg__names_free(hg__names *n);                                         // NULL is fine
int32_t hg__names_find(const hg__names *n, const char *text, size_t size); // -1: there is none
#endif

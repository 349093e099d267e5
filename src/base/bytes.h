// SPDX-License-Identifier: Apache-2.0
// bytes.h - values one behind the other as this machine holds them, for what only the same program reads again on the same machine.
#ifndef HG_BASE_BYTES_H
#define HG_BASE_BYTES_H
#include <stdint.h>
#include <string.h>

#include "base/text.h"

typedef struct hg__bytes { // what is left to read
    const uint8_t *at;     // borrowed
    size_t left;
    bool failed; // it ended before what was to be read
} hg__bytes;

static inline void hg__put(hg__text *t, const void *from, size_t size) {
    if (size) hg__text_add_bytes(t, from, size);
}

// All or nothing.
static inline void hg__get(hg__bytes *b, void *to, size_t size) {
    b->failed = b->failed || size > b->left;
    if (b->failed || !size) return;
    memcpy(to, b->at, size);
    b->at += size;
    b->left -= size;
}

// A byte that is neither 0 nor 1 must not become a bool.
static inline void hg__get_bool(hg__bytes *b, bool *to) {
    uint8_t byte = 0;
    hg__get(b, &byte, 1);
    *to = byte != 0;
}

#define HG_PUT(t, value) hg__put(t, &(value), sizeof(value))
#define HG_GET(b, value) hg__get(b, &(value), sizeof(value))
#endif

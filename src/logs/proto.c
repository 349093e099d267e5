// SPDX-License-Identifier: Apache-2.0
// proto.c - writes Protocol Buffers' wire format.
#include "logs/proto.h"

#include <string.h>

enum { VARINT = 0, FIXED_64 = 1, BYTES = 2, FIXED_32 = 5 }; // types on the wire

// Groups of 7 bits, the lowest first; the 8th says that more follow.
static void add_varint(hg__text *t, uint64_t x) {
    char bytes[10];
    size_t n = 0;
    do {
        bytes[n++] = (char)((x & 127) | (x > 127 ? 128 : 0));
        x >>= 7;
    } while (x);
    hg__text_add_bytes(t, bytes, n);
}

static void add_key(hg__text *t, int field, int type) {
    add_varint(t, (uint64_t)field << 3 | (uint64_t)type);
}

// The low `size` bytes of x, the lowest first.
static void add_fixed(hg__text *t, uint64_t x, size_t size) {
    char bytes[8];
    for (size_t i = 0; i < size; i++) bytes[i] = (char)(x >> 8 * i & 255);
    hg__text_add_bytes(t, bytes, size);
}

void hg__proto_add_integer(hg__text *t, int field, int64_t x) {
    add_key(t, field, VARINT);
    add_varint(t, (uint64_t)x);
}

void hg__proto_add_double(hg__text *t, int field, double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    add_key(t, field, FIXED_64);
    add_fixed(t, bits, sizeof bits);
}

void hg__proto_add_float(hg__text *t, int field, float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    add_key(t, field, FIXED_32);
    add_fixed(t, bits, sizeof bits);
}

void hg__proto_add_bytes(hg__text *t, int field, const void *bytes, size_t size) {
    add_key(t, field, BYTES);
    add_varint(t, size);
    if (size) hg__text_add_bytes(t, bytes, size);
}

void hg__proto_add_string(hg__text *t, int field, const char *text) {
    hg__proto_add_bytes(t, field, text, strlen(text));
}

void hg__proto_add_message(hg__text *t, int field, hg__text *message) {
    if (message->failed) t->failed = true;
    hg__proto_add_bytes(t, field, message->data, message->length);
    hg__text_clear(message);
}

// SPDX-License-Identifier: Apache-2.0
// draw_bytes.c - payloads, put together byte by byte.
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "traffic.h"

void put8(buf *b, unsigned v) {
    if (b->n < BUF_MAX) b->b[b->n++] = (uint8_t)v;
}

void put16(buf *b, unsigned v) {
    put8(b, v >> 8), put8(b, v);
}

void put32(buf *b, uint32_t v) {
    put16(b, v >> 16), put16(b, v & 0xFFFF);
}

void put16_low(buf *b, unsigned v) {
    put8(b, v), put8(b, v >> 8);
}

void put32_low(buf *b, uint32_t v) {
    put16_low(b, v & 0xFFFF), put16_low(b, v >> 16);
}

void put_bytes(buf *b, const void *from, size_t n) {
    if (n > BUF_MAX - b->n) n = BUF_MAX - b->n;
    memcpy(b->b + b->n, from, n);
    b->n += n;
}

void put_text(buf *b, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const size_t room = BUF_MAX - b->n;
    const int n = vsnprintf((char *)b->b + b->n, room, format, args);
    va_end(args);
    if (n > 0) b->n += (size_t)n < room ? (size_t)n : 0;
}

void put_noise(world *w, buf *b, size_t n) {
    while (n > 0) {
        const uint64_t v = bits(w);
        uint8_t some[8];
        for (int i = 0; i < 8; i++) some[i] = (uint8_t)(v >> (8 * i));
        const size_t k = n < 8 ? n : 8;
        put_bytes(b, some, k);
        n -= k;
    }
}

void put_letters(world *w, buf *b, size_t n, const char *of) {
    const int64_t m = (int64_t)strlen(of);
    while (n-- > 0) put8(b, (uint8_t)of[range(w, 0, m - 1)]);
}

static const char *const words[] = {
    "the ",    "of ",    "report",    " class=\"row\"", "<div>",   "</div>\n", "value", " and ",
    "to ",     "order",  "<p>",       "</p>\n",         "data",    "in ",      "name",  "status",
    "\": \"",  "\", \"", "with ",     "time ",          "total ",  "day ",     "<li>",  "item",
    "</li>\n", "price",  "function(", ") {\n",          "return ", "var ",     " = ",   ";\n",
    "12",      "2023",   "0.5",       "for ",           "is ",     "page ",    "not ",
};

void put_words(world *w, buf *b, size_t n) {
    const size_t end = b->n + n < BUF_MAX ? b->n + n : BUF_MAX;
    while (b->n < end) {
        const char *word = words[range(w, 0, (int64_t)(sizeof words / sizeof *words) - 1)];
        size_t k = strlen(word);
        if (k > end - b->n) k = end - b->n;
        put_bytes(b, word, k);
    }
}

void put_name(buf *b, const char *name) {
    for (const char *p = name; *p;) {
        const size_t n = strcspn(p, ".");
        put8(b, (unsigned)n), put_bytes(b, p, n);
        p += n + (p[n] == '.');
    }
    put8(b, 0);
}

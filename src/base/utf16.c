// SPDX-License-Identifier: Apache-2.0
// utf16.c - UTF-16 in the machine's byte order, as ODBC's drivers speak it, and UTF-8.
#include "base/mem.h"
#include "base/text.h"

size_t hg__utf16_from(const char *text, size_t size, uint16_t *to) {
    const uint8_t *c = (const uint8_t *)text, *end = c + size;
    uint16_t *at = to;
    while (c < end) {
        const size_t length = *c < 0x80 ? 1 : *c < 0xE0 ? 2 : *c < 0xF0 ? 3 : 4;
        uint32_t code = length == 1 ? *c : *c & (0xFFU >> (length + 1));
        for (size_t i = 1; i < length; i++) code = code << 6 | (c[i] & 0x3FU);
        c += length;
        if (code >= 0x10000) {
            *at++ = (uint16_t)(0xD7C0 + (code >> 10)); // 0xD800 + ((code - 0x10000) >> 10)
            code = 0xDC00 + (code & 0x3FF);
        }
        *at++ = (uint16_t)code;
    }
    return (size_t)(at - to);
}

uint16_t *hg__utf16_copy(const char *text, const char *what, hg_error *err) {
    const size_t size = strlen(text);
    if (!hg__is_utf8(text, size)) {
        hg__fail(err, HG_ERR_USAGE, "%s: expected UTF-8", what);
        return NULL;
    }
    uint16_t *copy = hg__alloc(size + 1, sizeof *copy, err);
    if (copy) copy[hg__utf16_from(text, size, copy)] = 0;
    return copy;
}

// The code point at `from`, of `left` units, in *code; its units, 0 where it is half of a pair.
static size_t take_code(const uint16_t *from, size_t left, uint32_t *code) {
    *code = from[0];
    if (from[0] < 0xD800 || from[0] > 0xDFFF) return 1;
    if (from[0] > 0xDBFF || left < 2 || from[1] < 0xDC00 || from[1] > 0xDFFF) return 0;
    *code = 0x10000 + ((from[0] & 0x3FFU) << 10) + (from[1] & 0x3FFU);
    return 2;
}

static size_t put_code(uint32_t code, char *to) {
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    const size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--) {
        to[i] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    to[0] = (char)(0xF00U >> length | code); // as many ones in front as bytes
    return length;
}

int64_t hg__utf16_to_utf8(const uint16_t *from, size_t count, char *to) {
    char *at = to;
    for (size_t i = 0; i < count;) {
        uint32_t code;
        const size_t units = take_code(from + i, count - i, &code);
        if (!units) return -1;
        at += put_code(code, at);
        i += units;
    }
    return at - to;
}

void hg__utf16_show(const uint16_t *from, size_t count, char *to, size_t size) {
    size_t used = 0;
    for (size_t i = 0; i < count && from[i] && used + 4 < size;) {
        uint32_t code;
        const size_t units = take_code(from + i, count - i, &code);
        used += put_code(units ? code : '?', to + used);
        i += units ? units : 1;
    }
    to[used] = '\0';
}

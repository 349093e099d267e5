// SPDX-License-Identifier: Apache-2.0
// csv_number.h - decimal text to float32, correctly rounded, eight digits at a time.
//
// A decimal w * 10^e with w < 2^53 and |e| <= 22 is one exact double times or divided by another: one rounding
// (Clinger, "How to read floating point numbers accurately", 1990). The second rounding, to float, can only go
// wrong if the double lies next to the middle between two floats: then strtof() decides. Longer mantissas
// are cut to 19 digits; the double is then off by a few units in its last place, which the width of "next to"
// allows for.
#ifndef HG_CSV_CSV_NUMBER_H
#define HG_CSV_CSV_NUMBER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { HG_CSV_PAD = 64 }; // bytes that must be readable after the last of the text

extern const double hg__powers_of_ten[23]; // 10^0 .. 10^22, all exact
extern const uint64_t hg__csv_tens[9];     // 10^0 .. 10^8

// [+-] digits [. digits] [e [+-] digits] at p. Where it ends, or NULL if there is no number here. *x is infinite if
// the number is too large. The C locale must be in force (uselocale). Any bytes may follow.
const char *hg__csv_number(const char *p, float *x);
// The same, NULL if it is infinite.
const char *hg__csv_finite(const char *p, float *x);

// As hg__csv_number(), to double; `point` is '.' or ','. *x is infinite also if a number that needs strtod() has more
// than 4096 bytes.
const char *hg__csv_double(const char *p, char point, double *x);

// The bytes of `w` minus '0', and how many of them, from the lowest address on, are digits.
static inline unsigned hg__csv_digits(uint64_t w, uint64_t *digit) {
    const uint64_t low = 0x7f7f7f7f7f7f7f7fULL, high = ~low;
    uint64_t t = w ^ 0x3030303030303030ULL;
    uint64_t other = (((t & low) + 0x7676767676767676ULL) | t) & high;
    *digit = t;
    return other ? (unsigned)__builtin_ctzll(other) >> 3 : 8;
}

// The value of the first n (1 to 8) bytes of `digit` read as decimal digits: pairs, then fours, then all.
static inline uint64_t hg__csv_value(uint64_t digit, unsigned n) {
    const uint64_t mask = 0x000000ff000000ffULL;
    uint64_t v = digit << (64 - 8 * n); // leading zeros in front
    v = v * 10 + (v >> 8);
    return ((v & mask) * 0x000f424000000064ULL + ((v >> 16) & mask) * 0x0000271000000001ULL) >> 32;
}

static inline uint64_t hg__csv_load(const char *p) {
    uint64_t w;
    memcpy(&w, p, sizeof w);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    return w;
}

// Whether rounding the double d once more, to float, could go wrong: its 29 bits that a float lacks are within 8
// of one half. (For floats that are not denormal; 10^-22 is far from there.)
static inline bool hg__csv_is_near_tie(double d) {
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    return ((bits - 0x10000000ULL + 8) & 0x1fffffffULL) <= 16;
}

static inline const char *hg__csv_run(const char *p, uint64_t *mantissa) {
    while ((unsigned char)(*p - '0') <= 9) *mantissa = *mantissa * 10 + (uint64_t)(*p++ - '0');
    return p;
}

// Plain decimals, [-] digits [. digits] with at most 18 digits; everything else goes to hg__csv_finite(). NULL if that
// finds no number.
//
// Digit by digit beats eight at a time here: columns tend to have as many digits in every row, so the processor's
// branch prediction runs ahead, where arithmetic on lengths would make each cell wait for the one before.
static inline const char *hg__csv_plain(const char *p, float *x) {
    const char *start = p;
    uint64_t negative = *p == '-', mantissa = 0, bits;
    p += negative;
    const char *run = p;
    p = hg__csv_run(p, &mantissa);
    size_t digits = (size_t)(p - run), places = 0;
    if (*p == '.') {
        run = ++p;
        p = hg__csv_run(p, &mantissa);
        places = (size_t)(p - run);
    }
    if (digits + places - 1 >= 18 || (*p | 0x20) == 'e') return hg__csv_finite(start, x);
    double d = (double)(int64_t)mantissa / hg__powers_of_ten[places];
    if (hg__csv_is_near_tie(d)) return hg__csv_finite(start, x);
    memcpy(&bits, &d, sizeof bits);
    bits |= negative << 63; // a jump here would be mispredicted half the time
    memcpy(&d, &bits, sizeof d);
    *x = (float)d;
    return p;
}

// The same to double: exact where the mantissa is at most 2^53.
static inline const char *hg__csv_plain_double(const char *p, char point, double *x) {
    const char *start = p;
    const bool negative = *p == '-';
    uint64_t mantissa = 0;
    p += negative;
    const char *run = p;
    p = hg__csv_run(p, &mantissa);
    size_t digits = (size_t)(p - run), places = 0;
    if (*p == point) {
        run = ++p;
        p = hg__csv_run(p, &mantissa);
        places = (size_t)(p - run);
    }
    const bool plain = digits + places - 1 < 18 && mantissa <= 1ULL << 53 && (*p | 0x20) != 'e';
    if (!plain) return hg__csv_double(start, point, x);
    double d = (double)(int64_t)mantissa;
    if (places) d /= hg__powers_of_ten[places];
    *x = negative ? -d : d;
    return p;
}
#endif

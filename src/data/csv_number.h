// SPDX-License-Identifier: Apache-2.0
// csv_number.h - decimal text to float32, correctly rounded, eight digits at a time.
//
// A decimal w * 10^e with w < 2^53 and |e| <= 22 is one exact double times or divided by another: one rounding
// (Clinger, "How to read floating point numbers accurately", 1990). The second rounding, to float, can only go
// wrong if the double lies next to the middle between two floats: then strtof() decides. Longer mantissas
// are cut to 19 digits; the double is then off by a few units in its last place, which the width of "next to"
// allows for.
#ifndef HG_DATA_CSV_NUMBER_H
#define HG_DATA_CSV_NUMBER_H
#include <stdbool.h>
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

// Plain decimals, [-] 1-7 digits [. 1-7 digits], without a loop; everything else goes to hg__csv_finite(). NULL if that
// finds no number.
static inline const char *hg__csv_plain(const char *p, float *x) {
    const char *start = p;
    bool negative = *p == '-';
    p += negative;
    uint64_t digit;
    unsigned n = hg__csv_digits(hg__csv_load(p), &digit);
    if (n - 1 >= 7) return hg__csv_finite(start, x);
    uint64_t mantissa = hg__csv_value(digit, n);
    double d = (double)(int64_t)mantissa;
    p += n;
    if (*p == '.') {
        n = hg__csv_digits(hg__csv_load(++p), &digit);
        if (n - 1 >= 7) return hg__csv_finite(start, x);
        mantissa = mantissa * hg__csv_tens[n] + hg__csv_value(digit, n);
        d = (double)(int64_t)mantissa / hg__powers_of_ten[n];
        p += n;
    }
    if ((*p | 0x20) == 'e' || hg__csv_is_near_tie(d)) return hg__csv_finite(start, x);
    *x = (float)(negative ? -d : d);
    return p;
}
#endif

// SPDX-License-Identifier: Apache-2.0
// arrow_number.c - numbers of Arrow's columns as a file of text would say them: floats by their shortest digits, decimals.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv/csv_number.h"
#include "table/arrow.h"

enum { EXACT = 22 }; // the largest power of ten that a double has

// What reads back as the same float: all that lies between least and most, these too where its last bit is 0.
typedef struct span {
    double x, least, most;
    bool closed;
} span;

static double scale_by(double x, int ten) {
    return ten < 0 ? x / hg__powers_of_ten[-ten] : x * hg__powers_of_ten[ten];
}

// x (above 0) in `digits` digits; ten: of its first.
static bool round_to(const span *s, int ten, int digits, double *rounded) {
    const int places = digits - 1 - ten;
    *rounded = scale_by(nearbyint(scale_by(s->x, places)), -places);
    const bool inside = *rounded > s->least && *rounded < s->most;
    return inside || (s->closed && (*rounded == s->least || *rounded == s->most));
}

// Digits beyond what a float's span leaves open are not its own. Each further digit fits where the one before does.
// Below 0: none was found.
static double shorten(const span *s, int most) {
    enum { MIDDLE = 6 };
    double rounded;
    const int ten = (int)floor(log10(s->x));
    int digits = 1;
    if (ten < -EXACT + most || ten > EXACT) return -1; // tens are no longer exact
    const bool few = most > MIDDLE && round_to(s, ten, MIDDLE, &rounded);
    if (!few && most > MIDDLE) digits = MIDDLE + 1;
    for (; digits <= most; digits++) {
        if (round_to(s, ten, digits, &rounded)) return rounded;
    }
    return -1;
}

enum { SINGLE_DIGITS = 9 };

static double shorten_slowly(float x) {
    char text[32] = "";
    for (int digits = 1; digits <= SINGLE_DIGITS; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)x);
        if (strtof(text, NULL) == x) break;
    }
    return strtod(text, NULL);
}

double hg__arrow_single(float x) {
    const float size = fabsf(x);
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if (!(size > 0) || !isfinite(x)) return (double)x;
    const double own = (double)size, below = (double)nextafterf(size, 0);
    const double gap = (double)nextafterf(size, INFINITY) - own;
    const span s = {own, (own + below) / 2, own + (isfinite(gap) ? gap : own - below) / 2,
                    !(bits & 1)};
    const double found = shorten(&s, SINGLE_DIGITS);
    return copysign(found < 0 ? shorten_slowly(size) : found, (double)x);
}

// Its ten bits behind the point, five of the exponent.
static double half_value(uint32_t size) {
    const int exponent = (int)(size >> 10);
    const double part = (double)(size & 0x3ff);
    return exponent ? ldexp(1024 + part, exponent - 25) : ldexp(part, -24);
}

double hg__arrow_half(uint16_t bits) {
    enum { DIGITS = 5, ENDLESS = 0x7c00 };
    const uint32_t size = bits & 0x7fff;
    const double sign = bits & 0x8000 ? -1 : 1;
    if (size > ENDLESS) return (double)NAN;
    if (size == ENDLESS) return sign * (double)INFINITY;
    if (size == 0) return sign * 0.0;
    const double own = half_value(size);
    const span s = {own, (own + half_value(size - 1)) / 2, (own + half_value(size + 1)) / 2,
                    !(bits & 1)};
    return sign * shorten(&s, DIGITS);
}

// ---- decimals -----------------------------------------------------------------------------------

enum { LIMBS = 8, CHUNK_DIGITS = 9, DIGITS = 90 };

// The digits of a whole number (limbs, the lowest first), which becomes 0; the last first.
static size_t take_digits(uint32_t limb[LIMBS], char digits[DIGITS]) {
    enum { CHUNK = 1000000000 };
    size_t n = 0, left = LIMBS;
    while (left > 0 && limb[left - 1] == 0) left--;
    while (left > 0) {
        uint64_t rest = 0;
        for (size_t i = left; i-- > 0;) {
            const uint64_t now = rest << 32 | limb[i];
            limb[i] = (uint32_t)(now / CHUNK);
            rest = now % CHUNK;
        }
        for (int i = 0; i < CHUNK_DIGITS; i++, rest /= 10) digits[n++] = (char)('0' + rest % 10);
        while (left > 0 && limb[left - 1] == 0) left--;
    }
    while (n > 1 && digits[n - 1] == '0') n--;
    if (n == 0) digits[n++] = '0';
    return n;
}

size_t hg__arrow_decimal(const uint8_t *from, int32_t bytes, int32_t scale,
                         char text[HG_ARROW_CELL]) {
    uint32_t limb[LIMBS];
    char digits[DIGITS];
    const bool negative = from[bytes - 1] & 0x80;
    uint64_t carry = negative;
    size_t at = 0;
    for (int32_t i = 0; i < LIMBS; i++) {
        uint32_t part = negative ? UINT32_MAX : 0;
        if (4 * i < bytes) memcpy(&part, from + (ptrdiff_t)4 * i, sizeof part);
        carry += negative ? ~part : part;
        limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    size_t n = take_digits(limb, digits);
    if (negative) text[at++] = '-';
    for (int32_t zeros = scale + 1 - (int32_t)n; zeros > 0; zeros--) digits[n++] = '0';
    while (n > 0) {
        text[at++] = digits[--n];
        if (scale > 0 && n == (size_t)scale) text[at++] = '.';
    }
    for (; scale < 0; scale++) text[at++] = '0';
    return at;
}

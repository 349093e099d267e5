// SPDX-License-Identifier: Apache-2.0
// format_g9.c - "%.9g" for floats between 1e-18 and 1e9 in whole numbers; the rest by snprintf.
//
// x = m * 2^e with m < 2^24. For the decimal exponent X the nine digits are m * 10^(8-X) * 2^e, rounded to the
// nearest, ties to even. 8-X is 0 to 26, so the product stays under 2^111 and is exact in 128 bits.
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "jobs/score_sheet.h"

__extension__ typedef unsigned __int128 wide;

enum { DIGITS = 9 };
static const uint64_t lowest = 100000000, above = 1000000000; // nine digits lie between

static uint64_t power_of_ten(int32_t p) {
    uint64_t ten = 1;
    while (p-- > 0) ten *= 10;
    return ten;
}

static wide times_power_of_ten(uint32_t m, int32_t p) {
    static const uint64_t ten[] = {1,
                                   10,
                                   100,
                                   1000,
                                   10000,
                                   100000,
                                   1000000,
                                   10000000,
                                   100000000,
                                   1000000000,
                                   10000000000,
                                   100000000000,
                                   1000000000000,
                                   10000000000000,
                                   100000000000000,
                                   1000000000000000,
                                   10000000000000000,
                                   100000000000000000,
                                   1000000000000000000};
    enum { LAST = 18 };
    if (p <= LAST) return (wide)m * ten[p];
    return (wide)m * ten[LAST] * power_of_ten(p - LAST);
}

// The nine digits of m * 2^e as a number, for exponent *X, which is corrected where the guess was off by one.
static uint64_t nine_digits(uint32_t m, int32_t e, int32_t *X) {
    for (;;) {
        const wide n = times_power_of_ten(m, DIGITS - 1 - *X);
        if (e >= 0) return (uint64_t)(n << e); // m * 2^e is whole: the guess is exact here
        const wide below = n & (((wide)1 << -e) - 1), half = (wide)1 << (-e - 1);
        uint64_t q = (uint64_t)(n >> -e);
        if (q < lowest) {
            --*X;
            continue;
        }
        q += below > half || (below == half && (q & 1));
        if (q < above) return q;
        ++*X;
    }
}

static void write_four(char *to, uint32_t n) {
    const uint32_t high = n / 100, low = n % 100;
    to[0] = (char)('0' + high / 10);
    to[1] = (char)('0' + high % 10);
    to[2] = (char)('0' + low / 10);
    to[3] = (char)('0' + low % 10);
}

// Nine digits and exponent X as %g lays them out, trailing zeros dropped.
static size_t lay_out(char *to, uint64_t q, int32_t X) {
    char digit[DIGITS];
    int32_t n = DIGITS;
    const uint32_t high = (uint32_t)q / 10000, low = (uint32_t)q % 10000; // five digits and four
    digit[0] = (char)('0' + high / 10000);
    write_four(digit + 1, high % 10000);
    write_four(digit + 5, low);
    while (n > 1 && digit[n - 1] == '0') n--;
    char *at = to;
    if (X < -4) {
        *at++ = digit[0];
        if (n > 1) *at++ = '.';
        for (int32_t i = 1; i < n; i++) *at++ = digit[i];
        *at++ = 'e';
        *at++ = '-';
        *at++ = (char)('0' + -X / 10);
        *at++ = (char)('0' + -X % 10);
        return (size_t)(at - to);
    }
    if (X < 0) {
        *at++ = '0';
        *at++ = '.';
        for (int32_t i = X + 1; i < 0; i++) *at++ = '0';
        for (int32_t i = 0; i < n; i++) *at++ = digit[i];
        return (size_t)(at - to);
    }
    for (int32_t i = 0; i <= X; i++) *at++ = digit[i];
    if (n > X + 1) *at++ = '.';
    for (int32_t i = X + 1; i < n; i++) *at++ = digit[i];
    return (size_t)(at - to);
}

size_t hg__format_g9(char *to, float x) {
    char *at = to;
    const float size = fabsf(x);
    if (!(size >= 1e-18F && size < 1e9F)) return (size_t)snprintf(to, 32, "%.9g", (double)x);
    if (x < 0) *at++ = '-';
    uint32_t bits;
    memcpy(&bits, &size, sizeof bits);
    const int32_t e = (int32_t)(bits >> 23) - 150; // normal: far above the smallest
    const uint32_t m = (bits & 0x7fffff) | 0x800000;
    // log10(2) * (e + 23), rounded down: X or one less.
    int32_t X = (e + 23) * 78913 >> 18;
    if (e >= 0) X = DIGITS - 1; // 2^23 to 1e9: told apart below
    while (e >= 0 && (uint64_t)m << e < power_of_ten(X)) X--;
    const uint64_t q = nine_digits(m, e, &X);
    return (size_t)(at - to) + lay_out(at, q, X);
}

size_t hg__format_count(char *to, uint64_t n) {
    char digit[20];
    size_t count = 0;
    do {
        digit[count++] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    for (size_t i = 0; i < count; i++) to[i] = digit[count - 1 - i];
    return count;
}

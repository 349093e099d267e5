// SPDX-License-Identifier: Apache-2.0
// csv_number.c - decimal text to float32 and double: long mantissas, exponents, and the cases strtof() must decide.
#include "csv/csv_number.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

const double hg__powers_of_ten[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

const uint64_t hg__csv_tens[9] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

enum { MAX_DIGITS = 19, MAX_TEXT = 4096, MAX_EXPONENT = 100000 };

// A number as it is read: mantissa * 10^exponent, `digits` of it (without leading zeros).
typedef struct decimal {
    uint64_t mantissa; // the first 19 digits
    int64_t exponent;
    int digits;
    bool any;
} decimal;

static void add_digit(decimal *d, unsigned value, bool fraction) {
    if (d->digits < MAX_DIGITS) {
        d->mantissa = d->mantissa * 10 + value;
        d->digits += d->mantissa > 0; // zeros in front are none
        d->exponent -= fraction;
    } else {
        d->exponent += !fraction; // cut off
    }
}

// One run of digits; `fraction` says that they stand after the point. Eight at a time while all of them fit and the
// first is not a zero in front of the number.
static const char *read_digits(const char *p, decimal *d, bool fraction) {
    for (;;) {
        uint64_t digit;
        unsigned n = hg__csv_digits(hg__csv_load(p), &digit);
        if (n == 0) return p;
        d->any = true;
        bool leading = d->digits == 0 && *p == '0';
        if (d->digits + (int)n <= MAX_DIGITS && !leading) {
            d->mantissa = d->mantissa * hg__csv_tens[n] + hg__csv_value(digit, n);
            d->exponent -= fraction ? n : 0;
            d->digits += (int)n;
            p += n;
            if (n < 8) return p;
        } else {
            add_digit(d, (unsigned)(*p++ - '0'), fraction);
        }
    }
}

static const char *read_exponent(const char *p, decimal *d) {
    const char *q = p + 1;
    bool negative = *q == '-';
    if (*q == '-' || *q == '+') q++;
    if ((unsigned char)(*q - '0') > 9) return p; // not an exponent
    int64_t e = 0;
    for (; (unsigned char)(*q - '0') <= 9; q++) {
        if (e < MAX_EXPONENT) e = e * 10 + (*q - '0');
    }
    d->exponent += negative ? -e : e;
    return q;
}

// A whole number at p; where it ends, or NULL.
static const char *read_decimal(const char *p, char point, decimal *d) {
    if (*p == '-' || *p == '+') p++;
    p = read_digits(p, d, false);
    if (*p == point) p = read_digits(p + 1, d, true);
    if (!d->any) return NULL;
    return (*p | 0x20) == 'e' ? read_exponent(p, d) : p;
}

const char *hg__csv_number(const char *p, float *x) {
    const char *start = p;
    bool negative = *p == '-';
    decimal d = {0};
    p = read_decimal(p, '.', &d);
    if (!p) return NULL;
    if (d.exponent >= -22 && d.exponent <= 22) {
        double power = hg__powers_of_ten[d.exponent < 0 ? -d.exponent : d.exponent];
        double value = d.exponent < 0 ? (double)d.mantissa / power : (double)d.mantissa * power;
        if (value <= (double)FLT_MAX && !hg__csv_is_near_tie(value)) {
            *x = (float)(negative ? -value : value);
            return p;
        }
    }
    if (p - start > MAX_TEXT) return NULL;
    *x = strtof(start, NULL);
    return p;
}

const char *hg__csv_finite(const char *p, float *x) {
    p = hg__csv_number(p, x);
    return p && isfinite(*x) ? p : NULL;
}

const char *hg__csv_double(const char *p, char point, double *x) {
    const char *start = p;
    decimal d = {0};
    p = read_decimal(p, point, &d);
    if (!p) return NULL;
    // A mantissa that lost digits has 19 of them and is larger than this.
    if (d.mantissa <= 1ULL << 53 && d.exponent >= -22 && d.exponent <= 22) {
        double power = hg__powers_of_ten[d.exponent < 0 ? -d.exponent : d.exponent];
        double value = d.exponent < 0 ? (double)d.mantissa / power : (double)d.mantissa * power;
        *x = *start == '-' ? -value : value;
        return p;
    }
    const size_t size = (size_t)(p - start);
    *x = HUGE_VAL;
    if (size > MAX_TEXT) return p;
    char text[MAX_TEXT + 1];
    memcpy(text, start, size);
    text[size] = '\0';
    char *comma = point == '.' ? NULL : memchr(text, point, size);
    if (comma) *comma = '.';
    *x = strtod(text, NULL);
    return p;
}

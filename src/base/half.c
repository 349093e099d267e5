// SPDX-License-Identifier: Apache-2.0
// half.c - IEEE 754's 16-bit numbers: a sign, 5 bits of exponent, 10 of mantissa.
#include "base/half.h"

#include <math.h>
#include <string.h>

float hg__half_to_float(uint16_t half) {
    const uint32_t sign = (uint32_t)(half >> 15) << 31, mantissa = half & 0x3FFU;
    const uint32_t exponent = half >> 10 & 31;
    uint32_t bits = sign | (exponent + 112) << 23 | mantissa << 13;
    float value;
    if (exponent == 31) bits = sign | 0x7F800000U | mantissa << 13;
    memcpy(&value, &bits, sizeof value);
    if (exponent == 0) value = (sign ? -0x1p-24F : 0x1p-24F) * (float)mantissa;
    return value;
}

// What lies between two halves' exponents has steps of one size: rint() rounds in them, and a mantissa that
// overflows becomes the next exponent by itself.
uint16_t hg__half_from_double(double value) {
    const uint16_t sign = signbit(value) ? 0x8000 : 0;
    const double size = fabs(value);
    int exponent = 0;
    if (isnan(value)) return 0x7E00 | sign;
    if (size >= 65520) return 0x7C00 | sign;
    (void)frexp(size, &exponent);                          // size = 0.5 .. 1 times 2^exponent
    if (size < 0x1p-14) exponent = -13;                    // those without a leading 1, and 0
    const double steps = rint(ldexp(size, 11 - exponent)); // 1024 .. 2048, or fewer
    return (uint16_t)(sign + ((exponent + 13) << 10) + (int)steps);
}

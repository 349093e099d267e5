// SPDX-License-Identifier: Apache-2.0
// tensor.c - a box: shape, type, memory.
#include "base/tensor.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static const struct {
    const char *name;
    size_t size;
} dtypes[] = {
#define X(id, dtype_name, bytes) {dtype_name, bytes},
    HG_DTYPES(X)
#undef X
};

const char *hg__dtype_name(hg__dtype t) {
    return dtypes[t].name;
}

size_t hg__dtype_size(hg__dtype t) {
    return dtypes[t].size;
}

bool hg__dtype_find(const char *name, hg__dtype *t) {
    for (int i = 0; i < HG_DTYPE_COUNT; i++) {
        if (strcmp(dtypes[i].name, name) != 0) continue;
        *t = (hg__dtype)i;
        return true;
    }
    return false;
}

bool hg__shape_count(const hg__shape *s, size_t *count) {
    size_t n = 1;
    for (int32_t i = 0; i < s->rank; i++) {
        if (s->dim[i] < 0 || !hg__multiply(n, (size_t)s->dim[i], &n)) return false;
    }
    *count = n;
    return true;
}

bool hg__shape_is_equal(const hg__shape *a, const hg__shape *b) {
    if (a->rank != b->rank) return false;
    for (int32_t i = 0; i < a->rank; i++) {
        if (a->dim[i] != b->dim[i]) return false;
    }
    return true;
}

void hg__shape_format(const hg__shape *s, char buffer[128]) {
    int used = snprintf(buffer, 128, "[");
    for (int32_t i = 0; i < s->rank && used < 100; i++) {
        used += snprintf(buffer + used, 128 - (size_t)used, "%s%lld", i ? ", " : "",
                         (long long)s->dim[i]);
    }
    snprintf(buffer + used, 128 - (size_t)used, "]");
}

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

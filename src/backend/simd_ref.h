// SPDX-License-Identifier: Apache-2.0
// simd_ref.h - the vector words in plain C: what every other simd_<isa>.h must equal, bit for bit.
//
// A vf is HG_LANES reals. Each operation rounds once, as IEEE 754 says; v_fma rounds its product and
// sum once. Nothing here estimates (no rsqrt), so each word has exactly one right answer. Only which
// NaN comes out is left open. With HG_DOUBLE these words, and only these, work in double.
#ifndef HG_BACKEND_SIMD_REF_H
#define HG_BACKEND_SIMD_REF_H
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "backend/kernels.h"

// Not forced inline: sixteen lanes of everything would take minutes to compile.
#define HG_WORD static inline

#ifdef HG_DOUBLE
typedef int64_t hg__bits;
# define HG_FMA  fma
# define HG_SQRT sqrt
# define HG_FABS fabs
#else
typedef int32_t hg__bits;
# define HG_FMA  fmaf
# define HG_SQRT sqrtf
# define HG_FABS fabsf
#endif

typedef struct vf {
    hg__real v[HG_LANES];
} vf;

// A mask: each lane is all ones or all zeros.
typedef struct vm {
    hg__bits v[HG_LANES];
} vm;

#define HG_LANEWISE(type, value)                      \
 type r;                                              \
 for (int i = 0; i < HG_LANES; i++) r.v[i] = (value); \
 return r

// clang-format off
HG_WORD vf v_load(const hg__real *p)       { vf r; memcpy(r.v, p, sizeof r.v); return r; }
HG_WORD void v_store(hg__real *p, vf a)    { memcpy(p, a.v, sizeof a.v); }
HG_WORD void v_stream(hg__real *p, vf a)   { v_store(p, a); } // past the cache, where that is possible; p: aligned
HG_WORD void v_stream_end(void)            {}                 // what was streamed is seen by other threads
HG_WORD vf v_set(hg__real x)               { HG_LANEWISE(vf, x); }
HG_WORD vf v_gather(const hg__real *p, const int32_t *at) { HG_LANEWISE(vf, p[at[i]]); }
HG_WORD vf v_zero(void)                    { HG_LANEWISE(vf, 0); }
HG_WORD vf v_load_u8(const uint8_t *p)     { HG_LANEWISE(vf, (hg__real)p[i]); }
HG_WORD vf v_add(vf a, vf b)               { HG_LANEWISE(vf, a.v[i] + b.v[i]); }
HG_WORD vf v_sub(vf a, vf b)               { HG_LANEWISE(vf, a.v[i] - b.v[i]); }
HG_WORD vf v_mul(vf a, vf b)               { HG_LANEWISE(vf, a.v[i] * b.v[i]); }
HG_WORD vf v_div(vf a, vf b)               { HG_LANEWISE(vf, a.v[i] / b.v[i]); }
HG_WORD vf v_sqrt(vf a)                    { HG_LANEWISE(vf, HG_SQRT(a.v[i])); }
HG_WORD vf v_fma(vf a, vf b, vf c)         { HG_LANEWISE(vf, HG_FMA(a.v[i], b.v[i], c.v[i])); }  // a b + c
HG_WORD vf v_fnma(vf a, vf b, vf c)        { HG_LANEWISE(vf, HG_FMA(-a.v[i], b.v[i], c.v[i])); } // c - a b
HG_WORD vf v_max(vf a, vf b)               { HG_LANEWISE(vf, a.v[i] > b.v[i] ? a.v[i] : b.v[i]); } // b if NaN
HG_WORD vf v_min(vf a, vf b)               { HG_LANEWISE(vf, a.v[i] < b.v[i] ? a.v[i] : b.v[i]); }
HG_WORD vf v_abs(vf a)                     { HG_LANEWISE(vf, HG_FABS(a.v[i])); }
HG_WORD vf v_neg(vf a)                     { HG_LANEWISE(vf, -a.v[i]); }
// Comparisons are false where either side is NaN.
HG_WORD vm v_gt(vf a, vf b)                { HG_LANEWISE(vm, -(hg__bits)(a.v[i] > b.v[i])); }
HG_WORD vm v_ge(vf a, vf b)                { HG_LANEWISE(vm, -(hg__bits)(a.v[i] >= b.v[i])); }
HG_WORD vm v_lt(vf a, vf b)                { HG_LANEWISE(vm, -(hg__bits)(a.v[i] < b.v[i])); }
HG_WORD vm v_eq(vf a, vf b)                { HG_LANEWISE(vm, -(hg__bits)(a.v[i] == b.v[i])); }
HG_WORD vm v_and(vm a, vm b)               { HG_LANEWISE(vm, a.v[i] & b.v[i]); }
HG_WORD vm v_or(vm a, vm b)                { HG_LANEWISE(vm, a.v[i] | b.v[i]); }
HG_WORD vf v_select(vm m, vf a, vf b)      { HG_LANEWISE(vf, m.v[i] ? a.v[i] : b.v[i]); } // m ? a : b
HG_WORD vf v_keep(vf a, int n)             { HG_LANEWISE(vf, i < n ? a.v[i] : 0); } // lanes >= n become +0
// clang-format on

// Bit i is lane i.
HG_WORD uint32_t v_mask_bits(vm m) {
    uint32_t bits = 0;
    for (int i = 0; i < HG_LANES; i++) bits |= (uint32_t)(m.v[i] & 1) << i;
    return bits;
}

// The one tree: lanes i and i+8, then i+4, i+2, i+1.
HG_WORD hg__real v_sum(vf a) {
    for (int half = HG_LANES / 2; half > 0; half /= 2) {
        for (int i = 0; i < half; i++) a.v[i] += a.v[i + half];
    }
    return a.v[0];
}

#ifndef HG_DOUBLE
HG_WORD uint32_t hg__bits_of(float x) {
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}
HG_WORD float hg__of_bits(uint32_t u) {
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

// 2^n for whole n in -126 .. 127. The sum with 1.5 * 2^23 + 127 leaves the biased exponent in the low bits.
HG_WORD vf v_pow2(vf n) {
    HG_LANEWISE(vf, hg__of_bits(hg__bits_of(n.v[i] + 0x1.8000FEp23F) << 23));
}

// p * 2^n for whole n in -250 .. 250 and p near 1, rounded once (into the denormals, or to infinity):
// of the two factors 2^(n/2) only the last can leave the normal range.
HG_WORD vf v_scale(vf p, vf n) {
    vf magic = v_set(0x1.8p23F);
    vf half = v_sub(v_fma(n, v_set(0.5F), magic), magic);
    return v_mul(v_mul(p, v_pow2(half)), v_pow2(v_sub(n, half)));
}

// The size of a with the sign of s.
HG_WORD vf v_copysign(vf a, vf s) {
    HG_LANEWISE(vf, copysignf(a.v[i], s.v[i]));
}

// x = m * 2^e with m in [sqrt(1/2), sqrt(2)), for positive normal x.
HG_WORD vf v_split(vf x, vf *e) {
    vf m;
    for (int i = 0; i < HG_LANES; i++) {
        uint32_t u = hg__bits_of(x.v[i]);
        int32_t n = (int32_t)(u - 0x3F3504F3U) >> 23; // arithmetic shift
        e->v[i] = (float)n;
        m.v[i] = hg__of_bits(u - ((uint32_t)n << 23));
    }
    return m;
}

// ---- products of bf16 pairs (kernels_bf16.inc) --------------------------------------------------

HG_WORD vf v_set_pair(const float *p) { // bits, which may be no number
    vf r;
    for (int i = 0; i < HG_LANES; i++) memcpy(&r.v[i], p, sizeof *p);
    return r;
}

HG_WORD float hg__flushed(float x) {
    return fabsf(x) < 0x1p-126F ? copysignf(0, x) : x;
}

// a b + c, rounded once. What rounds up to the smallest normal number is denormal where the exponent has room: only products
// below 2^-132 come there, so that the factor cannot overflow.
HG_WORD float hg__flushing_fma(float a, float b, float c) {
    const float x = hg__flushed(a), y = hg__flushed(b), z = hg__flushed(c), r = fmaf(x, y, z);
    const bool is_smallest = fabsf(r) == 0x1p-126F;
    if (is_smallest && fabsf(fmaf(x * 0x1p60F, y, z * 0x1p60F)) < 0x1p-66F) return copysignf(0, r);
    return hg__flushed(r);
}

HG_WORD vf v_dot_pairs(vf a, vf b, vf c) {
    vf r;
    for (int i = 0; i < HG_LANES; i++) {
        const uint32_t x = hg__bits_of(a.v[i]), y = hg__bits_of(b.v[i]), high = 0xFFFF0000U;
        const float second = hg__flushing_fma(hg__of_bits(x & high), hg__of_bits(y & high), c.v[i]);
        r.v[i] = hg__flushing_fma(hg__of_bits(x << 16), hg__of_bits(y << 16), second);
    }
    return r;
}
HG_WORD unsigned v_flush_begin(void) {
    return 0;
}
HG_WORD void v_flush_end(unsigned modes) {
    (void)modes;
}
#endif
#endif

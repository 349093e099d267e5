// SPDX-License-Identifier: Apache-2.0
// simd_avx512.h - the vector words of simd_ref.h as AVX-512 instructions: one register a vf.
#ifndef HG_BACKEND_SIMD_AVX512_H
#define HG_BACKEND_SIMD_AVX512_H
#include <immintrin.h>
#include <string.h>

#include "backend/kernels.h"

#define HG_WORD static inline __attribute__((always_inline))

typedef __m512 vf;
typedef __mmask16 vm;

// clang-format off
HG_WORD vf v_load(const float *p)          { return _mm512_loadu_ps(p); }
HG_WORD void v_store(float *p, vf a)       { _mm512_storeu_ps(p, a); }
HG_WORD void v_stream(float *p, vf a)      { _mm512_stream_ps(p, a); }
HG_WORD void v_stream_end(void)            { _mm_sfence(); }
HG_WORD vf v_set(float x)                  { return _mm512_set1_ps(x); }
HG_WORD vf v_zero(void)                    { return _mm512_setzero_ps(); }
HG_WORD vf v_add(vf a, vf b)               { return _mm512_add_ps(a, b); }
HG_WORD vf v_sub(vf a, vf b)               { return _mm512_sub_ps(a, b); }
HG_WORD vf v_mul(vf a, vf b)               { return _mm512_mul_ps(a, b); }
HG_WORD vf v_div(vf a, vf b)               { return _mm512_div_ps(a, b); }
HG_WORD vf v_sqrt(vf a)                    { return _mm512_sqrt_ps(a); }
HG_WORD vf v_fma(vf a, vf b, vf c)         { return _mm512_fmadd_ps(a, b, c); }
HG_WORD vf v_fnma(vf a, vf b, vf c)        { return _mm512_fnmadd_ps(a, b, c); }
HG_WORD vf v_max(vf a, vf b)               { return _mm512_max_ps(a, b); }
HG_WORD vf v_min(vf a, vf b)               { return _mm512_min_ps(a, b); }
HG_WORD vf v_abs(vf a)                     { return _mm512_andnot_ps(_mm512_set1_ps(-0.0F), a); }
HG_WORD vf v_neg(vf a)                     { return _mm512_xor_ps(_mm512_set1_ps(-0.0F), a); }
HG_WORD vm v_gt(vf a, vf b)                { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
HG_WORD vm v_ge(vf a, vf b)                { return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ); }
HG_WORD vm v_lt(vf a, vf b)                { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
HG_WORD vm v_eq(vf a, vf b)                { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
HG_WORD vm v_and(vm a, vm b)               { return (vm)(a & b); }
HG_WORD vm v_or(vm a, vm b)                { return (vm)(a | b); }
HG_WORD vf v_select(vm m, vf a, vf b)      { return _mm512_mask_blend_ps(m, b, a); }
HG_WORD uint32_t v_mask_bits(vm m)         { return m; }
// clang-format on

HG_WORD vf v_gather(const float *p, const int32_t *at) {
    const __m256 lo = _mm256_i32gather_ps(p, _mm256_loadu_si256((const void *)at), 4);
    const __m256 hi = _mm256_i32gather_ps(p, _mm256_loadu_si256((const void *)(at + 8)), 4);
    return _mm512_insertf32x8(_mm512_castps256_ps512(lo), hi, 1);
}

HG_WORD vf v_load_u8(const uint8_t *p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)p)));
}

HG_WORD vf v_keep(vf a, int n) {
    const unsigned lanes = n >= HG_LANES ? 0xFFFFU : (1U << n) - 1;
    return _mm512_maskz_mov_ps((vm)lanes, a);
}

HG_WORD float v_sum(vf a) {
    __m256 b = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
    __m128 c = _mm_add_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));
    __m128 d = _mm_add_ps(c, _mm_movehl_ps(c, c));
    return _mm_cvtss_f32(_mm_add_ss(d, _mm_movehdup_ps(d)));
}

// Products of bf16 pairs (kernels_bf16.inc). HG_BF16_WORDS: by the instruction.
HG_WORD vf v_set_pair(const float *p) {
    int32_t pair;
    memcpy(&pair, p, sizeof pair);
    return _mm512_castsi512_ps(_mm512_set1_epi32(pair));
}
#ifdef HG_BF16_WORDS
HG_WORD vf v_dot_pairs(vf a, vf b, vf c) {
    return _mm512_dpbf16_ps(c, (__m512bh)_mm512_castps_si512(a), (__m512bh)_mm512_castps_si512(b));
}
HG_WORD unsigned v_flush_begin(void) {
    return 0;
}
HG_WORD void v_flush_end(unsigned modes) {
    (void)modes;
}
#else
HG_WORD vf v_first(vf a) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(a), 16));
}
HG_WORD vf v_second(vf a) {
    const __m512i high = _mm512_set1_epi32((int)0xFFFF0000U);
    return _mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(a), high));
}
HG_WORD vf v_dot_pairs(vf a, vf b, vf c) {
    return v_fma(v_first(a), v_first(b), v_fma(v_second(a), v_second(b), c));
}
HG_WORD unsigned v_flush_begin(void) {
    const unsigned modes = _mm_getcsr();
    _mm_setcsr(0x9FC0); // denormals to zero, in and out; to nearest; no exceptions
    return modes;
}
HG_WORD void v_flush_end(unsigned modes) {
    _mm_setcsr(modes);
}
#endif

HG_WORD vf v_scale(vf p, vf n) {
    return _mm512_scalef_ps(p, n);
}

HG_WORD vf v_copysign(vf a, vf s) { // bitwise: sign mask ? s : a
    __m512i sign = _mm512_set1_epi32(INT32_MIN), value = _mm512_castps_si512(a);
    return _mm512_castsi512_ps(
        _mm512_ternarylogic_epi32(sign, _mm512_castps_si512(s), value, 0xCA));
}

HG_WORD vf v_split(vf x, vf *e) {
    __m512i u = _mm512_castps_si512(x);
    __m512i n = _mm512_srai_epi32(_mm512_sub_epi32(u, _mm512_set1_epi32(0x3F3504F3)), 23);
    *e = _mm512_cvtepi32_ps(n);
    return _mm512_castsi512_ps(_mm512_sub_epi32(u, _mm512_slli_epi32(n, 23)));
}
#endif

// SPDX-License-Identifier: Apache-2.0
// simd_avx2.h - the vector words of simd_ref.h as AVX2 and FMA instructions: two registers a vf.
#ifndef HG_BACKEND_SIMD_AVX2_H
#define HG_BACKEND_SIMD_AVX2_H
#include <immintrin.h>
#include <string.h>

#include "backend/kernels.h"

#define HG_WORD static inline __attribute__((always_inline))

typedef struct vf {
    __m256 lo, hi;
} vf;
typedef vf vm; // each lane all ones or all zeros

#define HG_BOTH1(f, a)       ((vf){f((a).lo), f((a).hi)})
#define HG_BOTH2(f, a, b)    ((vf){f((a).lo, (b).lo), f((a).hi, (b).hi)})
#define HG_BOTH3(f, a, b, c) ((vf){f((a).lo, (b).lo, (c).lo), f((a).hi, (b).hi, (c).hi)})
#define HG_COMPARE(a, b, how) \
 ((vm){_mm256_cmp_ps((a).lo, (b).lo, how), _mm256_cmp_ps((a).hi, (b).hi, how)})

// clang-format off
HG_WORD vf v_load(const float *p)          { return (vf){_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
HG_WORD void v_store(float *p, vf a)       { _mm256_storeu_ps(p, a.lo); _mm256_storeu_ps(p + 8, a.hi); }
HG_WORD void v_stream(float *p, vf a)      { _mm256_stream_ps(p, a.lo); _mm256_stream_ps(p + 8, a.hi); }
HG_WORD void v_stream_end(void)            { _mm_sfence(); }
HG_WORD vf v_set(float x)                  { return (vf){_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
HG_WORD vf v_zero(void)                    { return (vf){_mm256_setzero_ps(), _mm256_setzero_ps()}; }
HG_WORD vf v_add(vf a, vf b)               { return HG_BOTH2(_mm256_add_ps, a, b); }
HG_WORD vf v_sub(vf a, vf b)               { return HG_BOTH2(_mm256_sub_ps, a, b); }
HG_WORD vf v_mul(vf a, vf b)               { return HG_BOTH2(_mm256_mul_ps, a, b); }
HG_WORD vf v_div(vf a, vf b)               { return HG_BOTH2(_mm256_div_ps, a, b); }
HG_WORD vf v_sqrt(vf a)                    { return HG_BOTH1(_mm256_sqrt_ps, a); }
HG_WORD vf v_fma(vf a, vf b, vf c)         { return HG_BOTH3(_mm256_fmadd_ps, a, b, c); }
HG_WORD vf v_fnma(vf a, vf b, vf c)        { return HG_BOTH3(_mm256_fnmadd_ps, a, b, c); }
HG_WORD vf v_max(vf a, vf b)               { return HG_BOTH2(_mm256_max_ps, a, b); }
HG_WORD vf v_min(vf a, vf b)               { return HG_BOTH2(_mm256_min_ps, a, b); }
HG_WORD vf v_abs(vf a)                     { return HG_BOTH2(_mm256_andnot_ps, v_set(-0.0F), a); }
HG_WORD vf v_neg(vf a)                     { return HG_BOTH2(_mm256_xor_ps, v_set(-0.0F), a); }
HG_WORD vm v_gt(vf a, vf b)                { return HG_COMPARE(a, b, _CMP_GT_OQ); }
HG_WORD vm v_ge(vf a, vf b)                { return HG_COMPARE(a, b, _CMP_GE_OQ); }
HG_WORD vm v_lt(vf a, vf b)                { return HG_COMPARE(a, b, _CMP_LT_OQ); }
HG_WORD vm v_eq(vf a, vf b)                { return HG_COMPARE(a, b, _CMP_EQ_OQ); }
HG_WORD vm v_and(vm a, vm b)               { return HG_BOTH2(_mm256_and_ps, a, b); }
HG_WORD vm v_or(vm a, vm b)                { return HG_BOTH2(_mm256_or_ps, a, b); }
HG_WORD vf v_select(vm m, vf a, vf b)      { return HG_BOTH3(_mm256_blendv_ps, b, a, m); }
// clang-format on

// Products of bf16 pairs (kernels_bf16.inc).
HG_WORD vf v_set_pair(const float *p) {
    int32_t pair;
    memcpy(&pair, p, sizeof pair);
    const __m256 all = _mm256_castsi256_ps(_mm256_set1_epi32(pair));
    return (vf){all, all};
}
HG_WORD __m256 hg__half_first(__m256 a) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(a), 16));
}
HG_WORD __m256 hg__half_second(__m256 a) {
    const __m256i high = _mm256_set1_epi32((int)0xFFFF0000U);
    return _mm256_castsi256_ps(_mm256_and_si256(_mm256_castps_si256(a), high));
}
HG_WORD vf v_dot_pairs(vf a, vf b, vf c) {
    const vf second = v_fma(HG_BOTH1(hg__half_second, a), HG_BOTH1(hg__half_second, b), c);
    return v_fma(HG_BOTH1(hg__half_first, a), HG_BOTH1(hg__half_first, b), second);
}
HG_WORD unsigned v_flush_begin(void) {
    const unsigned modes = _mm_getcsr();
    _mm_setcsr(0x9FC0); // denormals to zero, in and out; to nearest; no exceptions
    return modes;
}
HG_WORD void v_flush_end(unsigned modes) {
    _mm_setcsr(modes);
}

HG_WORD __m256 hg__half_gather(const float *p, const int32_t *at) {
    return _mm256_i32gather_ps(p, _mm256_loadu_si256((const void *)at), 4);
}
HG_WORD vf v_gather(const float *p, const int32_t *at) {
    return (vf){hg__half_gather(p, at), hg__half_gather(p, at + 8)};
}

HG_WORD uint32_t v_mask_bits(vm m) {
    return (uint32_t)_mm256_movemask_ps(m.lo) | (uint32_t)_mm256_movemask_ps(m.hi) << 8;
}

HG_WORD vf v_load_u8(const uint8_t *p) {
    __m128i bytes = _mm_loadu_si128((const void *)p);
    return (vf){_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes)),
                _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_srli_si128(bytes, 8)))};
}

HG_WORD vf v_keep(vf a, int n) {
    __m256i count = _mm256_set1_epi32(n);
    __m256i lo = _mm256_cmpgt_epi32(count, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    __m256i hi = _mm256_cmpgt_epi32(count, _mm256_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15));
    return (vf){_mm256_and_ps(a.lo, _mm256_castsi256_ps(lo)),
                _mm256_and_ps(a.hi, _mm256_castsi256_ps(hi))};
}

HG_WORD float v_sum(vf a) {
    __m256 b = _mm256_add_ps(a.lo, a.hi);
    __m128 c = _mm_add_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));
    __m128 d = _mm_add_ps(c, _mm_movehl_ps(c, c));
    return _mm_cvtss_f32(_mm_add_ss(d, _mm_movehdup_ps(d)));
}

HG_WORD __m256 hg__half_pow2(__m256 n) {
    __m256i u = _mm256_castps_si256(_mm256_add_ps(n, _mm256_set1_ps(0x1.8000FEp23F)));
    return _mm256_castsi256_ps(_mm256_slli_epi32(u, 23));
}
HG_WORD vf v_pow2(vf n) {
    return HG_BOTH1(hg__half_pow2, n);
}

HG_WORD vf v_scale(vf p, vf n) {
    vf magic = v_set(0x1.8p23F);
    vf half = v_sub(v_fma(n, v_set(0.5F), magic), magic);
    return v_mul(v_mul(p, v_pow2(half)), v_pow2(v_sub(n, half)));
}

HG_WORD vf v_copysign(vf a, vf s) {
    return HG_BOTH3(_mm256_blendv_ps, v_abs(a), v_neg(v_abs(a)), s);
}

HG_WORD __m256 hg__half_split(__m256 x, __m256 *e) {
    __m256i u = _mm256_castps_si256(x);
    __m256i n = _mm256_srai_epi32(_mm256_sub_epi32(u, _mm256_set1_epi32(0x3F3504F3)), 23);
    *e = _mm256_cvtepi32_ps(n);
    return _mm256_castsi256_ps(_mm256_sub_epi32(u, _mm256_slli_epi32(n, 23)));
}
HG_WORD vf v_split(vf x, vf *e) {
    return (vf){hg__half_split(x.lo, &e->lo), hg__half_split(x.hi, &e->hi)};
}
#endif

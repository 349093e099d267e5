// SPDX-License-Identifier: Apache-2.0
// cpu_avx512bf16.c - the one kernel that AVX512_BF16 has an instruction for; all others are avx512's.
#include "backend/kernels.h"

#if defined(__x86_64__) && !defined(HG_DOUBLE)
# ifdef __AVX512BF16__
#  define HG_BF16_WORDS 1
# endif
# include "backend/simd_avx512.h"

# if defined(__clang__)
#  define BF16_UNROLL _Pragma("clang loop unroll(full)")
# else
#  define BF16_UNROLL _Pragma("GCC unroll 32")
# endif
# include "backend/kernels_bf16.inc"

void hg__gemm_avx512bf16(const hg__gemm *g);
void hg__gemm_avx512bf16(const hg__gemm *g) {
    gemm_bf16(g);
}
#endif

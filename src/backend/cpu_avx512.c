// SPDX-License-Identifier: Apache-2.0
// cpu_avx512.c - the kernels compiled for avx512.
#include "backend/kernels.h"

#if defined(__x86_64__) && !defined(HG_DOUBLE)
# define ISA       avx512
# define ISA_WORDS "backend/simd_avx512.h"
# include "backend/cpu_kernels.inc"
#endif

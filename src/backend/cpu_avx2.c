// SPDX-License-Identifier: Apache-2.0
// cpu_avx2.c - the kernels compiled for avx2.
#include "backend/kernels.h"

#if defined(__x86_64__) && !defined(HG_DOUBLE)
# define ISA       avx2
# define ISA_WORDS "backend/simd_avx2.h"
# include "backend/cpu_kernels.inc"
#endif

// SPDX-License-Identifier: Apache-2.0
// cpu_avx512.c - the kernels compiled for avx512.
#define ISA avx512
#include "backend/simd_avx512.h"

#include "backend/cpu_kernels.inc"

// SPDX-License-Identifier: Apache-2.0
// cpu_avx2.c - the kernels compiled for avx2.
#define ISA avx2
#include "backend/simd_avx2.h"

#include "backend/cpu_kernels.inc"

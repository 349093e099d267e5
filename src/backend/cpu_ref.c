// SPDX-License-Identifier: Apache-2.0
// cpu_ref.c - the kernels compiled for ref.
#include "backend/kernels.h"

#define ISA       ref
#define ISA_WORDS "backend/simd_ref.h"
#include "backend/cpu_kernels.inc"

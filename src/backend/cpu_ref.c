// SPDX-License-Identifier: Apache-2.0
// cpu_ref.c - the kernels compiled for ref.
#define ISA ref
#include "backend/simd_ref.h"

#include "backend/cpu_kernels.inc"

// SPDX-License-Identifier: Apache-2.0
// half.h - IEEE 754's 16-bit numbers.
#ifndef HG_BASE_HALF_H
#define HG_BASE_HALF_H
#include <stdint.h>

float hg__half_to_float(uint16_t half);
// The nearest, ties to even; beyond 65504 infinity.
uint16_t hg__half_from_double(double value);
#endif

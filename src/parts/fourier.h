// SPDX-License-Identifier: Apache-2.0
// fourier.h - the Fourier transform of small squares, for correlating pictures.
//
// Squares of 64 do not need more than radix 2. Why no library does it: base/turns.h.
#ifndef HG_PARTS_FOURIER_H
#define HG_PARTS_FOURIER_H
#include "base/turns.h"

// x (2, side, side), where side is t->size: real parts, then imaginary ones, in place. Transformed back it is what it was, times side * side.
void hg__fourier_run(const hg__turns *t, double *x, bool back);
#endif

// SPDX-License-Identifier: Apache-2.0
// fourier.h - the Fourier transform of small squares, for correlating pictures.
//
// Our own and not a library's: those fill their tables by the C library's sine, whose last bits are another machine's own, and a
// turn of a part that two machines find differently is another score. Squares of 64 do not need more than radix 2.
#ifndef HG_PARTS_FOURIER_H
#define HG_PARTS_FOURIER_H
#include "parts/raster.h"

typedef struct hg__fourier {
    int32_t side;    // a power of two
    int32_t *mirror; // owned, (side): each index with its bits reversed
    double *turn;    // owned, (side / 2, 2): cosine and sine of -2 pi k / side
} hg__fourier;

int hg__fourier_init(hg__fourier *f, int32_t side, hg_error *err);
void hg__fourier_clear(hg__fourier *f); // {0} is fine

// x (2, side, side): real parts, then imaginary ones, in place. Transformed back it is what it was, times side * side.
void hg__fourier_run(const hg__fourier *f, double *x, bool back);
#endif

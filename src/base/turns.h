// SPDX-License-Identifier: Apache-2.0
// turns.h - what Fourier transforms of a power of two look up: sines and cosines, and the order of indices with their bits reversed.
//
// Our own and not a library's: those fill their tables by the C library's sine, whose last bits are another machine's own, and a
// score of what two machines transform differently is another score.
#ifndef HG_BASE_TURNS_H
#define HG_BASE_TURNS_H
#include <stdint.h>

#include "base/error.h"

typedef struct hg__turns {
    int32_t size;    // n, a power of two
    int32_t *mirror; // owned, (n): each index with its bits reversed
    double *turn;    // owned, (n / 2, 2): cosine and sine of -2 pi k / n
} hg__turns;

int hg__turns_init(hg__turns *t, int32_t size, hg_error *err); // {0} on failure
void hg__turns_clear(hg__turns *t);                            // {0} is fine
#endif

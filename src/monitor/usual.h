// SPDX-License-Identifier: Apache-2.0
// usual.h - how unusual a distance is beside those of normal steps, as -log10 of the share that lies farther out.
//
//   share that stays below   0  .1  .2 ... .9 |  beyond: an exponential tail of the logarithm
//   -log10 of the rest       0 .05  .1 ...  1 |  1 + (ln distance - ln of the last) / (spread ln 10)
//
// What is beyond 5 counts a tenth: of what is once in a hundred thousand steps nobody knows how rare it is. So a detector whose distances are often large says little by a large one, and distances of different kinds can be averaged.
#ifndef HG_MONITOR_USUAL_H
#define HG_MONITOR_USUAL_H
#include <stdint.h>

enum { HG_USUAL_SHARES = 11 };

typedef struct hg__usual {
    float at[HG_USUAL_SHARES]; // ln of the distances that 0, 0.1 ... 0.9 of the steps stay below
    float
        spread; // mean excess of the logarithms beyond the last, drawn to 0.3 where few are there; above 0
} hg__usual;

// distance (count), 0 or more; is sorted.
void hg__usual_fit(hg__usual *u, float *distance, int64_t count);
// 0 or more.
float hg__usual_evidence(const hg__usual *u, float distance);
// What is beyond 5 counts a tenth; and back.
double hg__usual_compress(double evidence);
double hg__usual_expand(double evidence);
#endif

// SPDX-License-Identifier: Apache-2.0
// measure_noise.h - how strong the noise of a picture is, how it grows with brightness and how far it is correlated: measured on
// the noisy picture alone.
//
//   variance at a clean value x = floor + slope x       read-out noise and photon noise (Foi et al. 2008), white = 1
//   correlated as white noise behind a Gaussian filter  of `blur` pixels
#ifndef HG_CORRUPT_MEASURE_NOISE_H
#define HG_CORRUPT_MEASURE_NOISE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef struct hg__noise_level {
    double floor, slope;
    double blur; // pixels; 0: independent from pixel to pixel
} hg__noise_level;

static inline double hg__noise_variance(const hg__noise_level *l, double x) {
    const double v = l->floor + l->slope * (x > 0 ? x : 0);
    return v > 0 ? v : 0;
}

// Blocks of pictures, gathered until there are enough.
typedef struct hg__noise_gauge hg__noise_gauge;

enum { HG_NOISE_BLOCK = 16 }; // side of a block, pixels

// most: blocks that are kept.
hg__noise_gauge *hg__noise_gauge_new(int32_t most, hg_error *err);
void hg__noise_gauge_free(hg__noise_gauge *g); // NULL is fine
// The blocks of one channel: x (height, width), `pixel` floats from one to the next of a line. Those beyond `most` are left out.
void hg__noise_gauge_add(hg__noise_gauge *g, const float *x, int32_t height, int32_t width,
                         int32_t pixel);
// What was found. Fails where there are fewer than 32 blocks, or no memory.
int hg__noise_gauge_read(const hg__noise_gauge *g, hg__noise_level *l, hg_error *err);
#endif

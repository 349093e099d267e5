// SPDX-License-Identifier: Apache-2.0
// noise_rician.c - magnitude images of magnetic resonance: both parts of a complex number have normal noise, its size is kept.
//
// Gudbjartsson & Patz, "The Rician distribution of noisy MRI data", Magn. Reson. Med. 34, 1995. Bright parts have nearly normal noise, black
// ones become grey: S sqrt(pi / 2) on average.
#include "corrupt/noise_type.h"

static size_t scratch(int32_t height, int32_t width, int32_t channels, double amount) {
    (void)amount;
    return 2 * hg__noise_padded((size_t)height * (size_t)width * (size_t)channels);
}

static int rician(const hg__noise_row *r, float *x, hg_error *err) {
    (void)err;
    const size_t n = hg__noise_count(r);
    const float scale = (float)(r->amount / 255);
    float *real = r->scratch, *imaginary = real + hg__noise_padded(n);
    hg__noise_normal(r, 0, n, real);
    hg__noise_normal(r, 1, n, imaginary);
    for (size_t i = 0; i < n; i++) {
        const float a = x[i] + scale * real[i], b = scale * imaginary[i];
        x[i] = __builtin_sqrtf(a * a + b * b);
    }
    return HG_OK;
}

const hg__noise_type hg__noise_rician = {.name = "rician",
                                         .summary = "of magnitude images of magnetic resonance",
                                         .amount = "standard deviation, 8-bit grey levels",
                                         .most = 1000,
                                         .scratch = scratch,
                                         .apply = rician};

// SPDX-License-Identifier: Apache-2.0
// noise_ultrasound.c - speckle of ultrasound: grains wider than high, as a beam's spot is, of Rayleigh's distribution.
//
// x + sqrt(x) times the noise, which is what remains of multiplied noise behind the scanner's compression (Loupas, McDicken & Allan, "An adaptive
// weighted median filter for speckle suppression in medical ultrasonic images", 1989). `speckle` is without size or compression.
#include "corrupt/field.h"

static size_t scratch(int32_t height, int32_t width, int32_t channels, double amount) {
    (void)channels;
    (void)amount;
    return 2 * hg__field_count(height, width, 1) + hg__field_scratch(height, width, 1);
}

static int ultrasound(const hg__noise_row *r, float *x, hg_error *err) {
    (void)err;
    const size_t pixels = (size_t)r->height * (size_t)r->width, C = (size_t)r->channels;
    float u[16], *real = r->scratch, *imaginary = real + hg__noise_padded(pixels);
    float *spare = imaginary + hg__noise_padded(pixels);
    hg__noise_uniform(r, 0, 2, u);
    const double down = 0.3 + 0.7 * (double)u[0], across = down * (1 + 1.3 * (double)u[1]);
    hg__field f = {r->height, r->width, 1, down, across, 1};
    hg__field_make(r, &f, real, spare);
    f.which = 2;
    hg__field_make(r, &f, imaginary, spare);
    const float scale = (float)(r->amount / 255);
    const float mean = 1.2533141F, inverse = 1 / 0.6551364F; // of the size of two normal numbers
    for (size_t i = 0; i < pixels * C; i++) {
        const float a = real[i / C], b = imaginary[i / C];
        const float grain = (__builtin_sqrtf(a * a + b * b) - mean) * inverse;
        if (x[i] > 0) x[i] += scale * __builtin_sqrtf(x[i]) * grain;
    }
    return HG_OK;
}

const hg__noise_type hg__noise_ultrasound = {.name = "ultrasound",
                                             .summary = "speckle in grains, as a scanner shows it",
                                             .amount =
                                                 "standard deviation in white, 8-bit grey levels",
                                             .most = 1000,
                                             .needs_image = true,
                                             .scratch = scratch,
                                             .apply = ultrasound};

// SPDX-License-Identifier: Apache-2.0
// noise_banding.c - lines or columns brighter and darker than they should be: each for itself, and in waves.
#include "base/real.h"
#include "corrupt/noise_type.h"

static size_t scratch(int32_t height, int32_t width, int32_t channels, double amount) {
    (void)channels;
    (void)amount;
    return hg__noise_padded((size_t)(height > width ? height : width));
}

static int banding(const hg__noise_row *r, float *x, hg_error *err) {
    (void)err;
    const size_t C = (size_t)r->channels, W = (size_t)r->width, n = hg__noise_count(r);
    float u[16];
    hg__noise_uniform(r, 0, 4, u);
    const bool is_across = u[0] < 0.5F;
    const int32_t bands = is_across ? r->height : r->width;
    hg__noise_normal(r, 1, (size_t)bands, r->scratch);
    // of the variance; the wave's period 2 to 32 lines
    const float waves = u[1] * u[1], grains = __builtin_sqrtf(1 - waves);
    const double turns = 1.0 / 2 - (1.0 / 2 - 1.0 / 32) * (double)u[2];
    const float scale = (float)(r->amount / 255), height = __builtin_sqrtf(2 * waves);
    for (int32_t i = 0; i < bands; i++) {
        const float wave = (float)hg__sin_turn((double)u[3] + i * turns);
        r->scratch[i] = scale * (grains * r->scratch[i] + height * wave);
    }
    for (size_t i = 0; i < n; i++) x[i] += r->scratch[is_across ? i / C / W : i / C % W];
    return HG_OK;
}

const hg__noise_type hg__noise_banding = {.name = "banding",
                                          .summary = "lines or columns brighter and darker",
                                          .amount = "standard deviation, 8-bit grey levels",
                                          .most = 1000,
                                          .needs_image = true,
                                          .scratch = scratch,
                                          .apply = banding};

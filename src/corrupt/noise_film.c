// SPDX-License-Identifier: Apache-2.0
// noise_film.c - grain of film: coarse, of a size that is drawn, strongest in the middle tones, less in black and white.
//
// Filtered normal numbers scaled by brightness, as Norkin & Birkbeck, "Film grain synthesis for AV1 video codec", DCC 2018, have it. Of a
// colour picture a drawn part of the grain is common to all three layers.
#include "corrupt/field.h"

static size_t scratch(int32_t height, int32_t width, int32_t channels, double amount) {
    (void)amount;
    return hg__field_count(height, width, 1) + hg__field_count(height, width, channels) +
           hg__field_scratch(height, width, channels);
}

static int film(const hg__noise_row *r, float *x, hg_error *err) {
    (void)err;
    const size_t pixels = (size_t)r->height * (size_t)r->width, C = (size_t)r->channels;
    float u[16], *common = r->scratch, *own = common + hg__noise_padded(pixels);
    float *spare = own + hg__noise_padded(pixels * C);
    hg__noise_uniform(r, 0, 2, u);
    const double size = 0.3 + 1.3 * (double)(u[0] * u[0]);
    const hg__field one = {r->height, r->width, 1, size, size, 1};
    hg__field all = {r->height, r->width, r->channels, size, size, 2};
    hg__field_make(r, &one, common, spare);
    if (C > 1) hg__field_make(r, &all, own, spare);
    const float share = C > 1 ? 0.4F + 0.6F * u[1] : 1;
    const float rest = __builtin_sqrtf(1 - share * share), scale = (float)(r->amount / 255);
    for (size_t i = 0; i < pixels * C; i++) {
        const float light = x[i] > 0 ? x[i] < 1 ? x[i] : 1 : 0;
        const float grain = share * common[i / C] + (C > 1 ? rest * own[i] : 0);
        x[i] += scale * (0.25F + 3 * light * (1 - light)) * grain;
    }
    return HG_OK;
}

const hg__noise_type hg__noise_film = {
    .name = "film",
    .summary = "grain of film: coarse, strongest in middle tones",
    .amount = "standard deviation in mid grey, 8-bit grey levels",
    .most = 1000,
    .needs_image = true,
    .scratch = scratch,
    .apply = film};

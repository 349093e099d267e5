// SPDX-License-Identifier: Apache-2.0
// noise_point.c - noise that touches each pixel for itself: gaussian, poisson, speckle, salt_pepper.
#include "corrupt/noise_type.h"

static size_t one_row(int32_t height, int32_t width, int32_t channels, double amount) {
    (void)amount;
    return hg__noise_padded((size_t)height * (size_t)width * (size_t)channels);
}

static size_t two_rows(int32_t height, int32_t width, int32_t channels, double amount) {
    return 2 * one_row(height, width, channels, amount);
}

static int gaussian(const hg__noise_row *r, float *x, hg_error *err) {
    (void)err;
    const size_t n = hg__noise_count(r);
    const float scale = (float)(r->amount / 255);
    hg__noise_normal(r, 0, n, r->scratch);
    for (size_t i = 0; i < n; i++) x[i] += scale * r->scratch[i];
    return HG_OK;
}

static int clip(const hg__noise_row *r, float *x, hg_error *err) {
    (void)err;
    const size_t n = hg__noise_count(r);
    for (size_t i = 0; i < n; i++) {
        const float level = x[i] * 255 + 0.5F;
        x[i] = level <= 0 ? 0 : level >= 255 ? 1 : (float)(int32_t)level / 255;
    }
    return HG_OK;
}

static int speckle(const hg__noise_row *r, float *x, hg_error *err) {
    (void)err;
    const size_t n = hg__noise_count(r);
    const float scale = (float)(r->amount / 100);
    hg__noise_normal(r, 0, n, r->scratch);
    for (size_t i = 0; i < n; i++) x[i] += x[i] * (scale * r->scratch[i]);
    return HG_OK;
}

// How many photons of `mean` expected ones come. Below 20 the distribution function is inverted at u; above, the
// normal's quantile z is corrected for skewness (Cornish & Fisher 1937, first term), which is right to about a percent of
// one photon there.
static double count_photons(double mean, double u, double z) {
    if (mean >= 20) {
        const double root = (double)__builtin_sqrtf((float)mean);
        const double count = mean + root * z + (z * z - 1) / 6;
        return count > 0 ? (double)(int64_t)(count + 0.5) : 0;
    }
    double p = hg__noise_exp(mean), sum = p;
    int count = 0;
    while (u >= sum && count < 100) {
        count++;
        p *= mean / count;
        sum += p;
    }
    return count;
}

static int poisson(const hg__noise_row *r, float *x, hg_error *err) {
    (void)err;
    const size_t n = hg__noise_count(r);
    float *uniform = r->scratch, *normal = r->scratch + hg__noise_padded(n);
    hg__noise_uniform(r, 0, n, uniform);
    hg__noise_normal(r, 1, n, normal);
    for (size_t i = 0; i < n; i++) {
        const double mean = x[i] > 0 ? (double)x[i] * r->amount : 0;
        x[i] = (float)(count_photons(mean, (double)uniform[i], (double)normal[i]) / r->amount);
    }
    return HG_OK;
}

// Each pixel, all of its channels: 0 where u is in the lower half of what is corrupted, 1 in the upper.
static int salt_pepper(const hg__noise_row *r, float *x, hg_error *err) {
    (void)err;
    const size_t pixels = (size_t)r->height * (size_t)r->width, channels = (size_t)r->channels;
    const float half = (float)(r->amount / 200);
    hg__noise_uniform(r, 0, pixels, r->scratch);
    for (size_t i = 0; i < pixels; i++) {
        if (r->scratch[i] >= half + half) continue;
        for (size_t c = 0; c < channels; c++) {
            x[i * channels + c] = r->scratch[i] < half ? 0.0F : 1.0F;
        }
    }
    return HG_OK;
}

const hg__noise_type hg__noise_gaussian = {.name = "gaussian",
                                           .summary = "added noise",
                                           .amount = "standard deviation, 8-bit grey levels",
                                           .most = 1000,
                                           .scratch = one_row,
                                           .apply = gaussian};
const hg__noise_type hg__noise_poisson = {.name = "poisson",
                                          .summary = "shot noise",
                                          .amount = "photons at the peak, of white",
                                          .least = 0.1,
                                          .most = 1000000,
                                          .scratch = two_rows,
                                          .apply = poisson};
const hg__noise_type hg__noise_speckle = {.name = "speckle",
                                          .summary = "each value multiplied by 1 + gaussian",
                                          .amount = "standard deviation, percent",
                                          .most = 1000,
                                          .scratch = one_row,
                                          .apply = speckle};
const hg__noise_type hg__noise_salt_pepper = {.name = "salt_pepper",
                                              .summary = "some pixels black or white",
                                              .amount = "percent of the pixels",
                                              .most = 100,
                                              .scratch = one_row,
                                              .apply = salt_pepper};
const hg__noise_type hg__noise_clip = {
    .name = "clip",
    .summary = "rounded to 8 bits and cut off below black and above white",
    .amount = "",
    .apply = clip};

// SPDX-License-Identifier: Apache-2.0
// denoise_tune.c - strength=, sigma= and detail= become a denoiser's settings; sigma=iso anew for each file.
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "jobs/denoise.h"
#include "options/options.h"

// An average of cameras: 1.25 grey levels at ISO 100, 7 at 3200. Shot noise grows with the root of the gain.
static double sigma_of_iso(int32_t iso) {
    return sqrt((double)iso) / 8;
}

int hg__denoise_tune(hg__denoise_work *d, const struct hg__values *v, hg_error *err) {
    hg__tuning how = {.strength = v->strength, .detail = v->detail};
    double sigma = 0;
    d->is_by_iso = strcmp(v->sigma, "iso") == 0;
    if (d->is_by_iso) {
        sigma = 1; // until a file says it: whether the model can be told at all
    } else if (*v->sigma && (!hg__parse_float(v->sigma, &sigma) || !(sigma > 0 && sigma <= 255))) {
        return hg__fail(
            err, HG_ERR_USAGE,
            "sigma: expected a number above 0, up to 255 grey levels, or iso, got '%.80s'",
            v->sigma);
    }
    how.sigma = sigma / 255;
    d->tuning = how;
    return hg__denoiser_tune(d->denoiser, &how, err);
}

int hg__denoise_tune_to(hg__denoise_work *d, const char *path, const hg__image_info *info,
                        hg_error *err) {
    if (!d->is_by_iso) return HG_OK;
    if (info->iso <= 0) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected an ISO in its EXIF for sigma=iso, got none; sigma=NUMBER or "
                        "no sigma= does without",
                        path);
    }
    hg__tuning how = d->tuning;
    how.sigma = fmin(sigma_of_iso(info->iso) / 255, 1);
    return hg__denoiser_tune(d->denoiser, &how, err);
}

void hg__denoise_tell_level(hg__denoise_work *d, const char *path) {
    const double level = hg_denoiser_level(d->denoiser);
    if (isnan(level)) return;
    hg__denoise_detail(d, "%s: noise of %.1f grey levels (of 255)", path, level);
    d->level_sum += level;
    d->levels++;
}

// SPDX-License-Identifier: Apache-2.0
// usual.c - how unusual a distance is beside those of normal steps.
#include "monitor/usual.h"

#include <stdlib.h>

#include "base/real.h"

static const double least = 1e-9, ln_10 = 2.302585092994046;
static const float known = 5;
static const double prior_spread = 0.3, prior_count = 20;
// -log10(1 - share) of the shares 0, 0.1 ... 0.9
static const float evidence[HG_USUAL_SHARES] = {
    0,        0.045757491F, 0.096910013F, 0.15490196F, 0.22184875F,
    0.30103F, 0.39794001F,  0.52287875F,  0.69897F,    1};

static int compare(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double ln_of(float distance) {
    return hg__log((double)distance + least);
}

void hg__usual_fit(hg__usual *u, float *distance, int64_t count) {
    double excess = 0;
    int64_t beyond = 0;
    qsort(distance, (size_t)count, sizeof *distance, compare);
    for (int32_t k = 0; k < HG_USUAL_SHARES; k++) {
        u->at[k] = count ? (float)ln_of(distance[(count - 1) * k / HG_USUAL_SHARES]) : 0;
    }
    for (int64_t i = count; i-- > 0 && ln_of(distance[i]) > (double)u->at[HG_USUAL_SHARES - 1];) {
        excess += ln_of(distance[i]) - (double)u->at[HG_USUAL_SHARES - 1];
        beyond++;
    }
    u->spread = (float)((excess + prior_count * prior_spread) / ((double)beyond + prior_count));
}

float hg__usual_evidence(const hg__usual *u, float distance) {
    const float l = (float)ln_of(distance), *at = u->at;
    if (l <= at[0]) return 0;
    if (l > at[HG_USUAL_SHARES - 1]) {
        const float e = 1 + (l - at[HG_USUAL_SHARES - 1]) / (u->spread * (float)ln_10);
        return e > known ? known + (e - known) / 10 : e;
    }
    int32_t k = 1;
    while (l > at[k]) k++;
    return evidence[k - 1] +
           (evidence[k] - evidence[k - 1]) * (l - at[k - 1]) / (at[k] - at[k - 1]);
}

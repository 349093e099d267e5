// SPDX-License-Identifier: Apache-2.0
// usual.c - how unusual a distance is beside those of normal windows.
#include "monitor/usual.h"

#include <math.h>
#include <stdlib.h>

static const double known = 5, beyond_known = 0.1;
static const float ln_10 = 2.3025851F, least_spread = 0.05F;
static const int32_t per_mille[HG_USUAL_SHARES] = {0,   100, 200, 300, 400, 500,
                                                   600, 700, 800, 900, 950};
// -log10(1 - share) of these
static const float evidence[HG_USUAL_SHARES] = {
    0,           0.045757491F, 0.096910013F, 0.15490196F, 0.22184875F, 0.30103F,
    0.39794001F, 0.52287875F,  0.69897F,     1,           1.30103F};

static int compare(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

void hg__usual_fit(hg__usual *u, float *distance, int64_t count) {
    const int32_t last = HG_USUAL_SHARES - 1;
    double excess = 0;
    int64_t beyond = 0;
    if (count > 0) qsort(distance, (size_t)count, sizeof *distance, compare);
    for (int32_t k = 0; k <= last; k++) {
        u->at[k] = count ? sqrtf(distance[(count - 1) * per_mille[k] / 1000]) : 0;
    }
    for (int64_t i = count; i-- > 0 && sqrtf(distance[i]) > u->at[last]; beyond++) {
        excess += (double)(sqrtf(distance[i]) - u->at[last]);
    }
    const float mean = beyond ? (float)(excess / (double)beyond) : 0;
    const float least = least_spread * (u->at[last] - u->at[last / 2]) + 1e-9F;
    u->spread = mean > least ? mean : least;
}

float hg__usual_evidence(const hg__usual *u, float distance) {
    const int32_t last = HG_USUAL_SHARES - 1;
    const float x = sqrtf(distance), *at = u->at;
    if (x <= at[0]) return 0;
    if (x > at[last]) {
        const float e = evidence[last] + (x - at[last]) / (u->spread * ln_10);
        return (float)hg__usual_compress((double)e);
    }
    int32_t k = 1;
    while (x > at[k]) k++;
    return evidence[k - 1] +
           (evidence[k] - evidence[k - 1]) * (x - at[k - 1]) / (at[k] - at[k - 1]);
}

double hg__usual_compress(double e) {
    return e > known ? known + (e - known) * beyond_known : e;
}

double hg__usual_expand(double e) {
    return e > known ? known + (e - known) / beyond_known : e;
}

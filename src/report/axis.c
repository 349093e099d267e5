// SPDX-License-Identifier: Apache-2.0
// axis.c - axes with round numbers.
#include "report/axis.h"

#include <math.h>

hg__axis hg__axis_over(double low, double high, bool log) {
    if (!isfinite(low) || !isfinite(high)) return (hg__axis){0, 1, false, false};
    hg__axis a = {low, high, log && low > 0, false};
    if (low < high) return a;
    a.low = a.log ? low / 2 : low - fmax(fabs(low) / 2, 0.5);
    a.high = a.log ? high * 2 : high + fmax(fabs(high) / 2, 0.5);
    return a;
}

double hg__axis_share(const hg__axis *a, double value) {
    if (!a->log) return (value - a->low) / (a->high - a->low);
    return value > 0 ? log(value / a->low) / log(a->high / a->low) : (double)NAN;
}

// Multiples of 1, 2 or 5 times a power of ten.
static int32_t even_ticks(const hg__axis *a, double *tick) {
    const double rough = (a->high - a->low) / 5, power = pow(10, floor(log10(rough)));
    const double ratio = rough / power;
    const double round = power * (ratio < 1.5 ? 1 : ratio < 3.5 ? 2 : ratio < 7.5 ? 5 : 10);
    const double step = a->whole ? fmax(round, 1) : round;
    int32_t n = 0;
    for (int32_t i = 0; i <= 12; i++) {
        const double value = (ceil(a->low / step - 1e-9) + i) * step;
        if (value > a->high + step * 1e-9) break;
        tick[n++] = fabs(value) < step * 1e-9 ? 0 : value;
    }
    return n;
}

// Powers of ten, every one or every so many, and 2 and 5 times these where there are few.
static int32_t power_ticks(const hg__axis *a, double *tick) {
    static const double times[] = {1, 2, 5};
    const double decades = log10(a->high / a->low);
    const int32_t per = decades < 2.5 ? 3 : 1, stride = (int32_t)ceil(decades / 7);
    const int32_t first = (int32_t)floor(log10(a->low));
    int32_t n = 0;
    for (int32_t power = first; power <= first + (int32_t)decades + 1; power += stride) {
        for (int32_t i = 0; i < per && n < HG_TICKS; i++) {
            const double value = times[i] * pow(10, power);
            if (value >= a->low * (1 - 1e-9) && value <= a->high * (1 + 1e-9)) tick[n++] = value;
        }
    }
    return n;
}

int32_t hg__axis_ticks(const hg__axis *a, double value[HG_TICKS]) {
    return a->log && a->high / a->low >= 5 ? power_ticks(a, value) : even_ticks(a, value);
}

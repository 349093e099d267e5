// SPDX-License-Identifier: Apache-2.0
// binomial.c - the incomplete beta function, and the interval that is its inverse.
#include "detect/binomial.h"

#include <math.h>

static double log_gamma(double x) {
    int sign;
    return lgamma_r(x, &sign);
}

// 1 / (1 + d_1 / (1 + d_2 / (1 + ...))) for x < (a + 1) / (a + b + 2): NIST's Digital Library of Mathematical Functions,
// 8.17.22, by Lentz's method as modified by Thompson and Barnett (1986). It takes about sqrt(max(a, b)) terms.
static double fraction(double a, double b, double x) {
    const double tiny = 1e-300;
    double value = 1, up = 1, down = 0;
    for (int32_t i = 1; i < 100000; i++) {
        const int32_t half = i / 2;
        const double m = (double)half;
        const double d = i % 2 ? -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
                               : m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        up = 1 + d / up;
        down = 1 + d * down;
        if (fabs(up) < tiny) up = tiny;
        if (fabs(down) < tiny) down = tiny;
        down = 1 / down;
        value *= up * down;
        if (fabs(up * down - 1) < 1e-15) break;
    }
    return 1 / value;
}

double hg__incomplete_beta(double a, double b, double x) {
    if (x <= 0) return 0;
    if (x >= 1) return 1;
    const double front =
        exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2)) return front * fraction(a, b, x) / a;
    return 1 - front * fraction(b, a, 1 - x) / b;
}

// The x at which I_x(a, b) is p, by halving: it rises with x.
static double beta_quantile(double a, double b, double p) {
    double low = 0, high = 1;
    for (int32_t i = 0; i < 80; i++) {
        const double x = (low + high) / 2;
        if (hg__incomplete_beta(a, b, x) < p) {
            low = x;
        } else {
            high = x;
        }
    }
    return (low + high) / 2;
}

hg__interval hg__share(int64_t hits, int64_t trials, double level) {
    if (trials < 1) return (hg__interval){(double)NAN, (double)NAN, (double)NAN};
    const double k = (double)hits, n = (double)trials, side = (1 - level) / 2;
    const double low = hits ? beta_quantile(k, n - k + 1, side) : 0;
    const double high = hits < trials ? beta_quantile(k + 1, n - k, 1 - side) : 1;
    return (hg__interval){k / n, low, high};
}

// SPDX-License-Identifier: Apache-2.0
// real.c - logarithm, exponential, sine and the normal quantile as short series in double.
#include "base/real.h"

#include <math.h>
#include <string.h>

// ln 2 in two parts; the first has 32 zero bits at its end, so that e * LN2_HIGH is exact.
#define LN2_HIGH 0x1.62e42feep-1
#define LN2_LOW  0x1.a39ef35793c76p-33
#define ROOT_2   0x1.6a09e667f3bcdp0
#define PI       0x1.921fb54442d18p1

// x = m 2^e with m in [sqrt(1/2), sqrt(2)).
static double split(double x, int *e) {
    uint64_t bits;
    int extra = 0;
    if (x < 0x1p-1022) { // denormal
        x *= 0x1p54;
        extra = -54;
    }
    memcpy(&bits, &x, sizeof bits);
    *e = (int)(bits >> 52 & 0x7ff) - 1023 + extra;
    bits = (bits & 0xfffffffffffffULL) | 0x3ff0000000000000ULL;
    memcpy(&x, &bits, sizeof x);
    if (x < ROOT_2) return x;
    *e += 1;
    return x * 0.5;
}

// log(1 + f) = 2 artanh(s) = 2 (s + s^3/3 + s^5/5 + ...) with s = f / (2 + f), |s| < 0.172.
double hg__log(double x) {
    int e;
    const double f = split(x, &e) - 1, s = f / (2 + f), z = s * s;
    static const double odd[12] = {1.0 / 3,  1.0 / 5,  1.0 / 7,  1.0 / 9,  1.0 / 11, 1.0 / 13,
                                   1.0 / 15, 1.0 / 17, 1.0 / 19, 1.0 / 21, 1.0 / 23, 1.0 / 25};
    double sum = 0;
    for (int k = 11; k >= 0; k--) sum = (sum + odd[k]) * z;
    const double log_m = 2 * s + 2 * s * sum;
    return e * LN2_HIGH + (log_m + e * LN2_LOW);
}

double hg__log1p(double x) {
    const double u = 1 + x, lost = x - (u - 1);
    return x > 0x1p53 ? hg__log(x) : hg__log(u) + lost / u;
}

// e^x - 1 = 2^k (e^r - 1) + 2^k - 1 with |r| <= ln 2 / 2.
double hg__expm1(double x) {
    if (!(x <= 709)) return (double)INFINITY; // NaN too
    const double k = floor(x / (LN2_HIGH + LN2_LOW) + 0.5), r = (x - k * LN2_HIGH) - k * LN2_LOW;
    double sum = 0;
    for (int i = 16; i >= 2; i--) sum = (sum + 1) * r / i;
    const double q = r + r * sum, power = ldexp(1, (int)k);
    return power * q + (power - 1);
}

// sin(2 pi t) for |t| <= 1/8, cos likewise: their series.
static double sine(double t) {
    const double a = 2 * PI * t, z = a * a;
    double sum = 1;
    for (int k = 18; k >= 2; k -= 2) sum = 1 - sum * z / (k * (k + 1));
    return a * sum;
}

static double cosine(double t) {
    const double a = 2 * PI * t, z = a * a;
    double sum = 1;
    for (int k = 19; k >= 1; k -= 2) sum = 1 - sum * z / (k * (k + 1));
    return sum;
}

// By quarters of a turn; the rest is exact.
static double wave(double turns, int quarter) {
    const double q = floor(turns * 4 + 0.5), rest = turns - q / 4;
    switch (((int64_t)q + quarter) & 3) {
    case 0: return sine(rest);
    case 1: return cosine(rest);
    case 2: return -sine(rest);
    default: return -cosine(rest);
    }
}

double hg__sin_turn(double turns) {
    return wave(turns, 0);
}

double hg__cos_turn(double turns) {
    return wave(turns, 1);
}

static double ratio(double r, const double above[8], const double below[8]) {
    double a = 0, b = 0;
    for (int i = 7; i >= 0; i--) {
        a = a * r + above[i];
        b = b * r + below[i];
    }
    return a / b;
}

// Wichura, "Algorithm AS 241: The percentage points of the normal distribution", Applied Statistics 37 (1988),
// PPND16 without its farthest tail: relative error about 1e-16.
double hg__normal_quantile(double p) {
    static const double a[8] = {3.3871328727963666080e0, 1.3314166789178437745e2,
                                1.9715909503065514427e3, 1.3731693765509461125e4,
                                4.5921953931549871457e4, 6.7265770927008700853e4,
                                3.3430575583588128105e4, 2.5090809287301226727e3};
    static const double b[8] = {1.0,
                                4.2313330701600911252e1,
                                6.8718700749205790830e2,
                                5.3941960214247511077e3,
                                2.1213794301586595867e4,
                                3.9307895800092710610e4,
                                2.8729085735721942674e4,
                                5.2264952788528545610e3};
    static const double c[8] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                5.76949722146069140550e0,  3.64784832476320460504e0,
                                1.27045825245236838258e0,  2.41780725177450611770e-1,
                                2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[8] = {1.0,
                                2.05319162663775882187e0,
                                1.67638483018380384940e0,
                                6.89767334985100004550e-1,
                                1.48103976427480074590e-1,
                                1.51986665636164571966e-2,
                                5.47593808499534494600e-4,
                                1.05075007164441684324e-9};
    const double q = p - 0.5;
    if (fabs(q) <= 0.425) return q * ratio(0.180625 - q * q, a, b);
    double tail = q < 0 ? p : 1 - p;
    if (tail < 1e-10) tail = 1e-10;
    const double x = ratio(sqrt(-hg__log(tail)) - 1.6, c, d);
    return q < 0 ? -x : x;
}

double hg__quantile(const double *sorted, int64_t count, double p) {
    const double at = p * (double)(count - 1);
    const int64_t i = (int64_t)at;
    if (i >= count - 1) return sorted[count - 1];
    return sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]);
}

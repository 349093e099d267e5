// SPDX-License-Identifier: Apache-2.0
// damped.c - fading statistics of five windows at once, two lanes a vector.
#include "traffic/damped.h"

#include <math.h>

enum { VECTORS = HG_DAMPED_LANES / 2 };

typedef hg__two_lanes two;
typedef int64_t two_bits __attribute__((vector_size(16)));

const hg__lanes hg__damped_lambda = {
    {5, 3, 1, 0.1, 0.01, 0}
};
static const double most_half_lives = 500, nothing = 1e-100;
static const double constant = 1e-6; // deviations below are rounding

static inline two both(double x) {
    return (two){x, x};
}

static inline two roots(two x) {
    return (two){sqrt(x[0]), sqrt(x[1])};
}

// Where the mask is set a, else b.
static inline two pick(two_bits mask, two a, two b) {
    return (two)((mask & (two_bits)a) | (~mask & (two_bits)b));
}

// 2^x = 2^n 2^r, n = round(x) by adding and taking away 1.5 * 2^52, |r| <= 1/2; 2^r = 1 + r Q(r), Q interpolates on 11
// Chebyshev points, relative error of 2^r 2e-17 before rounding.
static inline two power_of_2(two x) {
    const two shifted = x + both(0x1.8p52);
    const two r = x - (shifted - both(0x1.8p52));
    two q = both(0x1.e9d3fe3952179p-32);
    q = q * r + both(0x1.e6063f7217bc6p-28);
    q = q * r + both(0x1.b524fae627834p-24);
    q = q * r + both(0x1.62bfd47773353p-20);
    q = q * r + both(0x1.ffcbfc670dcd4p-17);
    q = q * r + both(0x1.430913096fd9fp-13);
    q = q * r + both(0x1.5d87fe78a5276p-10);
    q = q * r + both(0x1.3b2ab6fba1ddap-7);
    q = q * r + both(0x1.c6b08d704a0c2p-5);
    q = q * r + both(0x1.ebfbdff82c598p-3);
    q = q * r + both(0x1.62e42fefa39efp-1);
    const two y = both(1) + r * q;
    return (two)((two_bits)y + ((two_bits)shifted << 52));
}

void hg__damped_factors(double seconds, hg__lanes *factor) {
    for (int i = 0; i < VECTORS; i++) {
        const two x = -hg__damped_lambda.two[i] * both(seconds);
        const two_bits is_gone = x < both(-most_half_lives);
        factor->two[i] = pick(is_gone, both(0), power_of_2(pick(is_gone, both(0), x)));
    }
}

double hg__seconds_between(int64_t before, int64_t now) {
    return now > before ? (double)((uint64_t)now - (uint64_t)before) * 1e-9 : 0;
}

// What has faded to nothing is 0, before it gets to where processors are slow.
static inline two settle(two x) {
    const two_bits is_some = (x > both(nothing)) | (x < both(-nothing));
    return (two)(is_some & (two_bits)x);
}

void hg__damped_fade(hg__damped *restrict d, const hg__lanes *restrict factor) {
    for (int i = 0; i < VECTORS; i++) d->weight.two[i] = settle(d->weight.two[i] * factor->two[i]);
}

// No term of the variance can be below 0, however it is rounded.
void hg__damped_add(hg__damped *restrict d, const hg__lanes *restrict factor, double value) {
    for (int i = 0; i < VECTORS; i++) {
        const two before = d->weight.two[i] * factor->two[i];
        const two share = both(1) / (before + both(1)); // of the value
        const two change = both(value) - d->mean.two[i];
        const two step = change * share;
        const two variance = before * share * (d->variance.two[i] + change * step);
        d->weight.two[i] = before + both(1);
        d->mean.two[i] += step;
        d->variance.two[i] = settle(variance);
    }
}

void hg__damped_pair_add(hg__damped_pair *restrict d, int side, const hg__lanes *restrict factor,
                         double value) {
    hg__damped *mine = d->side + side;
    hg__damped_add(mine, factor, value);
    hg__damped_fade(d->side + !side, factor);
    for (int i = 0; i < VECTORS; i++) {
        const two rest = both(value) - mine->mean.two[i];
        const two added = rest * d->rest[!side].two[i];
        d->product.two[i] = settle(d->product.two[i] * factor->two[i] + added);
        d->rest[side].two[i] = rest;
    }
}

void hg__damped_read(const hg__damped *d, float *out) {
    hg__lanes deviation;
    for (int i = 0; i < VECTORS; i++) deviation.two[i] = roots(d->variance.two[i]);
    for (int i = 0; i < HG_DAMPED_WINDOWS; i++, out += 3) {
        out[0] = (float)d->weight.at[i];
        out[1] = (float)d->mean.at[i];
        out[2] = (float)deviation.at[i];
    }
}

typedef struct {
    hg__lanes deviation, radius, magnitude, covariance, correlation;
} common;

static inline two correlation_of(two covariance, two deviation, two other) {
    const two_bits varies = (deviation > both(constant)) & (other > both(constant));
    const two c = covariance / pick(varies, deviation * other, both(1));
    const two below = pick(c > both(1), both(1), c);
    return pick(varies, pick(below < both(-1), both(-1), below), both(0));
}

static void read_common(const hg__damped *a, const hg__damped *b, const hg__lanes *product,
                        common *c) {
    for (int i = 0; i < VECTORS; i++) {
        const two x = a->variance.two[i], y = b->variance.two[i];
        const two weight = a->weight.two[i] + b->weight.two[i];
        const two_bits is_some = weight > both(0);
        const two deviation = roots(x), mean = a->mean.two[i], other = b->mean.two[i];
        const two covariance = product->two[i] / pick(is_some, weight, both(1));
        c->deviation.two[i] = deviation;
        c->radius.two[i] = roots(x * x + y * y);
        c->magnitude.two[i] = roots(mean * mean + other * other);
        c->covariance.two[i] = covariance;
        c->correlation.two[i] = correlation_of(covariance, deviation, roots(y));
    }
}

void hg__damped_pair_read(const hg__damped_pair *d, int side, float *out) {
    const hg__damped *mine = d->side + side;
    common c;
    read_common(mine, d->side + !side, &d->product, &c);
    for (int i = 0; i < HG_DAMPED_WINDOWS; i++, out += 7) {
        out[0] = (float)mine->weight.at[i];
        out[1] = (float)mine->mean.at[i];
        out[2] = (float)c.deviation.at[i];
        out[3] = (float)c.radius.at[i];
        out[4] = (float)c.magnitude.at[i];
        out[5] = (float)c.covariance.at[i];
        out[6] = (float)c.correlation.at[i];
    }
}

// SPDX-License-Identifier: Apache-2.0
// draw_random.c - random numbers, the same everywhere: splitmix64, and logarithms by their series.
#include <math.h>

#include "traffic.h"

static uint64_t mix(uint64_t z) { // Steele, Lea & Flood 2014
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

uint64_t bits(world *w) {
    return mix(w->state += 0x9E3779B97F4A7C15U);
}

void stream_of_plant(world *w, uint64_t what) {
    w->state = mix(w->seed * 0xD6E8FEB86659FD93U + mix(what + 1));
}

void stream(world *w, uint64_t what) {
    stream_of_plant(w, what);
    w->state = mix(w->state + mix((uint64_t)w->start));
}

double unit(world *w) {
    return (double)(bits(w) >> 11) * 0x1p-53;
}

int64_t range(world *w, int64_t least, int64_t most) {
    return least + (int64_t)((bits(w) >> 11) % (uint64_t)(most - least + 1));
}

bool chance(world *w, double p) {
    return unit(w) < p;
}

// ln x = 2 atanh((m - 1) / (m + 1)) + e ln 2
static double logarithm(double x) {
    int e;
    double m = frexp(x, &e);
    if (m < 0.70710678118654752) m *= 2, e--;
    const double z = (m - 1) / (m + 1), q = z * z;
    const double series =
        1 + q * (1.0 / 3 + q * (1.0 / 5 + q * (1.0 / 7 + q * (1.0 / 9 + q / 11))));
    return 2 * z * series + e * 0.69314718055994531;
}

static double power(double x) { // e^x
    const double k = x * 1.4426950408889634;
    const int e = (int)(k < 0 ? k - 0.5 : k + 0.5);
    const double r = x - e * 0.69314718055994531;
    double sum = 1;
    for (int i = 10; i > 0; i--) sum = 1 + sum * r / i;
    return ldexp(sum, e);
}

int64_t about(world *w, int64_t mean) {
    return (int64_t)(-logarithm(1 - unit(w)) * (double)mean);
}

double heavy(world *w, double least, double most, double alpha) {
    const double v = least * power(-logarithm(1 - unit(w)) / alpha);
    return v > most ? most : v;
}

int zipf(world *w, int n) { // density 1 / rank: the rank is (n + 1)^u
    const int k = (int)power(unit(w) * logarithm(n + 1)) - 1;
    return k < 0 ? 0 : k >= n ? n - 1 : k;
}

double activity(int64_t t) {
    const double hour = (double)(t / SECOND % 86400) / 3600;
    const double from_noon = hour < 13 ? 13 - hour : hour - 13;
    const double v = 1.6 - from_noon * 0.2;
    return v > 1 ? 1 : v < 0.15 ? 0.15 : v;
}

int64_t next_session(world *w, int64_t t, int64_t mean) {
    return t + about(w, (int64_t)((double)mean / activity(t))) + MS;
}

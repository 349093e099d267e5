// SPDX-License-Identifier: Apache-2.0
// fanout.c - HyperLogLog over two spans of time.
#include "traffic/fanout.h"

#include <stddef.h>
#include <string.h>

#include "base/real.h"

static const double correction = 0.709; // alpha of 64 registers
enum { INDEX_BITS = 6 };

static float estimate(const hg__fanout *f) {
    double sum = 0;
    int32_t empty = 0;
    for (int32_t i = 0; i < HG_FANOUT_REGISTERS; i++) {
        const uint8_t r = f->now[i] > f->before[i] ? f->now[i] : f->before[i];
        sum += 1.0 / (double)((uint64_t)1 << r);
        empty += r == 0;
    }
    const double m = HG_FANOUT_REGISTERS, raw = correction * m * m / sum;
    if (raw <= 2.5 * m && empty > 0) return (float)(m * hg__log(m / empty)); // linear counting
    return (float)raw;
}

void hg__fanout_turn(hg__fanout *f, int64_t time, int64_t span) {
    const int64_t now = time / span;
    if (now == f->span) return;
    if (now == f->span + 1) {
        memcpy(f->before, f->now, sizeof f->now);
    } else {
        memset(f->before, 0, sizeof f->before);
    }
    memset(f->now, 0, sizeof f->now);
    f->span = now;
    f->count = estimate(f);
}

void hg__fanout_add(hg__fanout *f, uint64_t hash) {
    const uint64_t rest = hash >> INDEX_BITS | (uint64_t)1 << (63 - INDEX_BITS);
    const uint8_t rank = (uint8_t)(1 + __builtin_ctzll(rest));
    const size_t i = hash % HG_FANOUT_REGISTERS;
    if (rank <= f->now[i]) return;
    f->now[i] = rank;
    if (rank > f->before[i]) f->count = estimate(f);
}

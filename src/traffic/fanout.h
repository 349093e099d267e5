// SPDX-License-Identifier: Apache-2.0
// fanout.h - about how many distinct ones there were lately, in 128 bytes (Flajolet et al., "HyperLogLog", AofA 2007).
#ifndef HG_TRAFFIC_FANOUT_H
#define HG_TRAFFIC_FANOUT_H
#include <stdint.h>

enum { HG_FANOUT_REGISTERS = 64 };

// Of this span of time and of the one before it; standard error 13 %, exact to one or two below ten.
typedef struct hg__fanout {
    int64_t span; // which
    float count;  // estimate over both
    uint8_t now[HG_FANOUT_REGISTERS], before[HG_FANOUT_REGISTERS];
} hg__fanout;

// Goes on to a time (ns since 1970, not before an earlier one) in spans of that length (ns).
void hg__fanout_turn(hg__fanout *f, int64_t time, int64_t span);
void hg__fanout_add(hg__fanout *f, uint64_t hash);
#endif

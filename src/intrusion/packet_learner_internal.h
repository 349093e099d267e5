// SPDX-License-Identifier: Apache-2.0
// packet_learner_internal.h - what a learner of packets is, for who keeps it in a file.
#ifndef HG_INTRUSION_PACKET_LEARNER_INTERNAL_H
#define HG_INTRUSION_PACKET_LEARNER_INTERNAL_H
#include "intrusion/packet_detector_internal.h"
#include "intrusion/packet_learner.h"

enum { HG_PERIOD_SCORES = 1 << 19 }; // that are kept of a period; of more a half, a quarter ...

struct hg__packet_learner {
    hg__packet_detector *base; // owned: what was known before the period; cannot judge
    hg__profile grows;         // owned: that, and the period's
    hg__held_packets *held;    // owned: the period's scores
    int64_t most;              // entries of counts
    int64_t before;            // packets that base counts for
    int64_t counted, alarms;   // packets of the period
    int64_t lost;              // answers that there was no room for before it
    double period;             // ns that it is to last
    int64_t passed, latest;    // ns that it lasted so far; the last lesson's time
    bool has_begun;            // there was one
};
#endif

// SPDX-License-Identifier: Apache-2.0
// packet_learner_internal.h - what a learner of packets is, for who keeps it in a file.
#ifndef HG_INTRUSION_PACKET_LEARNER_INTERNAL_H
#define HG_INTRUSION_PACKET_LEARNER_INTERNAL_H
#include "intrusion/alerts.h"
#include "intrusion/packet_detector_internal.h"
#include "intrusion/packet_learner.h"

enum { HG_SAMPLE = 1 << 18 };

typedef struct hg__sample {
    float *value; // owned, (HG_SAMPLE): the first min(seen, HG_SAMPLE) are some
    int64_t seen;
} hg__sample;

struct hg__packet_learner {
    hg__packet_detector *base; // owned: what was known before the period; cannot judge
    hg__profile grows;         // owned: that, and the period's
    int64_t most;              // entries of counts
    int64_t before;            // packets that base counts for
    int64_t counted, lost;
    hg__sample scores,
        highest; // of packets; of sources' minutes that are over at which score an alert would open
    hg__alerts_options alert; // as usual: what opens one
    hg__lru *minutes;         // owned: each source's minute
    int64_t latest, minute;   // ns since 1970, and which minute that is
    int64_t minutes_seen;     // that had a packet
};
#endif

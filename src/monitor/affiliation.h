// SPDX-License-Identifier: Apache-2.0
// affiliation.h - precision and recall by how near alarms and events are, against what random alarms would have.
//
// Huet, Navarro & Rossi, "Local evaluation of time series anomaly detection algorithms", KDD 2022; the numbers of their
// reference, as TSB-AD 1.5 and vus 0.0.6 carry it. A step is an interval of length 1. Each event owns the time up to halfway to its
// neighbours; within it precision is how probable it is that a random place is no nearer to the event than the alarms are, recall the
// same of the event's own steps and their distance to the alarms. Random alarms have 0.5, not 0. An event without alarms in its zone has
// no precision and recall 0; the means are over events.
#ifndef HG_MONITOR_AFFILIATION_H
#define HG_MONITOR_AFFILIATION_H
#include "monitor/scored_series.h"

typedef struct hg__affiliation {
    int64_t events;
    double precision; // NaN without alarms near any event
    double recall;
    double f1; // harmonic mean; NaN where precision is
} hg__affiliation;

// Needs label and alarm. NaN without events. Of several series each has zones of its own; what happens in a series without events
// counts nowhere, as the reference knows no such series. O(steps).
int hg__affiliation_of(const hg__scored_series *s, hg__affiliation *to, hg_error *err);
#endif

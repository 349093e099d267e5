// SPDX-License-Identifier: Apache-2.0
// alerts.h - from packets that raise an alarm to alerts for people: one a source, with a beginning and an end.
//
//   verdicts ──> by source (hg__verdict_source_of()) ──> opens: 3 alarms within 10 s, or a single one that is beyond doubt
//                                                  ──> stays open while there are alarms
//                                                  ──> ends: 60 s without one
//
// Time is that of the packets. A clock that goes back counts as no time passed.
#ifndef HG_INTRUSION_ALERTS_H
#define HG_INTRUSION_ALERTS_H
#include "intrusion/packet_detector.h"

typedef struct hg__alerts hg__alerts;

typedef struct hg__alert {
    bool is_end;                // else it has just opened
    const hg__verdict *verdict; // borrowed: of its packets so far the one with the highest score
    bool is_from_sender;        // the source is who sent that packet; else who it was sent to
    double p;                   // of that packet; NaN where nothing is known
    int64_t first, last;        // ns since 1970: its first alarm and its last
    int64_t packets;            // that raised an alarm
    uint64_t number;            // of this alert, from 1
} hg__alert;

typedef struct hg__alerts_options {
    int32_t needed;          // alarms that open an alert ...
    int64_t within, silence; // ... within so many ns; ns without one that end it
    double sure;             // a packet whose p is below it opens one alone; 0: none does
    uint32_t
        capacity; // sources; what was seen longest ago makes room, and an open alert of it ends
    // Told of each that opens and ends; negative is what the calls below give back.
    int (*tell)(void *context, const hg__alert *a, hg_error *err);
    void *context;
} hg__alerts_options;

hg__alerts_options hg__alerts_usual(void); // needed 3, 10 s, 60 s, 4096 sources

hg__alerts *hg__alerts_new(const hg__alerts_options *o, hg_error *err);
void hg__alerts_free(hg__alerts *a); // NULL is fine; tells nobody

// A packet that raised an alarm.
int hg__alerts_add(hg__alerts *a, const hg__verdict *v, double p, hg_error *err);
// What time it is, ns: ends those that were silent. hg__alerts_add() has done so.
int hg__alerts_at(hg__alerts *a, int64_t now, hg_error *err);
void hg__alerts_sure(hg__alerts *a, double p);    // from now on hg__alerts_options.sure
int hg__alerts_end(hg__alerts *a, hg_error *err); // all that are open

// Those that are open, to be kept; and one of them again, with nobody told: it goes on as if it had been open all the time. Of several of
// one source the last stays.
void hg__alerts_visit(const hg__alerts *a, void (*see)(void *context, const hg__alert *alert),
                      void *context);
void hg__alerts_restore(hg__alerts *a, const hg__alert *alert);
void hg__alerts_count_from(hg__alerts *a, uint64_t count); // so many were opened before

uint64_t hg__alerts_count(const hg__alerts *a); // that were opened
uint32_t hg__alerts_open(const hg__alerts *a);
#endif

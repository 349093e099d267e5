// SPDX-License-Identifier: Apache-2.0
// packet_page.h - what page= shows of judged packets, gathered while they come, in memory that does not grow.
#ifndef HG_JOBS_PACKET_PAGE_H
#define HG_JOBS_PACKET_PAGE_H
#include "intrusion/alerts.h"
#include "jobs/judge_packets.h"
#include "report/traffic_page.h"

typedef struct hg__packet_page hg__packet_page;

// *p is NULL where page= is not set: the calls below then do nothing. j and o live as long as *p does.
int hg__packet_page_open(hg__packet_page **p, const hg__packet_judging *j, const hg_options *o,
                         hg_error *err);
// For any other model: page= is refused.
int hg__packet_page_refuse(const hg_options *o, hg_error *err);
void hg__packet_page_free(hg__packet_page *p); // NULL is fine

// In their order; v as the judging gave it. is_attack: it is labelled as one.
int hg__packet_page_add(hg__packet_page *p, const hg__verdict *v, bool is_attack, hg_error *err);
// Of a judging that is watched only, whose alerts are gathered by who watches: each that ends. Otherwise the page gathers its own.
void hg__packet_page_alert(hg__packet_page *p, const hg__alert *a);

// What labels say of all of them.
typedef struct hg__packet_measures {
    const hg__traffic_measure *measure, *baseline;
    int32_t measures, baselines;
} hg__packet_measures;

// Writes it, whole or not at all. m: NULL without labels.
int hg__packet_page_save(hg__packet_page *p, const hg__packet_measures *m, hg_error *err);
#endif

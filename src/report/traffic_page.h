// SPDX-License-Identifier: Apache-2.0
// traffic_page.h - one HTML page of judged packets, for people: no scripts, no network, no other files; its pictures are SVG.
//
// In the reader's light or dark, from a telephone's width to a wide screen's, and on paper. All texts are escaped here.
#ifndef HG_REPORT_TRAFFIC_PAGE_H
#define HG_REPORT_TRAFFIC_PAGE_H
#include "base/text.h"
#include "report/traffic_series.h"

enum { HG_TRAFFIC_NAME = 48, HG_TRAFFIC_WHY = 800 };

typedef struct hg__traffic_alert {
    int64_t first, last; // ns since 1970
    char source[HG_TRAFFIC_NAME], destination[HG_TRAFFIC_NAME], service[HG_TRAFFIC_NAME];
    uint64_t packets; // that were alarms
    double score, p;  // p: NaN where nothing is known
    char why[HG_TRAFFIC_WHY];
} hg__traffic_alert;

typedef struct hg__traffic_talker {
    char name[HG_TRAFFIC_NAME];
    uint64_t packets, bytes; // that it sent
    uint64_t alarms;         // that it caused
} hg__traffic_talker;

// A number with its name.
typedef struct hg__traffic_count {
    const char *name; // borrowed
    uint64_t count;
} hg__traffic_count;

typedef struct hg__traffic_measure {
    const char *name; // borrowed
    double value;     // NaN: it is not known, and left out
} hg__traffic_measure;

enum { HG_RANKINGS = 3 }; // by packets, by bytes, by alarms

// All borrowed.
typedef struct hg__traffic_page {
    const char *data, *model, *kind; // names; kind: what the model is, in words
    const char *threshold_words;     // "" without one
    double threshold;                // NaN without one
    bool is_anonymised, has_labels;
    const hg__series *series;
    uint64_t packets, bytes, alarms;
    uint64_t
        alert_count; // of which these are the ones with the highest scores, in the order of time
    const hg__traffic_alert *alert; // (alerts)
    int32_t alerts;
    const hg__traffic_talker *talker[HG_RANKINGS]; // (talkers), the largest first
    int32_t talkers[HG_RANKINGS];
    uint64_t talkers_forgotten;
    const hg__traffic_count *evidence; // (evidences): alarms by their strongest kind
    int32_t evidences;
    const hg__traffic_count *flaw; // (flaws): packets that could not be read to the end
    int32_t flaws;
    const hg__traffic_measure *measure; // (measures): how well what is labelled is found ...
    int32_t measures;
    const hg__traffic_measure *baseline; // (baselines): ... AUROC of the model and of counting
    int32_t baselines;
} hg__traffic_page;

// All of it is there, or none.
int hg__traffic_page_save(const char *path, const hg__traffic_page *p, hg_error *err);

// traffic_chart.c: the two pictures at the end of t.
void hg__traffic_add_score_chart(hg__text *t, const hg__traffic_page *p);
void hg__traffic_add_rate_chart(hg__text *t, const hg__traffic_page *p);
// "2026-01-31 12:00:00", with decimals of the second (0 to 9), UTC.
void hg__traffic_add_time(hg__text *t, int64_t ns, int decimals);
#endif

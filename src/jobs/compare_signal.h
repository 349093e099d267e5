// SPDX-License-Identifier: Apache-2.0
// compare_signal.h - a model of recordings beside each of its detectors alone and classical baselines.
//
//   data= ──> recordings: the first half of the normal steps of each | what is behind it
//             test= ──> all of data=                                 | each recording of test=
//                         │ trains one model, in which all detectors   │ is judged step by step
//                         │ of window_detectors.def look on            └──> hg__signal_figure ──sheet──> table, JSON, CSV
#ifndef HG_JOBS_COMPARE_SIGNAL_H
#define HG_JOBS_COMPARE_SIGNAL_H
#include "jobs/signal_tally.h"
#include "report/page.h"

// Method 0 is the model, with its weights; method 1 + row a detector alone.
enum { HG_SIGNAL_METHODS = 1 + HG_WINDOW_DETECTORS };
enum { HG_SIGNAL_MEASURES = 6 };

typedef struct hg__signal_figure {
    double of[HG_SIGNAL_MEASURES]; // NaN: it has none, as those without thresholds have no events
} hg__signal_figure;

typedef struct hg__compared_signal {
    char name[256];
    int64_t trained;           // normal steps; 0: it is of test=
    int64_t normal, anomalies; // steps that are judged
    int32_t window;            // of VUS, in steps
    hg__signal_figure *figure; // owned, (seeds, HG_SIGNAL_METHODS)
} hg__compared_signal;

typedef struct hg__signal_comparison {
    int32_t seeds, sets;
    int64_t first_seed;
    bool is_chosen;           // detectors= said which count
    bool has_folders;         // recordings are of several, and named with theirs
    bool is_named;            // file names say which rows train
    hg__compared_signal *set; // owned, (sets)
    hg__meter meter;          // of trainings
} hg__signal_comparison;

// Whether data= of a comparison is to be taken as recordings.
bool hg__compares_signals(const hg_options *o);
int hg__compare_signals(const hg_options *o, const hg_listener *l, hg_result *r, hg_error *err);

// sheet.c.
extern const char *const hg__signal_measure_names[HG_SIGNAL_MEASURES];
const char *hg__signal_method_name(int32_t method);  // "principal"
const char *hg__signal_method_title(int32_t method); // "PCA on windows"
// The mean over a set's seeds; set -1: over all sets that have one.
double hg__signal_figure_mean(const hg__signal_comparison *c, int32_t set, int32_t method,
                              int32_t measure);
// Whether any recording suits it: shown is what does.
bool hg__signal_method_says(const hg__signal_comparison *c, int32_t method);
// The method with the highest mean; -1: none has one.
int32_t hg__signal_best(const hg__signal_comparison *c, int32_t set, int32_t measure);
void hg__signal_comparison_conclude(const hg__signal_comparison *c, char *text, size_t size);
void hg__signal_comparison_format(const hg__signal_comparison *c, hg__text *out);
void hg__signal_comparison_format_json(const hg__signal_comparison *c, hg__text *out);
void hg__signal_comparison_format_csv(const hg__signal_comparison *c, hg__text *out);
// What trains and what is the test, in a sentence.
void hg__signal_comparison_protocol(const hg__signal_comparison *c, char *text, size_t size);

// page.c: page=, where it is set.
int hg__signal_comparison_save_page(const hg__signal_comparison *c, const hg_options *o,
                                    hg_error *err);
#endif

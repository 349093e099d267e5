// SPDX-License-Identifier: Apache-2.0
// novelty.h - how far a value lies from all that were seen before it, training's and those of the stream: of recordings of one channel.
//
//   value ──> distance to the nearest value seen so far ──> -log10 of the share of earlier distances that are larger ──> given where it is the
//   └──> joins them at once                                                                                              highest for some time
//
// What was odd once is not odd again: an event is told where it begins, and once. Nothing is forgotten but values that lie so close to
// another that they say nothing new (a millionth of a standard deviation), so that memory is bounded. Chosen on the Numenta Anomaly
// Benchmark's series among windows, forecasts and adaptive thresholds: docs/SIGNALS.md.
#ifndef HG_MONITOR_NOVELTY_H
#define HG_MONITOR_NOVELTY_H
#include "base/bytes.h"
#include "model/model.h"

enum { HG_NOVELTY_BINS = 256, HG_NOVELTY_RECORDS = 16, HG_NOVELTY_TOLD = 64 };

typedef struct hg__novelty {
    float *value;  // owned, (room) ascending: those seen, scaled
    int32_t count; // of them
    // Distances so far: how many, and their sum, by size
    double bin[HG_NOVELTY_BINS][2];
    double seen;
    // The tail of these as it was when last looked at, at so many: P(distance > x) = share exp(-(x - start) / scale) beyond start
    double looked_at, start, share, scale;
    // The highest of each of the last stretches of `span` values, a ring
    float record[HG_NOVELTY_RECORDS];
    int32_t span, at, in_span;
} hg__novelty;

// span: values of one of the HG_NOVELTY_RECORDS stretches in which one must be the highest.
int hg__novelty_init(hg__novelty *n, int32_t span, hg_error *err);
void hg__novelty_clear(hg__novelty *n); // {0} is fine
// The next value, scaled and finite: how novel, 0 where one before it was as much. Allocates nothing.
float hg__novelty_take(hg__novelty *n, float value);

// All of it, at the end of `to`; and back into one that was opened. False: that is none, and n is of no use.
void hg__novelty_write(const hg__novelty *n, hg__text *to);
bool hg__novelty_read(hg__novelty *n, hg__bytes *from);

bool hg__novelty_is_in(const hg_model *m);
int hg__novelty_save(const hg__novelty *n, hg_model *m, hg_error *err);
int hg__novelty_load(hg__novelty *n, const hg_model *m, const char *where, hg_error *err);

// How novel training was once half of it was known: what alarms compare with.
typedef struct hg__novelty_told {
    float value[HG_NOVELTY_TOLD]; // (count) the highest, descending
    int32_t count;
    double steps; // that they are of
} hg__novelty_told;

void hg__novelty_told_add(hg__novelty_told *t, float novelty); // the next step's
int hg__novelty_told_save(const hg__novelty_told *t, hg_model *m, hg_error *err);
// steps 0: m has none.
int hg__novelty_told_load(hg__novelty_told *t, const hg_model *m, const char *where, hg_error *err);
#endif

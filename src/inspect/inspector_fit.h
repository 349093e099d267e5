// SPDX-License-Identifier: Apache-2.0
// inspector_fit.h - what fitting an inspector and measuring its clues share.
#ifndef HG_INSPECT_INSPECTOR_FIT_H
#define HG_INSPECT_INSPECTOR_FIT_H
#include "inspect/inspector_internal.h"

// Pictures that what is usual is measured on, at most: every n-th of more; held-out ones that are enough to measure peaks by; pictures
// that defects are drawn on.
enum { HG_MOST_MEASURED = 160, HG_ENOUGH_HELD = 10, HG_MOST_DAMAGED = 60 };

// Which cells of stored picture i count; `seen` is made, {0} where all do.
int hg__fit_seen(const hg__clue_work *w, int32_t i, hg__raster *seen, hg_error *err);
// Clues of picture i go to `take`: `all` at once, the caller's to clear, or piece by piece.
int hg__fit_judge(const hg__clue_work *w, int32_t i, hg__raster *all, hg__clue_take *take,
                  void *context, hg_error *err);
// Whether there is room to draw defects on picture i as a whole.
bool hg__fit_can_damage(const hg__clue_work *w, int32_t i);
// The same of picture i with the n-th drawn defects on it; seen: which cells count, the caller's to clear.
int hg__fit_judge_damaged(const hg__clue_work *w, int32_t i, int32_t n, hg__raster *seen,
                          hg__clue_take *take, void *context, hg_error *err);
float hg__fit_median(float *x, size_t count); // sorts it

// s->clues but the share (clue_measure.c). has_places: parts lie in their place, so each has its own.
int hg__fit_measure(const hg__clue_work *w, bool has_places, hg_error *err);
#endif

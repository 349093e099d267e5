// SPDX-License-Identifier: Apache-2.0
// hiding.h - windows of which some steps are hidden from a network, which is to predict them from the others.
//
//   masked   [ 0 | 1 | 2 | 3 ]   each of the parts in turn, by the steps on both sides of it
//   next     [ 0   1   2 | 3 ]   the last of the parts, by those before it
//
// What is hidden enters in no way: neither missing values beside it nor what windows are normalised by come of it.
#ifndef HG_ROWS_HIDING_H
#define HG_ROWS_HIDING_H
#include "rows/windows.h"

typedef enum hg__hide { HG_HIDE_NONE, HG_HIDE_MASKED, HG_HIDE_NEXT, HG_HIDE_KINDS } hg__hide;
extern const char *const hg__hide_names[HG_HIDE_KINDS]; // "none", "masked", "next"

enum { HG_HIDDEN_PARTS = 4, HG_MOST_HIDDEN_PARTS = 64 };

typedef struct hg__hiding {
    hg__hide kind;
    int32_t parts; // that windows are cut into
    bool
        is_normalised; // of each channel only its shape counts: beside that of the steps that are seen
} hg__hiding;

int32_t hg__hiding_passes(const hg__hiding *h); // ways to hide
// Which of a window's steps are hidden: first .. end - 1.
void hg__hiding_steps(const hg__hiding *h, int32_t steps, int32_t pass, int32_t *first,
                      int32_t *end);
// The view that x below has.
hg__window_view hg__hiding_view(const hg__hiding *h, hg__window_view v);
// x (steps, C): scaled, missing values NaN. seen (steps, C): what the network gets, 0 where steps are hidden. scale (C): seen is
// (value - centre) * inverse.
void hg__hiding_see(const hg__hiding *h, int32_t steps, int32_t channels, int32_t pass,
                    const float *x, float *seen, hg__channel_scale *scale);

// Rows of windows as they are seen, with the windows as targets; each epoch hides another part of each. w and h are borrowed; w->view is
// hg__hiding_view()'s.
typedef struct hg__hidden_windows {
    hg__windows windows;
    hg__hiding hiding;
} hg__hidden_windows;
hg__row_source hg__hidden_source(const hg__hidden_windows *w, const char *name);
#endif

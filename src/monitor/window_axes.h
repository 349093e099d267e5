// SPDX-License-Identifier: Apache-2.0
// window_axes.h - the axes along which windows of training differ most, and where a window lies along them.
#ifndef HG_MONITOR_WINDOW_AXES_H
#define HG_MONITOR_WINDOW_AXES_H
#include "monitor/window_detector.h"

typedef struct hg__window_axes {
    int32_t count, width;
    float *panel;  // owned, panels of (width, count): the principal axes, each of length 1
    float *centre; // owned, (count): where the mean window lies along them
    float *mean;   // owned, (width): the mean window
    float *room;   // owned, (HG_WINDOWS_AT_ONCE, count padded)
    float *place;  // owned, (HG_WINDOWS_AT_ONCE, count)
} hg__window_axes;

// The principal axes of the windows in data's blocks, `most` at most, and of these as many as have the share `variance` of all their
// variance. Become m's parts of d. Without LAPACK HG_ERR_MISSING. a is cleared on failure.
int hg__window_axes_fit(hg__window_axes *a, const hg__window_detector *d,
                        const hg__window_data *data, int32_t most, double variance, hg_model *m,
                        hg_error *err);
int hg__window_axes_load(hg__window_axes *a, const hg__window_detector *d, const hg_model *m,
                         const char *where, hg_error *err);
void hg__window_axes_clear(hg__window_axes *a); // {0} is fine

// Where windows lie, from the mean: a->place (count, a->count).
void hg__window_axes_place(const hg__window_axes *a, const hg__seen_windows *w);
// The squared length of what the axes leave of window i of w, which were placed last.
float hg__window_axes_rest(const hg__window_axes *a, const hg__seen_windows *w, int32_t i);
#endif

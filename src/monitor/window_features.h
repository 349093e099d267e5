// SPDX-License-Identifier: Apache-2.0
// window_features.h - numbers that a detector makes of a window, its features, held against what they usually are.
//
//   distance: the mean over all features of ((value - its mean in training) / (its deviation there + least_deviation))^2
//
// In the model file: the part "detector.NAME", a mean and the factor 1 / (deviation + least_deviation) of each.
#ifndef HG_MONITOR_WINDOW_FEATURES_H
#define HG_MONITOR_WINDOW_FEATURES_H
#include "monitor/window_detector.h"

typedef struct hg__window_features {
    int32_t count;
    float *mean, *inverse; // owned, (count)
    float *value;          // owned, (HG_WINDOWS_AT_ONCE, count): of windows at hand
} hg__window_features;

// The features of windows: value (w->count, count). Of a window the same whatever others come with it.
typedef void hg__window_look(hg__window_detector *d, const hg__seen_windows *w, float *value);

// Of windows of training, as `look` has them; becomes m's part of d. Like load(), f is cleared on failure.
int hg__window_features_fit(hg__window_features *f, int32_t count, double least_deviation,
                            hg__window_look *look, hg__window_detector *d,
                            const hg__window_data *data, hg_model *m, hg_error *err);
int hg__window_features_load(hg__window_features *f, int32_t count, const hg__window_detector *d,
                             const hg_model *m, const char *where, hg_error *err);
void hg__window_features_clear(hg__window_features *f); // {0} is fine
void hg__window_features_measure(hg__window_features *f, hg__window_look *look,
                                 hg__window_detector *d, const hg__seen_windows *w, float *far);

// |x - y|^2 of (count) numbers.
float hg__window_apart(const float *x, const float *y, int32_t count);
#endif

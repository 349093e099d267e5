// SPDX-License-Identifier: Apache-2.0
// windows.h - stretches of a recording as rows (1, N, C): cut when they are wanted, from where the recording is held.
//
//   samples  ──────────────────────────────────> time
//               [ row 0 ........ ]
//                    [ row 1 ........ ]           N steps of C channels each; overlapping ones share what is held
#ifndef HG_ROWS_WINDOWS_H
#define HG_ROWS_WINDOWS_H
#include "rows/row_source.h"
#include "signal/samples.h"

enum { HG_MAX_WINDOW = 1 << 16 }; // steps

// What makes a channel's values near 0 and about 1 large: (value - centre) * inverse. inverse 0: it never varied.
typedef struct hg__channel_scale {
    float centre, inverse;
} hg__channel_scale;

// How a window is seen. Of its N steps the means of every so many in a row go in: N / every of them, each with C numbers.
typedef struct hg__window_view {
    int32_t length, channels; // N, C
    int32_t every;            // divides N; 1: the steps themselves
    bool is_normalised; // of each channel only its shape counts, not where it is and how large
    const hg__channel_scale *scale; // borrowed, (C)
    float limit;        // values farther from 0 than this, once scaled, are taken as this far
    bool keeps_missing; // missing values stay NaN, and so do means with one of them
} hg__window_view;

int32_t hg__window_width(const hg__window_view *v); // numbers that go in: N / every * C

// x (N, C), is changed -> to (N / every, C), which may be x. A missing value becomes the last one of its channel before it in the window
// or, where there is none, the next one; where the whole channel is missing its centre. Then all are scaled and limited, averaged, and
// as the last step normalised: (y - mean) / (standard deviation + 0.3), each channel by its own.
void hg__window_see(const hg__window_view *v, float *x, float *to);
// Only scaled and limited, `steps` of them: x (steps, C) -> to likewise, which may be x. A missing value stays missing.
void hg__window_scale(const hg__window_view *v, const float *x, int32_t steps, float *to);
// The first of that alone, x (steps, C). scale NULL: x is scaled, and where a channel is missing it becomes 0.
void hg__window_fill(float *x, int32_t steps, int32_t channels, const hg__channel_scale *scale);
// What a normalised channel of this variance is multiplied by.
float hg__window_shape_factor(float variance);

typedef struct hg__windows {
    const hg__samples *from; // borrowed
    hg__window_view view;
    const int64_t *start; // borrowed, (count): the first step of each row
    int64_t count;
} hg__windows;

// w is borrowed.
hg__row_source hg__windows_source(const hg__windows *w, const char *name);

// The starts of the windows of `length` steps within steps first .. end - 1, every `stride` steps, but of those only such as have at
// least half of their values: start (at most `room`). How many there are, however few fit; negative where the disk fails.
int64_t hg__windows_find(const hg__samples *s, int64_t first, int64_t end, int32_t length,
                         int64_t stride, int64_t *start, int64_t room, hg_error *err);
#endif

// SPDX-License-Identifier: Apache-2.0
// axis.h - the values an axis goes over, and round numbers on it: of pictures and of pages.
#ifndef HG_REPORT_AXIS_H
#define HG_REPORT_AXIS_H
#include "base/error.h"

// On a logarithmic one both ends are positive.
typedef struct hg__axis {
    double low, high; // low < high
    bool log;
    bool whole; // numbers stand at whole values only
} hg__axis;

// Over [low, high], widened where they are the same; over [0, 1] where one is not finite. `log`: by powers of ten, if low is positive.
hg__axis hg__axis_over(double low, double high, bool log);

// Where a value lies on an axis, 0 to 1; NaN for what a logarithmic one has no place for.
double hg__axis_share(const hg__axis *a, double value);

// About five round numbers on it; how many.
enum { HG_TICKS = 32 };
int32_t hg__axis_ticks(const hg__axis *a, double value[HG_TICKS]);
#endif

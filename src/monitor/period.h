// SPDX-License-Identifier: Apache-2.0
// period.h - after how many steps a channel repeats itself, by its autocorrelation.
#ifndef HG_MONITOR_PERIOD_H
#define HG_MONITOR_PERIOD_H
#include <stdint.h>

#include "base/error.h"

// The period of x (steps), in steps, or 0 where none is clear; negative: HG_ERR_MEMORY. What is not finite is left out. Of the first
// 20000 steps, without their straight line, scaled to deviation 1 and clipped at 3, r(k) is the mean of x_t x_{t+k} for lags k up to
// 2000, a third of the steps at most. A lag of 4 at least is a candidate where r is the largest within a quarter of the lag on either
// side, 0.2 above the lowest r before it, which keeps out the slow fall of a drift, and more than chance brings: 0.2, 4 / sqrt(n) and
// 1.5 sqrt(k / n), of the last two no more than 0.6. The period is the first candidate that has nine tenths of the highest one's r: the highest alone
// would often be a multiple. A period that is no whole number is rounded, one below 4 found as a multiple.
// 20000 steps take some 30 ms.
int32_t hg__find_period(const float *x, int64_t steps, hg_error *err);

// The window that TSB-AD 1.5 takes for VUS, for comparison with its published figures (find_length_rank(x, 1)): the lag of the
// highest local maximum of the autocorrelation between lags 3 and 400 of the first 20000 steps; 125 where there is none, or where it is
// below 6 or above 303. x: finite. Negative: HG_ERR_MEMORY.
int32_t hg__vus_window(const float *x, int64_t steps, hg_error *err);
#endif

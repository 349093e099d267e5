// SPDX-License-Identifier: Apache-2.0
// alarms.h - a false-alarm rate as people say it: so many alarms a day, at so many rows a minute.
#ifndef HG_DETECT_ALARMS_H
#define HG_DETECT_ALARMS_H
#include "base/error.h"

// alarms=2/day rate=1000/min: *fpr = 2 / 1440000, the share of normal rows that may raise an alarm. A number, a stroke
// and a time: s, min, h, day, week (or sec, second, minute, hour, d). HG_ERR_USAGE for anything else, and where there
// would be an alarm a row.
int hg__alarms_fpr(const char *alarms, const char *rate, double *fpr, hg_error *err);
#endif

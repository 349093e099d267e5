// SPDX-License-Identifier: Apache-2.0
// quantity.h - numbers as people write them: 1%, 90s, 1h30m, 512M, 2.5 GB.
#ifndef HG_OPTIONS_QUANTITY_H
#define HG_OPTIONS_QUANTITY_H
#include "base/error.h"

// A number in `unit` (of the option table), bare or with a unit that can be told in it: hours take 90s, 5m, 1h30m, 2d; shares
// take 1%. A unit of which nothing is known takes bare numbers only.
bool hg__parse_quantity(const char *text, const char *unit, double *value);

// Bytes, with K, M, G or T behind them for powers of 1024; also 512MB, 2GiB, 1.5G.
bool hg__parse_size(const char *text, int64_t *value);

// What else a number in `unit` may be written as, for messages: " (a share, or as 1%)"; "" where nothing.
const char *hg__quantity_advice(const char *unit);
#endif

// SPDX-License-Identifier: Apache-2.0
// quantise.h - many rows become few, of which none is a row of the table.
#ifndef HG_DETECT_QUANTISE_H
#define HG_DETECT_QUANTISE_H
#include "base/error.h"

enum { HG_QUANTISE_ROWS = 4, HG_QUANTISE_STEPS = 16 };

// Puts rows / HG_QUANTISE_ROWS rows in place of the first of x (rows, width): each the mean of that many rows that lie
// near each other (the last of up to twice as many), rounded to whole 1 / HG_QUANTISE_STEPS. scale (width): what numbers
// are multiplied by before distances are taken. rows: HG_QUANTISE_ROWS at least. Microaggregation: Domingo-Ferrer,
// Mateo-Sanz, "Practical data-oriented microaggregation for statistical disclosure control", 2002.
int hg__quantise(float *x, int32_t rows, int32_t width, const float *scale, hg_error *err);
#endif

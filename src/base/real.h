// SPDX-License-Identifier: Apache-2.0
// real.h - functions of real numbers from + - * / and square root alone: the same bits on every machine.
#ifndef HG_BASE_REAL_H
#define HG_BASE_REAL_H
#include <stdint.h>

double hg__log(double x);          // x > 0 and finite; relative error below 1e-15
double hg__log1p(double x);        // log(1 + x), x >= 0 and finite
double hg__expm1(double x);        // e^x - 1, 0 <= x; infinite above 709
double hg__sin_turn(double turns); // sin(2 pi turns), |turns| < 1e9
double hg__cos_turn(double turns);

// The x below which a share p of the normal distribution lies; p is taken into [1e-10, 1 - 1e-10].
double hg__normal_quantile(double p);

// The x below which a share p of what was measured lies: sorted (count), ascending, 1 at least; straight lines between neighbours.
double hg__quantile(const double *sorted, int64_t count, double p);
#endif

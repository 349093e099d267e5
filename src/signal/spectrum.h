// SPDX-License-Identifier: Apache-2.0
// spectrum.h - the Fourier transform of real numbers, and the power at each frequency of a piece of a signal.
#ifndef HG_SIGNAL_SPECTRUM_H
#define HG_SIGNAL_SPECTRUM_H
#include "base/turns.h"

// x (n) with n = t->size, 4 at least. to (n / 2 + 1, 2): real and imaginary part of sum over i of x[i] e^(-2 pi j i k / n) for k = 0 .. n / 2.
void hg__fourier_real(const hg__turns *t, const double *x, double *to);

typedef struct hg__spectrum {
    hg__turns turns; // of n
    double *window;  // owned, (n): Hann's, periodic: 1/2 - 1/2 cos(2 pi i / n)
    double *piece;   // owned, (n)
    double *line;    // owned, (n / 2 + 1, 2)
} hg__spectrum;

int hg__spectrum_init(hg__spectrum *s, int32_t size, hg_error *err); // {0} on failure
void hg__spectrum_clear(hg__spectrum *s);                            // {0} is fine

// The squared magnitudes of x (n) times the window: power (n / 2 + 1). False where x has what is not finite: power is not written.
bool hg__spectrum_run(hg__spectrum *s, const float *x, double *power);
#endif

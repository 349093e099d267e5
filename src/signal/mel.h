// SPDX-License-Identifier: Apache-2.0
// mel.h - bands of a power spectrum: which of its frequencies each takes, and how much of them.
#ifndef HG_SIGNAL_MEL_H
#define HG_SIGNAL_MEL_H
#include "signal/frames.h"

typedef struct hg__bands {
    int32_t count;
    int32_t *first; // owned, (count): the first frequency of a band, as a bin of the transform
    int32_t *start; // owned, (count + 1): where its weights begin
    double *weight; // owned, (start[count])
} hg__bands;

// The setup is in range. HG_ERR_USAGE where a band has no bin. {0} on failure.
int hg__bands_init(hg__bands *b, const hg__frames_setup *s, hg_error *err);
void hg__bands_clear(hg__bands *b); // {0} is fine

// out (count) of x (fft / 2 + 1).
void hg__bands_run(const hg__bands *b, const double *x, double *out);

// Slaney's scale (Auditory Toolbox, 1998): straight up to 1000 Hz, then 27 mels for a factor of 6.4.
double hg__mel_from_hz(double hz);
double hg__hz_from_mel(double mel);
#endif

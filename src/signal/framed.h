// SPDX-License-Identifier: Apache-2.0
// framed.h - a recording of frames: the bands of another recording's channels, one step every hop of its steps.
#ifndef HG_SIGNAL_FRAMED_H
#define HG_SIGNAL_FRAMED_H
#include "signal/frames.h"
#include "signal/recording.h"

// Reads `of` and is read as any other; of is taken over, even on failure. Step k is frame k (frames.h), by the names of its bands: "mel 17",
// of several channels "left mel 17". Its row and time are those of sample k hop of the file, of the last sample where there is none so
// late; its label is 1 if one of the samples k hop .. k hop + hop - 1 that had come by then has it. Where of begins anew, so do the frames.
//
// floor 0 in the setup: of is read once and the floor is 100 dB below its mean square (hg__frames_setup_level). The setup's rate is 1, or
// what of says of its own; else HG_ERR_DATA. HG_ERR_USAGE as hg__frames_new() has it. NULL on failure.
hg__recording *hg__framed_new(hg__recording *of, const hg__frames_setup *setup, hg_error *err);

// What its frames are made by: for a model file. NULL: r has no frames.
const hg__frames_setup *hg__framed_setup(const hg__recording *r);
// What they are made of: its channels' names are what a model's recording is opened by again.
const hg__recording *hg__framed_of(const hg__recording *r);
#endif

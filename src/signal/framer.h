// SPDX-License-Identifier: Apache-2.0
// framer.h - blocks of samples in, blocks of frames out, each with the row, time and label of its first sample (framed.h).
#ifndef HG_SIGNAL_FRAMER_H
#define HG_SIGNAL_FRAMER_H
#include "base/bytes.h"
#include "signal/frames.h"
#include "signal/recording.h"

typedef struct hg__framer hg__framer;

// HG_ERR_USAGE as hg__frames_new() has it. NULL on failure.
hg__framer *hg__framer_new(const hg__frames_setup *s, int32_t channels, hg_error *err);
void hg__framer_free(hg__framer *f); // NULL is fine
const hg__frames *hg__framer_frames(const hg__framer *f);

// Takes samples from *at on of a block. 1: frames, which live until the next call: call again; 0: all of the block is taken.
int hg__framer_run(hg__framer *f, const hg__steps *in, int32_t *at, hg__steps *to);
// What came was all: the frames that are left, until it returns 0. Then it begins anew.
int hg__framer_end(hg__framer *f, hg__steps *to);
bool hg__framer_is_empty(const hg__framer *f); // nothing came since it began
void hg__framer_restart(hg__framer *f);        // forgets what came

// What it needs to go on with the same bits, at the end of `to`; and back, into a new one of the same setup. False: it is of another one,
// or none, and f begins anew.
void hg__framer_write(const hg__framer *f, hg__text *to);
bool hg__framer_read(hg__framer *f, hg__bytes *from);
#endif

// SPDX-License-Identifier: Apache-2.0
// signal_frames.h - what a model of a recording knows of its frames: how they are made, and of which channels. In the model file:
// "frames" of "signal".
#ifndef HG_MONITOR_SIGNAL_FRAMES_H
#define HG_MONITOR_SIGNAL_FRAMES_H
#include "monitor/signal.h"

void hg__signal_frames_clear(hg__signal_frames *f); // {0} is fine
// All of these leave f to be cleared on failure.
int hg__signal_frames_take(hg__signal_frames *f, const hg__recording *r,
                           hg_error *err); // those that r has, if any
int hg__signal_frames_set(hg__signal_frames *f, const hg__frames_setup *setup,
                          hg_error *err); // of one channel of any name
int hg__signal_frames_save(const hg__signal_frames *f, hg__json *signal, hg_error *err);
// HG_ERR_MODEL for any flaw, and where `read` channels are not their bands.
int hg__signal_frames_load(hg__signal_frames *f, const hg__json *signal, int32_t read,
                           const char *where, hg_error *err);
#endif

// SPDX-License-Identifier: Apache-2.0
// temporal.h - a running average of video, pixel by pixel, that is as long as nothing changes there.
//
//   frame ──> average of this frame and of those before it, where they show the same ──model──> clean frame
//                │                                                                                 │
//                └── compared by how much noise there is <── frame - clean: what the noise is <────┘
#ifndef HG_RESTORE_TEMPORAL_H
#define HG_RESTORE_TEMPORAL_H
#include "restore/psnr.h"

typedef struct hg__temporal hg__temporal;

// Frames of f's shape, of which the average may hold as many as `most` (2 at least). Borrows pool.
hg__temporal *hg__temporal_new(hg__pool *pool, const hg__frame *f, int32_t most, hg_error *err);
void hg__temporal_free(hg__temporal *t); // NULL is fine
// Bytes that it takes.
size_t hg__temporal_bytes(const hg__frame *f);

// (height, width, channels), white = 1: where the next frame belongs, in finite numbers.
float *hg__temporal_input(hg__temporal *t);
// Takes the frame in. What the model is to see, of the same shape, until the next.
const float *hg__temporal_average(hg__temporal *t);
// What the model made of it: tells the noise of the next frame.
void hg__temporal_learn(hg__temporal *t, const float *clean);
// The next frame has nothing to do with those before it.
void hg__temporal_reset(hg__temporal *t);

// Mean absolute difference of a pixel to that of the frame before, where nothing moved for some frames, white = 1: of frames as they
// came and as they went. False: of no pixel.
bool hg__temporal_flicker(const hg__temporal *t, double *before, double *after);
#endif

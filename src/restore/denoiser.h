// SPDX-License-Identifier: Apache-2.0
// denoiser.h - a model at work on pictures in memory: no files, no options.
//
//   denoiser_pixels.c   hg_denoise_pixels(): memory of any strides ─┐
//   (jobs: image files) ────────────────────────────────────────────┴─> denoiser_lines.c   samples: lines in, lines out
//   denoiser_y4m.c      a frame of video, its planes or its colours ──────────┐  │
//                                                                             v  v
//                                                     denoiser.c   model, threads, memory ──> tiles.c
#ifndef HG_RESTORE_DENOISER_H
#define HG_RESTORE_DENOISER_H
#include "image/image.h"
#include "image/y4m.h"
#include "restore/temporal.h"
#include "restore/tiles.h"
#include "restore/tune.h"

// The buffers of denoiser_lines.c, kept for the next picture of the same size.
typedef struct hg__line_buffers {
    // owned, (lines, line bytes): samples as they came and as they go
    uint8_t *in, *out;
    // owned, as `in` before it was filled; NULL where nothing is outside
    uint8_t *raw;
    // owned, beside raw: the line before those just read, filled
    uint8_t *last;
    // owned, beside raw: (width, channels)
    uint8_t *is_outside;
    // owned, (threads, widest, 3)
    float *number;
    // owned, (threads, widest) grey samples of any type
    uint8_t *sample;
    // the width of a window, or the picture's where pieces are as wide
    int32_t widest;
    // what they were made for: bytes of a line, and samples of the picture itself
    size_t line, samples;
} hg__line_buffers;

struct hg_denoiser {
    const hg__network *net; // borrowed
    hg__image_needs needs;
    int32_t channels; // of pictures: 1 or 3
    hg__tuner tuner;  // between them and the windows
    hg__pool *pool;   // owned
    // owned: of the last picture, for the next of its size; or NULL
    hg__tiles *tiles;
    hg__line_buffers buffers;
    // bytes that pictures may take
    size_t budget;
    // of a whole process beside them, for messages; 0 in a program of somebody else's
    size_t process;
    // what the last call of hg_denoise_pixels() was planned for; {0}: nothing
    hg__image_info planned;
    // of hg_denoiser_temporal(); below 2: images by themselves
    int32_t frames;
    // what hg_denoise_pixels() has of the frames before, or {0}
    struct hg__video_buffers {
        hg__frame frame;
        hg__temporal *temporal; // owned
        float *clean;           // owned, of the frame's shape
        uint8_t *line;          // owned, samples
        size_t bytes;           // of line
    } video;
};

// process: bytes of max_mem that are not for pictures. Borrows net.
hg_denoiser *hg__denoiser_new(const hg__network *net, int32_t threads, size_t max_mem,
                              size_t process, hg_error *err);

// How strongly it cleans from now on; refused where its model cannot.
int hg__denoiser_tune(hg_denoiser *d, const hg__tuning *how, hg_error *err);
void hg__denoiser_forget(hg_denoiser *d); // d->video

// The windows for a picture of `channels`: each of them in a run of its own where the model is grey. held: bytes the
// caller has beside them. Fails where max_mem is too small.
int hg__denoiser_plan(const hg_denoiser *d, const char *name, hg__tile_job *job, int32_t channels,
                      size_t held, hg__tiling *t, hg_error *err);

// A picture on its way through, line by line.
typedef struct hg__line_io {
    void *context;
    const char *name; // for messages
    // Of the samples, as read and written: interleaved, with their range.
    hg__image_info info;
    // there are, or may be, samples outside (range.h): they stay as they are
    bool has_outside;
    // bytes the caller has beside the lines
    size_t held;
    // The next `lines` lines. What was read is read before anything is written that lies above or upon it: both may be
    // the same memory.
    int (*read)(void *context, void *to, int32_t lines, hg_error *err);
    int (*write)(void *context, const void *from, int32_t lines, hg_error *err);
    // Where the picture goes through the model twice (hg__tuner_is_twofold()): the next to be read is the first line once more.
    int (*again)(void *context, hg_error *err);
    // borrowed: asked before each window whether to stop; or NULL
    const hg_listener *listener;
    // borrowed: told of each window; or NULL
    hg__meter *meter;
    // what a window counts there
    int64_t worth;
} hg__line_io;

// hg__denoiser_plan() for lines. Allocates nothing that stays.
int hg__denoiser_plan_lines(const hg_denoiser *d, const hg__line_io *io, hg__tiling *t,
                            hg_error *err);
// d->tiles and d->buffers for t and io: the last ones, or new ones.
int hg__denoiser_ready(hg_denoiser *d, const hg__tiling *t, const hg__line_io *io, hg_error *err);
// All lines through the model. outside: how many samples were; may be NULL. Allocates nothing where the last picture was of the same
// size and samples.
int hg__denoiser_run_lines(hg_denoiser *d, const hg__tiling *t, const hg__line_io *io,
                           int64_t *outside, hg_error *err);

// Frames of one video, one after the other.
typedef struct hg__y4m_cleaner hg__y4m_cleaner;

// Borrows d; name is for messages and borrowed too. frames: as many as a running average may hold (temporal.h); below 2: each frame
// by itself.
hg__y4m_cleaner *hg__y4m_cleaner_new(hg_denoiser *d, const hg__y4m *y, const char *name,
                                     int32_t frames, hg_error *err);
void hg__y4m_cleaner_free(hg__y4m_cleaner *v); // NULL is fine
// (hg__y4m_frame_bytes()): where a frame belongs before it is run.
uint8_t *hg__y4m_cleaner_input(hg__y4m_cleaner *v);
// What it became, until the next run; NULL once l, which may be NULL, asks to stop. Allocates nothing.
const uint8_t *hg__y4m_cleaner_run(hg__y4m_cleaner *v, const hg_listener *l, hg_error *err);
// hg__temporal_flicker() of the colours, or of luma; false without an average too.
bool hg__y4m_cleaner_flicker(const hg__y4m_cleaner *v, double *before, double *after);
#endif

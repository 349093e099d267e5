// SPDX-License-Identifier: Apache-2.0
// denoise.h - what the files of `hourglass denoise` share: a model at work on pictures.
//
//   denoise.c ──> denoise_folder.c ──> denoise_image.c ──> tiles.c
//       └───────> denoise_video.c (y4m.c) ──────────────────┘
#ifndef HG_JOBS_DENOISE_H
#define HG_JOBS_DENOISE_H
#include "options/options.h"
#include "restore/tiles.h"

typedef struct hg__denoiser {
    hg_model *model; // owned
    hg__image_needs needs;
    hg__pool *pool;              // owned
    hg__tiles *tiles;            // owned: of the last picture, for the next of its size; or NULL
    size_t budget;               // bytes that pictures may take: max_mem without the process itself
    size_t max_mem;              // for messages
    const hg_listener *listener; // borrowed, or NULL
    hg_result *result;           // borrowed
    bool has_told;               // that windows are blended
    bool has_told_outside;       // that samples are left as they are
    bool has_told_other;         // that samples are not those the model was trained on
    hg__meter meter; // of the pixels of a page, the images of a folder or the frames of video
    bool is_folder;
    bool is_fatal; // the last failure is none of the file's: the others would fail too
} hg__denoiser;

void hg__denoise_note(const hg__denoiser *d, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void hg__denoise_detail(const hg__denoiser *d, const char *format, ...)
    __attribute__((format(printf, 2, 3))); // for those who want to know of each file
bool hg__denoise_is_stopped(const hg__denoiser *d);

// The windows for a picture of `channels`: each of them in a run of its own where the model is grey. held: bytes the
// caller has beside them. Fails where max_mem is too small.
int hg__denoise_plan(const hg__denoiser *d, const char *name, hg__tile_job *job, int32_t channels,
                     size_t held, hg__tiling *t, hg_error *err);
// d->tiles for t: the last ones, or new ones.
int hg__denoise_tiles(hg__denoiser *d, const hg__tiling *t, hg_error *err);

// One image file, all its pages, to the file `out`.
int hg__denoise_image(hg__denoiser *d, const char *path, const char *out, hg_error *err);

// All images of a folder, or of a list of files, into the folder `out`. A file that is bad is noted and passed over, and the
// whole fails at the end.
int hg__denoise_folder(hg__denoiser *d, const char *path, const char *out, hg_error *err);

// Whether a picture written into folder `out` would lie in folder `source`, or out is it. Neither need exist.
bool hg__denoise_is_inside(const char *out, const char *source);

// Video from file or standard input ("-") to file or standard output, frame by frame.
int hg__denoise_video(hg__denoiser *d, const char *path, const char *out, hg_error *err);

// Where the model that ships lies; fails where it is not there.
int hg__shipped_find(const char *name, char path[1024], hg_error *err);
#endif

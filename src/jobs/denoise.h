// SPDX-License-Identifier: Apache-2.0
// denoise.h - what the files of `hourglass denoise` share: a denoiser, and what is told of its pictures.
//
//   job_denoise.c ──> denoise_folder.c ──> denoise_image.c ──> denoise_work.c ──> restore/denoiser.h
//        └──────────> denoise_video.c ───────────────────────────┘
#ifndef HG_JOBS_DENOISE_H
#define HG_JOBS_DENOISE_H
#include "jobs/pages.h"
#include "restore/denoiser.h"

typedef struct hg__denoise_work {
    hg_model *model;             // owned
    hg_denoiser *denoiser;       // owned
    const hg_listener *listener; // borrowed, or NULL
    hg_result *result;           // borrowed
    hg__denoise_page *page;      // owned, or NULL: not asked for
    bool has_told;               // that windows are blended
    bool has_told_outside;       // that samples are left as they are
    bool has_told_other;         // that samples are not those the model was trained on
    hg__meter meter;      // of the pixels of a page, the images of a folder or the frames of video
    int32_t temporal;     // frames of video that an average may hold
    bool is_temporal_set; // by the user
    bool is_folder;
    bool is_fatal; // the last failure is none of the file's: the others would fail too
} hg__denoise_work;

// ---- denoise_work.c -----------------------------------------------------------------------------

// path: of the model; "": the one that ships. d is {listener, result}.
int hg__denoise_open(hg__denoise_work *d, const char *path, int32_t threads, size_t max_mem,
                     hg_error *err);
void hg__denoise_close(hg__denoise_work *d);

void hg__denoise_note(const hg__denoise_work *d, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void hg__denoise_detail(const hg__denoise_work *d, const char *format, ...)
    __attribute__((format(printf, 2, 3))); // for those who want to know of each file
// Once: that the model's windows are blended, where they are.
void hg__denoise_tell_of_blending(hg__denoise_work *d, const hg__tiling *t);

// ---- pictures -----------------------------------------------------------------------------------

// One image file, all its pages, to the file `out`.
int hg__denoise_image(hg__denoise_work *d, const char *path, const char *out, hg_error *err);

// All images of a folder, or of a list of files, into the folder `out`. A file that is bad is noted and passed over, and the
// whole fails at the end.
int hg__denoise_folder(hg__denoise_work *d, const char *path, const char *out, hg_error *err);

// Video from file or standard input ("-") to file or standard output, frame by frame.
int hg__denoise_video(hg__denoise_work *d, const char *path, const char *out, hg_error *err);
#endif

// SPDX-License-Identifier: Apache-2.0
// denoise.h - what the files of `hourglass denoise` share: a denoiser, and what is told of its pictures.
//
//   job_denoise.c ──> denoise_folder.c ──> denoise_image.c ──> denoise_work.c ──> restore/denoiser.h
//        └──────────> denoise_video.c ───────────────────────────┘
#ifndef HG_JOBS_DENOISE_H
#define HG_JOBS_DENOISE_H
#include "jobs/pages.h"
#include "restore/cleaner.h"

typedef struct hg__denoise_work {
    hg_model *model;             // owned
    hg_denoiser *denoiser;       // owned
    hg__cleaner cleaner;         // {0}: the model
    const hg_listener *listener; // borrowed, or NULL
    hg_result *result;           // borrowed
    hg__denoise_page *page;      // owned, or NULL: not asked for
    hg__meter meter;   // of the pixels of a page, the images of a folder or the frames of video
    hg__tuning tuning; // as options say
    double level_sum;  // of pictures whose noise was estimated, grey levels
    int64_t levels;
    int32_t temporal;     // frames of video that an average may hold
    bool is_temporal_set; // by the user
    bool is_folder;
    bool is_by_iso;        // sigma=iso: each file says it
    bool has_told;         // that windows are blended
    bool has_told_outside; // that samples are left as they are
    bool has_told_other;   // that samples are not those the model was trained on
    bool is_fatal;         // the last failure is none of the file's: the others would fail too
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

// ---- denoise_fit.c ------------------------------------------------------------------------------

// Whether fit= and save= can be, before anything is read.
int hg__denoise_fit_check(const hg_options *o, hg_error *err);
// The model learns from the noisy pictures in data= before it cleans them.
int hg__denoise_fit(hg__denoise_work *d, const hg_options *o, hg_error *err);

// ---- denoise_choose.c ---------------------------------------------------------------------------

// model=auto: d->cleaner, and where it is the model its weights. Without it these alone, by what is better: the model's, or those
// before fit=, `before`, which may be swapped; NULL: none.
struct hg__values; // options/options.h
bool hg__denoise_is_auto(const struct hg__values *v);
int hg__denoise_choose(hg__denoise_work *d, const struct hg__values *v, void *before,
                       hg_error *err);

// ---- denoise_tune.c -----------------------------------------------------------------------------

// strength=, sigma= and detail=, for all that follows; refused where the model cannot.
int hg__denoise_tune(hg__denoise_work *d, const struct hg__values *v, hg_error *err);
// sigma=iso: as the file says; refused where it does not.
int hg__denoise_tune_to(hg__denoise_work *d, const char *path, const hg__image_info *info,
                        hg_error *err);
// The noise that was estimated in what was cleaned last.
void hg__denoise_tell_level(hg__denoise_work *d, const char *path);

// ---- denoise_preview.c --------------------------------------------------------------------------

// The middle of a picture as it is and with several settings, into a PNG file.
int hg__denoise_preview(hg__denoise_work *d, const char *path, const char *sheet, hg_error *err);

// ---- pictures -----------------------------------------------------------------------------------

// One image file, all its pages, to the file `out`.
int hg__denoise_image(hg__denoise_work *d, const char *path, const char *out, hg_error *err);

// All images of a folder, or of a list of files, into the folder `out`. A file that is bad is noted and passed over, and the
// whole fails at the end.
int hg__denoise_folder(hg__denoise_work *d, const char *path, const char *out, hg_error *err);

// Video from file or standard input ("-") to file or standard output, frame by frame.
int hg__denoise_video(hg__denoise_work *d, const char *path, const char *out, hg_error *err);
#endif

// SPDX-License-Identifier: Apache-2.0
// denoise_work.c - the model and the threads made ready, and what is told on the way.
//
// max_mem= is the memory of the whole process. Some is taken off for what does not grow with the picture; what the
// readers hold, the lines on their way and the model's windows share the rest (tiles.c).
#include <stdarg.h>
#include <stdio.h>

#include "base/show.h"
#include "jobs/denoise.h"
#include "model/model.h"

// Code, libraries, the model, the threads' stacks, codecs' tables and small files whole.
enum { PROCESS = 48 << 20 };

// ---- telling ------------------------------------------------------------------------------------

void hg__denoise_note(const hg__denoise_work *d, const char *format, ...) {
    char text[1024];
    va_list args;
    if (!d->listener || !d->listener->note) return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    hg__tell(d->listener, text);
}

void hg__denoise_detail(const hg__denoise_work *d, const char *format, ...) {
    char text[1024];
    va_list args;
    if (!d->listener || !d->listener->detail) return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    hg__tell_detail(d->listener, text);
}

void hg__denoise_tell_of_blending(hg__denoise_work *d, const hg__tiling *t) {
    if (!t->blend || t->rows * t->columns == 1 || d->has_told) return;
    d->has_told = true;
    hg__denoise_note(
        d,
        "the model judges each pixel by the whole picture (groupnorm), and max_mem is too "
        "small for that: it sees windows, which are blended over %d pixels",
        t->overlap);
}

// ---- making -------------------------------------------------------------------------------------

int hg__denoise_open(hg__denoise_work *d, const char *path, int32_t threads, size_t max_mem,
                     hg_error *err) {
    d->model = hg__model_load_named(path[0] ? path : "default", err);
    if (!d->model) return (int)err->code;
    hg_error why = {0};
    d->denoiser = hg__denoiser_new(&d->model->net, threads, max_mem, PROCESS, &why);
    if (d->denoiser) return HG_OK;
    if (why.code == HG_ERR_MODEL) {
        return hg__fail(err, why.code, "%.200s: %.280s", path, why.message);
    }
    *err = why;
    return (int)why.code;
}

void hg__denoise_close(hg__denoise_work *d) {
    hg__denoise_page_free(d->page);
    hg_denoiser_free(d->denoiser);
    hg_model_free(d->model);
}

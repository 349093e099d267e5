// SPDX-License-Identifier: Apache-2.0
// patch_parts.c - how patches become numbers, as tensors of a model.
#include <math.h>
#include <stdio.h>

#include "inspect/patches.h"

// The whole numbers of the options in this order, then channels. The seed is not kept: it was for learning.
enum { WHOLE = 9, REAL = 2 };

static const char part_whole[] = "detector.patches.options", part_real[] = "detector.patches.unit",
                  part_mean[] = "detector.patches.mean", part_axis[] = "detector.patches.axis",
                  part_spread[] = "detector.patches.spread";

static int add_part(hg_model *model, const char *name, hg__dtype dtype, int64_t rows,
                    int64_t columns, const void *data, hg_error *err) {
    hg__tensor t = {
        .dtype = dtype, .shape = {columns ? 2 : 1, {rows, columns}}
    };
    t.data = data;
    snprintf(t.name, sizeof t.name, "%s", name);
    return hg__model_add_part(model, &t, err);
}

int hg__patches_to_parts(const hg__patches *p, hg_model *model, hg_error *err) {
    const hg__patch_options *o = &p->options;
    const int32_t whole[WHOLE] = {(int32_t)o->kind, o->stride,    o->first_level,
                                  o->levels,        o->cells,     o->spacing,
                                  p->axes.dims,     o->whitening, p->channels};
    const float real[REAL] = {o->position, p->unit};
    HG_TRY(add_part(model, part_whole, HG_I32, WHOLE, 0, whole, err));
    HG_TRY(add_part(model, part_real, HG_F32, REAL, 0, real, err));
    HG_TRY(add_part(model, part_mean, HG_F32, p->axes.width, 0, p->axes.mean, err));
    HG_TRY(add_part(model, part_axis, HG_F32, p->axes.dims, p->axes.width, p->axes.axis, err));
    return add_part(model, part_spread, HG_F32, p->axes.dims, 0, p->axes.spread, err);
}

// Options and channels within their limits; the axes are as wide as they say.
static int take_options(hg__patches *p, const int32_t *whole, const float *real, const char *where,
                        hg_error *err) {
    const hg__patch_options o = {.kind = whole[0] == HG_PATCH_SLOPES ? HG_PATCH_SLOPES
                                                                     : HG_PATCH_PIXELS,
                                 .stride = whole[1],
                                 .first_level = whole[2],
                                 .levels = whole[3],
                                 .cells = whole[4],
                                 .spacing = whole[5],
                                 .dims = whole[6],
                                 .whitening = whole[7],
                                 .position = real[0],
                                 .seed = 1};
    const bool fits = whole[0] == (int32_t)o.kind && hg__patch_is_sound(&o) &&
                      (whole[8] == 1 || whole[8] == 3) && isfinite(real[0]) && real[0] >= 0 &&
                      isfinite(real[1]);
    *p = (hg__patches){.options = o, .channels = whole[8], .unit = real[1]};
    if (fits) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL, "%s: '%s', '%s': expected options of patches, got others",
                    where, part_whole, part_real);
}

// A part of numbers, all finite.
static int take_part(const hg_model *model, const char *name, int64_t rows, int64_t columns,
                     const char *where, const float **numbers, hg_error *err) {
    const hg__tensor *t = NULL;
    HG_TRY(hg__model_take_part(model, name, HG_F32, rows, columns, where, &t, err));
    const float *x = *numbers = t->data;
    for (int64_t i = 0; i < rows * (columns ? columns : 1); i++) {
        if (isfinite(x[i])) continue;
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected finite numbers, got %g", where, name,
                        (double)x[i]);
    }
    return HG_OK;
}

static int take_axes(hg__patches *p, const hg_model *model, const char *where, hg_error *err) {
    const int32_t width = hg__patch_raw_width(&p->options, p->channels), dims = p->options.dims;
    const float *mean = NULL, *axis = NULL, *spread = NULL;
    HG_TRY(take_part(model, part_mean, width, 0, where, &mean, err));
    HG_TRY(take_part(model, part_axis, dims, width, where, &axis, err));
    HG_TRY(take_part(model, part_spread, dims, 0, where, &spread, err));
    return hg__principal_from(&p->axes, width, dims, mean, axis, spread, err);
}

int hg__patches_from_parts(hg__patches *p, const hg_model *model, const char *where,
                           hg_error *err) {
    const hg__tensor *whole = NULL;
    const float *real = NULL;
    *p = (hg__patches){0};
    HG_TRY(hg__model_take_part(model, part_whole, HG_I32, WHOLE, 0, where, &whole, err));
    HG_TRY(take_part(model, part_real, REAL, 0, where, &real, err));
    hg__patches got;
    HG_TRY(take_options(&got, whole->data, real, where, err));
    HG_TRY(take_axes(&got, model, where, err));
    *p = got;
    return HG_OK;
}

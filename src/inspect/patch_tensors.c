// SPDX-License-Identifier: Apache-2.0
// patch_tensors.c - how patches become numbers, as tensors of a model.
#include <math.h>

#include "inspect/patches.h"

// The whole numbers of the options in this order, then channels. The seed is not kept: it was for learning.
enum { WHOLE = 9, REAL = 2 };

static const char whole_name[] = "detector.patches.options", real_name[] = "detector.patches.unit",
                  mean_name[] = "detector.patches.mean", axis_name[] = "detector.patches.axis",
                  spread_name[] = "detector.patches.spread";

int hg__patches_to_parts(const hg__patches *p, hg_model *model, hg_error *err) {
    const hg__patch_options *o = &p->options;
    const int32_t whole[WHOLE] = {(int32_t)o->kind, o->stride,    o->first_level,
                                  o->levels,        o->cells,     o->spacing,
                                  p->axes.dims,     o->whitening, p->channels};
    const float real[REAL] = {o->position, p->unit};
    HG_TRY(hg__model_keep_part(model, whole_name, HG_I32, WHOLE, 0, whole, err));
    HG_TRY(hg__model_keep_part(model, real_name, HG_F32, REAL, 0, real, err));
    HG_TRY(hg__model_keep_part(model, mean_name, HG_F32, p->axes.width, 0, p->axes.mean, err));
    HG_TRY(hg__model_keep_part(model, axis_name, HG_F32, p->axes.dims, p->axes.width, p->axes.axis,
                               err));
    return hg__model_keep_part(model, spread_name, HG_F32, p->axes.dims, 0, p->axes.spread, err);
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
                    where, whole_name, real_name);
}

static int take_axes(hg__patches *p, const hg_model *model, const char *where, hg_error *err) {
    const int32_t width = hg__patch_raw_width(&p->options, p->channels), dims = p->options.dims;
    const hg__tensor *mean = NULL, *axis = NULL, *spread = NULL;
    HG_TRY(hg__model_take_numbers(model, mean_name, width, 0, where, &mean, err));
    HG_TRY(hg__model_take_numbers(model, axis_name, dims, width, where, &axis, err));
    HG_TRY(hg__model_take_numbers(model, spread_name, dims, 0, where, &spread, err));
    return hg__principal_from(&p->axes, width, dims, mean->data, axis->data, spread->data, err);
}

int hg__patches_from_parts(hg__patches *p, const hg_model *model, const char *where,
                           hg_error *err) {
    const hg__tensor *whole = NULL, *real = NULL;
    *p = (hg__patches){0};
    HG_TRY(hg__model_take_part(model, whole_name, HG_I32, WHOLE, 0, where, &whole, err));
    HG_TRY(hg__model_take_numbers(model, real_name, REAL, 0, where, &real, err));
    hg__patches got;
    HG_TRY(take_options(&got, whole->data, real->data, where, err));
    HG_TRY(take_axes(&got, model, where, err));
    *p = got;
    return HG_OK;
}

// SPDX-License-Identifier: Apache-2.0
// val.h - the two special ways of `hourglass val`. Each takes the model, and answers with r->text as r->json asks.
#ifndef HG_JOBS_VAL_H
#define HG_JOBS_VAL_H
#include "model/model.h"
#include "options/options.h"

// Whether data= holds images, and the model takes them whole, in any size, of 1 or 3 channels.
bool hg__val_cleans_images(const hg_model *m, const hg_options *o);

// val_images.c: PSNR and SSIM of such images, of what is made of them, and of what classical filters do.
int hg__val_images(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *r,
                   hg_error *err);

// val_labels.c: how well the scores of a table's rows tell the anomalies of label= from the others. The model has a schema.
int hg__val_labels(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *r,
                   hg_error *err);
#endif

// SPDX-License-Identifier: Apache-2.0
// evaluate.c - how good the weights are: validation loss, the PCA baseline.
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "fit/pca.h"
#include "jobs/folder.h"
#include "jobs/trainer.h"

enum { PCA_WIDTH = 4096 }; // features; the covariance holds width^2 doubles

int hg__evaluate(hg__run_plan *runner, hg__loader *loader, int32_t width, const hg__objective *o,
                 double *sums, double *mean, hg_error *err) {
    hg__batch batch;
    double sum = 0;
    int more;
    hg__loader_start(loader, false, 0, 0, 0);
    while ((more = hg__loader_next(loader, &batch, err)) > 0) {
        const hg__input in = {.row = batch.row,
                              .count = batch.count,
                              .dtype = batch.dtype,
                              .scale = batch.scale,
                              .target = batch.target};
        hg__run_loss(runner, o, &in, sums);
        for (int32_t i = 0; i < batch.count; i++) sum += sums[i];
    }
    *mean = sum / ((double)hg__loader_rows(loader) * width);
    return more;
}

static int measure(hg__trainer *t, const hg_model *pca, double *mse, hg_error *err) {
    const hg__objective squared = hg__objective_of(hg__loss_find("mse"), 0);
    const bool held_out = t->val_rows.count > 0;
    hg__loader *own = held_out ? NULL : hg__loader_new(&t->rows, HG_EVAL_ROWS, NULL, err);
    if (!held_out && !own) return HG_ERR_MEMORY;
    hg__run_plan *runner = hg__run_plan_new(&pca->net, t->pool, NULL, err);
    const int code = runner ? hg__evaluate(runner, held_out ? t->val_loader : own, t->data->width,
                                           &squared, t->sums, mse, err)
                            : HG_ERR_MEMORY;
    hg__run_plan_free(runner);
    hg__loader_free(own);
    return code;
}

int hg__evaluate_pca(hg__trainer *t, double *mse, hg_error *err) {
    char path[1024];
    const hg__spec *s = &t->model->net.spec;
    *mse = (double)NAN;
    const int64_t rank = t->rows.count < s->width ? t->rows.count : s->width;
    if (t->spoils || s->code >= rank || s->width > PCA_WIDTH) return HG_OK;
    hg_model *pca = NULL;
    const double began = hg__seconds();
    HG_TRY(hg__pca_fit(&pca, &t->rows, s->code, t->pool, err));
    t->pca_seconds = hg__seconds() - began;
    int code = hg__folder_weights(t->folder, "pca", path, err);
    if (code == HG_OK) code = hg__model_save(pca, path, NULL, err);
    if (code == HG_OK) code = measure(t, pca, mse, err);
    hg_model_free(pca);
    return code;
}

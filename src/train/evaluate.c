// SPDX-License-Identifier: Apache-2.0
// evaluate.c - how good the weights are: validation loss, the PCA baseline, sample reconstructions.
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "data/write_npy.h"
#include "model/pca.h"
#include "train/folder.h"
#include "train/trainer.h"

enum { PCA_WIDTH = 4096 }; // features; the covariance holds width^2 doubles

int hg__evaluate(hg__run_plan *runner, hg__loader *loader, int32_t width, const hg__loss *loss,
                 double loss_arg, double *sums, double *mean, hg_error *err) {
    hg__batch batch;
    double sum = 0;
    int more;
    hg__loader_start(loader, false, 0, 0, 0);
    while ((more = hg__loader_next(loader, &batch, err)) > 0) {
        const hg__input in = {.row = batch.row,
                              .count = batch.count,
                              .dtype = batch.dtype,
                              .scale = batch.scale,
                              .target = batch.target,
                              .counts = batch.counts};
        hg__run_loss(runner, loss, loss_arg, &in, sums);
        for (int32_t i = 0; i < batch.count; i++) sum += sums[i];
    }
    *mean = sum / ((double)hg__loader_rows(loader) * width);
    return more;
}

static int measure(hg__trainer *t, const hg_model *pca, double *mse, hg_error *err) {
    const bool held_out = t->val_rows.count > 0;
    hg__loader *own = held_out ? NULL : hg__loader_new(&t->rows, HG_EVAL_ROWS, NULL, err);
    if (!held_out && !own) return HG_ERR_MEMORY;
    hg__run_plan *runner = hg__run_plan_new(pca, t->pool, err);
    const int code = runner ? hg__evaluate(runner, held_out ? t->val_loader : own, t->data->width,
                                           hg__loss_find("mse"), 0, t->sums, mse, err)
                            : HG_ERR_MEMORY;
    hg__run_plan_free(runner);
    hg__loader_free(own);
    return code;
}

int hg__evaluate_pca(hg__trainer *t, double *mse, hg_error *err) {
    char path[1024];
    const hg__spec *s = &t->model->spec;
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

// ---- samples.npy --------------------------------------------------------------------------------

static int write_pairs(const char *path, const float *pairs, int64_t n, int32_t width,
                       hg_error *err) {
    hg__writer w;
    const hg__shape shape = {
        3, {2, n, width}
    };
    HG_TRY(hg__writer_open(&w, path, err));
    int code = hg__npy_add_header(&w, HG_F32, &shape, err);
    if (code == HG_OK) {
        code = hg__writer_add(&w, pairs, (size_t)(2 * n * width) * sizeof *pairs, err);
    }
    if (code == HG_OK) return hg__writer_commit(&w, err);
    hg__writer_abort(&w);
    return code;
}

static int fill_pairs(hg__trainer *t, const hg__rows *rows, hg__run_plan *runner, float *pairs,
                      const void **row, int64_t n, hg_error *err) {
    const int32_t width = t->model->spec.width;
    for (int64_t i = 0; i < n; i++) {
        row[i] = pairs + i * width;
        HG_TRY(hg__data_row(rows->data, hg__rows_at(rows, i), pairs + i * width, err));
    }
    const hg__input in = {.row = row, .count = n, .dtype = HG_F32, .scale = 1};
    hg__run(runner, HG_RECONSTRUCT, &in, pairs + n * width);
    return HG_OK;
}

int hg__write_samples(hg__trainer *t, const hg_model *m, hg_error *err) {
    char path[1024];
    const hg__rows *rows = t->val_rows.count ? &t->val_rows : &t->rows;
    const int64_t n = rows->count < t->o.values.samples ? rows->count : t->o.values.samples;
    if (n == 0) return HG_OK;
    HG_TRY(hg__join_path(path, sizeof path, t->folder, "samples.npy", err));
    const size_t width = (size_t)m->spec.width;
    float *pairs = hg__alloc(2 * (size_t)n * width, sizeof *pairs, err);
    const void **row = pairs ? hg__alloc((size_t)n, sizeof *row, err) : NULL;
    hg__run_plan *runner = row ? hg__run_plan_new(m, t->pool, err) : NULL;
    int code = runner ? fill_pairs(t, rows, runner, pairs, row, n, err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = write_pairs(path, pairs, n, m->spec.width, err);
    hg__run_plan_free(runner);
    hg__free(row);
    hg__free(pairs);
    return code;
}

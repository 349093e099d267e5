// SPDX-License-Identifier: Apache-2.0
// evaluate.c - how good the weights are: the mean loss over a loader's rows.
#include "base/mem.h"
#include "fit/fit.h"

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

int hg__evaluate_mse(const hg__network *net, hg__loader *loader, hg__pool *pool, double *mse,
                     hg_error *err) {
    const hg__objective squared = hg__objective_of(hg__loss_find("mse"), 0);
    double *sums = hg__alloc(HG_EVAL_ROWS, sizeof *sums, err);
    hg__run_plan *runner = sums ? hg__run_plan_new(net, pool, NULL, err) : NULL;
    const int code = runner
                         ? hg__evaluate(runner, loader, net->spec.width, &squared, sums, mse, err)
                         : HG_ERR_MEMORY;
    hg__run_plan_free(runner);
    hg__free(sums);
    return code;
}

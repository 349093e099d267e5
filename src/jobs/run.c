// SPDX-License-Identifier: Apache-2.0
// run.c - hg_run(): the way into every job, and what came of it on the way out.
#include <math.h>
#include <stddef.h>

#include "base/host.h"
#include "base/mem.h"
#include "jobs/job.h"

static hg__job_run *const runs[] = {
#define JOB(id, name, ...) hg__job_##name,
#include "options/jobs.def"
#undef JOB
};

hg_result hg__result_unset(bool json) {
    const double none = (double)NAN;
    return (hg_result){.size = sizeof(hg_result),
                       .json = json,
                       .best_val_loss = none,
                       .train_loss = none,
                       .val_mse = none,
                       .pca_mse = none,
                       .seconds = none,
                       .rows_per_second = none,
                       .mse = none,
                       .mae = none,
                       .row_mse_max = none,
                       .row_mse_median = none,
                       .input_mse = none,
                       .level = none};
}

void hg__result_hand_over(const hg_result *own, hg_result *result) {
    if (result) {
        (void)hg__fill(result, own, sizeof *own, "hg_result", NULL);
    } else {
        hg__free(own->text);
    }
}

int hg__result_check(const hg_result *r, hg_error *err) {
    const size_t least =
        offsetof(hg_result, text) + sizeof r->text; // else the text would have no owner
    if (!r || r->size >= least) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "hg_result: expected size to be sizeof(hg_result), got %zu",
                    r->size);
}

int hg_run(const hg_options *o, const hg_listener *l, hg_result *result, hg_error *err) {
    hg_error why = {0}; // so that there is a sentence to look at even where the caller wants none
    if (!err) err = &why;
    HG_JOB_ENTRY(l, err);
    HG_TRY(hg__result_check(result, err));
    hg_result own = hg__result_unset(result && result->json);
    int code = hg_options_check(o, err);
    if (code == HG_OK) code = runs[o->job->number](o, l, &own, err);
    if (code < 0) {
        hg__free(own.text);
        own.text = NULL;
    }
    hg__result_hand_over(&own, result);
    return code;
}

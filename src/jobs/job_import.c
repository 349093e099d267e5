// SPDX-License-Identifier: Apache-2.0
// job_import.c - makes a model file of weights that another program has saved.
#include "jobs/job.h"
#include "jobs/trainer.h"
#include "model/model.h"

static int take_and_save(hg_model *m, const char *source, const char *out, hg_error *err) {
    hg__tensors weights;
    HG_TRY(hg__tensors_open(&weights, source, err));
    int code = hg__model_take_weights(m, &weights, err);
    hg__tensors_close(&weights);
    return code < 0 ? code : hg__model_save(m, out, NULL, err);
}

int hg__job_import(const hg_options *o, const hg_listener *l, hg_result *r, hg_error *err) {
    const struct hg__values *v = &o->values;
    (void)l, (void)r; // it is done before there is anything to tell
    if (v->input < 1) {
        return hg__fail(err, HG_ERR_USAGE,
                        "input: expected the features of a row, from 1, got %lld",
                        (long long)v->input);
    }
    const hg__shape input = {1, {v->input}};
    hg_model *m = hg__model_new(v->model, &input, (int32_t)v->latent, 0, err);
    if (!m) return err->code;
    int code = take_and_save(m, v->source, v->out, err);
    hg_model_free(m);
    return code;
}

// SPDX-License-Identifier: Apache-2.0
// job_import.c - makes a model file of weights that another program has saved.
#include <string.h>

#include "base/text.h"
#include "detect/table_model.h"
#include "jobs/job.h"
#include "jobs/trainer.h"
#include "model/model.h"
#include "monitor/signal.h"

static int take_and_save(hg_model *m, const char *source, const char *out, hg_error *err) {
    hg__tensors weights;
    HG_TRY(hg__tensors_open(&weights, source, err));
    int code = hg__model_take_weights(m, &weights, err);
    hg__tensors_close(&weights);
    return code < 0 ? code : hg__model_save(m, out, NULL, err);
}

static int count_of(const char *text, int32_t *count) {
    double x = 0;
    if (!hg__parse_float(text, &x) || !(x >= 2 && x <= HG_MAX_WINDOW) || x != (double)(int32_t)x) {
        return HG_ERR_USAGE;
    }
    *count = (int32_t)x;
    return HG_OK;
}

// The model becomes one of a signal whose frames, `window` of them in a row, are the network's rows.
static int take_frames(hg_model *m, const struct hg__values *v, hg_error *err) {
    hg__frames_setup setup;
    int32_t window = 0;
    HG_TRY(hg__frames_setup_parse(v->frames, 0, &setup, err));
    if (!(setup.floor > 0)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "frames: expected a floor, such as `%s floor=1e-10`, got none", v->frames);
    }
    if (count_of(v->window, &window) < 0 || (int64_t)window * setup.bands != v->input) {
        return hg__fail(err, HG_ERR_USAGE,
                        "window: expected so many frames that they have the input's %lld numbers, "
                        "%d each, got '%.100s'",
                        (long long)v->input, setup.bands, v->window);
    }
    hg__signal d;
    HG_TRY(hg__signal_of_frames(&d, &setup, window, err));
    hg__json *detector = hg__json_object();
    int code = detector ? hg__signal_save(&d, m, detector, err)
                        : hg__fail(err, HG_ERR_MEMORY, "out of memory while importing");
    hg__signal_clear(&d);
    if (code == HG_OK) {
        hg__model_set_detector(m, detector);
    } else {
        hg__json_free(detector);
    }
    return code;
}

int hg__job_import(const hg_options *o, const hg_listener *l, hg_result *r, hg_error *err) {
    const struct hg__values *v = &o->values;
    (void)l, (void)r; // it is done before there is anything to tell
    if (v->input < 1) {
        return hg__fail(err, HG_ERR_USAGE,
                        "input: expected the features of a row, from 1, got %lld",
                        (long long)v->input);
    }
    const bool has_frames = strcmp(v->frames, "auto") != 0 && strcmp(v->frames, "none") != 0;
    if (*v->window && !has_frames) {
        return hg__fail(err, HG_ERR_USAGE, "window: expected frames= beside it, got none");
    }
    const hg__shape input = {1, {v->input}};
    hg_model *m = hg__model_new(v->model, &input, (int32_t)v->latent, 0, err);
    if (!m) return err->code;
    int code = has_frames ? take_frames(m, v, err) : HG_OK;
    if (code == HG_OK) code = take_and_save(m, v->source, v->out, err);
    hg_model_free(m);
    return code;
}

// SPDX-License-Identifier: Apache-2.0
// train_features.c - model=feature: a model of parts on a user's backbone. What is asked of it, and how much memory it takes, is looked at
// before pictures are read; nothing is trained.
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "detect/table_model.h"
#include "inspect/inspector.h"
#include "jobs/trainer.h"

static const char model_name[] = "feature";

bool hg__is_feature_run(const hg__trainer *t) {
    return strcmp(t->o.values.model, model_name) == 0;
}

// Options that a model of features alone has, which args.yaml of any run has too, at their defaults; and those that it has no use for.
static int check_options(const hg__trainer *t, bool is_feature, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    const char *in_vain = *v->backbone                         ? "backbone"
                          : *v->stages                         ? "stages"
                          : strcmp(v->features, "memory") != 0 ? "features"
                                                               : NULL;
    if (in_vain && !is_feature) {
        const bool has_model = t->o.set[HG_OPTION_model];
        return hg__fail(err, HG_ERR_USAGE, "%s: expected model=feature with it, got %s%s", in_vain,
                        has_model ? "model=" : "none", has_model ? v->model : "");
    }
    if (!is_feature) return HG_OK;
    if (*v->pretrained) {
        return hg__fail(err, HG_ERR_USAGE,
                        "pretrained: model=feature takes its weights from backbone=, got %s",
                        v->pretrained);
    }
    if (*v->target && strcmp(v->target, "none") != 0) {
        return hg__fail(err, HG_ERR_USAGE,
                        "target: expected model=repair, which judges beside templates, got "
                        "model=feature");
    }
    if (*v->backbone) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "backbone: expected a file of weights (.safetensors or .onnx) for "
                    "model=feature, got none");
}

int hg__check_features(const hg__trainer *t, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    const bool is_feature = hg__is_feature_run(t);
    HG_TRY(check_options(t, is_feature, err));
    if (!is_feature || hg__is_parts_run(t)) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "model=feature: expected pictures of good parts in data=%s",
                    *v->noise ? ", and no noise=" : "");
}

int hg__make_features(hg__trainer *t, const hg__feature_options *pictures, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    hg__feature_options o = *pictures;
    o.weights = v->backbone;
    o.stages = v->stages;
    o.features = v->features;
    o.max_mem = (size_t)v->max_mem / 2;
    hg__feature_needs needs;
    char line[400];
    t->model = hg__inspector_new_features(&o, t->pool, &needs, err);
    if (!t->model) return (int)err->code;
    const hg__json *parts = hg__json_object_get(hg__model_detector(t->model), "parts");
    snprintf(line, sizeof line,
             "features of a %.40s, %.100s, by %.20s: a picture of %d x %d pixels takes about %zu "
             "MB, what "
             "is remembered up to %zu MB more; nothing is trained",
             hg__json_string_value(hg__json_object_get(parts, "backbone")),
             hg__json_string_value(hg__json_object_get(parts, "stages")), v->features, o.width,
             o.height, (needs.picture >> 20) + 1, ((needs.fitting - needs.picture) >> 20) + 1);
    hg__trainer_note(t, line);
    return HG_OK;
}

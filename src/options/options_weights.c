// SPDX-License-Identifier: Apache-2.0
// options_weights.c - a results folder in the place of a file of weights: its best ones are meant.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "options/options_internal.h"

static const char *const places[] = {"weights/best.safetensors", "best.safetensors"};

// Options that name a file of weights, or in resume= the folder of them.
static bool takes_weights(int row) {
    return row == HG_OPTION_model || row == HG_OPTION_pretrained;
}

// Of jobs that make networks, and so know presets, a word is one of them, though a folder has that name too.
static bool may_be_path(const hg_options *o, int row, const char *value) {
    const bool has_presets = hg__option_find(o->job, "latent") >= 0;
    return !has_presets || row != HG_OPTION_model || strchr(value, '/');
}

// A word for a model that ships, where these can be meant: a file or folder of that name is ./fast.
static bool is_shipped(const hg_options *o, int row, const char *value) {
    static const char *const words[] = {
#define SHIPPED(word, file) #word,
#include "base/shipped.def"
#undef SHIPPED
    };
    const char *job = o->job->name;
    if (row != HG_OPTION_model || (strcmp(job, "denoise") != 0 && strcmp(job, "val") != 0)) {
        return false;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i], value) == 0) return true;
    }
    return false;
}

// RUN of RUN/weights/last.safetensors.
static void cut_to_run(const char *value, char to[HG_MAX_VALUE]) {
    static const char inside[] = "/weights/";
    const char *at = strstr(value, inside);
    for (const char *next = at; next; next = strstr(next + 1, inside)) at = next;
    if (at && hg__is_file(value)) snprintf(to, HG_MAX_VALUE, "%.*s", (int)(at - value), value);
}

void hg__option_find_weights(const hg_options *o, int row, const char *value,
                             char to[HG_MAX_VALUE]) {
    snprintf(to, HG_MAX_VALUE, "%s", value);
    if (row == HG_OPTION_resume) cut_to_run(value, to);
    if (row == HG_OPTION_cfg &&
        hg__is_folder(value)) { // of a results folder, what it was made with
        const int n = snprintf(to, HG_MAX_VALUE, "%s/args.yaml", value);
        if (n < 0 || n >= HG_MAX_VALUE || !hg__is_file(to)) snprintf(to, HG_MAX_VALUE, "%s", value);
    }
    if (!takes_weights(row) || !may_be_path(o, row, value) || !hg__is_folder(value)) return;
    if (is_shipped(o, row, value)) return;
    size_t length = strlen(value);
    while (length > 1 && value[length - 1] == '/') length--;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const int n = snprintf(to, HG_MAX_VALUE, "%.*s/%s", (int)length, value, places[i]);
        if (n > 0 && n < HG_MAX_VALUE && hg__is_file(to)) return;
    }
    snprintf(to, HG_MAX_VALUE, "%s", value);
}

static bool has(const char *folder, const char *name, char path[1024]) {
    return hg__join_path(path, 1024, folder, name, NULL) == HG_OK && hg__is_file(path);
}

// A folder that is left is one in which no best weights were found.
int hg__options_check_weights(const hg_options *o, hg_error *err) {
    const char *value = o->values.model;
    const bool is_asked = (hg__option_rows()[HG_OPTION_model].jobs & o->job->bits) != 0;
    char path[1024], latest[1024];
    const char *resume = o->values.resume;
    if (*resume && !hg__is_folder(resume)) {
        const bool is_run =
            hg__join_path(path, sizeof path, "runs", resume, NULL) == HG_OK && hg__is_folder(path);
        if (is_run) {
            return hg__fail(err, HG_ERR_USAGE,
                            "resume=%.100s: expected a results folder, got none; did you mean "
                            "resume=%.120s?",
                            resume, path);
        }
    }
    if (!is_asked || !may_be_path(o, HG_OPTION_model, value)) return HG_OK;
    if (strcmp(o->job->name, "denoise") == 0 && strcmp(value, "auto") == 0) return HG_OK;
    if (is_shipped(o, HG_OPTION_model, value)) return HG_OK;
    if (*value && strcmp(value, "-") != 0 && !strpbrk(value, "./") && access(value, F_OK) != 0) {
        const bool is_run =
            hg__join_path(path, sizeof path, "runs", value, NULL) == HG_OK && hg__is_folder(path);
        return hg__fail(
            err, HG_ERR_USAGE,
            "model=%.100s: expected a model file or a results folder of hourglass train, "
            "got the name of neither; %s%.100s%s",
            value, is_run ? "did you mean model=" : "presets are for training", is_run ? path : "",
            is_run ? "?" : "");
    }
    if (!hg__is_folder(value)) return HG_OK;
    if (has(value, "weights/last.safetensors", path) || has(value, "last.safetensors", path)) {
        return hg__fail(
            err, HG_ERR_MODEL,
            "%.150s: expected best weights in this results folder, got only the last: its "
            "training was interrupted; hourglass train resume=%.150s ends it, "
            "model=%.150s takes what there is",
            value, value, path);
    }
    if (hg__join_path(latest, sizeof latest, value, "latest", NULL) == HG_OK &&
        has(latest, places[0], path)) {
        return hg__fail(
            err, HG_ERR_USAGE,
            "%.150s: expected a model file or one results folder, got a folder of them; "
            "did you mean model=%.200s?",
            value, latest);
    }
    return hg__fail(err, HG_ERR_MODEL,
                    "%.200s: expected a model file or a results folder of hourglass train, got a "
                    "folder without weights/best.safetensors",
                    value);
}

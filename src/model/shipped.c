// SPDX-License-Identifier: Apache-2.0
// shipped.c - where the models that come with the program lie.
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/system.h"
#include "model/model.h"

// Beside the command, or the library where a program of somebody else's holds it: as built, one folder further down
// (build/gcc), and as installed.
static const char *const beside[] = {"/models", "/../models", "/../../models",
                                     "/../share/hourglass/models"};
static const char *const anywhere[] = {"/usr/local/share/hourglass/models",
                                       "/usr/share/hourglass/models"};

static const struct {
    const char *word, *file;
} shipped[] = {
#define SHIPPED(word, file) {#word, file},
#include "base/shipped.def"
#undef SHIPPED
};

static const char *file_of(const char *name) {
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++) {
        if (strcmp(shipped[i].word, name) == 0) return shipped[i].file;
    }
    return name;
}

bool hg__model_is_shipped(const char *name) {
    return file_of(name) != name;
}

static bool is_there(const char *folder, const char *below, const char *name, char path[1024]) {
    const int length = snprintf(path, 1024, "%s%s/%s", folder, below, name);
    return length > 0 && length < 1024 && hg__is_file(path);
}

static bool is_beside(const char *folder, const char *name, char path[1024]) {
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        if (is_there(folder, beside[i], name, path)) return true;
    }
    return false;
}

int hg__model_find_shipped(const char *name, char path[1024], hg_error *err) {
    char file[64];
    const int length = snprintf(file, sizeof file, "%s.safetensors", file_of(name));
    if (length >= (int)sizeof file || strchr(name, '/')) {
        return hg__fail(err, HG_ERR_USAGE,
                        "expected the name of a model that ships, such as \"denoise\", got %.80s",
                        name);
    }
    const char *asked = getenv("HG_MODELS");
    if (asked && *asked) {
        if (is_there(asked, "", file, path)) return HG_OK;
        return hg__fail(err, HG_ERR_MISSING, "HG_MODELS: expected %s in %.200s, found none", file,
                        asked);
    }
    char folder[1024];
    if (hg__place_of_command(folder) && is_beside(folder, file, path)) return HG_OK;
    if (hg__place_of_library(folder) && is_beside(folder, file, path)) return HG_OK;
    for (size_t i = 0; i < sizeof anywhere / sizeof *anywhere; i++) {
        if (is_there(anywhere[i], "", file, path)) return HG_OK;
    }
    if (hg__model_is_shipped(name) && strcmp(name, "default") != 0) {
        return hg__fail(err, HG_ERR_MISSING,
                        "model=%s: its file (models/%s) is not installed beside this program; put "
                        "it there, or its folder in HG_MODELS, or use model=default; a file of "
                        "that name is model=./%s",
                        name, file, name);
    }
    return hg__fail(err, HG_ERR_MISSING,
                    "the model that ships (models/%s) is not beside this program; expected "
                    "model=FILE, or its folder in HG_MODELS",
                    file);
}

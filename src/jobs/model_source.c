// SPDX-License-Identifier: Apache-2.0
// model_source.c - what model= may be: a preset, a spec, a YAML file, or a model file whose spec is taken.
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "files/yaml.h"
#include "jobs/trainer.h"

static bool ends_with(const char *text, const char *end) {
    const size_t n = strlen(text), m = strlen(end);
    return n > m && strcmp(text + n - m, end) == 0;
}

static int copy_spec(const char *from, char text[HG_MAX_SPEC], hg_error *err) {
    if (strlen(from) >= HG_MAX_SPEC) {
        return hg__fail(err, HG_ERR_USAGE, "model: expected a spec of at most %d bytes, got %zu",
                        HG_MAX_SPEC - 1, strlen(from));
    }
    snprintf(text, HG_MAX_SPEC, "%s", from);
    return HG_OK;
}

// ---- a YAML file: `model: SPEC` and, where wanted, `latent: 64` ---------------------------------

typedef struct page {
    const char *path;
    char *text;     // (HG_MAX_SPEC)
    int32_t latent; // 0: not said
    bool has_model;
} page;

static int visit(void *context, const char *key, const char *value, size_t line, hg_error *err) {
    page *p = context;
    int64_t latent;
    if (strcmp(key, "model") == 0 && !p->has_model) {
        p->has_model = true;
        return copy_spec(value, p->text, err);
    }
    if (strcmp(key, "latent") == 0 && !p->latent) {
        if (!hg__parse_int(value, &latent) || latent < 1 || latent > 1 << 24) {
            return hg__fail(err, HG_ERR_USAGE, "%s:%zu: expected latent from 1 to %d, got '%.40s'",
                            p->path, line, 1 << 24, value);
        }
        p->latent = (int32_t)latent;
        return HG_OK;
    }
    return hg__fail(err, HG_ERR_USAGE, "%s:%zu: expected `model` and `latent` once, got `%.40s`",
                    p->path, line, key);
}

static int read_yaml(page *p, const char *path, hg_error *err) {
    hg__content content;
    HG_TRY(hg__content_read_head(&content, path, HG_MAX_YAML + 1, err));
    int code = hg__yaml_read((const char *)content.data, content.size, path, visit, p, err);
    hg__content_free(&content);
    HG_TRY(code);
    if (p->has_model) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "%s: expected a line `model: SPEC`, got none", path);
}

// ---- a model file -------------------------------------------------------------------------------

static hg_model *new_like(const char *path, const hg__shape *input, int32_t latent, uint64_t seed,
                          hg_error *err) {
    size_t width = 0;
    hg_model *m = NULL, *like = hg_model_load(path, err);
    if (!like) return NULL;
    if (!hg__shape_count(input, &width) || width != (size_t)like->net.spec.width) {
        hg__fail(err, HG_ERR_MODEL, "%s: expected a model of %zu features, got one of %d", path,
                 width, (int)like->net.spec.width);
    } else {
        m = hg__model_from_spec(like->net.spec.text, input, latent, seed, err);
    }
    if (m) memcpy(m->kind, like->kind, sizeof m->kind);
    hg_model_free(like);
    return m;
}

hg_model *hg__model_new(const char *model, const hg__shape *input, int32_t latent, uint64_t seed,
                        hg_error *err) {
    char text[HG_MAX_SPEC];
    page p = {.path = model, .text = text};
    if (ends_with(model, ".safetensors")) return new_like(model, input, latent, seed, err);
    if (!ends_with(model, ".yaml") && !ends_with(model, ".yml")) {
        return hg__model_from_spec(model, input, latent, seed, err);
    }
    if (read_yaml(&p, model, err) < 0) return NULL;
    return hg__model_from_spec(text, input, latent ? latent : p.latent, seed, err);
}

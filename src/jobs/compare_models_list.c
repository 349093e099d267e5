// SPDX-License-Identifier: Apache-2.0
// compare_models_list.c - what models= names: "conv; wide: dense 64 silu, dense 8 | dense input with lr=2e-3; runs/train".
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/show.h"
#include "jobs/compare_models.h"

// What a model may have of its own: how it is trained. Everything else is the same for all.
static const char *const own_options[] = {
    "latent",   "init",      "noise",        "loss",     "delta",  "epochs",     "steps", "time",
    "batch",    "optimizer", "lr",           "schedule", "warmup", "step_every", "gamma", "shuffle",
    "momentum", "beta1",     "weight_decay", "nesterov", "beta2",  "eps",        "alpha", "clip"};
enum { OWN_OPTIONS = sizeof own_options / sizeof *own_options };

static const char blanks[] = " \t\r\n";

static void trim(const char **from, size_t *size) {
    while (*size && strchr(blanks, **from)) (*from)++, (*size)--;
    while (*size && strchr(blanks, (*from)[*size - 1])) (*size)--;
}

// Where " with " stands in text (size), or its end.
static const char *find_with(const char *text, size_t size) {
    static const char word[] = " with ";
    const size_t length = sizeof word - 1;
    for (const char *at = text; (size_t)(at - text) + length <= size; at++) {
        if (strncmp(at, word, length) == 0) return at;
    }
    return text + size;
}

static int check_option(const char *name, hg_error *err) {
    for (size_t i = 0; i < OWN_OPTIONS; i++) {
        if (strcmp(own_options[i], name) == 0) return HG_OK;
    }
    char near[HG_SUGGESTED];
    hg__suggest(name, own_options, OWN_OPTIONS, near);
    return hg__fail(err, HG_ERR_USAGE,
                    "models: expected an option of training behind `with`, got '%.60s'%s", name,
                    near);
}

// "noise=gaussian 25 with lr=1e-3" as "noise=gaussian 25; lr=1e-3".
static int take_options(hg__contestant *k, const char *text, size_t size, hg_error *err) {
    size_t used = 0;
    for (const char *at = text, *end = text + size; at < end;) {
        const char *next = find_with(at, (size_t)(end - at));
        size_t length = (size_t)(next - at);
        const char *pair = at;
        trim(&pair, &length);
        char name[64];
        const char *equals = memchr(pair, '=', length);
        const size_t name_size = equals ? (size_t)(equals - pair) : length;
        snprintf(name, sizeof name, "%.*s", (int)name_size, pair);
        if (!equals) {
            return hg__fail(err, HG_ERR_USAGE,
                            "models: expected NAME=VALUE behind `with`, got '%.60s'", name);
        }
        HG_TRY(check_option(name, err));
        used += (size_t)snprintf(k->options + used, sizeof k->options - used, "%s%.*s",
                                 used ? "; " : "", (int)length, pair);
        at = next < end ? next + strlen(" with ") : end;
    }
    return HG_OK;
}

int hg__contestant_options(const hg__contestant *k, hg_options *o, hg_error *err) {
    char list[HG_MAX_VALUE], *rest = NULL;
    snprintf(list, sizeof list, "%s", k->options);
    for (char *pair = strtok_r(list, ";", &rest); pair; pair = strtok_r(NULL, ";", &rest)) {
        char *value = strchr(pair, '=');
        if (!value) continue;
        *value++ = '\0';
        hg_error why = {0};
        const int code = hg_options_set(o, pair + strspn(pair, blanks), value, &why);
        if (code < 0) return hg__fail(err, code, "models: %s: %.400s", k->name, why.message);
    }
    return HG_OK;
}

// The name before a colon and a blank: "wide: dense 64 ...". 0: none.
static size_t own_name(const char *text, size_t size) {
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-. ";
    const size_t length = strspn(text, letters);
    return length + 1 < size && text[length] == ':' && strchr(blanks, text[length + 1]) ? length
                                                                                        : 0;
}

static bool ends_with(const char *text, const char *end) {
    const size_t n = strlen(text), m = strlen(end);
    return n > m && strcmp(text + n - m, end) == 0;
}

// "pumps" of runs/pumps, of runs/pumps/weights/best.safetensors, of pumps.yaml.
static void name_of_path(const char *path, char name[64]) {
    char text[HG_MAX_VALUE];
    snprintf(text, sizeof text, "%s", path);
    char *inside = strstr(text, "/weights/");
    if (inside) *inside = '\0';
    size_t length = strlen(text);
    while (length > 1 && text[length - 1] == '/') text[--length] = '\0';
    char *slash = strrchr(text, '/'), *word = slash && slash[1] ? slash + 1 : text;
    char *dot = strrchr(word, '.');
    if (dot && dot != word) *dot = '\0';
    snprintf(name, 64, "%.40s", word);
    hg__cut_partial(name);
    hg__clean(name);
}

static bool is_taken(const hg__contest *c, const char *name) {
    for (int32_t i = 0; i < c->contestants; i++) {
        if (strcmp(c->contestant[i].name, name) == 0) return true;
    }
    return strcmp(name, "mean row") == 0;
}

// A name that nobody has: "conv", then "conv 2".
static void set_name(const hg__contest *c, hg__contestant *k, const char *name) {
    snprintf(k->name, sizeof k->name, "%.40s", name);
    for (int i = 2; is_taken(c, k->name); i++) {
        snprintf(k->name, sizeof k->name, "%.40s %d", name, i);
    }
}

static void name_and_kind(hg__contest *c, hg__contestant *k, const char *name, size_t size) {
    char text[64];
    const bool is_yaml = ends_with(k->model, ".yaml") || ends_with(k->model, ".yml");
    const bool is_folder = strchr(k->model, '/') && hg__is_folder(k->model);
    const hg__preset *preset = hg__preset_find(k->model);
    k->kind = ends_with(k->model, ".safetensors") || is_folder ? HG_READ : HG_TRAINED;
    if (size) {
        snprintf(text, sizeof text, "%.*s", (int)size, name);
    } else if (is_yaml || k->kind == HG_READ) {
        name_of_path(k->model, text);
    } else if (preset) {
        snprintf(text, sizeof text, "%s", preset->name);
    } else {
        snprintf(text, sizeof text, "model %d", c->contestants + 1);
    }
    set_name(c, k, text);
}

static int add(hg__contest *c, const char *text, size_t size, hg_error *err) {
    trim(&text, &size);
    if (!size) return HG_OK; // a semicolon at the end
    if (c->contestants == HG_MAX_CONTESTANTS / 2) {
        return hg__fail(err, HG_ERR_USAGE, "models: expected at most %d, got more",
                        HG_MAX_CONTESTANTS / 2);
    }
    hg__contestant *k = &c->contestant[c->contestants];
    const char *name = text;
    const size_t named = own_name(text, size);
    size_t name_size = named;
    trim(&name, &name_size);
    if (named) {
        text += named + 1;
        size -= named + 1;
    }
    const char *with = find_with(text, size);
    size_t length = (size_t)(with - text);
    const char *model = text;
    trim(&model, &length);
    if (!length) {
        return hg__fail(err, HG_ERR_USAGE, "models: expected a model in each entry, got '%.*s'",
                        (int)(size < 60 ? size : 60), text);
    }
    snprintf(k->model, sizeof k->model, "%.*s", (int)length, model);
    const char *end = text + size;
    if (with < end) {
        const char *options = with + strlen(" with ");
        HG_TRY(take_options(k, options, options < end ? (size_t)(end - options) : 0, err));
    }
    name_and_kind(c, k, name, name_size);
    if (k->kind == HG_READ && *k->options) {
        return hg__fail(err, HG_ERR_USAGE,
                        "models: expected no options of training for %.200s, which is read, got %s",
                        k->model, k->options);
    }
    c->contestants++;
    return HG_OK;
}

int hg__contest_list(hg__contest *c, hg_error *err) {
    const char *at = c->o->values.models;
    for (;;) {
        const size_t size = strcspn(at, ";");
        HG_TRY(add(c, at, size, err));
        if (!at[size]) break;
        at += size + 1;
    }
    if (c->contestants) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "models: expected at least one model, got none");
}

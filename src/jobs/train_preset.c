// SPDX-License-Identifier: Apache-2.0
// train_preset.c - a preset may be more than its network: the loss, or the corruption, that makes it what it is.
#include <string.h>

#include "base/text.h"
#include "graph/spec.h"
#include "jobs/trainer.h"

// Sets "name=value", of `size` bytes, unless somebody did.
static int set_one(hg_options *o, const char *text, size_t size, hg_error *err) {
    char pair[128];
    if (size >= sizeof pair) size = sizeof pair - 1; // presets are ours and fit
    memcpy(pair, text, size);
    pair[size] = '\0';
    char *value = strchr(pair, '=');
    if (!value) return HG_OK;
    *value++ = '\0';
    return hg_options_is_set(o, pair) ? HG_OK : hg_options_set(o, pair, value, err);
}

int hg__set_preset_options(hg__trainer *t, hg_error *err) {
    const hg__preset *preset = hg__preset_find(t->o.values.model);
    const char *at = preset ? preset->options : NULL;
    while (at) {
        const char *end = strstr(at, "; ");
        HG_TRY(set_one(&t->o, at, end ? (size_t)(end - at) : strlen(at), err));
        at = end ? end + 2 : NULL;
    }
    return HG_OK;
}

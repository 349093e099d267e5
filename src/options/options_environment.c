// SPDX-License-Identifier: Apache-2.0
// options_environment.c - options from the environment: HG_LR=1e-3 is lr=1e-3. What begins so and means nothing is told.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/host.h"
#include "base/show.h"
#include "base/text.h"
#include "options/options_internal.h"

enum { MOST_NAME = 48 };

// What begins with HG_ and is no option's.
static const char *const others[] = {"HG_DATA", "HG_MODELS",     "HG_PLUGINS",
                                     "HG_ISA",  "HG_FAIL_ALLOC", "HG_FAIL_IO"};
enum { OTHERS = sizeof others / sizeof *others };

static void name_of(const hg__row *r, char name[MOST_NAME]) {
    const int length = snprintf(name, MOST_NAME, "HG_%s", r->name);
    for (int c = 0; c < length && c < MOST_NAME; c++) {
        name[c] = (char)toupper((unsigned char)name[c]);
    }
}

int hg_options_environment(hg_options *o, hg_error *err) {
    HG_ENTRY;
    hg_options *before = hg__options_copy(o, err);
    if (!before) return HG_ERR_MEMORY;
    int code = HG_OK;
    for (int i = 0; code == HG_OK && i < HG_OPTION_COUNT; i++) {
        const hg__row *r = &hg__option_rows()[i];
        char name[MOST_NAME], where[80];
        name_of(r, name);
        const char *value = getenv(name);
        if (i == HG_OPTION_data) continue; // HG_DATA is where the tests find theirs
        if (!(r->jobs & o->job->bits) || !value || !*value) continue;
        snprintf(where, sizeof where, "%s: ", name);
        code = hg__option_set(o, r->name, value, where, err);
    }
    if (code < 0) *o = *before;
    hg_options_free(before);
    return code;
}

// A note and no refusal: other programs begin names of theirs with HG_ too (Mercurial's hooks do).
bool hg_environment_at(size_t i, char sentence[HG_SENTENCE]) {
    char space[HG_OPTION_COUNT][MOST_NAME];
    const char *known[HG_OPTION_COUNT + OTHERS];
    for (size_t k = 0; k < HG_OPTION_COUNT; k++) {
        name_of(&hg__option_rows()[k], space[k]);
        known[k] = space[k];
    }
    memcpy(known + HG_OPTION_COUNT, others, sizeof others);
    for (char **e = environ; e && *e; e++) {
        char name[MOST_NAME];
        size_t k = 0;
        const size_t length = strcspn(*e, "=");
        if (strncmp(*e, "HG_", 3) != 0 || length >= sizeof name || !(*e)[length] ||
            !(*e)[length + 1]) {
            continue;
        }
        snprintf(name, sizeof name, "%.*s", (int)length, *e);
        while (k < HG_OPTION_COUNT + OTHERS && strcmp(known[k], name) != 0) k++;
        if (k < HG_OPTION_COUNT + OTHERS || i--) continue;
        const char *nearest = hg__nearest_name(name, known, HG_OPTION_COUNT + OTHERS);
        snprintf(sentence, HG_SENTENCE, "%s in the environment is no option%s%s%s", name,
                 nearest ? "; did you mean " : " and means nothing here", nearest ? nearest : "",
                 nearest ? "?" : "");
        hg__clean(sentence);
        return true;
    }
    return false;
}

// SPDX-License-Identifier: Apache-2.0
// options_command.c - options as the command line that gives them again.
#include "base/show.h"
#include "options/options_internal.h"

// A value of several lines, such as models=, as one: blanks are all alike there.
static void join_lines(char *value) {
    for (char *c = value; *c; c++) {
        if (*c == '\n' || *c == '\t') *c = ' ';
    }
}

void hg__options_format_command(const hg_options *o, hg__text *out) {
    char value[HG_MAX_VALUE], shown[2 * HG_MAX_VALUE], quoted[4 * HG_MAX_VALUE];
    hg__text_add(out, "hourglass %s", o->job->name);
    for (int i = 0; i < HG_OPTION_COUNT; i++) {
        const hg__row *r = &hg__option_rows()[i];
        if (!(r->jobs & o->job->bits) || !o->set[i]) continue;
        hg__option_format(o, i, value);
        hg__mask_secrets(value, shown, sizeof shown);
        join_lines(shown);
        hg__shell_word(shown, quoted, sizeof quoted);
        hg__text_add(out, " %s=%s", r->name, quoted);
    }
}

hg__json *hg__options_json(const hg_options *o) {
    char value[HG_MAX_VALUE], masked[2 * HG_MAX_VALUE];
    hg__json *object = hg__json_object();
    int bad = 0;
    for (int i = 0; i < HG_OPTION_COUNT; i++) {
        const hg__row *r = &hg__option_rows()[i];
        if (!(r->jobs & o->job->bits)) continue;
        hg__option_format(o, i, value);
        hg__mask_secrets(value, masked, sizeof masked);
        bad |= hg__json_set(object, r->name, hg__json_string(masked, NULL));
    }
    if (!bad) return object;
    hg__json_free(object);
    return NULL;
}

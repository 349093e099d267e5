// SPDX-License-Identifier: Apache-2.0
// thresholds.c - what a model's calibrations say at a rate.
#include "detect/thresholds.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/show.h"
#include "detect/table_model.h"

void hg__thresholds_clear(hg__thresholds *t) {
    hg__calibrations_clear(&t->held);
    hg__free(t->group);
    hg__free(t->column);
    *t = (hg__thresholds){0};
}

int hg__thresholds_ask(hg__thresholds *t, double fpr, hg_error *err) {
    t->fpr = fpr;
    for (int32_t g = 0; g < t->groups; g++) {
        hg__threshold_group *to = &t->group[g];
        to->name = g ? t->held.name[g - 1] : "";
        to->held = hg__calibrations_pick(&t->held, g ? to->name : NULL, fpr);
        HG_TRY(hg__calibration_threshold(to->held, fpr, &to->at, err));
    }
    return HG_OK;
}

// The rest of t, whose calibrations are there.
static int make_groups(hg__thresholds *t, const char *column, double fpr, hg_error *err) {
    t->column = hg__copy_text(column, err);
    t->group = hg__alloc((size_t)t->held.groups + 1, sizeof *t->group, err);
    if (!t->column || !t->group) return HG_ERR_MEMORY;
    t->groups = t->held.groups + 1;
    return hg__thresholds_ask(t, fpr, err);
}

int hg__thresholds_fit(hg__thresholds *t, const hg__held_out *held, double fpr, hg_error *err) {
    *t = (hg__thresholds){0};
    HG_TRY(hg__calibrations_init(&t->held, held->score, held->rows, held->group, held->name,
                                 held->groups, err));
    const int code = make_groups(t, held->group ? held->column : "", fpr, err);
    if (code < 0) hg__thresholds_clear(t);
    return code;
}

const hg__threshold_group *hg__thresholds_find(const hg__thresholds *t, const char *name) {
    for (int32_t g = 1; g < t->groups; g++) {
        if (strcmp(t->group[g].name, name) == 0) return &t->group[g];
    }
    return &t->group[0];
}

void hg__thresholds_write(const hg__thresholds *t, const char *what, const char *indent,
                          hg__text *to) {
    enum { MOST = 32 };
    char from[300];
    for (int32_t g = 0; g < t->groups && g <= MOST; g++) {
        const hg__threshold_group *group = &t->group[g];
        hg__text_add(to, "%s", indent);
        if (g) {
            hg__text_add_shown(to, t->column);
            hg__text_add(to, "=");
            hg__text_add_shown(to, group->name);
            hg__text_add(to, ": ");
        }
        if (g && group->held == t->group[0].held) {
            hg__text_add(to, "too few %s, so that of all: ", what);
        }
        hg__threshold_describe(&group->at, what, from, sizeof from);
        hg__text_add(to, "%s\n", from);
    }
    if (t->groups > MOST + 1) {
        hg__text_add(to, "%sand %d groups more\n", indent, t->groups - 1 - MOST);
    }
}

// ---- in the model file --------------------------------------------------------------------------

int hg__thresholds_save(const hg__thresholds *t, hg_model *m, hg__json *detector, hg_error *err) {
    HG_TRY(hg__calibrations_save(&t->held, m, err));
    int bad = hg__json_set(detector, "fpr", hg__json_real(t->fpr));
    if (*t->column) {
        bad |= hg__json_set(detector, "groupby", hg__json_string(t->column, err));
    } else {
        hg__json_remove(detector, "groupby");
    }
    return bad ? hg__fail(err, HG_ERR_MEMORY, "out of memory while keeping thresholds") : HG_OK;
}

int hg__thresholds_load(hg__thresholds *t, const hg_model *m, const char *where, hg_error *err) {
    const hg__json *detector = hg__model_detector(m);
    const char *column = hg__json_string_value(hg__json_object_get(detector, "groupby"));
    const double fpr = hg__json_number_value(hg__json_object_get(detector, "fpr"));
    *t = (hg__thresholds){0};
    HG_TRY(hg__calibrations_load(&t->held, m, where, err));
    if (t->held.whole.count == 0) return HG_OK;
    int code = HG_OK;
    if (!(fpr > 0 && fpr < 1)) {
        code = hg__fail(err, HG_ERR_MODEL, "%s: detector: expected fpr between 0 and 1, got %g",
                        where, fpr);
    }
    if (code == HG_OK) code = make_groups(t, column ? column : "", fpr, err);
    if (code < 0) hg__thresholds_clear(t);
    return code;
}

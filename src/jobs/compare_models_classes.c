// SPDX-License-Identifier: Apache-2.0
// compare_models_classes.c - what classes the rows held out have, for codes to be asked about.
#include <string.h>

#include "jobs/compare_models.h"
#include "jobs/trainer.h"
#include "jobs/val_code.h"

// As val of those rows has it.
static int set(hg_options *o, const hg__contest *c, const hg__trainer *t, hg_error *err) {
    static const char *const taken[] = {"classes", "label", "query", "table", "header"};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        if (!hg_options_is_set(c->o, taken[i])) continue;
        HG_TRY(hg__option_take(o, c->o, taken[i], err));
    }
    return hg_options_set(o, "data", t->val_data ? c->o->values.val : c->o->values.data, err);
}

int hg__contest_classes(hg__contest *c, const hg__trainer *t, hg_error *err) {
    if (*c->o->values.normal || t->data->pictures) return HG_OK;
    hg_options *o = hg_options_new("val", err);
    if (!o) return HG_ERR_MEMORY;
    const hg__feed rows = {.model = t->model,
                           .data = t->val_data ? t->val_data : t->data,
                           .side = t->val_data ? t->val_side : t->side,
                           .listener = t->l};
    int code = set(o, c, t, err);
    if (code == HG_OK) code = hg__row_classes(&rows, o, &c->classes, NULL, err);
    hg_options_free(o);
    return code;
}

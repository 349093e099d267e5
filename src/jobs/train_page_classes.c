// SPDX-License-Identifier: Apache-2.0
// train_page_classes.c - what classes rows have, for the map of the code in report.html: read before training, so that a mistake is said then.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "jobs/trainer.h"
#include "report/training_page.h"

typedef struct named {
    const char *name;
    double value; // of the name; NaN: it is no number
    int32_t number;
} named;

// Numbers by their value, before all other names.
static int compare(const void *a, const void *b) {
    const named *x = a, *y = b;
    const bool is_x = !isnan(x->value), is_y = !isnan(y->value);
    if (is_x != is_y) return is_x ? -1 : 1;
    if (is_x && x->value != y->value) return x->value < y->value ? -1 : 1;
    return strcmp(x->name, y->name);
}

// Classes are numbered in the order of their names; of has `rows`.
static int sort(hg__page_classes *c, int64_t rows, hg_error *err) {
    const size_t count = (size_t)c->names.count;
    char(*name)[HG_CLASS_NAME] = hg__alloc(count, sizeof *name, err);
    named *all = name ? hg__alloc(count, sizeof *all, err) : NULL;
    int32_t *rank = all ? hg__alloc(count, sizeof *rank, err) : NULL;
    for (size_t i = 0; rank && i < count; i++) {
        all[i] = (named){.name = c->names.name[i], .value = (double)NAN, .number = (int32_t)i};
        if (!hg__parse_float(all[i].name, &all[i].value)) all[i].value = (double)NAN;
    }
    if (rank) {
        qsort(all, count, sizeof *all, compare);
        for (size_t i = 0; i < count; i++) {
            memcpy(name[i], all[i].name, sizeof *name);
            rank[all[i].number] = (int32_t)i;
        }
        for (int64_t i = 0; i < rows; i++) c->of[i] = c->of[i] < 0 ? -1 : rank[c->of[i]];
        hg__free(c->names.name);
        c->names.name = name;
        name = NULL;
    }
    const int code = rank ? HG_OK : HG_ERR_MEMORY;
    hg__free(rank);
    hg__free(all);
    hg__free(name);
    return code;
}

// label= says what is normal: it is not asked here.
int hg__read_page_classes(hg__train_run *r, hg_error *err) {
    const hg__trainer *t = &r->t;
    const struct hg__values *v = &t->o.values;
    hg__rows shown;
    const hg__dataset *d = hg__page_rows(t, &shown);
    if (!v->report || !v->map_rows || !d) return HG_OK;
    if (d->pictures && !hg__is_file(v->classes)) return HG_OK;
    hg_options *o = hg__options_copy(&t->o, err);
    if (!o) return HG_ERR_MEMORY;
    const bool is_val = d == t->val_data;
    o->values.label[0] = '\0';
    if (is_val) memcpy(o->values.data, v->val, sizeof o->values.data);
    const hg__feed rows = {.model = t->model,
                           .data = (hg__dataset *)d, // which is only looked at
                           .side = is_val ? t->val_side : t->side};
    int code = hg__row_classes(&rows, o, &r->classes.of, &r->classes.names, err);
    hg_options_free(o);
    if (code == HG_OK && r->classes.names.count) code = sort(&r->classes, d->source.rows, err);
    return code;
}

void hg__page_classes_clear(hg__page_classes *c) {
    hg__free(c->of);
    hg__free(c->names.name);
}

bool hg__name_map_classes(hg__code_map *m, const hg__class_names *names, const int32_t *label,
                          int32_t n) {
    int32_t nameless = 0;
    m->classes = 0;
    for (int32_t i = 0; label && i < n; i++) nameless |= label[i] < 0;
    if (!label || !names->count || names->count + nameless > HG_MAP_CLASSES) return false;
    for (int32_t i = 0; i < names->count; i++) {
        snprintf(m->words[i], sizeof m->words[i], "%s", names->name[i]);
    }
    if (nameless) snprintf(m->words[names->count], sizeof m->words[0], "no class");
    m->classes = names->count + nameless;
    for (int32_t i = 0; i < m->classes; i++) m->name[i] = m->words[i];
    return true;
}

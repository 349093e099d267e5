// SPDX-License-Identifier: Apache-2.0
// info_table.c - what `info` says of a table's model.
#include "base/json.h"
#include "base/show.h"
#include "detect/neighbours.h"
#include "detect/table_detector.h"
#include "detect/table_model.h"
#include "detect/thresholds.h"
#include "jobs/job.h"
#include "schema/schema.h"

static const char indent[] = "            "; // as wide as the other lines' first words

static int64_t references_of(const hg_model *m) {
    const hg__tensor *part = hg__model_part(m, "detector.reference");
    return part ? part->shape.dim[0] : 0;
}

// ---- for people ---------------------------------------------------------------------------------

static void add_schema(hg__text *t, const hg__schema *s) {
    char line[512];
    hg__text_add(t, "table       %d columns become %d numbers a row\n", (int)s->columns,
                 (int)s->width);
    for (int32_t i = 0; i < s->columns; i++) {
        hg__column_describe(&s->column[i], line, sizeof line);
        hg__text_add(t, "%s%s\n", indent, line);
    }
}

static void add_references(hg__text *t, const hg_model *m) {
    const long long count = (long long)references_of(m);
    switch (hg__table_detector_references(m)) {
    case HG_REFERENCES_EXACT: hg__text_add(t, "; %lld reference rows", count); break;
    case HG_REFERENCES_QUANTISED:
        hg__text_add(t, "; %lld references, each the rounded mean of %d rows or more", count,
                     HG_QUANTISE_ROWS);
        break;
    case HG_REFERENCES_NONE: hg__text_add(t, "; no rows are kept"); break;
    }
}

int hg__info_table_text(hg__text *t, const hg_model *m, const char *where, hg_error *err) {
    hg__thresholds all;
    if (!hg__model_schema(m)) return HG_OK;
    add_schema(t, hg__model_schema(m));
    if (!hg__table_detector_is_in(m)) return HG_OK;
    const char *score = hg__json_string_value(hg__json_object_get(hg__model_detector(m), "score"));
    HG_TRY(hg__thresholds_load(&all, m, where, err));
    hg__text_add(t, "detector    ");
    hg__text_add_shown(t, score ? score : "");
    add_references(t, m);
    hg__text_add(t, ", %lld held out\n", (long long)(all.groups ? all.held.whole.count : 0));
    hg__thresholds_write(&all, "rows", indent, t);
    hg__thresholds_clear(&all);
    return HG_OK;
}

// ---- for programs -------------------------------------------------------------------------------

hg__json *hg__info_threshold_json(const hg__thresholds *all, int32_t group, hg_error *err) {
    hg__json *o = hg__json_object();
    const hg__threshold_group *g = &all->group[group];
    const hg__threshold *at = &g->at;
    const bool is_sure = at->method == HG_THRESHOLD_CONFORMAL;
    int bad = 0;
    if (group) {
        bad |= hg__json_set(o, "name", hg__json_string(g->name, err));
        bad |= hg__json_set(o, "own", hg__json_boolean(g->held != all->group[0].held));
    }
    bad |= hg__json_set(o, "held_out", hg__json_integer((int64_t)at->count));
    bad |= hg__json_set(o, "threshold", hg__json_real(at->value));
    bad |= hg__json_set(o, "guaranteed", hg__json_boolean(is_sure));
    bad |= hg__json_set(o, "rows_needed", hg__json_integer((int64_t)at->least));
    if (!bad) return o;
    hg__json_free(o);
    return NULL;
}

static hg__json *groups_json(const hg__thresholds *all, hg_error *err) {
    hg__json *list = hg__json_array();
    int bad = 0;
    for (int32_t g = 1; g < all->groups; g++) {
        bad |= hg__json_append(list, hg__info_threshold_json(all, g, err));
    }
    if (!bad) return list;
    hg__json_free(list);
    return NULL;
}

static hg__json *detector_json(const hg_model *m, const hg__thresholds *all, hg_error *err) {
    hg__json *o = hg__json_copy(hg__model_detector(m));
    int bad = hg__json_set(o, "references", hg__json_integer((int64_t)references_of(m)));
    if (all->groups) {
        hg__json *whole = hg__info_threshold_json(all, 0, err);
        bad |= hg__json_update(o, whole);
        hg__json_free(whole);
        bad |= hg__json_set(o, "groups", groups_json(all, err));
    }
    if (!bad) return o;
    hg__json_free(o);
    return NULL;
}

int hg__info_table_json(hg__json *to, const hg_model *m, const char *where, hg_error *err) {
    hg__thresholds all;
    if (!hg__model_schema(m)) return HG_OK;
    int bad = hg__json_set(to, "schema", hg__schema_to_json(hg__model_schema(m), err));
    if (hg__table_detector_is_in(m)) {
        HG_TRY(hg__thresholds_load(&all, m, where, err));
        bad |= hg__json_set(to, "detector", detector_json(m, &all, err));
        hg__thresholds_clear(&all);
    }
    return bad ? hg__fail(err, HG_ERR_MEMORY, "out of memory while writing JSON") : HG_OK;
}

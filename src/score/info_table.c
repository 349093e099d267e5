// SPDX-License-Identifier: Apache-2.0
// info_table.c - what `info` says of a table's model.
#include "score/info_table.h"

#include "data/schema.h"
#include "detect/detector.h"
#include "detect/thresholds.h"
#include "model/safetensors_json.h"

static const char indent[] = "            "; // as wide as the other lines' first words

static int64_t references_of(const hg_model *m) {
    return hg__model_part(m, "detector.reference")->shape.dim[0];
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

int hg__info_table_text(hg__text *t, const hg_model *m, const char *where, hg_error *err) {
    hg__thresholds all;
    if (!m->schema) return HG_OK;
    add_schema(t, m->schema);
    if (!hg__detector_is_in(m)) return HG_OK;
    const char *score = json_string_value(json_object_get(m->detector, "score"));
    HG_TRY(hg__thresholds_load(&all, m, where, err));
    hg__text_add(t, "detector    %s; %lld reference rows, %lld held out\n", score ? score : "",
                 (long long)references_of(m), (long long)(all.groups ? all.held.whole.count : 0));
    hg__thresholds_write(&all, indent, t);
    hg__thresholds_clear(&all);
    return HG_OK;
}

// ---- for programs -------------------------------------------------------------------------------

// The threshold of a group; the first is all rows.
static json_t *threshold_json(const hg__thresholds *all, int32_t group, hg_error *err) {
    json_t *o = json_object();
    const hg__threshold_group *g = &all->group[group];
    const hg__threshold *at = &g->at;
    const bool is_sure = at->method == HG_THRESHOLD_CONFORMAL;
    int bad = 0;
    if (group) {
        bad |= json_object_set_new(o, "name", hg__json_string(g->name, err));
        bad |= json_object_set_new(o, "own", json_boolean(g->held != all->group[0].held));
    }
    bad |= json_object_set_new(o, "held_out", json_integer((json_int_t)at->count));
    bad |= json_object_set_new(o, "threshold", json_real(at->value));
    bad |= json_object_set_new(o, "guaranteed", json_boolean(is_sure));
    bad |= json_object_set_new(o, "rows_needed", json_integer((json_int_t)at->least));
    if (!bad) return o;
    json_decref(o);
    return NULL;
}

static json_t *groups_json(const hg__thresholds *all, hg_error *err) {
    json_t *list = json_array();
    int bad = 0;
    for (int32_t g = 1; g < all->groups; g++) {
        bad |= json_array_append_new(list, threshold_json(all, g, err));
    }
    if (!bad) return list;
    json_decref(list);
    return NULL;
}

static json_t *detector_json(const hg_model *m, const hg__thresholds *all, hg_error *err) {
    json_t *o = json_deep_copy(m->detector);
    int bad = json_object_set_new(o, "references", json_integer((json_int_t)references_of(m)));
    if (all->groups) {
        json_t *whole = threshold_json(all, 0, err);
        bad |= json_object_update(o, whole);
        json_decref(whole);
        bad |= json_object_set_new(o, "groups", groups_json(all, err));
    }
    if (!bad) return o;
    json_decref(o);
    return NULL;
}

int hg__info_table_json(json_t *to, const hg_model *m, const char *where, hg_error *err) {
    hg__thresholds all;
    if (!m->schema) return HG_OK;
    int bad = json_object_set_new(to, "schema", hg__schema_to_json(m->schema, err));
    if (hg__detector_is_in(m)) {
        HG_TRY(hg__thresholds_load(&all, m, where, err));
        bad |= json_object_set_new(to, "detector", detector_json(m, &all, err));
        hg__thresholds_clear(&all);
    }
    return bad ? hg__fail(err, HG_ERR_MEMORY, "out of memory while writing JSON") : HG_OK;
}

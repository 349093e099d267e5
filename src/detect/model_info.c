// SPDX-License-Identifier: Apache-2.0
// model_info.c - what a model is, from outside: its network, what its rows are made of, whether it knows alarms.
#include <string.h>

#include "base/host.h"
#include "detect/table_model.h"
#include "detect/thresholds.h"

static int32_t count_columns(const hg_model *m) {
    const hg__schema *s = hg__model_schema(m);
    if (s) return s->columns;
    return m->column ? hg_model_width(m) : 0;
}

static int32_t count_tensors(const hg_model *m) {
    int32_t count = 0;
    for (int32_t i = 0; i < m->net.spec.layers; i++) count += m->net.spec.layer[i].params;
    return count;
}

int hg_model_get_info(const hg_model *m, hg_model_info *info, hg_error *err) {
    HG_ENTRY;
    const hg__spec *s = &m->net.spec;
    hg_model_info own = {.kind = m->kind,
                         .spec = s->text,
                         .rank = s->input.rank,
                         .width = s->width,
                         .code_size = s->code,
                         .layers = s->layers,
                         .tensors = count_tensors(m),
                         .parameters = s->parameters,
                         .input_scale = (double)m->input_scale,
                         .columns = count_columns(m),
                         .is_table = hg__model_schema(m) != NULL,
                         .has_thresholds = hg__calibrations_is_in(m),
                         .holds_rows = m->holds_rows};
    memcpy(own.shape, s->input.dim, sizeof own.shape);
    return hg__fill(info, &own, sizeof own, "hg_model_info", err);
}

const char *hg_model_column_at(const hg_model *m, int32_t i) {
    if (i < 0 || i >= count_columns(m)) return NULL;
    const hg__schema *s = hg__model_schema(m);
    return s ? s->column[i].name : m->column[i];
}

// SPDX-License-Identifier: Apache-2.0
// table_model.c - a model of a table's rows: its schema, and the spans of its columns.
#include "base/mem.h"
#include "model/model.h"
#include "schema/schema.h"

int hg__model_take_schema(hg_model *m, hg__schema *s, hg_error *err) {
    hg__schema_free(m->schema);
    m->schema = s;
    if (s->width != m->net.spec.width) {
        return hg__fail(err, HG_ERR_MODEL,
                        "schema: expected %d numbers a row, as the model takes, got %d",
                        m->net.spec.width, s->width);
    }
    hg__span *span = hg__alloc((size_t)s->columns, sizeof *span, err);
    if (!span) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < s->columns; i++) {
        const hg__column *c = &s->column[i];
        span[i] =
            (hg__span){.first = c->first,
                       .width = c->width,
                       .kind = c->kind == HG_COLUMN_CATEGORY ? HG_SPAN_CATEGORY : HG_SPAN_NUMBER,
                       .may_miss = c->may_miss};
    }
    const int code = hg__network_set_spans(&m->net, span, s->columns, err);
    hg__free(span);
    return code;
}

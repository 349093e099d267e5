// SPDX-License-Identifier: Apache-2.0
// table_model.c - a model of a table's rows: its schema, the spans of its columns, its detector; and model files with them.
#include "detect/table_model.h"

#include <string.h>

#include "base/host.h"
#include "base/mem.h"
#include "model/model.h"

// ---- what is attached ---------------------------------------------------------------------------

static void *parse_schema(hg__json *entry, const char *where, hg_error *err) {
    return hg__schema_from_json(entry, where, err);
}

static hg__json *format_schema(void *schema, hg_error *err) {
    return hg__schema_to_json(schema, err);
}

static void free_schema(void *schema) {
    hg__schema_free(schema);
}

// What it says is checked by who asks for it.
static void *parse_detector(hg__json *entry, const char *where, hg_error *err) {
    (void)where, (void)err;
    return hg__json_share(entry);
}

static hg__json *format_detector(void *detector, hg_error *err) {
    (void)err;
    return hg__json_share(detector);
}

static void free_detector(void *detector) {
    hg__json_free(detector);
}

static const hg__attachment schemas = {"schema", parse_schema, format_schema, free_schema},
                            detectors = {"detector", parse_detector, format_detector,
                                         free_detector};
static const hg__attachment *const types[] = {&schemas, &detectors, NULL}; // in the file's order

// ---- the schema ---------------------------------------------------------------------------------

hg__schema *hg__model_schema(const hg_model *m) {
    return hg__model_attached(m, &schemas);
}

hg__schema *hg__model_give_schema(hg_model *m) {
    return hg__model_detach(m, &schemas);
}

static int make_spans(hg_model *m, const hg__schema *s, hg_error *err) {
    if (s->width != m->net.spec.width) {
        return hg__fail(err, HG_ERR_MODEL,
                        "schema: expected %d numbers a row, as the model takes, got %d",
                        m->net.spec.width, s->width);
    }
    hg__column_span *span = hg__alloc((size_t)s->columns, sizeof *span, err);
    if (!span) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < s->columns; i++) {
        const hg__column *c = &s->column[i];
        span[i] = (hg__column_span){.first = c->first,
                                    .width = c->width,
                                    .kind = c->kind == HG_COLUMN_CATEGORY ? HG_SPAN_CATEGORY
                                                                          : HG_SPAN_NUMBER,
                                    .may_miss = c->may_miss};
    }
    const int code = hg__network_set_spans(&m->net, span, s->columns, err);
    hg__free(span);
    return code;
}

int hg__model_take_schema(hg_model *m, hg__schema *s, hg_error *err) {
    hg__model_attach(m, &schemas, s);
    return make_spans(m, s, err);
}

// ---- the detector -------------------------------------------------------------------------------

const hg__json *hg__model_detector(const hg_model *m) {
    return hg__model_attached(m, &detectors);
}

static bool holds_rows(const hg_model *m) {
    const char *kept = hg__json_string_value(hg__json_object_get(hg__model_detector(m), "rows"));
    return hg__model_part(m, "detector.reference") && !(kept && strcmp(kept, "quantised") == 0);
}

void hg__model_set_detector(hg_model *m, hg__json *detector) {
    hg__model_attach(m, &detectors, detector);
    m->holds_rows = holds_rows(m);
}

// ---- model files --------------------------------------------------------------------------------

static int from_tensors(hg_model **m, const hg__tensors *t, bool is_look, hg_error *err) {
    HG_TRY(hg__model_read(m, t, types, is_look, err));
    const hg__schema *s = hg__model_schema(*m);
    const int code = s ? make_spans(*m, s, err) : HG_OK;
    (*m)->holds_rows = holds_rows(*m);
    if (code == HG_OK) return HG_OK;
    hg_model_free(*m);
    *m = NULL;
    return code;
}

int hg__model_from_tensors(hg_model **m, const hg__tensors *t, hg_error *err) {
    return from_tensors(m, t, false, err);
}

int hg__model_look(hg_model **m, const hg__tensors *t, hg_error *err) {
    return from_tensors(m, t, true, err);
}

hg_model *hg_model_load(const char *path, hg_error *err) {
    HG_ENTRY;
    hg__tensors t;
    hg_model *m;
    if (hg__tensors_open(&t, path, err) < 0) return NULL;
    (void)hg__model_from_tensors(&m, &t, err); // leaves NULL on failure
    hg__tensors_close(&t);
    return m;
}

hg_model *hg_model_load_memory(const void *bytes, size_t size, hg_error *err) {
    HG_ENTRY;
    hg__tensors t;
    hg_model *m;
    if (hg__tensors_parse(&t, bytes, size, "memory", err) < 0) return NULL;
    (void)hg__model_from_tensors(&m, &t, err); // leaves NULL on failure
    hg__tensors_close(&t);
    return m;
}

hg_model *hg_model_load_shipped(const char *name, hg_error *err) {
    HG_ENTRY;
    char path[1024];
    return hg__model_find_shipped(name, path, err) == HG_OK ? hg_model_load(path, err) : NULL;
}

hg_model *hg__model_load_named(const char *name, hg_error *err) {
    return hg__model_is_shipped(name) ? hg_model_load_shipped(name, err) : hg_model_load(name, err);
}

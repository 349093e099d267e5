// SPDX-License-Identifier: Apache-2.0
// bench_detect.c - rows of a table a second through a detector, neighbours and network together.
#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"
#include "detect/table_detector.h"
#include "detect/table_model.h"
#include "jobs/bench.h"
#include "model/model.h"
#include "schema/schema.h"

enum { COLUMNS = 120, FACTORS = 8, REFERENCES = 4096, ROWS = 3 * REFERENCES, NAME = 16 };
static const char title[] = "score rows of a table, 4096 x 120";

// ---- a table made from a seed: columns that hang together by a few factors ------------------------

static float at(uint32_t row, uint32_t column) {
    return hg__unit_float(hg__philox_run(0, HG_STREAM_SYNTHETIC, row, column, 0).word[0]);
}

static int made_rewind(hg__table *t, hg_error *err) {
    (void)err;
    *(uint32_t *)t->state = 0;
    return HG_OK;
}

static int made_next(hg__table *t, hg__cell *cell, hg_error *err) {
    uint32_t *row = t->state;
    (void)err;
    if (*row == ROWS) return 0;
    for (uint32_t c = 0; c < COLUMNS; c++) {
        const double x = (double)(at(*row, c % FACTORS) + 0.2F * at(*row, FACTORS + c));
        cell[c] = (hg__cell){.kind = HG_CELL_NUMBER, .number = x};
    }
    (*row)++;
    return 1;
}

static void made_where(const hg__table *t, char *text, size_t size) {
    snprintf(text, size, "row %u", *(const uint32_t *)t->state);
}

static void made_close(hg__table *t) {
    (void)t;
}

// ---- the detector -------------------------------------------------------------------------------

typedef struct scoring {
    hg_model *model;            // owned
    hg__data *data;             // owned
    hg__table_detector *scores; // owned
    hg__side_columns side;      // owned
    float *score;               // owned, (ROWS)
    const float *x;             // (ROWS - REFERENCES, COLUMNS): rows that are no references
    int code;
    hg_error err;
} scoring;

static int fit(scoring *j, hg__pool *pool, hg_error *err) {
    hg__rows train = hg__rows_all(hg__array_source(j->data)), held = train;
    train.count = held.first = REFERENCES;
    held.count = ROWS - REFERENCES;
    hg__json *unused = hg__json_object();
    if (!unused) return hg__fail(err, HG_ERR_MEMORY, "out of memory");
    const int code = hg__table_detector_fit(j->model, &train, &held, HG_REFERENCES_EXACT, NULL,
                                            unused, pool, err);
    hg__json_free(unused);
    HG_TRY(code);
    j->scores = hg__table_detector_new(j->model, pool, title, err);
    j->score = j->scores ? hg__alloc(ROWS, sizeof *j->score, err) : NULL;
    j->x = (const float *)j->data->base + (size_t)REFERENCES * COLUMNS;
    return j->score ? HG_OK : HG_ERR_MEMORY;
}

static int read_made(scoring *j, hg__schema **schema, hg_error *err) {
    static const hg__table_type made = {"made",    NULL,       NULL,      made_rewind,
                                        made_next, made_where, made_close};
    char names[COLUMNS][NAME], *name[COLUMNS]; // (columns)
    uint32_t row = 0;
    hg__table table = {.path = "made", .type = &made, .columns = COLUMNS, .rows = ROWS};
    for (int32_t c = 0; c < COLUMNS; c++) {
        snprintf(names[c], NAME, "c%d", c);
        name[c] = names[c];
    }
    table.name = name;
    table.state = &row;
    const hg__schema_options learn = {.max_levels = 0};
    const hg__encode_options encode = {.group = "", .on_bad = "", .memory = 1U << 30};
    hg__encoding_notes notes = {0};
    *schema = hg__schema_infer(&table, &learn, NULL, err);
    if (!*schema) return HG_ERR_MEMORY;
    j->data = hg__schema_read(*schema, &table, &encode, &j->side, &notes, err);
    return j->data ? HG_OK : HG_ERR_MEMORY;
}

static int make(scoring *j, hg__pool *pool, hg_error *err) {
    hg__schema *schema = NULL;
    const int code = read_made(j, &schema, err);
    if (code == HG_OK) j->model = hg__model_from_spec("table", &j->data->shape, 0, 0, err);
    if (!j->model) {
        hg__schema_free(schema);
        return HG_ERR_MEMORY;
    }
    HG_TRY(hg__model_take_schema(j->model, schema, err)); // the model's now
    return fit(j, pool, err);
}

static void score(void *context) {
    scoring *j = context;
    const int code =
        hg__table_detector_score(j->scores, j->x, ROWS - REFERENCES, j->score, NULL, &j->err);
    if (code < 0) j->code = code;
}

int hg__bench_detect(hg__bench *b, hg_error *err) {
    scoring j = {0};
    if (!hg__bench_wants(b, title)) return HG_OK;
    int code = make(&j, b->pool, err);
    if (code == HG_OK) {
        hg__bench_line f = {.name = title, .rows = ROWS - REFERENCES};
        const hg__spec *s = &j.model->net.spec;
        double flops = 2 * 2.0 * REFERENCES * COLUMNS; // neighbours of the row and of its residual
        for (int32_t i = 0; i < s->layers; i++) flops += hg__layer_flops(&s->layer[i]);
        f.flops = flops * f.rows;
        hg__bench_measure(b, f, 1, score, &j);
        code = j.code;
        if (code < 0 && err) *err = j.err;
    }
    hg__table_detector_free(j.scores);
    hg_model_free(j.model);
    hg__data_close(j.data);
    hg__side_columns_clear(&j.side);
    hg__free(j.score);
    return code;
}

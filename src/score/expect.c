// SPDX-License-Identifier: Apache-2.0
// expect.c - what a model expects in one column of a row, given the others.
#include "score/expect.h"

#include <string.h>

#include "base/mem.h"
#include "data/schema.h"

enum { ROUNDS = 4 }; // of the network's guesses: by then they hardly move

struct hg__expect {
    const hg_model *model; // borrowed
    hg__run_plan *plan;    // borrowed
    float *row;            // owned, (HG_EXPECT_MOST, width)
    float *made;           // owned, (HG_EXPECT_MOST, width)
    const void **pointer;  // owned, (HG_EXPECT_MOST): to the rows
};

hg__expect *hg__expect_new(const hg_model *m, hg__run_plan *plan, hg_error *err) {
    hg__expect *e = hg__alloc(1, sizeof *e, err);
    if (!e) return NULL;
    const size_t width = (size_t)m->spec.width;
    *e = (hg__expect){.model = m, .plan = plan};
    e->row = hg__alloc(HG_EXPECT_MOST * width, sizeof *e->row, err);
    if (e->row) e->made = hg__alloc(HG_EXPECT_MOST * width, sizeof *e->made, err);
    if (e->made) e->pointer = hg__alloc(HG_EXPECT_MOST, sizeof *e->pointer, err);
    if (!e->pointer) {
        hg__expect_free(e);
        return NULL;
    }
    for (size_t i = 0; i < HG_EXPECT_MOST; i++) e->pointer[i] = e->row + i * width;
    return e;
}

void hg__expect_free(hg__expect *e) {
    if (!e) return;
    hg__free(e->row);
    hg__free(e->made);
    hg__free(e->pointer);
    hg__free(e);
}

const float *hg__expect_run(hg__expect *e, const float *const *x, const int32_t *column,
                            int32_t count) {
    const hg__schema *s = e->model->schema;
    const size_t width = (size_t)s->width;
    const hg__kernels *k = hg__kernels_pick();
    const hg__input in = {.row = e->pointer, .count = count, .dtype = HG_F32, .scale = 1};
    for (int32_t i = 0; i < count; i++) {
        const hg__column *c = &s->column[column[i]];
        float *to = e->row + (size_t)i * width;
        memcpy(to, x[i], width * sizeof *to);
        memset(to + c->first, 0, (size_t)c->width * sizeof *to); // a scaled number's mean; no level
    }
    for (int32_t round = 0; round < ROUNDS; round++) {
        hg__run(e->plan, HG_RECONSTRUCT, &in, e->made);
        for (int32_t i = 0; i < count; i++) {
            const hg__column *c = &s->column[column[i]];
            float *made = e->made + (size_t)i * width;
            hg__spans_finish_column(e->model->spans, k, column[i], made);
            memcpy(e->row + (size_t)i * width + c->first, made + c->first,
                   (size_t)c->width * sizeof *made);
        }
    }
    return e->row;
}

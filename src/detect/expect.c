// SPDX-License-Identifier: Apache-2.0
// expect.c - what a model expects in one column of a row, given the others.
#include "detect/expect.h"

#include <string.h>

#include "base/mem.h"
#include "detect/table_model.h"
#include "schema/schema.h"

enum { ROUNDS = 4 }; // of the network's guesses: by then they hardly move
enum { PIECE = 64 }; // rows a task prepares

struct hg__expect {
    const hg_model *model; // borrowed
    hg__run_plan *plan;    // borrowed
    hg__pool *pool;        // borrowed
    float *row;            // owned, (HG_EXPECT_MOST, width)
    float *made;           // owned, (HG_EXPECT_MOST, width)
    const void **pointer;  // owned, (HG_EXPECT_MOST): to the rows
    // Of the call in work:
    const float *const *x; // (count)
    const int32_t *column; // (count)
    int32_t count;
};

hg__expect *hg__expect_new(const hg_model *m, hg__run_plan *plan, hg__pool *pool, hg_error *err) {
    hg__expect *e = hg__alloc(1, sizeof *e, err);
    if (!e) return NULL;
    const size_t width = (size_t)m->net.spec.width;
    *e = (hg__expect){.model = m, .plan = plan, .pool = pool};
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

static int32_t end_of(const hg__expect *e, int32_t task) {
    const int32_t from = task * PIECE;
    return e->count - from < PIECE ? e->count : from + PIECE;
}

static void blank_piece(void *context, int32_t task, int32_t thread) {
    hg__expect *e = context;
    const size_t width = (size_t)hg__model_schema(e->model)->width;
    (void)thread;
    for (int32_t i = task * PIECE; i < end_of(e, task); i++) {
        const hg__column *c = &hg__model_schema(e->model)->column[e->column[i]];
        float *to = e->row + (size_t)i * width;
        memcpy(to, e->x[i], width * sizeof *to);
        memset(to + c->first, 0, (size_t)c->width * sizeof *to); // a scaled number's mean; no level
    }
}

static void take_piece(void *context, int32_t task, int32_t thread) {
    hg__expect *e = context;
    const size_t width = (size_t)hg__model_schema(e->model)->width;
    const hg__kernels *k = hg__kernels_pick();
    (void)thread;
    for (int32_t i = task * PIECE; i < end_of(e, task); i++) {
        const hg__column *c = &hg__model_schema(e->model)->column[e->column[i]];
        float *made = e->made + (size_t)i * width;
        hg__spans_finish_column(e->model->net.spans, k, e->column[i], made);
        memcpy(e->row + (size_t)i * width + c->first, made + c->first,
               (size_t)c->width * sizeof *made);
    }
}

const float *hg__expect_run(hg__expect *e, const float *const *x, const int32_t *column,
                            int32_t count) {
    const hg__input in = {.row = e->pointer, .count = count, .dtype = HG_F32, .scale = 1};
    const int32_t pieces = (count + PIECE - 1) / PIECE;
    e->x = x;
    e->column = column;
    e->count = count;
    hg__pool_run(e->pool, blank_piece, e, pieces);
    for (int32_t round = 0; round < ROUNDS; round++) {
        hg__run(e->plan, HG_RECONSTRUCT, &in, e->made);
        hg__pool_run(e->pool, take_piece, e, pieces);
    }
    return e->row;
}

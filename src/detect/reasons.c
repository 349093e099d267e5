// SPDX-License-Identifier: Apache-2.0
// reasons.c - the columns that made rows what they are.
#include "detect/reasons.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "detect/table_model.h"
#include "nn/spans.h"

enum {
    MOST = 512, // values that are predicted together
    PIECE = 64, // of them a task
    ROUNDS = 4  // of the network's predictions: by then they hardly move
};

static int make_room(hg__reasons *r, hg_error *err) {
    const size_t count = (size_t)r->rows * (size_t)r->top, most = (size_t)r->most;
    const size_t width = (size_t)r->scorer->model->net.spec.width;
    r->best = hg__alloc(count, sizeof *r->best, err);
    if (r->best) r->expected = hg__alloc(count, sizeof *r->expected, err);
    if (r->expected) r->observed = hg__alloc(count, sizeof *r->observed, err);
    if (r->observed) r->when = hg__alloc(count, sizeof *r->when, err);
    if (r->when) r->slot = hg__alloc(most, sizeof *r->slot, err);
    if (!r->slot) return HG_ERR_MEMORY;
    if (r->scorer->made) return HG_OK;
    r->row = hg__alloc(most * width, sizeof *r->row, err);
    if (r->row) r->made = hg__alloc(most * width, sizeof *r->made, err);
    if (r->made) r->pointer = hg__alloc(most, sizeof *r->pointer, err);
    if (!r->pointer) return HG_ERR_MEMORY;
    for (size_t i = 0; i < most; i++) r->pointer[i] = r->row + i * width;
    return HG_OK;
}

int hg__reasons_init(hg__reasons *r, const hg__row_scorer *s, int32_t rows, int32_t top,
                     hg_error *err) {
    const int64_t count = (int64_t)rows * top;
    *r = (hg__reasons){.scorer = s, .rows = rows, .top = top};
    r->most = count < MOST ? (int32_t)count : MOST;
    const int code = make_room(r, err);
    if (code < 0) hg__reasons_clear(r);
    return code;
}

void hg__reasons_clear(hg__reasons *r) {
    hg__free(r->best);
    hg__free(r->expected);
    hg__free(r->observed);
    hg__free(r->when);
    hg__free(r->row);
    hg__free(r->made);
    hg__free(r->pointer);
    hg__free(r->slot);
    *r = (hg__reasons){0};
}

// ---- the largest shares -------------------------------------------------------------------------

// best (top): the columns with the largest of share (columns), largest first; equals in the table's order; then -1.
static void find_best(const float *share, int32_t columns, int32_t *best, int32_t top) {
    int32_t found = 0;
    for (int32_t c = 0; c < columns; c++) {
        if (!(share[c] > 0)) continue;
        int32_t at = found < top ? found++ : top;
        for (; at > 0 && share[best[at - 1]] < share[c]; at--) {
            if (at < top) best[at] = best[at - 1];
        }
        if (at < top) best[at] = c;
    }
    while (found < top) best[found++] = -1;
}

static const float *shares_of(const hg__reasons *r, int32_t row) {
    return r->scorer->share + (ptrdiff_t)(r->first + row) * r->scorer->columns;
}

void hg__reasons_pick(hg__reasons *r, int32_t first, int32_t rows, const bool *wanted) {
    const int32_t columns = r->scorer->columns;
    r->first = first;
    r->count = rows;
    for (int32_t i = 0; i < rows; i++) {
        find_best(shares_of(r, i), !wanted || wanted[i] ? columns : 0,
                  r->best + (ptrdiff_t)i * r->top, r->top);
    }
}

// A share may be infinite, and 0 may be all there is.
static double part_of(double share, double all) {
    if (isinf(all)) return isinf(share) ? 1 : 0;
    const double part = all > 0 ? share / all : 0;
    return part > 1 ? 1 : part > 0 ? part : 0;
}

double hg__reasons_part(const hg__reasons *r, int32_t row, int32_t column) {
    const float *share = shares_of(r, row);
    double sum = 0;
    for (int32_t c = 0; c < r->scorer->columns; c++) sum += (double)share[c];
    return part_of((double)share[column], sum);
}

void hg__reasons_parts(const hg__reasons *r, int32_t row, float *part) {
    const float *share = shares_of(r, row);
    const int32_t columns = r->scorer->columns;
    const bool is_known = !isnan(r->scorer->score[r->first + row]);
    double sum = 0;
    for (int32_t c = 0; c < columns; c++) sum += (double)share[c];
    for (int32_t c = 0; c < columns; c++) {
        part[c] = is_known ? (float)part_of((double)share[c], sum) : NAN;
    }
}

void hg__reasons_observe(hg__reasons *r, int32_t i, const hg__cell *cell, const int32_t *from) {
    const hg__schema *s = hg__model_schema(r->scorer->model);
    for (int32_t slot = i * r->top; slot < (i + 1) * r->top; slot++) {
        const int32_t best = r->best[slot];
        if (best < 0) continue;
        const hg__cell *seen = &cell[from[best]];
        hg__cell_write(seen, r->observed[slot], HG_REASON_CELL);
        r->when[slot].has_date = false;
        (void)hg__column_time(&s->column[best], seen, &r->when[slot]);
    }
}

// ---- what was expected --------------------------------------------------------------------------

static int32_t end_of(const hg__reasons *r, int32_t task) {
    const int32_t from = task * PIECE;
    return hg__min(r->slots, from + PIECE);
}

static void blank_piece(void *context, int32_t task, int32_t thread) {
    hg__reasons *r = context;
    const hg__schema *s = hg__model_schema(r->scorer->model);
    const size_t width = (size_t)s->width;
    (void)thread;
    for (int32_t i = task * PIECE; i < end_of(r, task); i++) {
        const hg__column *c = &s->column[r->best[r->slot[i]]];
        const size_t from = (size_t)r->first + (size_t)(r->slot[i] / r->top);
        float *to = r->row + (size_t)i * width;
        memcpy(to, r->scorer->x + from * width, width * sizeof *to);
        memset(to + c->first, 0, (size_t)c->width * sizeof *to); // a scaled number's mean; no level
    }
}

static void take_piece(void *context, int32_t task, int32_t thread) {
    hg__reasons *r = context;
    const hg_model *m = r->scorer->model;
    const size_t width = (size_t)hg__model_schema(m)->width;
    const hg__kernels *k = hg__kernels_pick();
    (void)thread;
    for (int32_t i = task * PIECE; i < end_of(r, task); i++) {
        const int32_t column = r->best[r->slot[i]];
        const hg__column *c = &hg__model_schema(m)->column[column];
        float *made = r->made + (size_t)i * width;
        hg__spans_finish_column(m->net.spans, k, column, made);
        memcpy(r->row + (size_t)i * width + c->first, made + c->first,
               (size_t)c->width * sizeof *made);
    }
}

static void decode_piece(void *context, int32_t task, int32_t thread) {
    hg__reasons *r = context;
    const hg__schema *s = hg__model_schema(r->scorer->model);
    (void)thread;
    for (int32_t i = task * PIECE; i < end_of(r, task); i++) {
        const int32_t slot = r->slot[i];
        const hg__column *c = &s->column[r->best[slot]];
        const float *row = r->row + (ptrdiff_t)i * s->width;
        if (c->kind == HG_COLUMN_TIME) {
            hg__column_decode_time(c, row, &r->when[slot], r->expected[slot], HG_REASON_CELL);
        } else {
            hg__column_decode_own(c, row, r->expected[slot], HG_REASON_CELL);
        }
    }
}

// Of the reasons in slot.
static void expect(hg__reasons *r) {
    const hg__row_scorer *s = r->scorer;
    const hg__input in = {.row = r->pointer, .count = r->slots, .dtype = HG_F32, .scale = 1};
    const int32_t pieces = hg__ceil_div(r->slots, PIECE);
    hg__pool_run(s->pool, blank_piece, r, pieces);
    for (int32_t round = 0; round < ROUNDS; round++) {
        hg__run(s->plan, HG_RECONSTRUCT, &in, r->made);
        hg__pool_run(s->pool, take_piece, r, pieces);
    }
    hg__pool_run(s->pool, decode_piece, r, pieces);
}

static void expect_numbers(hg__reasons *r) {
    const hg__row_scorer *s = r->scorer;
    for (int32_t i = 0; i < r->slots; i++) {
        const int32_t slot = r->slot[i];
        const ptrdiff_t row = r->first + slot / r->top;
        snprintf(r->expected[slot], HG_REASON_CELL, "%.6g",
                 (double)s->made[row * s->columns + r->best[slot]]);
    }
}

void hg__reasons_expect(hg__reasons *r) {
    const int32_t last = r->count * r->top - 1;
    r->slots = 0;
    for (int32_t i = 0; i <= last; i++) {
        if (r->best[i] >= 0) r->slot[r->slots++] = i;
        if (r->slots == r->most || (r->slots && i == last)) {
            (r->scorer->made ? expect_numbers : expect)(r);
            r->slots = 0;
        }
    }
}

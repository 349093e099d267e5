// SPDX-License-Identifier: Apache-2.0
// reasons.c - the columns that made rows what they are.
#include "jobs/reasons.h"

#include "base/mem.h"
#include "detect/table_model.h"
#include "schema/schema.h"

enum { PIECE = 64 }; // values a task decodes

int hg__reasons_init(hg__reasons *r, const hg__judge *j, int32_t rows, int32_t top, hg_error *err) {
    const size_t count = (size_t)rows * (size_t)top;
    *r = (hg__reasons){.judge = j, .rows = rows, .top = top};
    r->best = hg__alloc(count, sizeof *r->best, err);
    if (r->best) r->expected = hg__alloc(count, sizeof *r->expected, err);
    if (r->expected) r->observed = hg__alloc(count, sizeof *r->observed, err);
    if (r->observed) r->when = hg__alloc(count, sizeof *r->when, err);
    if (r->when) r->expect = hg__expect_new(j->feed.model, j->feed.plan, j->feed.pool, err);
    return r->expect ? HG_OK : HG_ERR_MEMORY;
}

void hg__reasons_clear(hg__reasons *r) {
    hg__expect_free(r->expect);
    hg__free(r->best);
    hg__free(r->expected);
    hg__free(r->observed);
    hg__free(r->when);
    *r = (hg__reasons){0};
}

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

static void decode_piece(void *context, int32_t task, int32_t thread) {
    const hg__reasons *r = context;
    const hg__schema *s = hg__model_schema(r->judge->feed.model);
    const int32_t from = task * PIECE, end = r->slots - from < PIECE ? r->slots : from + PIECE;
    (void)thread;
    for (int32_t i = from; i < end; i++) {
        const int32_t slot = r->slot[i];
        const hg__column *c = &s->column[r->best[slot]];
        const float *made = r->made + (ptrdiff_t)i * s->width;
        if (c->kind == HG_COLUMN_TIME) {
            hg__column_decode_when(c, made, &r->when[slot], r->expected[slot], HG_REASON_CELL);
        } else {
            hg__column_decode_own(c, made, r->expected[slot], HG_REASON_CELL);
        }
    }
}

// expected of the reasons in slot (count).
static void expect(hg__reasons *r, const int32_t *slot, int32_t count) {
    const hg__judge *j = r->judge;
    const float *x[HG_EXPECT_MOST];
    int32_t column[HG_EXPECT_MOST];
    for (int32_t i = 0; i < count; i++) {
        x[i] = j->x + (ptrdiff_t)(r->first + slot[i] / r->top) * j->feed.width;
        column[i] = r->best[slot[i]];
    }
    r->made = hg__expect_run(r->expect, x, column, count);
    r->slot = slot;
    r->slots = count;
    hg__pool_run(j->feed.pool, decode_piece, r, (count + PIECE - 1) / PIECE);
}

void hg__reasons_pick(hg__reasons *r, int32_t first, int32_t rows, const bool *wanted) {
    const int32_t columns = hg__model_schema(r->judge->feed.model)->columns;
    r->first = first;
    r->count = rows;
    for (int32_t i = 0; i < rows; i++) {
        find_best(r->judge->share + (ptrdiff_t)(first + i) * columns, wanted[i] ? columns : 0,
                  r->best + (ptrdiff_t)i * r->top, r->top);
    }
}

void hg__reasons_observe(hg__reasons *r, int32_t i, const hg__observed *look) {
    const hg__schema *s = hg__model_schema(r->judge->feed.model);
    for (int32_t slot = i * r->top; slot < (i + 1) * r->top; slot++) {
        const int32_t best = r->best[slot];
        if (best < 0) continue;
        const hg__cell *cell = hg__observed_cell(look, best);
        hg__cell_write(cell, r->observed[slot], HG_REASON_CELL);
        r->when[slot].has_date = false;
        (void)hg__column_time(&s->column[best], cell, &r->when[slot]);
    }
}

void hg__reasons_expect(hg__reasons *r) {
    int32_t slot[HG_EXPECT_MOST], count = 0;
    const int32_t last = r->count * r->top - 1;
    for (int32_t i = 0; i <= last; i++) {
        if (r->best[i] >= 0) slot[count++] = i;
        if (count == HG_EXPECT_MOST || (count && i == last)) {
            expect(r, slot, count);
            count = 0;
        }
    }
}

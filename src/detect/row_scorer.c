// SPDX-License-Identifier: Apache-2.0
// row_scorer.c - a model's whole opinion of rows in memory.
#include "detect/row_scorer.h"

#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "detect/blocks.h"
#include "detect/table_model.h"
#include "graph/network.h"
#include "schema/schema.h"

static int find_plan(hg__row_scorer *s, hg__run_plan *given, hg_error *err) {
    s->plan = s->detector ? hg__table_detector_plan(s->detector) : given;
    if (s->plan) return HG_OK;
    const hg__network *net = hg__network_fold(&s->model->net, &s->folded, err);
    if (net) s->own = hg__run_plan_new(net, s->pool, NULL, err);
    s->plan = s->own;
    return s->own ? HG_OK : HG_ERR_MEMORY;
}

static int open_scorer(hg__row_scorer *s, const hg__row_scorer_options *o, const char *where,
                       hg_error *err) {
    const hg_model *m = s->model;
    if (!o->by_error && hg__table_detector_is_in(m)) {
        s->detector = hg__table_detector_new(m, s->pool, where, err);
        if (!s->detector) return err ? (int)err->code : HG_ERR_MODEL;
        HG_TRY(hg__thresholds_load(&s->thresholds, m, where, err));
    }
    if (o->fpr > 0 && s->thresholds.groups) {
        HG_TRY(hg__thresholds_ask(&s->thresholds, o->fpr, err));
    }
    return find_plan(s, o->plan, err);
}

int hg__row_scorer_init(hg__row_scorer *s, const hg_model *m, const hg__row_scorer_options *o,
                        hg__pool *pool, const char *where, hg_error *err) {
    *s = (hg__row_scorer){.model = m, .pool = pool};
    s->columns = hg__model_schema(m) ? hg__model_schema(m)->columns : m->net.spec.width;
    const int code = open_scorer(s, o, where, err);
    if (code < 0) hg__row_scorer_clear(s);
    return code;
}

static void clear_room(hg__row_scorer *s) {
    hg__free(s->x);
    hg__free(s->score);
    hg__free(s->share);
    hg__free(s->made);
    s->x = s->score = s->share = s->made = NULL;
    s->room = s->count = 0;
}

void hg__row_scorer_clear(hg__row_scorer *s) {
    clear_room(s);
    hg__table_detector_free(s->detector);
    hg__thresholds_clear(&s->thresholds);
    hg__run_plan_free(s->own);
    hg__network_free(s->folded);
    *s = (hg__row_scorer){0};
}

int hg__row_scorer_make_room(hg__row_scorer *s, int32_t rows, bool wants_shares, hg_error *err) {
    const size_t count = (size_t)rows, width = (size_t)s->model->net.spec.width;
    const bool wants_made = wants_shares && !hg__model_schema(s->model);
    clear_room(s);
    s->x = hg__numbers(count, width, err);
    s->score = s->x ? hg__numbers(count, 1, err) : NULL;
    if (s->score && wants_shares) s->share = hg__numbers(count, (size_t)s->columns, err);
    if (s->share && wants_made) s->made = hg__numbers(count, width, err);
    if (!s->score || (wants_shares && !s->share) || (wants_made && !s->made)) {
        clear_room(s);
        return HG_ERR_MEMORY;
    }
    s->room = rows;
    return HG_OK;
}

// ---- the error of a reconstruction --------------------------------------------------------------

enum { PIECE = 64 }; // rows a task compares

// Rows of numbers: every number is a column, its squared error its share.
static void compare_piece(void *context, int32_t task, int32_t thread) {
    const hg__row_scorer *s = context;
    const hg__kernels *k = hg__kernels_pick();
    const int32_t n = s->columns, from = task * PIECE;
    const int32_t end = hg__min(s->count, from + PIECE);
    (void)thread;
    for (ptrdiff_t i = from; i < end; i++) {
        const float *x = s->x + i * n, *y = s->made + i * n;
        float *share = s->share + i * n;
        s->score[i] = (float)(k->sum_square_diff(y, x, n) / n);
        for (int32_t j = 0; j < n; j++) share[j] = (y[j] - x[j]) * (y[j] - x[j]) / (float)n;
    }
}

static void score_by_error(hg__row_scorer *s, const hg__input *in) {
    if (s->made) {
        hg__run(s->plan, HG_RECONSTRUCT, in, s->made);
        hg__pool_run(s->pool, compare_piece, s, hg__ceil_div(s->count, PIECE));
        return;
    }
    hg__run(s->plan, HG_SCORE, in, s->score);
    if (!s->share) return;
    hg__run(s->plan, HG_ERRORS, in, s->share); // their mean is the score
    for (int64_t i = 0; i < (int64_t)s->count * s->columns; i++) {
        s->share[i] /= (float)s->columns;
    }
}

// -------------------------------------------------------------------------------------------------

int hg__row_scorer_run(hg__row_scorer *s, const hg__input *in, hg_error *err) {
    const size_t width = (size_t)s->model->net.spec.width;
    s->count = (int32_t)in->count;
    for (int32_t i = 0; i < s->count; i++) {
        float *to = s->x + (size_t)i * width;
        if (in->row[i] != to) memcpy(to, in->row[i], width * sizeof *to);
    }
    if (s->detector) {
        return hg__table_detector_score(s->detector, s->x, s->count, s->score, s->share, err);
    }
    score_by_error(s, in);
    return HG_OK;
}

const hg__threshold_group *hg__row_scorer_group(const hg__row_scorer *s, const char *name) {
    if (!s->thresholds.groups) return NULL;
    return name ? hg__thresholds_find(&s->thresholds, name) : &s->thresholds.group[0];
}

// SPDX-License-Identifier: Apache-2.0
// fit_array.c - hg_fit() and hg_fit_from(): training on an array in memory: no file is read but a pretrained model's, and none is written.
#include <stdio.h>
#include <string.h>

#include "base/host.h"
#include "base/mem.h"
#include "base/text.h"
#include "jobs/job.h"
#include "jobs/trainer.h"

// What names files, or columns of a table: an array has neither, and its rows have no order.
static const char *const refused[] = {"data",        "resume",  "target",  "label",  "ignore",
                                      "normal",      "groupby", "columns", "query",  "table",
                                      "tensorboard", "mlflow",  "window",  "frames", "resample"};

// What says how the network begins: the model does.
static int check_start(const hg_options *o, hg_error *err) {
    static const char *const said[] = {"model", "pretrained"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        if (!hg_options_is_set(o, said[i])) continue;
        return hg__fail(err, HG_ERR_USAGE, "%s: expected none of it beside a model to start with",
                        said[i]);
    }
    return HG_OK;
}

static int check_options(const hg_options *o, hg_error *err) {
    double fraction;
    if (strcmp(o->job->name, "train") != 0) {
        return hg__fail(err, HG_ERR_USAGE, "hg_fit: expected options of train, got %s",
                        o->job->name);
    }
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        if (!hg_options_is_set(o, refused[i])) continue;
        return hg__fail(err, HG_ERR_USAGE, "%s: expected none of it beside an array", refused[i]);
    }
    if (strcmp(o->values.prepare, "table") == 0) {
        return hg__fail(err, HG_ERR_USAGE, "prepare: expected none for an array, got table");
    }
    if (!hg__parse_float(o->values.val, &fraction)) {
        return hg__fail(err, HG_ERR_USAGE, "val: expected a fraction for an array, got '%.200s'",
                        o->values.val);
    }
    return hg__options_check_given(o, err);
}

// s: the shape of a row; *width: its numbers.
static int find_shape(const hg_array *a, hg__shape *s, int32_t *width, hg_error *err) {
    size_t count = 0;
    *s = (hg__shape){0};
    for (int i = 0; i < 3 && a->shape[i] > 0; i++) s->dim[s->rank++] = a->shape[i];
    if (s->rank > 0 && hg__shape_count(s, &count) && count <= HG_MAX_WIDTH) {
        *width = (int32_t)count;
        return HG_OK;
    }
    return hg__fail(err, HG_ERR_DATA,
                    "array: expected rows of 1 to 3 dimensions and at most %d numbers, got "
                    "{%d, %d, %d}",
                    HG_MAX_WIDTH, a->shape[0], a->shape[1], a->shape[2]);
}

// Whether y has the rows and the shape of x, and its numbers are finite.
static int check_target(const hg_array *x, const hg_array *y, int32_t width, hg_error *err) {
    hg__data unused;
    if (x->rows != y->rows || memcmp(x->shape, y->shape, sizeof x->shape) != 0) {
        return hg__fail(err, HG_ERR_DATA,
                        "target: expected %lld rows of {%d, %d, %d} as x has them, got %lld of "
                        "{%d, %d, %d}",
                        (long long)x->rows, x->shape[0], x->shape[1], x->shape[2],
                        (long long)y->rows, y->shape[0], y->shape[1], y->shape[2]);
    }
    return hg__data_wrap(&unused, y->data, y->rows, width, err);
}

static int open_array(hg__trainer *t, const hg_array *x, const hg_array *target, hg_error *err) {
    hg__shape shape;
    int32_t width = 0;
    HG_TRY(find_shape(x, &shape, &width, err));
    hg__data *rows = hg__alloc(1, sizeof *rows, err);
    if (!rows) return HG_ERR_MEMORY;
    const int code = hg__data_wrap(rows, x->data, x->rows, width, err);
    if (code < 0) {
        hg__data_close(rows);
        return code;
    }
    rows->shape = shape;
    t->data = hg__dataset_of(rows, err);
    if (!t->data) return HG_ERR_MEMORY;
    if (!target) return HG_OK;
    HG_TRY(check_target(x, target, width, err));
    hg__dataset_pair(t->data, target->data);
    return HG_OK;
}

static int fit(hg__trainer *t, const hg_array *x, const hg_array *target, hg_result *r,
               hg_error *err) {
    HG_TRY(check_options(&t->o, err));
    if (t->start) HG_TRY(check_start(&t->o, err));
    HG_TRY(open_array(t, x, target, err));
    return hg__trainer_fit(t, r, err);
}

static int fit_array(const hg_model *start, const hg_options *o, const hg_array *x,
                     const hg_array *target, const hg_listener *l, hg_result *result,
                     hg_model **model, hg_error *err) {
    HG_JOB_ENTRY(l, err);
    HG_TRY(hg__result_check(result, err));
    hg_result own = hg__result_unset(false);
    hg__trainer *t = hg__alloc(1, sizeof *t, err);
    if (!t) return HG_ERR_MEMORY;
    t->o = *o;
    t->l = l;
    t->start = start;
    const int code = fit(t, x, target, &own, err);
    if (code == HG_OK) {
        *model = t->model;
        t->model = NULL;
    }
    hg__trainer_clear(t);
    hg__free(t);
    hg__result_hand_over(&own, result);
    return code;
}

hg_model *hg_fit_from(const hg_model *start, const hg_options *o, const hg_array *x,
                      const hg_array *target, const hg_listener *l, hg_result *result,
                      hg_error *err) {
    HG_ENTRY;
    hg_error why = {0};
    hg_model *model = NULL;
    (void)fit_array(start, o, x, target, l, result, &model, err ? err : &why);
    return model;
}

hg_model *hg_fit(const hg_options *o, const hg_array *x, const hg_array *target,
                 const hg_listener *l, hg_result *result, hg_error *err) {
    HG_ENTRY;
    return hg_fit_from(NULL, o, x, target, l, result, err);
}

// SPDX-License-Identifier: Apache-2.0
// compare_model.c - what `hourglass train` makes of a table with its default options, as one of the methods compared.
#include <stdio.h>

#include "base/mem.h"
#include "base/system.h"
#include "detect/table_detector.h"
#include "detect/table_model.h"
#include "jobs/compare.h"
#include "jobs/trainer.h"
#include "table/table.h"

enum { BLOCK = 1024 }; // rows scored at a time

static int keep_train(void *context, const hg__table *table, const hg__cell *cell, int64_t row,
                      hg_error *err) {
    const hg__comparison_trial *t = context;
    (void)table, (void)cell, (void)err;
    return row < t->table_rows && t->is_train[row];
}

// The options a training takes over from the comparison.
static int set_options(hg_options *o, const hg__comparison_trial *t, hg_error *err) {
    static const char *const taken[] = {"label",         "ignore",  "normal",    "columns",
                                        "on_bad",        "max_mem", "threads",   "clean",
                                        "contamination", "steps",   "references"};
    char seed[32];
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        if (!hg_options_is_set(t->o, taken[i])) continue;
        HG_TRY(hg__option_take(o, t->o, taken[i], err));
    }
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)t->seed);
    HG_TRY(hg_options_set(o, "data", t->table->path, err));
    HG_TRY(hg_options_set(o, "seed", seed, err));
    return hg_options_set(o, "prepare", "table", err);
}

static hg_model *train(const hg__comparison_trial *t, hg_error *err) {
    const hg_listener quiet = {
        .size = sizeof quiet, .context = t->l->context, .stop = t->l->stop, .abort = t->l->abort};
    hg_options *o = hg_options_new("train", err);
    const bool is_set = o && set_options(o, t, err) == HG_OK;
    hg__table *view = is_set ? hg__table_view(t->table, keep_train, (void *)t, err) : NULL;
    hg_model *m = view ? hg__train_model(o, view, &quiet, err) : NULL;
    hg__table_close(view);
    hg_options_free(o);
    return m;
}

// Scores the rows of d that did not train, a block at a time. `side` numbers them.
static int score_rows(const hg__comparison_trial *t, hg__table_detector *d, const hg__data *rows,
                      const hg__side_columns *side, float *x, float *score, hg_error *err) {
    int64_t held = 0, done = 0;
    for (int64_t i = 0; i < rows->rows; i++) {
        const int64_t number = side->number ? side->number[i] : i;
        const bool trains = number < t->table_rows && t->is_train[number];
        if (!trains && done + held == t->test_rows) return HG_ERR_DATA;
        if (!trains) HG_TRY(hg__data_row(rows, i, x + held++ * rows->width, err));
        if (held == 0 || (held < BLOCK && i + 1 < rows->rows)) continue;
        HG_TRY(hg__table_detector_score(d, x, held, score + done, NULL, err));
        done += held;
        held = 0;
    }
    return done == t->test_rows ? HG_OK : HG_ERR_DATA;
}

// The test rows are read once more, by the model's own schema: it knows the levels of the rows that were not held out, the
// baselines those of all training rows.
static int score_test(const hg__comparison_trial *t, const hg_model *m, float *score,
                      hg_error *err) {
    const hg__encode_options how = hg__comparison_trial_encoding(t);
    hg__encoding_notes notes = {0};
    hg__side_columns side = {0};
    HG_TRY(hg__table_rewind(t->table, err));
    hg__table_detector *d = hg__table_detector_new(m, t->pool, t->table->path, err);
    hg__data *rows =
        d ? hg__schema_read(hg__model_schema(m), t->table, &how, &side, &notes, err) : NULL;
    float *x = rows ? hg__alloc(BLOCK, (size_t)rows->width * sizeof *x, err) : NULL;
    int code = x ? score_rows(t, d, rows, &side, x, score, err) : (int)err->code;
    if (code == HG_ERR_DATA) {
        code =
            hg__fail(err, code, "%.300s: expected the same rows in both readings", t->table->path);
    }
    hg__free(x);
    hg__data_close(rows);
    hg__side_columns_clear(&side);
    hg__table_detector_free(d);
    return code;
}

int hg__autoencoder_run(const hg__method *method, const hg__comparison_trial *t, float *score,
                        hg__figure *f, hg_error *err) {
    (void)method;
    const double began = hg__seconds();
    hg_model *m = train(t, err);
    const double fitted = hg__seconds();
    const int code = m ? score_test(t, m, score, err) : (int)err->code;
    f->fit = fitted - began;
    f->score = hg__seconds() - fitted;
    hg_model_free(m);
    return code;
}

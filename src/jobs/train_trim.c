// SPDX-License-Identifier: Apache-2.0
// train_trim.c - rows of a table that do not fit the others (clean=false) are found before training and are not trained on.
//
//   all rows ──> scores (detect/outliers.c) ──┬─ the highest, as many as anomalies are expected: not held out either
//                                             ├─ as many again: neither trained on nor references
//                                             └─ the rest
//
// What an anomaly that stays does to a model is worse than what the loss of normal rows does, so twice as many go as expected.
// Of those many are normal; they may be held out all the same, without them thresholds would be too low. Where nobody said how
// many anomalies there are (auto), all rows may be held out: thresholds are then too high rather than too low.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/show.h"
#include "detect/baseline.h"
#include "jobs/trainer.h"

enum { NUMBERS_AT_ONCE = 4096 };

static const double auto_share = 0.05, most_left_out = 0.5;

struct hg__outlier_row {
    int64_t row; // of data
    float score;
};

void hg__trim_clear(hg__trim *m) {
    hg__free(m->number);
    hg__free(m->outlier);
    hg__free(m->trained);
    hg__free(m->held);
    *m = (hg__trim){0};
}

// ---- what was asked for ---------------------------------------------------------------------------

// share: of anomalies among the rows; negative: it is to be found.
static int asked_share(const hg__trainer *t, double *share, hg_error *err) {
    const char *text = t->o.values.contamination;
    *share = -1;
    if (strcmp(text, "auto") == 0 ||
        (hg__parse_float(text, share) && *share >= 0 && *share <= 0.5)) {
        return HG_OK;
    }
    return hg__fail(err, HG_ERR_USAGE,
                    "contamination: expected auto or a number from 0 to 0.5, got '%.100s'", text);
}

int hg__trim_check(hg__trainer *t, hg_error *err) {
    double share;
    const struct hg__values *v = &t->o.values;
    HG_TRY(asked_share(t, &share, err));
    const bool is_set = t->o.set[HG_OPTION_contamination];
    if (is_set && !t->o.set[HG_OPTION_clean]) HG_TRY(hg_options_set(&t->o, "clean", "false", err));
    t->trim.is_wanted = !v->clean && share != 0;
    if (v->clean && is_set && share >= 0) {
        return hg__fail(err, HG_ERR_USAGE,
                        "contamination: expected clean=false beside it, got clean=true");
    }
    if (!v->clean && !t->is_table) {
        return hg__fail(err, HG_ERR_USAGE, "clean: expected true for what is no table, got false");
    }
    return HG_OK;
}

// ---- the rows that do not fit ---------------------------------------------------------------------

int hg__trim_pass(hg__trim *m, int64_t place, int64_t row, hg_error *err) {
    if (place >= m->room) {
        const int64_t room = 2 * place + NUMBERS_AT_ONCE;
        int64_t *grown = hg__grow(m->number, (size_t)room, sizeof *grown, err);
        if (!grown) return HG_ERR_MEMORY;
        m->number = grown;
        m->room = room;
    }
    m->number[place] = row;
    return HG_OK;
}

static int compare(const void *a, const void *b) {
    const struct hg__outlier_row *x = a, *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

// Fills outlier, left_out and expected.
static int score_rows(hg__trainer *t, hg_error *err) {
    hg__trim *m = &t->trim;
    const int64_t rows = t->data->source.rows;
    double share;
    HG_TRY(asked_share(t, &share, err));
    const double out = fmin(2 * (share < 0 ? auto_share : share), most_left_out);
    m->left_out = llround(out * (double)rows);
    m->expected = share < 0 ? 0 : llround(share * (double)rows);
    float *score = hg__alloc((size_t)rows, sizeof *score, err);
    if (score) m->outlier = hg__alloc((size_t)rows, sizeof *m->outlier, err);
    int code = score && m->outlier ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK) {
        code = hg__outliers_score(t->data->array, (uint64_t)t->o.values.seed, t->pool, score, err);
    }
    for (int64_t i = 0; code == HG_OK && i < rows; i++) {
        m->outlier[i] = (struct hg__outlier_row){i, score[i]};
    }
    if (code == HG_OK) qsort(m->outlier, (size_t)rows, sizeof *m->outlier, compare);
    hg__free(score);
    return code;
}

// rows without the `count` that fit least; all of them where none would stay. *list, owned, is what rows->row then is.
static int drop_outliers(const hg__trim *m, int64_t count, hg__rows *rows, int64_t **list,
                         hg_error *err) {
    if (count == 0 || rows->count == 0) return HG_OK;
    uint8_t *is_out = hg__alloc((size_t)rows->source.rows, sizeof *is_out, err);
    if (!is_out) return HG_ERR_MEMORY;
    *list = hg__alloc((size_t)rows->count, sizeof **list, err);
    int64_t n = 0;
    for (int64_t i = 0; i < count; i++) is_out[m->outlier[i].row] = 1;
    for (int64_t i = 0; *list && i < rows->count; i++) {
        const int64_t row = hg__rows_at(rows, i);
        if (!is_out[row]) (*list)[n++] = row;
    }
    hg__free(is_out);
    if (!*list) return HG_ERR_MEMORY;
    if (n == 0) return HG_OK;
    rows->row = *list;
    rows->count = n;
    return HG_OK;
}

int hg__trim_rows(hg__trainer *t, hg_error *err) {
    hg__trim *m = &t->trim;
    if (!m->is_wanted) return HG_OK;
    HG_TRY(score_rows(t, err));
    HG_TRY(drop_outliers(m, m->left_out, &t->rows, &m->trained, err));
    if (t->val_data) return HG_OK; // a file of its own
    return drop_outliers(m, m->expected, &t->val_rows, &m->held, err);
}

// ---- what is told ---------------------------------------------------------------------------------

static int add_lines(hg__writer *w, const hg__trainer *t, hg_error *err) {
    const hg__trim *m = &t->trim;
    char line[64];
    HG_TRY(hg__writer_add(w, "row,score\n", 10, err));
    for (int64_t i = 0; i < m->left_out; i++) {
        const int64_t row = m->outlier[i].row, place = t->side.number ? t->side.number[row] : row;
        const int n = snprintf(line, sizeof line, "%lld,%.9g\n",
                               (long long)(m->number ? m->number[place] : place),
                               (double)m->outlier[i].score);
        HG_TRY(hg__writer_add(w, line, (size_t)n, err));
    }
    return HG_OK;
}

int hg__trim_write(const hg__trainer *t, const char *folder, hg_error *err) {
    char path[1024], line[160];
    hg__writer w = {0};
    if (!t->trim.outlier) return HG_OK;
    if (t->l->note) {
        snprintf(
            line, sizeof line,
            "%lld of %lld rows fit the others least and are not trained on: left_out.csv has them",
            (long long)t->trim.left_out, (long long)t->data->source.rows);
        hg__tell(t->l, line);
    }
    HG_TRY(hg__join_path(path, sizeof path, folder, "left_out.csv", err));
    HG_TRY(hg__writer_open(&w, path, err));
    const int code = add_lines(&w, t, err);
    if (code == HG_OK) return hg__writer_commit(&w, err);
    hg__writer_abort(&w);
    return code;
}

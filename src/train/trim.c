// SPDX-License-Identifier: Apache-2.0
// trim.c - rows of a table that do not fit the others (clean=false) are found and left out before anything is learned.
//
//   all rows ──> scores (detect/outliers.h) ──┬─ the highest, as many as anomalies are expected:  left out of everything
//                                             ├─ as many again: not trained on, no references; may be held out, since most of
//                                             │  them are normal rows, and thresholds are to be right for these
//                                             └─ the rest
//
// What an anomaly that stays does to a model is worse than what the loss of normal rows does, so twice as many go as expected.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "detect/outliers.h"
#include "train/trainer.h"

enum { NUMBERS_AT_ONCE = 4096 };

enum { USE_ALL, USE_THRESHOLDS, USE_NONE }; // of a row

static const double auto_doubted = 0.05, most_doubted = 0.5;

// A row that does not fit.
struct hg__odd_row {
    int64_t row; // of the table
    float score;
    uint8_t use;
};

void hg__trim_clear(hg__trim *m) {
    hg__free(m->number);
    hg__free(m->use);
    hg__free(m->odd);
    hg__free(m->trained);
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

// ---- which rows of the table are read -------------------------------------------------------------

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

bool hg__trim_keeps(const hg__trim *m, int64_t row) {
    return row >= m->table_rows || m->use[row] != USE_NONE;
}

static int64_t table_row(const hg__trainer *t, int64_t row) {
    return t->trim.number[t->side.number ? t->side.number[row] : row];
}

// ---- the rows that do not fit -----------------------------------------------------------------------

static int compare(const void *a, const void *b) {
    const struct hg__odd_row *x = a, *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

// How many rows go, of `rows`.
static int count_odd(hg__trainer *t, int64_t rows, hg_error *err) {
    hg__trim *m = &t->trim;
    double share;
    HG_TRY(asked_share(t, &share, err));
    const double doubted = share < 0 ? auto_doubted : fmin(2 * share, most_doubted);
    m->doubted = llround(doubted * (double)rows);
    m->anomalies = share < 0 ? 0 : llround(share * (double)rows);
    if (m->doubted < m->anomalies) m->doubted = m->anomalies;
    if (m->doubted >= rows) m->doubted = m->anomalies = rows - 1;
    return HG_OK;
}

// Marks rows by score (rows of data); of equal ones the first go.
static int mark(hg__trainer *t, const float *score, hg_error *err) {
    hg__trim *m = &t->trim;
    const int64_t rows = t->data->rows;
    HG_TRY(count_odd(t, rows, err));
    m->table_rows = table_row(t, rows - 1) + 1;
    m->odd = hg__alloc((size_t)rows, sizeof *m->odd, err);
    if (m->odd) m->use = hg__alloc((size_t)m->table_rows, sizeof *m->use, err);
    if (!m->odd || !m->use) return HG_ERR_MEMORY;
    for (int64_t i = 0; i < rows; i++) {
        m->odd[i] = (struct hg__odd_row){table_row(t, i), score[i], USE_ALL};
    }
    qsort(m->odd, (size_t)rows, sizeof *m->odd, compare);
    for (int64_t i = 0; i < m->doubted; i++) {
        m->odd[i].use = i < m->anomalies ? USE_NONE : USE_THRESHOLDS;
        m->use[m->odd[i].row] = m->odd[i].use;
    }
    return HG_OK;
}

int hg__trim_find(hg__trainer *t, hg_error *err) {
    float *score = hg__alloc((size_t)t->data->rows, sizeof *score, err);
    int code = score ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK) {
        code = hg__outliers_score(t->data, (uint64_t)t->o.values.seed, t->pool, score, err);
    }
    if (code == HG_OK) code = mark(t, score, err);
    hg__free(score);
    return code;
}

int hg__trim_rows(hg__trainer *t, hg_error *err) {
    hg__trim *m = &t->trim;
    int64_t n = 0;
    if (!m->odd) return HG_OK;
    m->trained = hg__alloc((size_t)t->rows.count, sizeof *m->trained, err);
    if (!m->trained) return HG_ERR_MEMORY;
    for (int64_t i = 0; i < t->rows.count; i++) {
        const int64_t row = hg__rows_at(&t->rows, i), number = table_row(t, row);
        if (number >= m->table_rows || m->use[number] == USE_ALL) m->trained[n++] = row;
    }
    if (n == 0) return HG_OK; // of a row or two: better odd ones than none
    t->rows.row = m->trained;
    t->rows.count = n;
    return HG_OK;
}

// ---- what is told ---------------------------------------------------------------------------------

int hg__trim_write(hg__trainer *t, hg_error *err) {
    static const char *const use[] = {"all", "thresholds", "none"};
    const hg__trim *m = &t->trim;
    char path[1024], line[200];
    hg__writer w = {0};
    if (!m->odd) return HG_OK;
    if (!m->odd) return HG_OK;
    if (t->l->note) {
        snprintf(line, sizeof line,
                 "%lld rows do not fit the others and are left out, %lld more are not trained on: "
                 "left_out.csv has them",
                 (long long)m->anomalies, (long long)(m->doubted - m->anomalies));
        t->l->note(t->l->context, line);
    }
    HG_TRY(hg__join_path(path, sizeof path, t->folder, "left_out.csv", err));
    HG_TRY(hg__writer_open(&w, path, err));
    int code = hg__writer_add(&w, "row,score,use\n", 14, err);
    for (int64_t i = 0; code == HG_OK && i < m->doubted; i++) {
        const int n = snprintf(line, sizeof line, "%lld,%.9g,%s\n", (long long)m->odd[i].row,
                               (double)m->odd[i].score, use[m->odd[i].use]);
        code = hg__writer_add(&w, line, (size_t)n, err);
    }
    if (code == HG_OK) return hg__writer_commit(&w, err);
    hg__writer_abort(&w);
    return code;
}

// SPDX-License-Identifier: Apache-2.0
// detect_rows.c - hg_detector: rows in memory, texts or numbers, one at a time or many: score, p-value, alarm, and the column
// that says most.
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/host.h"
#include "base/int.h"
#include "csv/csv.h"
#include "csv/csv_number.h"
#include "detect/blocks.h"
#include "detect/detector.h"
#include "detect/table_model.h"

enum { LONGEST = 1000 }; // bytes of a number
enum { PIECE = 64 };     // rows a task encodes

// ---- cells --------------------------------------------------------------------------------------

// As a cell of a CSV file with a decimal point. No number is longer than LONGEST: the reader of numbers looks beyond what it
// reads, so they are copied. A model of rows of numbers has them in single precision, rounded once.
static hg__csv_kind classify(const char *text, size_t size, bool is_single, double *number) {
    char room[LONGEST + HG_CSV_PAD] = {0};
    const hg__csv_cell raw = {.text = room, .size = size};
    float x = 0;
    if (size > LONGEST) return HG_CSV_TEXT;
    memcpy(room, text, size);
    if (!is_single) return hg__csv_read_double(&raw, '.', number);
    const hg__csv_kind kind = hg__csv_read_cell(&raw, &x);
    *number = (double)x;
    return kind;
}

static int read_text(const hg_detector *d, int32_t column, hg__cell *cell, hg_error *err) {
    static const hg__cell_kind kinds[] = {[HG_CSV_NUMBER] = HG_CELL_NUMBER,
                                          [HG_CSV_MISSING] = HG_CELL_MISSING,
                                          [HG_CSV_TEXT] = HG_CELL_TEXT,
                                          [HG_CSV_INFINITE] = HG_CELL_TEXT};
    const char *text = d->texts[column];
    *cell = (hg__cell){.kind = HG_CELL_MISSING};
    if (!text) return HG_OK;
    const size_t size = strlen(text);
    const hg__csv_kind kind = classify(text, size, !hg__model_schema(d->model), &cell->number);
    if (size > INT32_MAX || !hg__is_utf8(text, size)) {
        return hg__fail(err, HG_ERR_DATA,
                        "row %lld: column '%.60s': expected UTF-8 text, got other bytes",
                        (long long)d->rows, d->table.name[column]);
    }
    cell->kind = kinds[kind];
    cell->text = text;
    cell->size = (int32_t)size;
    return HG_OK;
}

static hg__cell number_cell(double x) {
    if (x > DBL_MAX) return (hg__cell){.kind = HG_CELL_TEXT, .text = "inf", .size = 3};
    if (x < -DBL_MAX) return (hg__cell){.kind = HG_CELL_TEXT, .text = "-inf", .size = 4};
    return (hg__cell){.kind = isnan(x) ? HG_CELL_MISSING : HG_CELL_NUMBER, .number = x};
}

void hg__detector_read_table(const hg_detector *d, int64_t row, int32_t thread, hg__cell *cell) {
    const hg__arrow_batch *b = hg__arrow_batch_of(d->memory, row);
    char(*text)[HG_ARROW_CELL] = d->text + (ptrdiff_t)thread * d->needs;
    for (int32_t k = 0; k < d->needs; k++) {
        hg__arrow_cell(d->memory, b, row - b->first, d->place[k], text[k], &cell[d->need[k]]);
    }
}

// The cells of row i of those at hand, in the room of that thread. Only texts can be wrong.
static int read_cells(const hg_detector *d, int32_t i, int32_t thread, hg__cell *cell,
                      hg_error *err) {
    const int32_t columns = d->table.columns;
    if (d->memory) {
        hg__detector_read_table(d, d->first + i, thread, cell);
        return HG_OK;
    }
    for (int32_t c = 0; c < columns; c++) {
        if (d->texts) {
            HG_TRY(read_text(d, c, &cell[c], err));
        } else {
            cell[c] = number_cell(d->numbers[(d->first + i) * columns + c]);
        }
    }
    return HG_OK;
}

// Of a model of rows of numbers: one that is missing makes a score that is no number.
static void encode_numbers(const hg_detector *d, int32_t i, const hg__cell *cell) {
    const int32_t width = d->model->net.spec.width;
    float *x = d->scorer.x + (ptrdiff_t)i * width;
    for (int32_t j = 0; j < width; j++) {
        const hg__cell *c = &cell[d->from[j]];
        const float value = c->kind == HG_CELL_NUMBER ? (float)c->number : NAN;
        x[j] = isfinite(value) ? value : NAN;
        d->notes[i].missing += isnan(x[j]) != 0;
    }
}

static int encode_row(const hg_detector *d, int32_t i, int32_t thread, hg_error *err) {
    const hg__schema *s = hg__model_schema(d->model);
    hg__cell *cell = d->cell + (ptrdiff_t)thread * d->table.columns;
    d->notes[i] = (hg__encoding_notes){0};
    HG_TRY(read_cells(d, i, thread, cell, err));
    if (s) {
        float *x = d->scorer.x + (ptrdiff_t)i * s->width;
        return hg__schema_encode(s, &d->table, d->from, cell, true, x, &d->notes[i], err);
    }
    encode_numbers(d, i, cell);
    return HG_OK;
}

static void encode_piece(void *context, int32_t task, int32_t thread) {
    const hg_detector *d = context;
    const int32_t from = task * PIECE;
    const int32_t end = hg__min(d->at_hand, from + PIECE);
    for (int32_t i = from; i < end; i++) (void)encode_row(d, i, thread, NULL); // cannot fail
}

// ---- verdicts -----------------------------------------------------------------------------------

static const hg__threshold_group *group_of(const hg_detector *d, const hg__cell *cell) {
    char buffer[32], name[HG_MAX_LEVEL_BYTES + 1];
    const char *text;
    if (d->group < 0) return hg__row_scorer_group(&d->scorer, NULL);
    const size_t size = hg__group_text(&cell[d->group], buffer, &text);
    if (size > HG_MAX_LEVEL_BYTES) return hg__row_scorer_group(&d->scorer, NULL);
    memcpy(name, text, size);
    name[size] = '\0';
    return hg__row_scorer_group(&d->scorer, name);
}

// Which of the scorer's columns says most of row i of those at hand; -1: none. Where numbers are missing there is no score, and it
// is the first of them.
static int32_t reason_of(const hg_detector *d, int32_t i) {
    if (hg__model_schema(d->model) || !d->notes[i].missing) return d->reasons.best[i];
    const float *x = d->scorer.x + (ptrdiff_t)i * d->model->net.spec.width;
    int32_t j = 0;
    while (!isnan(x[j])) j++;
    return j;
}

static void give_reason(hg_detector *d, int32_t i, hg_verdict *v) {
    const hg__schema *s = hg__model_schema(d->model);
    const int32_t most = reason_of(d, i);
    v->reason = "";
    v->column = -1;
    if (most < 0) return;
    v->column = d->from[most];
    v->reason = s ? s->column[most].name : d->table.name[v->column];
    v->reason_share = d->reasons.best[i] == most ? hg__reasons_part(&d->reasons, i, most) : 1;
}

// All of row i of those at hand, with `cell`, but for what was expected: that is still to come for alarms and, without thresholds,
// for all rows.
static void conclude(hg_detector *d, int32_t i, const hg__cell *cell) {
    const hg__threshold_group *g = group_of(d, cell);
    const hg__encoding_notes *n = &d->notes[i];
    const double score = (double)d->scorer.score[i];
    hg_verdict *v = &d->verdict[i];
    *v = (hg_verdict){
        .score = score,
        .p_value = g ? hg__calibration_p(g->held, score) : (double)NAN,
        .threshold = g ? g->at.value : (double)NAN,
        .alarm = g && score > g->at.value,
        .unseen = (int32_t)(n->unseen + n->changed),
        .missing = (int32_t)(n->missing + n->strange),
    };
    give_reason(d, i, v);
    if (isnan(score) || (g && !v->alarm)) d->reasons.best[i] = -1;
    if (hg__model_schema(d->model)) hg__reasons_observe(&d->reasons, i, cell, d->from);
}

// Row i of those at hand becomes verdict `at` of the caller's, whose header may know less of it than we do.
static void give(hg_detector *d, int32_t i, hg_verdict *all, size_t size, int64_t at) {
    hg_verdict *v = &d->verdict[i];
    if (d->reasons.best[i] >= 0) {
        const char *text = d->reasons.expected[i];
        const hg__cell cell = {.kind = HG_CELL_TEXT, .text = text, .size = (int32_t)strlen(text)};
        hg__cell_write(&cell, v->expected, sizeof v->expected);
    }
    char *to = (char *)all + (size_t)at * size;
    memcpy(to, &size, sizeof size);
    (void)hg__fill(to, v, sizeof *v, "hg_verdict", NULL); // check_size() saw to it
}

// Scores the rows at hand, which are encoded: verdicts of each, from `at` on of the caller's, and shares.
static int run(hg_detector *d, hg_verdict *all, float *share, int64_t at, hg_error *err) {
    const int32_t rows = d->at_hand, columns = d->scorer.columns;
    const hg__input in = {.row = d->row, .count = rows, .dtype = HG_F32, .scale = 1};
    HG_TRY(hg__row_scorer_run(&d->scorer, &in, err));
    hg__reasons_pick(&d->reasons, 0, rows, NULL);
    for (int32_t i = 0; share && i < rows; i++) {
        hg__reasons_parts(&d->reasons, i, share + (at + i) * columns);
    }
    if (!all) return HG_OK;
    for (int32_t i = 0; i < rows; i++) {
        if (!d->texts) (void)read_cells(d, i, 0, d->cell, NULL); // those of texts are there
        conclude(d, i, d->cell);
    }
    hg__reasons_expect(&d->reasons);
    for (int32_t i = 0; i < rows; i++) give(d, i, all, all->size, at + i);
    return HG_OK;
}

static int check_size(const hg_verdict *v, hg_error *err) {
    if (!v || v->size > sizeof v->size) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "hg_verdict: expected size to be sizeof(hg_verdict), got %zu", v->size);
}

int hg_detect_text(hg_detector *d, const char *const *cell, hg_verdict *v, hg_error *err) {
    HG_ENTRY;
    HG_TRY(check_size(v, err));
    d->texts = cell;
    d->numbers = NULL;
    d->memory = NULL;
    d->at_hand = 1;
    d->rows++;
    HG_TRY(hg__detector_make_room(d, 1, err));
    HG_TRY(encode_row(d, 0, 0, err));
    return run(d, v, NULL, 0, err);
}

int hg__detect(hg_detector *d, int64_t rows, hg_verdict *v, float *share, hg_error *err) {
    const int32_t block = hg__block_rows(d->model->net.spec.width, rows);
    HG_TRY(check_size(v, err));
    HG_TRY(hg__detector_make_room(d, block, err));
    d->texts = NULL;
    for (int64_t at = 0; at < rows; at += block) {
        d->at_hand = (int32_t)hg__min_64(rows - at, block);
        hg__pool_run(d->pool, encode_piece, d, hg__ceil_div(d->at_hand, PIECE));
        HG_TRY(run(d, v, share, at, err));
        d->rows += d->at_hand;
        d->first += d->at_hand;
    }
    return HG_OK;
}

static int detect_numbers(hg_detector *d, const double *x, int64_t rows, hg_verdict *v,
                          float *share, hg_error *err) {
    if (rows <= 0) return HG_OK;
    d->numbers = x;
    d->memory = NULL;
    d->first = 0;
    return hg__detect(d, rows, v, share, err);
}

int hg_detect(hg_detector *d, const double *x, int64_t rows, hg_verdict *v, hg_error *err) {
    HG_ENTRY;
    return detect_numbers(d, x, rows, v, NULL, err);
}

int hg_explain(hg_detector *d, const double *x, int64_t rows, hg_verdict *v, float *share,
               hg_error *err) {
    HG_ENTRY;
    return detect_numbers(d, x, rows, v, share, err);
}

int32_t hg_detector_columns(const hg_detector *d) {
    return d->scorer.columns;
}

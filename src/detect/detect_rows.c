// SPDX-License-Identifier: Apache-2.0
// detect_rows.c - hg_detector: rows in memory, texts or numbers, one at a time or many: score, p-value, alarm, and the column
// that says most.
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hourglass.h"

#include "base/file.h"
#include "base/host.h"
#include "base/int.h"
#include "base/mem.h"
#include "csv/cell.h"
#include "csv/csv.h"
#include "csv/csv_number.h"
#include "detect/blocks.h"
#include "detect/reasons.h"
#include "detect/table_model.h"
#include "table/table.h"

enum { LONGEST = 1000 }; // bytes of a number
enum { PIECE = 64 };     // rows a task encodes

struct hg_detector {
    const hg_model *model; // borrowed
    hg__pool *pool;        // owned
    hg__row_scorer scorer;
    hg__reasons reasons; // of each row the first
    hg__table table;     // of no source: what the columns of rows to come are called
    int32_t *from;       // owned, (scorer.columns): which of them is each of the model's; -1: none
    int32_t group;       // which of them says what group a row belongs to; -1: none
    hg__cell *cell;      // owned, (threads, table.columns)
    int64_t rows;        // so far
    // Of the rows at hand, at most `room`, owned:
    int32_t room, at_hand;
    const void **row;          // (room): to scorer.x
    hg__encoding_notes *notes; // (room)
    hg_verdict *verdict;       // (room)
    const char *const *texts;  // borrowed, (table.columns): one row of texts; or NULL
    const double *numbers;     // borrowed, (count, table.columns); or NULL
};

static void say_where(const hg__table *t, char *text, size_t size) {
    const hg_detector *d = t->state;
    snprintf(text, size, "row %lld", (long long)d->rows);
}

static const hg__table_type rows_to_come = {.name = "rows", .where = say_where};

// ---- columns ------------------------------------------------------------------------------------

// Of a model of rows of numbers: by name where both have names, else by position.
static int match_numbers(hg_detector *d, hg_error *err) {
    const hg_model *m = d->model;
    const hg__table *t = &d->table;
    const int32_t width = m->net.spec.width;
    if (!m->column || !t->named) {
        for (int32_t j = 0; j < width; j++) d->from[j] = j;
        if (t->columns == width) return HG_OK;
        return hg__fail(err, HG_ERR_DATA, "rows: expected %d columns, as the model has, got %d",
                        width, t->columns);
    }
    hg__names *names = hg__names_new(t->name, t->columns, err);
    if (!names) return HG_ERR_MEMORY;
    int code = HG_OK;
    for (int32_t j = 0; j < width && code == HG_OK; j++) {
        d->from[j] = hg__names_find(names, m->column[j], strlen(m->column[j]));
        if (d->from[j] >= 0) continue;
        code = hg__fail(err, HG_ERR_DATA,
                        "rows: expected a column '%.200s' as in training, got none", m->column[j]);
    }
    hg__names_free(names);
    return code;
}

// What column i is called: as the caller says; else of rows of numbers as the model does.
static char *name_column(const hg_detector *d, const char *const *name, int32_t i, hg_error *err) {
    const hg_model *m = d->model;
    char number[32];
    snprintf(number, sizeof number, "column %d", i + 1);
    const char *own =
        !hg__model_schema(m) && m->column && i < m->net.spec.width ? m->column[i] : number;
    return hg__copy_text(name ? name[i] : own, err);
}

static int name_columns(hg_detector *d, const char *const *name, int32_t columns, hg_error *err) {
    hg__table *t = &d->table;
    const hg__schema *s = hg__model_schema(d->model);
    const int32_t count = columns > 0 ? columns : s ? s->table_columns : d->model->net.spec.width;
    snprintf(t->path, sizeof t->path, "rows");
    t->type = &rows_to_come;
    t->state = d;
    t->named = name != NULL;
    t->point = '.';
    t->name = hg__alloc((size_t)count, sizeof *t->name, err);
    if (!t->name) return HG_ERR_MEMORY;
    for (; t->columns < count; t->columns++) {
        t->name[t->columns] = name_column(d, name, t->columns, err);
        if (!t->name[t->columns]) return HG_ERR_MEMORY;
    }
    return s ? hg__schema_match(s, t, d->from, err) : match_numbers(d, err);
}

static int find_group(hg_detector *d, hg_error *err) {
    const hg__thresholds *t = &d->scorer.thresholds;
    d->group = -1;
    if (t->groups < 2) return HG_OK;
    d->group = hg__table_find(&d->table, t->column);
    if (d->group >= 0) return HG_OK;
    return hg__fail(err, HG_ERR_DATA,
                    "rows: expected a column '%.80s', which thresholds go by, got none", t->column);
}

// ---- opening ------------------------------------------------------------------------------------

static int check(const char *const *name, int32_t columns, double fpr, int32_t threads,
                 hg_error *err) {
    if (columns < 0 || columns > HG_MAX_COLUMNS || (name && columns == 0)) {
        return hg__fail(err, HG_ERR_USAGE, "detector: expected %d to %d columns, got %d",
                        name ? 1 : 0, HG_MAX_COLUMNS, columns);
    }
    if (threads < 0 || threads > HG_MAX_THREADS) {
        return hg__fail(err, HG_ERR_USAGE, "detector: expected 0 to %d threads, got %d",
                        HG_MAX_THREADS, threads);
    }
    if (fpr >= 0 && fpr < 1) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "detector: expected fpr from 0 to below 1, got %g", fpr);
}

static void clear_room(hg_detector *d) {
    hg__reasons_clear(&d->reasons);
    hg__free(d->row);
    hg__free(d->notes);
    hg__free(d->verdict);
    d->row = NULL;
    d->notes = NULL;
    d->verdict = NULL;
    d->room = 0;
}

// For `rows` rows at a time, if there is less.
static int make_room(hg_detector *d, int32_t rows, hg_error *err) {
    const size_t width = (size_t)d->model->net.spec.width, count = (size_t)rows;
    if (rows <= d->room) return HG_OK;
    clear_room(d);
    d->row = hg__alloc(count, sizeof *d->row, err);
    if (d->row) d->notes = hg__alloc(count, sizeof *d->notes, err);
    if (d->notes) d->verdict = hg__alloc(count, sizeof *d->verdict, err);
    int code = d->verdict ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK) code = hg__row_scorer_make_room(&d->scorer, rows, true, err);
    if (code == HG_OK) code = hg__reasons_init(&d->reasons, &d->scorer, rows, 1, err);
    if (code < 0) return code;
    for (size_t i = 0; i < count; i++) d->row[i] = d->scorer.x + i * width;
    d->room = rows;
    return HG_OK;
}

static int open_detector(hg_detector *d, const char *const *name, int32_t columns, double fpr,
                         int32_t threads, hg_error *err) {
    const hg__row_scorer_options how = {.fpr = fpr};
    HG_TRY(check(name, columns, fpr, threads, err));
    d->pool = hg__pool_new(threads, err);
    if (!d->pool) return HG_ERR_MEMORY;
    HG_TRY(hg__row_scorer_init(&d->scorer, d->model, &how, d->pool, "model", err));
    d->from = hg__alloc((size_t)d->scorer.columns, sizeof *d->from, err);
    if (!d->from) return HG_ERR_MEMORY;
    HG_TRY(name_columns(d, name, columns, err));
    const size_t cells = (size_t)hg__pool_threads(d->pool) * (size_t)d->table.columns;
    d->cell = hg__alloc(cells, sizeof *d->cell, err);
    if (!d->cell) return HG_ERR_MEMORY;
    HG_TRY(find_group(d, err));
    return make_room(d, 1, err);
}

hg_detector *hg_detector_new(const hg_model *m, const char *const *name, int32_t columns,
                             double fpr, int32_t threads, hg_error *err) {
    HG_ENTRY;
    hg_error unused = {0};
    hg_detector *d = hg__alloc(1, sizeof *d, err);
    if (!d) return NULL;
    d->model = m;
    if (open_detector(d, name, columns, fpr, threads, err ? err : &unused) == HG_OK) return d;
    hg_detector_free(d);
    return NULL;
}

void hg_detector_free(hg_detector *d) {
    HG_ENTRY;
    if (!d) return;
    clear_room(d);
    for (int32_t i = 0; i < d->table.columns; i++) hg__free(d->table.name[i]);
    hg__free(d->table.name);
    hg__row_scorer_clear(&d->scorer);
    hg__pool_free(d->pool);
    hg__free(d->from);
    hg__free(d->cell);
    hg__free(d);
}

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

// The cells of row i of those at hand. Only texts can be wrong.
static int read_cells(const hg_detector *d, int32_t i, hg__cell *cell, hg_error *err) {
    const int32_t columns = d->table.columns;
    for (int32_t c = 0; c < columns; c++) {
        if (d->texts) {
            HG_TRY(read_text(d, c, &cell[c], err));
        } else {
            cell[c] = number_cell(d->numbers[(ptrdiff_t)i * columns + c]);
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

static int encode_row(const hg_detector *d, int32_t i, hg__cell *cell, hg_error *err) {
    const hg__schema *s = hg__model_schema(d->model);
    d->notes[i] = (hg__encoding_notes){0};
    HG_TRY(read_cells(d, i, cell, err));
    if (s) {
        float *x = d->scorer.x + (ptrdiff_t)i * s->width;
        return hg__schema_encode(s, &d->table, d->from, cell, true, x, &d->notes[i], err);
    }
    encode_numbers(d, i, cell);
    return HG_OK;
}

static void encode_piece(void *context, int32_t task, int32_t thread) {
    const hg_detector *d = context;
    hg__cell *cell = d->cell + (ptrdiff_t)thread * d->table.columns;
    const int32_t from = task * PIECE;
    const int32_t end = hg__min(d->at_hand, from + PIECE);
    for (int32_t i = from; i < end; i++) (void)encode_row(d, i, cell, NULL); // numbers: cannot fail
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

// Scores the rows at hand, which are encoded, and gives a verdict of each.
static int run(hg_detector *d, int32_t rows, hg_verdict *all, size_t size, int64_t at,
               hg_error *err) {
    const hg__input in = {.row = d->row, .count = rows, .dtype = HG_F32, .scale = 1};
    HG_TRY(hg__row_scorer_run(&d->scorer, &in, err));
    hg__reasons_pick(&d->reasons, 0, rows, NULL);
    for (int32_t i = 0; i < rows; i++) {
        if (d->numbers) (void)read_cells(d, i, d->cell, NULL); // those of texts are there
        conclude(d, i, d->cell);
    }
    hg__reasons_expect(&d->reasons);
    for (int32_t i = 0; i < rows; i++) give(d, i, all, size, at + i);
    return HG_OK;
}

static int check_size(const hg_verdict *v, hg_error *err) {
    if (v->size > sizeof v->size) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "hg_verdict: expected size to be sizeof(hg_verdict), got %zu", v->size);
}

int hg_detect_text(hg_detector *d, const char *const *cell, hg_verdict *v, hg_error *err) {
    HG_ENTRY;
    HG_TRY(check_size(v, err));
    d->texts = cell;
    d->numbers = NULL;
    d->rows++;
    HG_TRY(make_room(d, 1, err));
    HG_TRY(encode_row(d, 0, d->cell, err));
    return run(d, 1, v, v->size, 0, err);
}

int hg_detect(hg_detector *d, const double *x, int64_t rows, hg_verdict *v, hg_error *err) {
    HG_ENTRY;
    if (rows <= 0) return HG_OK;
    HG_TRY(check_size(v, err));
    const size_t size = v->size;
    const int32_t block = hg__block_rows(d->model->net.spec.width, rows);
    HG_TRY(make_room(d, block, err));
    d->texts = NULL;
    for (int64_t at = 0; at < rows; at += block) {
        d->numbers = x + at * d->table.columns;
        d->at_hand = (int32_t)hg__min_64(rows - at, block);
        hg__pool_run(d->pool, encode_piece, d, hg__ceil_div(d->at_hand, PIECE));
        HG_TRY(run(d, d->at_hand, v, size, at, err));
        d->rows += d->at_hand;
    }
    return HG_OK;
}

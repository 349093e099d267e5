// SPDX-License-Identifier: Apache-2.0
// predict_table.c - rows of a table scored: p-values, alarms, and the columns that made them so.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/show.h"
#include "detect/reasons.h"
#include "detect/table_model.h"
#include "jobs/feed.h"
#include "jobs/job.h"
#include "jobs/pages.h"
#include "jobs/score_sheet.h"
#include "schema/schema.h"

enum { FIXED = 6, PER_REASON = 4 }; // columns of the sheet
enum {
    BUFFERS = 32,
    PIECE = 64,
    AT_HAND = BUFFERS * PIECE
}; // rows are written in pieces, each in a buffer of its own

// What a piece of rows is written with.
typedef struct buffer {
    hg__cell *cell; // owned, one row
    hg__text lines; // owned
    int64_t alarms;
} buffer;

typedef struct sheet {
    hg__scored_rows in;
    hg__score_sheet out;
    hg__out_column *column; // owned, (FIXED + PER_REASON * top)
    char **name;            // owned, (names) owned: of columns, where they are no constants
    int32_t names;
    int32_t columns, top;
    buffer buffer[BUFFERS];
    hg__observed look;   // at the table, once more
    hg__carried carried; // of the rows the buffers have now
    hg__reasons reasons; // of the rows the buffers have now
    bool *wanted;        // owned, (BUFFERS * PIECE): whether a row's reasons are
    int32_t first;       // of the rows the buffers have now, in the batch
    bool all_reasons;    // reasons=all
    bool by_fdr; // fdr=: an alarm is a p-value of at most `limit`; else the thresholds decide
    double limit;
    hg_result *result;
    hg__table_page *page; // owned; NULL without page=
} sheet;

// ---- the sheet's columns ------------------------------------------------------------------------

// The first `behind` of the columns go behind the others.
static void turn(hg__out_column *column, int32_t count, int32_t behind) {
    for (; behind > 0; behind--) {
        const hg__out_column first = column[0];
        memmove(column, column + 1, (size_t)(count - 1) * sizeof *column);
        column[count - 1] = first;
    }
}

static void add_column(sheet *s, const char *name, hg__out_kind kind) {
    s->column[s->columns++] = (hg__out_column){name, kind};
}

// The name becomes the sheet's.
static int add_own(sheet *s, char *name, hg__out_kind kind) {
    if (!name) return HG_ERR_MEMORY;
    s->name[s->names++] = name;
    add_column(s, name, kind);
    return HG_OK;
}

static bool has_column(const sheet *s, const char *name) {
    for (int32_t i = 0; i < s->columns; i++) {
        const bool is_same =
            strcasecmp(s->column[i].name, name) == 0; // databases tell no case apart
        if (is_same) return true;
    }
    return false;
}

// A column that is carried along under its name or, where the sheet has such a column, as "score.2".
static int add_carried(sheet *s, const char *name, hg_error *err) {
    hg__text own = {0};
    hg__text_add(&own, "%s", name);
    for (int32_t n = 2; !own.failed && has_column(s, own.data); n++) {
        own.length = 0;
        hg__text_add(&own, "%s.%d", name, n);
    }
    return add_own(s, hg__text_take(&own, err), HG_OUT_TEXT);
}

static int add_reason(sheet *s, int32_t r, hg_error *err) {
    static const struct {
        const char *name;
        hg__out_kind kind;
    } reason[PER_REASON] = {
        {"column",   HG_OUT_TEXT  },
        {"observed", HG_OUT_TEXT  },
        {"expected", HG_OUT_TEXT  },
        {"share",    HG_OUT_NUMBER},
    };
    for (int32_t k = 0; k < PER_REASON; k++) {
        hg__text name = {0};
        hg__text_add(&name, "%s_%d", reason[k].name, r + 1);
        HG_TRY(add_own(s, hg__text_take(&name, err), reason[k].kind));
    }
    return HG_OK;
}

// Reasons last: what is carried along has to make way for their names as well.
static int name_columns(sheet *s, hg_error *err) {
    add_column(s, "row", HG_OUT_INTEGER);
    if (s->carried.has_line) add_column(s, "line", HG_OUT_INTEGER);
    add_column(s, "score", HG_OUT_NUMBER);
    if (s->in.scorer.thresholds.groups) {
        add_column(s, "p_value", HG_OUT_NUMBER);
        add_column(s, "alarm", HG_OUT_INTEGER);
    }
    if (s->in.group) add_column(s, "group", HG_OUT_TEXT);
    const int32_t fixed = s->columns;
    for (int32_t r = 0; r < s->top; r++) HG_TRY(add_reason(s, r, err));
    for (int32_t k = 0; k < s->carried.columns; k++) {
        HG_TRY(add_carried(s, s->in.feed.table->name[s->carried.from[k]], err));
    }
    turn(s->column + fixed, s->columns - fixed, s->top * PER_REASON);
    return HG_OK;
}

static int make_room(sheet *s, hg_error *err) {
    const size_t own = (size_t)PER_REASON * (size_t)s->top + (size_t)s->carried.columns;
    s->column = hg__alloc(FIXED + own, sizeof *s->column, err);
    if (s->column) s->name = hg__alloc(own, sizeof *s->name, err);
    if (s->name) s->wanted = hg__alloc(AT_HAND, sizeof *s->wanted, err);
    if (!s->wanted) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < BUFFERS; i++) {
        s->buffer[i].cell = hg__alloc(FIXED + own, sizeof *s->buffer[i].cell, err);
        if (!s->buffer[i].cell) return HG_ERR_MEMORY;
    }
    return s->top ? hg__reasons_init(&s->reasons, &s->in.scorer, AT_HAND, s->top, err) : HG_OK;
}

// What goes out of the table itself. Where that is nothing, it is closed.
static int open_look(sheet *s, const char *keep, hg_error *err) {
    hg__feed *f = &s->in.feed;
    HG_TRY(hg__carried_init(&s->carried, hg__model_schema(f->model), f->table, keep, AT_HAND, err));
    if (s->top || hg__carried_any(&s->carried)) return hg__observed_init(&s->look, f, err);
    hg__feed_close_table(f);
    return HG_OK;
}

static void clear(sheet *s) {
    hg__table_page_free(s->page);
    hg__score_sheet_abort(&s->out);
    hg__reasons_clear(&s->reasons);
    hg__observed_clear(&s->look);
    hg__carried_clear(&s->carried);
    hg__scored_rows_close(&s->in);
    for (int32_t i = 0; i < s->names; i++) hg__free(s->name[i]);
    hg__free(s->column);
    hg__free(s->name);
    hg__free(s->wanted);
    for (int32_t i = 0; i < BUFFERS; i++) {
        hg__free(s->buffer[i].cell);
        hg__text_clear(&s->buffer[i].lines);
    }
}

// ---- a row --------------------------------------------------------------------------------------

static hg__cell number(double x) {
    return (hg__cell){.kind = HG_CELL_NUMBER, .number = x};
}

static hg__cell text(const char *t) {
    return (hg__cell){.kind = HG_CELL_TEXT, .text = t, .size = (int32_t)strlen(t)};
}

// The cells of row i's reasons.
static void explain(const sheet *s, int32_t i, hg__cell *cell) {
    const hg__schema *schema = hg__model_schema(s->in.feed.model);
    for (int32_t r = 0; r < s->top; r++, cell += PER_REASON) {
        const int32_t reason = (i - s->first) * s->top + r, best = s->reasons.best[reason];
        if (best < 0) {
            for (int32_t k = 0; k < PER_REASON; k++) cell[k] = (hg__cell){0};
            continue;
        }
        cell[0] = text(schema->column[best].name);
        cell[1] = text(s->reasons.observed[reason]);
        cell[2] = text(s->reasons.expected[reason]);
        cell[3] = number(hg__reasons_part(&s->reasons, i - s->first, best));
    }
}

// The same for a page.
static void show_reasons(const sheet *s, int32_t i, hg__shown_row *row) {
    const hg__schema *schema = hg__model_schema(s->in.feed.model);
    const char *group = s->in.group ? hg__scored_rows_group_name(&s->in, i) : NULL;
    snprintf(row->group, sizeof row->group, "%.63s", group ? group : "");
    for (int32_t r = 0; r < s->top && r < HG_PAGE_REASONS; r++) {
        const int32_t reason = (i - s->first) * s->top + r, best = s->reasons.best[reason];
        hg__shown_reason *to = &row->reason[r];
        if (best < 0) return;
        snprintf(to->column, sizeof to->column, "%.63s", schema->column[best].name);
        snprintf(to->observed, sizeof to->observed, "%.63s", s->reasons.observed[reason]);
        snprintf(to->expected, sizeof to->expected, "%.63s", s->reasons.expected[reason]);
        to->part = hg__reasons_part(&s->reasons, i - s->first, best);
        hg__cut_partial(to->observed);
        hg__cut_partial(to->expected);
        hg__cut_partial(to->column);
    }
}

static bool is_alarm(const sheet *s, double score, double p, const hg__threshold_group *g) {
    return s->by_fdr ? p <= s->limit : score > g->at.value;
}

// Row i of the batch becomes the buffer's cells.
static void fill_row(const sheet *s, buffer *d, int32_t i) {
    const hg__scored_rows *in = &s->in;
    const hg__threshold_group *g = hg__scored_rows_group(in, i);
    const int64_t *numbers = in->feed.side.number;
    const double score = (double)in->scorer.score[i];
    const int64_t row = in->first + i;
    hg__cell *cell = d->cell;
    *cell++ = number((double)(numbers ? numbers[row] : row));
    if (s->carried.has_line) *cell++ = number((double)s->carried.line[i - s->first]);
    *cell++ = number(score);
    if (g) {
        const double p = hg__calibration_p(g->held, score);
        const bool alarm = is_alarm(s, score, p, g);
        d->alarms += alarm;
        *cell++ = number(p);
        *cell++ = number(alarm);
    }
    if (in->group) *cell++ = text(hg__scored_rows_group_name(in, i));
    for (int32_t k = 0; k < s->carried.columns; k++) {
        *cell++ = hg__carried_cell(&s->carried, i - s->first, k);
    }
    if (s->top) explain(s, i, cell);
}

static void format_piece(void *context, int32_t task, int32_t thread) {
    sheet *s = context;
    buffer *d = &s->buffer[task];
    const int32_t first = s->first + task * PIECE, left = s->in.scorer.count - first;
    (void)thread;
    for (int32_t i = first; i < first + hg__min(left, PIECE); i++) {
        fill_row(s, d, i);
        hg__score_sheet_format(&s->out, d->cell, &d->lines);
    }
}

// `rows` rows from s->first on: their text is made by the pool's threads and written in order.
static int write_lines(sheet *s, int32_t rows, hg_error *err) {
    const int32_t pieces = hg__ceil_div(rows, PIECE);
    hg__pool_run(s->in.feed.pool, format_piece, s, pieces);
    for (int32_t i = 0; i < pieces; i++) {
        HG_TRY(hg__score_sheet_add_lines(&s->out, &s->buffer[i].lines, err));
    }
    return HG_OK;
}

static int write_cells(sheet *s, int32_t rows, hg_error *err) {
    for (int32_t i = s->first; i < s->first + rows; i++) {
        fill_row(s, &s->buffer[0], i);
        HG_TRY(hg__score_sheet_add(&s->out, s->buffer[0].cell, err));
    }
    return HG_OK;
}

// Whether the reasons of row i of the batch are asked for. A model without thresholds has no alarms.
static bool is_wanted(const sheet *s, int32_t i) {
    const hg__threshold_group *g = hg__scored_rows_group(&s->in, i);
    const double score = (double)s->in.scorer.score[i];
    if (s->all_reasons || !g) return true;
    return is_alarm(s, score, s->by_fdr ? hg__calibration_p(g->held, score) : 0, g);
}

// The table is read on to `rows` rows from s->first on.
static int look_at(sheet *s, int32_t rows, hg_error *err) {
    const int64_t *number = s->in.feed.side.number;
    for (int32_t i = 0; i < rows; i++) {
        const int64_t row = s->in.first + s->first + i;
        HG_TRY(hg__observed_row(&s->look, number ? number[row] : row, err));
        HG_TRY(hg__carried_take(&s->carried, s->look.table, s->look.cell, i, err));
        if (s->top) hg__reasons_observe(&s->reasons, i, s->look.cell, s->look.from);
    }
    return HG_OK;
}

// Of the rows the buffers have now.
static void show_rows(sheet *s, int32_t rows) {
    const hg__scored_rows *in = &s->in;
    const int64_t *numbers = in->feed.side.number;
    for (int32_t i = s->first; s->page && i < s->first + rows; i++) {
        const hg__threshold_group *g = hg__scored_rows_group(in, i);
        hg__shown_row row = {.row = numbers ? numbers[in->first + i] : in->first + i,
                             .score = (double)in->scorer.score[i],
                             .p = (double)NAN};
        if (g) row.p = hg__calibration_p(g->held, row.score);
        row.is_alarm = g && is_alarm(s, row.score, row.p, g);
        if (hg__table_page_wants(s->page, row.score)) show_reasons(s, i, &row);
        hg__table_page_add(s->page, &row);
    }
}

static int write_batch(sheet *s, hg_error *err) {
    const int32_t rows = s->in.scorer.count;
    for (s->first = 0; s->first < rows; s->first += AT_HAND) {
        const int32_t now = rows - s->first < AT_HAND ? rows - s->first : AT_HAND;
        for (int32_t i = 0; s->top && i < now; i++) s->wanted[i] = is_wanted(s, s->first + i);
        if (s->top) hg__reasons_pick(&s->reasons, s->first, now, s->wanted);
        if (s->look.table) HG_TRY(look_at(s, now, err));
        if (s->top) hg__reasons_expect(&s->reasons);
        HG_TRY((s->out.database ? write_cells : write_lines)(s, now, err));
        show_rows(s, now);
    }
    s->result->rows += rows;
    return HG_OK;
}

// ---- the job ------------------------------------------------------------------------------------

// fdr=: all p-values first, then what Benjamini and Hochberg let through.
static int find_limit(sheet *s, double fdr, hg_error *err) {
    hg__scored_rows *in = &s->in;
    double *p = hg__alloc((size_t)in->feed.data->source.rows, sizeof *p, err);
    int64_t n = 0;
    int more = p ? HG_OK : HG_ERR_MEMORY;
    while (p && (more = hg__scored_rows_next(in, err)) > 0) {
        for (int32_t i = 0; i < in->scorer.count; i++) {
            p[n++] =
                hg__calibration_p(hg__scored_rows_group(in, i)->held, (double)in->scorer.score[i]);
        }
    }
    if (more == HG_OK) {
        s->limit = hg__fdr_limit(p, n, fdr, err);
        if (s->limit < 0) more = (int)s->limit;
        s->by_fdr = true; // a limit of 0 is below every p-value: no alarm
        hg__scored_rows_restart(in);
    }
    hg__free(p);
    return more;
}

static void tell_alarms(const sheet *s, const hg_listener *l) {
    const hg__scored_rows *in = &s->in;
    const hg_result *r = s->result;
    char line[400], from[250];
    if (!l || !l->note || !in->scorer.thresholds.groups) return;
    hg__threshold_describe(&in->scorer.thresholds.group[0].at, "rows", from, sizeof from);
    snprintf(line, sizeof line, "%lld of %lld rows raised an alarm; %s", (long long)r->alarms,
             (long long)r->rows, s->by_fdr ? "by fdr=" : from);
    hg__tell(l, line);
}

// Why there is no column of alarms.
static void tell_lack(const sheet *s, const hg_options *o, const hg_listener *l) {
    char text[HG_LACK];
    hg__scored_rows_lack(&s->in, o, text);
    if (*text) hg__tell(l, text);
}

// Nothing that only thresholds have use for was set in vain.
static int check_thresholds(const sheet *s, const hg_options *o, hg_error *err) {
    char lack[HG_LACK];
    const char *in_vain = s->in.scorer.thresholds.groups ? NULL : hg__threshold_option(o);
    if (!in_vain) return HG_OK;
    hg__scored_rows_lack(&s->in, o, lack);
    return hg__fail(err, HG_ERR_USAGE, "%s: expected scores with thresholds: %s", in_vain,
                    *lack ? lack : "got score=error, which has none");
}

static int make_ready(sheet *s, const hg_options *o, hg_error *err) {
    const struct hg__values *v = &o->values;
    HG_TRY(check_thresholds(s, o, err));
    HG_TRY(open_look(s, v->keep, err));
    HG_TRY(make_room(s, err));
    if (*v->page) {
        s->page = hg__table_page_new(err);
        if (!s->page) return HG_ERR_MEMORY;
    }
    HG_TRY(name_columns(s, err));
    if (v->fdr > 0) HG_TRY(find_limit(s, v->fdr, err));
    const hg__sheet_target to = {v->out, v->format, v->table, v->append};
    return hg__score_sheet_open(&s->out, &to, s->column, s->columns, err);
}

static int run(sheet *s, const hg_options *o, hg_error *err) {
    hg__scored_rows *in = &s->in;
    int more;
    HG_TRY(make_ready(s, o, err));
    while ((more = hg__scored_rows_next(in, err)) > 0) HG_TRY(write_batch(s, err));
    if (more < 0) return more;
    for (int32_t i = 0; i < BUFFERS; i++) s->result->alarms += s->buffer[i].alarms;
    hg__feed_close_table(&in->feed); // a database may be the one that is written to
    HG_TRY(hg__table_page_save(s->page, o, in, s->result, s->by_fdr, err));
    return hg__score_sheet_commit(&s->out, err);
}

int hg__predict_table(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *result,
                      hg_error *err) {
    sheet s = {.top = (int32_t)o->values.top,
               .all_reasons = strcmp(o->values.reasons, "all") == 0,
               .result = result};
    HG_TRY(hg__scored_rows_open(&s.in, m, o, s.top > 0, true, l, err));
    int code = run(&s, o, err);
    const hg__encoding_notes *n = &s.in.feed.notes;
    result->has_thresholds = s.in.scorer.thresholds.groups > 0;
    result->unseen = n->unseen;
    result->missing = n->missing;
    result->strange = n->strange;
    result->left_out = s.in.feed.data->skipped;
    if (code == HG_OK) tell_alarms(&s, l);
    if (code == HG_OK) tell_lack(&s, o, l);
    clear(&s);
    return code;
}

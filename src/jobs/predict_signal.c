// SPDX-License-Identifier: Apache-2.0
// predict_signal.c - a row a step of a recording: when, how odd, whether that is an alarm and of which event, and which channels made it so.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/show.h"
#include "jobs/judge_signal.h"
#include "jobs/score_sheet.h"
#include "jobs/sheet_order.h"
#include "jobs/signal_page.h"

enum { MANY = 100, FIXED = 8, PER_REASON = 4, NAME = 32 };

typedef struct sheet {
    hg__signal_judging in;
    hg__score_sheet out;
    hg__sheet_order order;
    hg__signal_page *page; // owned, or NULL
    hg__out_column column[FIXED + PER_REASON * HG_SIGNAL_REASONS];
    char name[PER_REASON * HG_SIGNAL_REASONS][NAME];
    hg__cell cell[FIXED + PER_REASON * HG_SIGNAL_REASONS];
    int32_t columns, top;
    bool has_time, has_file, all_reasons;
    bool has_rows;    // a row is one of the file, and every one of these has its row
    int32_t file;     // of the next row
    int64_t row;      // the next
    bool has_reasons; // cells of reasons are those of the row before, which had some
    int64_t events;
    hg_result *result;
} sheet;

// Where cells lie, which costs less than to hand them over.

static void put_text(hg__cell *to, const char *words) {
    *to = (hg__cell){.kind = HG_CELL_TEXT, .text = words, .size = (int32_t)strlen(words)};
}

static void put_number(hg__cell *to, double x) {
    *to = (hg__cell){.kind = isfinite(x) ? HG_CELL_NUMBER : HG_CELL_MISSING, .number = x};
}

static void put_single(hg__cell *to, float x) {
    put_number(to, (double)x);
    if (to->kind == HG_CELL_NUMBER) to->size = HG_CELL_SINGLE;
}

// ---- columns ------------------------------------------------------------------------------------

static void add_column(sheet *s, const char *name, hg__out_kind kind) {
    s->column[s->columns++] = (hg__out_column){name, kind};
}

static void name_columns(sheet *s) {
    static const struct {
        const char *name;
        hg__out_kind kind;
    } reason[PER_REASON] = {
        {"column",   HG_OUT_TEXT  },
        {"observed", HG_OUT_NUMBER},
        {"expected", HG_OUT_NUMBER},
        {"share",    HG_OUT_NUMBER},
    };
    add_column(s, "row", HG_OUT_INTEGER);
    if (s->has_file) add_column(s, "file", HG_OUT_TEXT);
    if (s->has_time) add_column(s, "time", HG_OUT_TEXT);
    add_column(s, "score", HG_OUT_NUMBER);
    if (hg__signal_scorer_has_novelty(s->in.scorer)) add_column(s, "novelty", HG_OUT_NUMBER);
    if (hg__signal_alarms_has(&s->in.alarms)) {
        add_column(s, "p_value", HG_OUT_NUMBER);
        add_column(s, "alarm", HG_OUT_INTEGER);
        add_column(s, "event", HG_OUT_INTEGER);
    }
    for (int32_t r = 0; r < s->top; r++) {
        for (int32_t k = 0; k < PER_REASON; k++) {
            char *name = s->name[PER_REASON * r + k];
            snprintf(name, NAME, "%s_%d", reason[k].name, (int)r + 1);
            add_column(s, name, reason[k].kind);
        }
    }
}

// ---- a row --------------------------------------------------------------------------------------

static void explain(sheet *s, int32_t i, bool is_wanted, hg__cell *cell) {
    hg__signal_reason reason[HG_SIGNAL_REASONS];
    const hg__signal *d = hg__signal_scorer_signal(s->in.scorer);
    const int32_t n = is_wanted ? hg__signal_scorer_explain(s->in.scorer, i, s->top, reason) : 0;
    if (n == 0 && !s->has_reasons) return;
    s->has_reasons = n > 0;
    for (int32_t r = 0; r < s->top; r++, cell += PER_REASON) {
        for (int32_t k = 0; k < PER_REASON; k++) cell[k] = (hg__cell){0};
        if (r >= n) continue;
        put_text(&cell[0], d->name[reason[r].channel]);
        put_single(&cell[1], reason[r].observed);
        put_single(&cell[2], reason[r].expected);
        put_single(&cell[3], reason[r].share);
    }
}

static void put_time(hg__cell *to, const hg__scored_step *step, char when[HG_WHEN]) {
    *to = (hg__cell){0};
    if (step->when[0]) {
        put_text(to, step->when);
    } else if (!isnan(step->time)) {
        snprintf(when, HG_WHEN, "%.9f", step->time);
        put_text(to, when);
    }
}

// Rows that are no steps, late ones and such as come twice, up to that one: a number and nothing else.
static int write_passed_over(sheet *s, int32_t file, int64_t row, hg_error *err) {
    if (!s->has_rows) return HG_OK;
    if (file != s->file) s->row = 0;
    s->file = file;
    for (; s->row < row; s->row++) {
        memset(s->cell, 0, sizeof s->cell);
        s->has_reasons = false;
        put_number(&s->cell[0], (double)s->row);
        if (s->has_file) put_text(&s->cell[1], hg__signal_judging_path(&s->in, file));
        HG_TRY(hg__sheet_order_add(&s->order, &s->out, file, s->row, s->cell, err));
    }
    s->row++;
    return HG_OK;
}

static int write_step(sheet *s, const hg__judged_step *j, int32_t i, hg_error *err) {
    const hg__scored_step *step = j->step;
    char when[HG_WHEN];
    hg__cell *cell = s->cell;
    if (step->row < 0) return HG_OK; // nobody measured it
    HG_TRY(write_passed_over(s, step->file, step->row, err));
    put_number(cell++, (double)step->row);
    if (s->has_file) put_text(cell++, hg__signal_judging_path(&s->in, step->file));
    if (s->has_time) put_time(cell++, step, when);
    put_single(cell++, step->score);
    if (hg__signal_scorer_has_novelty(s->in.scorer)) put_single(cell++, step->novelty);
    if (hg__signal_alarms_has(&s->in.alarms)) {
        put_number(cell++, j->p);
        put_number(cell++, j->is_alarm);
        put_number(cell++, j->event ? (double)j->event : (double)NAN);
    }
    if (s->top) explain(s, i, j->is_alarm || s->all_reasons, cell);
    s->result->rows++;
    s->result->alarms += j->is_alarm;
    if (j->event > s->events) s->events = j->event;
    return hg__sheet_order_add(&s->order, &s->out, step->file, step->row, s->cell, err);
}

static int write_all(sheet *s, hg_error *err) {
    const hg__judged_step *step;
    int32_t count;
    int more;
    while ((more = hg__signal_judging_next(&s->in, &step, &count, err)) > 0) {
        for (int32_t i = 0; i < count; i++) {
            hg__signal_page_add(s->page, &step[i], i);
            HG_TRY(write_step(s, &step[i], i, err));
        }
    }
    HG_TRY(more);
    return write_passed_over(s, s->file, s->in.recording->rows, err);
}

static void tell(const sheet *s, const hg_listener *l) {
    char line[400], from[250];
    if (!hg__signal_alarms_has(&s->in.alarms)) return;
    hg__threshold_describe(&s->in.alarms.thresholds.group[0].at, "steps", from, sizeof from);
    snprintf(line, sizeof line, "%lld of %lld steps raised an alarm, in %lld event%s; %s",
             (long long)s->result->alarms, (long long)s->result->rows, (long long)s->events,
             s->events == 1 ? "" : "s", from);
    hg__tell(l, line);
    if (s->result->rows < MANY || 2 * s->result->alarms < s->result->rows) return;
    hg__tell(l, "most steps are in alarm: the recording is of something else than training's, in "
                "other units, or the plant runs otherwise for good");
}

// Options of other models' sheets.
static int check_options(const hg_options *o, hg_error *err) {
    static const struct {
        int option;
        const char *name;
    } others[] = {
        {HG_OPTION_keep,  "keep" },
        {HG_OPTION_fdr,   "fdr"  },
        {HG_OPTION_score, "score"},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (!o->set[others[i].option]) continue;
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected a model that it says something of, got one of a recording",
                        others[i].name);
    }
    return HG_OK;
}

static int predict(sheet *s, const hg_options *o, const hg_listener *l, hg_error *err) {
    const struct hg__values *v = &o->values;
    const hg__sheet_target to = {v->out, v->format, v->table, v->append};
    const hg__recording *r = s->in.recording;
    s->has_time = r->has_time || r->rate > 0;
    s->has_file = r->files > 1;
    s->has_rows = !r->over && !r->is_mixed && hg__signal_scorer_signal(s->in.scorer)->resample <= 0;
    if (v->top > HG_SIGNAL_REASONS) {
        return hg__fail(err, HG_ERR_USAGE, "top: expected at most %d channels, got %d",
                        HG_SIGNAL_REASONS, (int)v->top);
    }
    s->all_reasons = s->all_reasons || !hg__signal_alarms_has(&s->in.alarms);
    name_columns(s);
    HG_TRY(hg__signal_page_open(&s->page, &s->in, o, err));
    HG_TRY(hg__score_sheet_open(&s->out, &to, s->column, s->columns, err));
    s->order = (hg__sheet_order){.is_on = r->is_mixed, .most = (size_t)v->max_mem};
    HG_TRY(write_all(s, err));
    HG_TRY(hg__sheet_order_flush(&s->order, &s->out, err));
    if (s->result->rows == 0) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected at least 1 step, got none", v->data);
    }
    HG_TRY(hg__score_sheet_commit(&s->out, err));
    HG_TRY(hg__signal_page_save(s->page, NULL, err));
    s->result->has_thresholds = hg__signal_alarms_has(&s->in.alarms);
    if (l) tell(s, l);
    return HG_OK;
}

int hg__predict_signal(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *result,
                       hg_error *err) {
    sheet *s = hg__alloc(1, sizeof *s, err);
    if (!s) {
        hg_model_free(m);
        return HG_ERR_MEMORY;
    }
    s->result = result;
    s->top = (int32_t)o->values.top;
    s->all_reasons = strcmp(o->values.reasons, "all") == 0;
    int code = check_options(o, err);
    if (code < 0) hg_model_free(m);
    if (code == HG_OK) code = hg__signal_judging_open(&s->in, m, o, l, err);
    const bool is_by_file = strcmp(o->values.by, "file") == 0;
    if (code == HG_OK && is_by_file && *o->values.page) {
        code = hg__fail(err, HG_ERR_USAGE, "page: expected by=step, got by=file");
    }
    if (code == HG_OK && is_by_file) code = hg__predict_clips(&s->in, o, l, result, err);
    if (code == HG_OK && !is_by_file) code = predict(s, o, l, err);
    hg__signal_page_free(s->page);
    hg__score_sheet_abort(&s->out);
    hg__sheet_order_clear(&s->order);
    hg__signal_judging_close(&s->in);
    hg__free(s);
    return code;
}

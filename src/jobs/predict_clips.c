// SPDX-License-Identifier: Apache-2.0
// predict_clips.c - a row a file of a set of recordings: the mean over its steps, and whether clips that were held out had as much.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/show.h"
#include "detect/table_model.h"
#include "jobs/judge_signal.h"
#include "jobs/score_sheet.h"
#include "monitor/clips.h"

enum { COLUMNS = 5, WITHOUT = 3 };

typedef struct sheet {
    hg__signal_judging *in; // borrowed
    hg__score_sheet out;
    hg__clips clips;
    hg__clip_mean mean;
    double fpr;
    int32_t file; // whose steps come; -1: none yet
    hg_result *result;
} sheet;

static int write_clip(sheet *s, hg_error *err) {
    const char *path = hg__signal_judging_path(s->in, s->file);
    const double mean = hg__clip_mean_take(&s->mean);
    hg__cell cell[COLUMNS] = {
        {.kind = HG_CELL_NUMBER, .number = (double)s->result->rows},
        { .kind = HG_CELL_TEXT,          .text = path,     .size = (int32_t)strlen(path)},
    };
    s->result->rows++;
    if (!isnan(mean)) {
        cell[2] = (hg__cell){.kind = HG_CELL_NUMBER, .size = HG_CELL_SINGLE, .number = mean};
    }
    if (s->clips.count > 0 && !isnan(mean)) {
        // What was held out is kept in single precision.
        const hg__clip_verdict v = hg__clips_judge(&s->clips, (double)(float)mean, s->fpr);
        cell[3] = (hg__cell){.kind = HG_CELL_NUMBER, .number = v.p};
        cell[4] = (hg__cell){.kind = HG_CELL_NUMBER, .number = v.is_alarm};
        s->result->alarms += v.is_alarm;
    }
    return hg__score_sheet_add(&s->out, cell, err);
}

static int write_all(sheet *s, hg_error *err) {
    const hg__signal *d = hg__signal_scorer_signal(s->in->scorer);
    const hg__judged_step *step;
    int32_t count;
    int more;
    while ((more = hg__signal_judging_next(s->in, &step, &count, err)) > 0) {
        for (int32_t i = 0; i < count; i++) {
            const int32_t file = step[i].step->file;
            if (s->file >= 0 && file != s->file) HG_TRY(write_clip(s, err));
            s->file = file;
            hg__clip_mean_add(&s->mean, d, step[i].step);
        }
    }
    if (more == 0 && s->file >= 0) more = write_clip(s, err);
    return more;
}

static void tell(const sheet *s, const hg_listener *l) {
    char line[200];
    if (s->clips.count == 0) return;
    snprintf(line, sizeof line,
             "%lld of %lld files raised an alarm; %lld were held out in training",
             (long long)s->result->alarms, (long long)s->result->rows, (long long)s->clips.count);
    hg__tell(l, line);
}

static double fpr_of(const hg__signal_judging *j) {
    const double own = hg__json_number_value(
        hg__json_object_get(hg__json_object_get(hg__model_detector(j->model), "events"), "fpr"));
    return j->fpr > 0 ? j->fpr : own;
}

int hg__predict_clips(hg__signal_judging *j, const hg_options *o, const hg_listener *l,
                      hg_result *result, hg_error *err) {
    static const hg__out_column column[COLUMNS] = {
        {"row",     HG_OUT_INTEGER},
        {"file",    HG_OUT_TEXT   },
        {"score",   HG_OUT_NUMBER },
        {"p_value", HG_OUT_NUMBER },
        {"alarm",   HG_OUT_INTEGER},
    };
    const struct hg__values *v = &o->values;
    const hg__sheet_target to = {v->out, v->format, v->table, v->append};
    sheet s = {.in = j, .file = -1, .fpr = fpr_of(j), .result = result};
    HG_TRY(hg__clips_load(&s.clips, j->model, v->model, err));
    const int32_t columns = s.clips.count > 0 ? COLUMNS : WITHOUT;
    HG_TRY(hg__score_sheet_open(&s.out, &to, column, columns, err));
    int code = write_all(&s, err);
    if (code == HG_OK) code = hg__score_sheet_commit(&s.out, err);
    if (code < 0) hg__score_sheet_abort(&s.out);
    result->has_thresholds = s.clips.count > 0;
    if (l && code == HG_OK) tell(&s, l);
    return code;
}

// SPDX-License-Identifier: Apache-2.0
// part_score_sheet.c - a row a picture of parts: its score, whether it is an alarm, and where the highest region lies.
#include <math.h>
#include <string.h>

#include "jobs/predict_parts.h"
#include "jobs/score_sheet.h"

// ---- the sheet ----------------------------------------------------------------------------------

enum { COLUMNS = 11 };

static hg__cell number(double x) {
    return isnan(x) ? (hg__cell){0} : (hg__cell){.kind = HG_CELL_NUMBER, .number = x};
}

static hg__cell text(const char *t) {
    return (hg__cell){.kind = HG_CELL_TEXT, .text = t, .size = (int32_t)strlen(t)};
}

static int32_t name_columns(bool has_kinds, hg__out_column *column) {
    static const hg__out_column all[COLUMNS] = {
        {"file",    HG_OUT_TEXT   },
        {"score",   HG_OUT_NUMBER },
        {"p_value", HG_OUT_NUMBER },
        {"alarm",   HG_OUT_INTEGER},
        {"kind",    HG_OUT_TEXT   },
        {"regions", HG_OUT_INTEGER},
        {"peak",    HG_OUT_NUMBER },
        {"left",    HG_OUT_INTEGER},
        {"top",     HG_OUT_INTEGER},
        {"width",   HG_OUT_INTEGER},
        {"height",  HG_OUT_INTEGER}
    };
    int32_t columns = 0;
    for (int32_t i = 0; i < COLUMNS; i++) {
        if (strcmp(all[i].name, "kind") != 0 || has_kinds) column[columns++] = all[i];
    }
    return columns;
}

static int add_row(const hg__inspection *j, const hg__part *part, bool has_kinds,
                   const hg__part_row *row, hg__score_sheet *out, hg_error *err) {
    const double none = (double)NAN;
    const int32_t box[4] = {row->box.left, row->box.top, row->box.width, row->box.height};
    hg__cell cells[COLUMNS], *cell = cells;
    const bool is_alarm = hg__inspection_is_alarm(j, row->score, row->p_value);
    *cell++ = text(part->path);
    *cell++ = number(row->score);
    *cell++ = number(row->p_value);
    *cell++ = number(j->has_thresholds ? is_alarm : none);
    if (has_kinds) *cell++ = text(part->kind);
    *cell++ = number(row->regions);
    *cell++ = number((double)row->peak);
    for (int k = 0; k < 4; k++) *cell++ = number(row->box.width ? box[k] : none);
    return hg__score_sheet_add(out, cells, err);
}

int hg__part_rows_write(const hg__inspection *j, const hg__part_set *set, const hg__part_row *row,
                        int32_t rows, hg_error *err) {
    const struct hg__values *v = &j->o->values;
    hg__out_column column[COLUMNS];
    const hg__sheet_target to = {v->out, v->format, v->table, v->append};
    hg__score_sheet out = {0};
    bool has_kinds = false;
    for (int32_t i = 0; i < set->count; i++) has_kinds |= *set->part[i].kind != '\0';
    int code = hg__score_sheet_open(&out, &to, column, name_columns(has_kinds, column), err);
    for (int32_t i = 0; i < rows && code == HG_OK; i++) {
        code = add_row(j, &set->part[row[i].part], has_kinds, &row[i], &out, err);
    }
    if (code == HG_OK) code = hg__score_sheet_commit(&out, err);
    hg__score_sheet_abort(&out);
    return code;
}

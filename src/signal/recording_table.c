// SPDX-License-Identifier: Apache-2.0
// recording_table.c - tables as recordings: CSV, lines of JSON, databases, .mat, .npy and .npz; a row is a step.
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "schema/schema.h"
#include "signal/recording_columns.h"
#include "signal/recording_kind.h"

enum { MINUTE = 17 }; // bytes of "2024-01-31 14:30:"

typedef struct table_recording {
    hg__table *t;   // owned
    hg__cell *cell; // owned, (t->columns)
    hg__recording_columns c;
    bool stops, skips; // on_bad
    double shown;      // time of the row before, and what is added to times of day
    double day;
    char minute[MINUTE]; // of the time read last, as ISO 8601 has it, and what it is in seconds
    double minute_seconds;
    bool has_minute;
} table_recording;

static hg__recording_claim sniff_table(const char *path, const uint8_t *head, size_t size) {
    static const hg__table_type *const types[] = {
#define TABLE(name) &hg__table_##name,
#include "table/tables.def"
#undef TABLE
        NULL};
    for (const hg__table_type *const *t = types; *t; t++) {
        if ((*t)->sniff(path, head, size)) return HG_CLAIM_MAYBE;
    }
    return HG_CLAIM_NONE;
}

// ---- open ---------------------------------------------------------------------------------------

static int name_channels(hg__recording_file *f, const table_recording *s, hg_error *err) {
    HG_TRY(hg__recording_name_channels(f, s->c.channels, err));
    for (int32_t i = 0; i < f->channels; i++) {
        const char *name = f->o->channels ? f->o->channel[i] : s->t->name[s->c.from[i]];
        f->name[i] = hg__copy_text(name, err);
        if (!f->name[i]) return HG_ERR_MEMORY;
    }
    return HG_OK;
}

static int open_table(hg__recording_file *f, hg_error *err) {
    table_recording *s = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    f->state = s;
    s->stops = !*f->o->on_bad || strcmp(f->o->on_bad, "stop") == 0;
    s->skips = strcmp(f->o->on_bad, "skip") == 0;
    const hg__table_options options = {
        .query = f->o->query, .table = f->o->table, .header = f->o->header, .is_signal = true};
    s->t = hg__table_open(f->source, &options, err);
    if (!s->t) return err ? err->code : HG_ERR_DATA;
    f->path = s->t->path;
    f->format = s->t->type->name;
    f->named = s->t->named;
    f->steps = s->t->rows;
    s->cell = hg__alloc((size_t)s->t->columns, sizeof *s->cell, err);
    if (!s->cell) return HG_ERR_MEMORY;
    HG_TRY(hg__recording_columns_choose(&s->c, f, s->t, err));
    f->has_time = f->has_when = s->c.time >= 0;
    f->has_label = s->c.label >= 0;
    f->is_picked = true;
    f->rate = f->has_time ? 0 : s->t->rate;
    return name_channels(f, s, err);
}

static void close_table(hg__recording_file *f) {
    table_recording *s = f->state;
    if (!s) return;
    hg__table_close(s->t);
    hg__free(s->cell);
    hg__recording_columns_clear(&s->c);
    hg__free(s);
}

static int rewind_table(hg__recording_file *f, hg_error *err) {
    table_recording *s = f->state;
    s->day = s->shown = 0;
    f->bad = 0;
    return hg__table_rewind(s->t, err);
}

// ---- times --------------------------------------------------------------------------------------

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// The time of the minute before that only has other seconds: most rows' time. False: read it the long way.
static bool read_seconds(const table_recording *s, const hg__cell *cell, double *time) {
    const char *p = cell->text + MINUTE, *end = cell->text + cell->size;
    if (!s->has_minute || end - p < 2 || memcmp(cell->text, s->minute, MINUTE) != 0) return false;
    if (!is_digit(p[0]) || !is_digit(p[1]) || p[0] > '5') return false;
    double part = 0, unit = 1;
    const double second = (p[0] - '0') * 10 + (p[1] - '0');
    p += 2;
    if (p == end) {
        *time = s->minute_seconds + second;
        return true;
    }
    if (*p != '.' || end - p > 10 || ++p == end) return false; // a zone, or beyond nanoseconds
    for (; p < end; p++) {
        if (!is_digit(*p)) return false;
        part = part * 10 + (*p - '0');
        unit *= 10;
    }
    *time = s->minute_seconds + second + part / unit;
    return true;
}

static void keep_minute(table_recording *s, const hg__cell *cell) {
    static const char digits[] = "2000-01-01T00:00:00";
    char text[sizeof digits];
    s->has_minute = false;
    if (cell->size < MINUTE + 2 || cell->text[MINUTE - 1] != ':') return;
    memcpy(text, cell->text, MINUTE);
    memcpy(text + MINUTE, "00", 3);
    s->has_minute = hg__parse_time(text, MINUTE + 2, &s->minute_seconds);
    memcpy(s->minute, cell->text, MINUTE);
}

// A time of day goes on behind midnight.
static double add_day(table_recording *s, double time) {
    enum { DAY = 86400, HALF = DAY / 2 };
    if (s->c.format != HG_TIME_CLOCK) return time;
    time += s->day;
    if (time < s->shown - HALF) {
        s->day += DAY;
        time += DAY;
    }
    s->shown = time;
    return time;
}

// 1: *time is one, or NaN where the cell is missing; -1: the cell is no time.
static int read_time(table_recording *s, const hg__cell *cell, double *time) {
    *time = (double)NAN;
    if (cell->kind == HG_CELL_MISSING) return 1;
    const bool is_iso = s->c.format == HG_TIME_ISO && cell->kind == HG_CELL_TEXT;
    if (is_iso && read_seconds(s, cell, time)) return 1;
    if (s->c.format < 0) {
        if (cell->kind != HG_CELL_NUMBER) return -1;
        *time = cell->number * s->c.unit;
        return isfinite(*time) ? 1 : -1;
    }
    const int code = hg__time_read_as(s->c.format, cell, time);
    if (code < 0) *time = (double)NAN;
    if (code < 0) return -1;
    if (is_iso) keep_minute(s, cell);
    if (code == 1) *time = add_day(s, *time);
    return 1;
}

static void write_cell(const hg__cell *cell, char *text, size_t size) {
    *text = '\0';
    if (cell->kind != HG_CELL_MISSING) hg__cell_write(cell, text, size);
}

static int add_when(const table_recording *s, hg__raw *raw, hg_error *err) {
    const hg__cell *cell = &s->cell[s->c.time];
    char text[64], both[160];
    if (s->c.clock >= 0) {
        char clock[64];
        write_cell(cell, text, sizeof text);
        write_cell(&s->cell[s->c.clock], clock, sizeof clock);
        snprintf(both, sizeof both, "%s%s%s", text, *text && *clock ? " " : "", clock);
        return hg__raw_add_when(raw, both, strlen(both), err);
    }
    if (cell->kind == HG_CELL_MISSING) return hg__raw_add_when(raw, "", 0, err);
    if (cell->text) return hg__raw_add_when(raw, cell->text, (size_t)cell->size, err);
    write_cell(cell, text, sizeof text);
    return hg__raw_add_when(raw, text, strlen(text), err);
}

// The column that is no time; -1: *time is one, or NaN where a cell is missing.
static int32_t read_both(table_recording *s, double *time) {
    double clock;
    if (read_time(s, &s->cell[s->c.time], time) < 0) return s->c.time;
    if (s->c.clock < 0) return -1;
    const int code = hg__time_read_as(HG_TIME_CLOCK, &s->cell[s->c.clock], &clock);
    *time = code == 1 ? *time + clock : (double)NAN;
    return code < 0 ? s->c.clock : -1;
}

// ---- rows ---------------------------------------------------------------------------------------

static int refuse_cell(const table_recording *s, int32_t column, const char *expected,
                       hg_error *err) {
    char where[1100], text[48];
    hg__table_where(s->t, where, sizeof where);
    hg__cell_write(&s->cell[column], text, sizeof text);
    return hg__fail(
        err, HG_ERR_DATA,
        "%s: column '%.60s': expected %s, got '%s'; on_bad=score_missing takes it as missing",
        where, s->t->name[column], expected, text);
}

// False where the cell is no number that a float holds.
static bool read_number(const hg__cell *cell, bool is_switch, float *x) {
    *x = NAN;
    if (cell->kind == HG_CELL_MISSING) return true;
    if (cell->kind == HG_CELL_NUMBER) {
        if (!(fabs(cell->number) <= (double)FLT_MAX)) return false;
        *x = (float)cell->number;
        return true;
    }
    const int on = is_switch ? hg__switch_read(cell) : -1;
    if (on >= 0) *x = (float)on;
    return on >= 0;
}

static void set_missing(hg__recording_file *f, hg__raw *raw) {
    float *value = raw->value + (size_t)raw->count * (size_t)f->channels;
    for (int32_t i = 0; i < f->channels; i++) value[i] = NAN;
}

static int fill_values(hg__recording_file *f, const table_recording *s, hg__raw *raw, bool *bad,
                       hg_error *err) {
    float *value = raw->value + (size_t)raw->count * (size_t)f->channels;
    for (int32_t i = 0; i < f->channels; i++) {
        const hg__cell *cell = &s->cell[s->c.from[i]];
        if (read_number(cell, s->c.is_switch[i], &value[i])) continue;
        *bad = true;
        if (s->stops) return refuse_cell(s, s->c.from[i], "a number", err);
    }
    return HG_OK;
}

static int fill(hg__recording_file *f, table_recording *s, hg__raw *raw, hg_error *err) {
    bool bad = false;
    HG_TRY(fill_values(f, s, raw, &bad, err));
    if (f->has_time) {
        HG_TRY(add_when(s, raw, err));
        const int32_t wrong = read_both(s, &raw->time[raw->count]);
        bad = bad || wrong >= 0;
        if (wrong >= 0 && s->stops) return refuse_cell(s, wrong, "a time", err);
    }
    if (s->c.label >= 0) {
        raw->label[raw->count] = !hg__label_is_normal(&s->cell[s->c.label], f->o->normal);
    }
    if (bad && s->skips) set_missing(f, raw);
    f->bad += bad;
    return HG_OK;
}

// A row of which nothing can be read is a step without values.
static int fill_bad(hg__recording_file *f, hg__raw *raw, hg_error *err) {
    set_missing(f, raw);
    raw->time[raw->count] = (double)NAN;
    f->bad++;
    return f->has_when ? hg__raw_add_when(raw, "", 0, err) : HG_OK;
}

static int next_table(hg__recording_file *f, hg__raw *raw, hg_error *err) {
    table_recording *s = f->state;
    while (raw->count < raw->room) {
        const int more = hg__table_next(s->t, s->cell, err);
        if (more == 0) break;
        const bool is_bad = more == HG_ERR_DATA && !s->stops;
        if (more < 0 && !is_bad) return more;
        HG_TRY(is_bad ? fill_bad(f, raw, err) : fill(f, s, raw, err));
        raw->count++;
    }
    return raw->count > 0;
}

const hg__recording_kind hg__recording_table = {"table",    sniff_table,  open_table,
                                                next_table, rewind_table, close_table};

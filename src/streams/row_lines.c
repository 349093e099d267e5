// SPDX-License-Identifier: Apache-2.0
// row_lines.c - lines one at a time, rows in a block, and the steps that they are.
#include "streams/row_lines.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "streams/row_lines_internal.h"

#define NOT_KNOWN ((double)NAN)

// ---- making -------------------------------------------------------------------------------------

static int copy_names(hg__row_lines *r, const hg__row_lines_options *o, hg_error *err) {
    const bool has_time = o->time && *o->time && strcmp(o->time, "none") != 0;
    r->channels = o->channels;
    r->name = hg__alloc((size_t)o->channels + 1, sizeof *r->name, err);
    r->place = hg__copy_text(o->place ? o->place : "lines", err);
    r->time = hg__copy_text(has_time ? o->time : "", err);
    if (!r->name || !r->place || !r->time) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < o->channels; i++) {
        r->name[i] = hg__copy_text(o->name[i], err);
        if (!r->name[i]) return HG_ERR_MEMORY;
    }
    r->name[o->channels] = has_time ? r->time : NULL;
    r->names = hg__names_new(r->name, o->channels + has_time, err);
    return r->names ? HG_OK : HG_ERR_MEMORY;
}

static int make_block(hg__row_lines *r, const hg__row_lines_options *o, hg_error *err) {
    const size_t width = (size_t)o->channels;
    const int32_t room = hg__min(HG_STEPS, HG_BLOCK_CELLS / o->channels);
    const int32_t bridge = o->bridge == 0 ? HG_BRIDGE : o->bridge < 0 ? 0 : o->bridge;
    const hg__recording_options timeline = {
        .step = o->step, .bridge = bridge, .resample = o->resample};
    r->raw.room = room;
    r->raw.value = hg__alloc((size_t)room * width, sizeof *r->raw.value, err);
    r->raw.time = hg__alloc((size_t)room, sizeof *r->raw.time, err);
    r->raw.label = hg__alloc((size_t)room, 1, err);
    r->raw.begins = hg__alloc((size_t)room, 1, err);
    r->raw.at = hg__alloc((size_t)room, sizeof *r->raw.at, err);
    r->row = hg__alloc((size_t)room, sizeof *r->row, err);
    const hg__raw *raw = &r->raw;
    if (!raw->value || !raw->time || !raw->label || !raw->begins || !raw->at || !r->row) {
        return HG_ERR_MEMORY;
    }
    HG_TRY(hg__timeline_init(&r->timeline, &timeline, o->channels, room, err));
    r->timeline.step = o->step;
    r->timeline.is_coarse = o->is_coarse;
    r->timeline.is_irregular = o->is_irregular;
    hg__timeline_begin(&r->timeline);
    return HG_OK;
}

static int set_up(hg__row_lines *r, const hg__row_lines_options *o, hg_error *err) {
    const char *on_bad = o->on_bad ? o->on_bad : "";
    r->is_skipping = strcmp(on_bad, "skip") == 0;
    r->is_lenient = strcmp(on_bad, "score_missing") == 0;
    r->has_no_time = o->time && strcmp(o->time, "none") == 0;
    r->clock = (hg__row_time){.format = o->format, .unit = o->unit > 0 ? o->unit : 1};
    r->step = o->step;
    HG_TRY(copy_names(r, o, err));
    return make_block(r, o, err);
}

hg__row_lines *hg__row_lines_new(const hg__row_lines_options *o, hg_error *err) {
    assert(o->channels > 0 && o->channels <= HG_CHANNELS);
    hg__row_lines *r = hg__alloc(1, sizeof *r, err);
    if (!r) return NULL;
    if (set_up(r, o, err) == HG_OK) return r;
    hg__row_lines_free(r);
    return NULL;
}

void hg__row_lines_free(hg__row_lines *r) {
    if (!r) return;
    hg__names_free(r->names);
    for (int32_t i = 0; r->name && i < r->channels; i++) hg__free(r->name[i]);
    hg__free(r->name);
    hg__free(r->place);
    hg__free(r->time);
    hg__free(r->what);
    hg__free(r->raw.value);
    hg__free(r->raw.time);
    hg__free(r->raw.label);
    hg__free(r->raw.begins);
    hg__free(r->raw.at);
    hg__free(r->raw.text);
    hg__free(r->row);
    hg__timeline_clear(&r->timeline);
    hg__free(r);
}

// ---- what is wrong ------------------------------------------------------------------------------

int hg__row_lines_fail(const hg__row_lines *r, hg_error *err, const char *format, ...) {
    char what[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return hg__fail(err, HG_ERR_DATA, "%.300s: line %lld: %s", r->place, (long long)r->counts.lines,
                    what);
}

int hg__row_lines_bad_cell(hg__row_lines *r, int32_t column, const char *text, size_t size,
                           hg_error *err) {
    char shown[48];
    r->counts.bad_cells++;
    if (r->is_lenient) return HG_OK;
    const hg__csv_cell cell = {text, size, false};
    hg__csv_show_cell(&cell, shown);
    return hg__row_lines_fail(r, err, "column '%.100s': expected a %s, got '%s'",
                              column >= 0 ? r->name[column]
                              : *r->time  ? r->time
                                          : "time",
                              column >= 0 ? "number" : "time", shown);
}

int hg__row_lines_read_time(hg__row_lines *r, const char *text, size_t size, hg__row *row,
                            hg_error *err) {
    while (size && (*text == ' ' || *text == '\t')) text++, size--;
    while (size && (text[size - 1] == ' ' || text[size - 1] == '\t')) size--;
    row->when = text;
    row->when_size = size;
    if (hg__row_time_read(&r->clock, text, size, &row->time)) return HG_OK;
    HG_TRY(hg__row_lines_bad_cell(r, -1, text, size, err));
    row->when_size = 0;
    return HG_OK;
}

// ---- one line -----------------------------------------------------------------------------------

static int keep(hg__row_lines *r, const hg__row *row, int64_t number, hg_error *err) {
    hg__raw *raw = &r->raw;
    const int32_t at = raw->count;
    const bool has_when = row->when && row->when_size <= HG_TIME_LONGEST;
    HG_TRY(hg__raw_add_when(raw, has_when ? row->when : "", has_when ? row->when_size : 0, err));
    raw->time[at] = row->time;
    raw->begins[at] = r->breaks;
    r->row[at] = number;
    raw->count++;
    r->counts.rows++;
    r->breaks = false;
    return 1;
}

static bool is_blank(const char *text, size_t size) {
    size_t i = 0;
    while (i < size && text[i] && strchr(" \t\r\n", text[i])) i++;
    return i == size;
}

static int read_line(hg__row_lines *r, char *text, size_t size, hg__row *row, hg_error *err) {
    size_t blanks = 0;
    while (blanks < size && (text[blanks] == ' ' || text[blanks] == '\t')) blanks++;
    return text[blanks] == '{' ? hg__row_lines_read_json(r, text, size, row, err)
                               : hg__row_lines_read_csv(r, text, size, row, err);
}

int hg__row_lines_add(hg__row_lines *r, char *text, size_t size, hg_error *err) {
    static const char mark[] = "\xef\xbb\xbf"; // of byte order
    assert(!hg__row_lines_is_full(r) && r->timeline.at == 0);
    if (r->counts.lines == 0 && size >= 3 && memcmp(text, mark, 3) == 0) text += 3, size -= 3;
    if (is_blank(text, size)) return 0;
    r->counts.lines++;
    hg__row row = {.value = r->raw.value + (size_t)r->raw.count * (size_t)r->channels,
                   .time = NOT_KNOWN};
    const int code = read_line(r, text, size, &row, err);
    if (code == 0 || (code < 0 && code != HG_ERR_DATA)) return code;
    const int64_t number = r->number++;
    if (code == 1 && r->timeline.resample > 0 && !r->is_timed) {
        return hg__fail(err, HG_ERR_USAGE, "%s: resample=: expected rows with times, got none",
                        r->place);
    }
    if (code == 1) return keep(r, &row, number, err);
    r->counts.bad++;
    return r->is_skipping ? 0 : code;
}

bool hg__row_lines_is_full(const hg__row_lines *r) {
    return r->raw.count == r->raw.room;
}

void hg__row_lines_break(hg__row_lines *r) {
    r->breaks = true;
}

// ---- steps --------------------------------------------------------------------------------------

void hg__row_lines_end(hg__row_lines *r) {
    r->is_over = true;
}

int hg__row_lines_take(hg__row_lines *r, hg__steps *to) {
    hg__timeline *t = &r->timeline;
    t->is_timed = r->is_timed;
    r->file.has_time = r->file.has_when = r->is_timed;
    hg__timeline_run(t, &r->file, &r->raw, r->is_over, to);
    for (int32_t i = 0; t->resample <= 0 && i < to->count; i++) {
        if (t->row[i] < 0) continue;
        t->row[i] = r->row[t->row[i]];
        if (!r->is_timed) t->time[i] = (double)t->row[i] * r->step;
    }
    if (to->count > 0) return 1;
    r->raw.count = t->at = 0;
    r->raw.used = 0;
    return 0;
}

hg__row_lines_counts hg__row_lines_count(const hg__row_lines *r) {
    hg__row_lines_counts c = r->counts;
    c.gaps = r->timeline.counts.gaps;
    c.bridged = r->timeline.counts.bridged;
    c.restarts = r->timeline.counts.restarts;
    c.late = r->timeline.counts.late;
    c.duplicates = r->timeline.counts.duplicates;
    c.rows -= c.late + c.duplicates;
    return c;
}

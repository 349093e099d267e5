// SPDX-License-Identifier: Apache-2.0
// schema_read.c - a whole table as rows of floats, with labels and groups beside them.
#include <stdio.h>

#include "array/sink.h"
#include "base/mem.h"
#include "base/text.h"
#include "schema/schema.h"
#include "schema/schema_internal.h"

enum { MAX_GROUPS = 65536, SHOWN_LABELS = 12 };

typedef struct reading {
    const hg__schema *schema;    // borrowed
    hg__table *table;            // borrowed
    const hg__encode_options *o; // borrowed
    bool stop, lenient;
    hg__cell *cell;       // owned, (columns of the table)
    int32_t *from;        // owned, (columns of the schema)
    int32_t label, group; // columns of the table; -1: none
    hg__side_columns *side;
    size_t room; // rows that the side columns have room for
    int64_t skipped;
    hg_error first;                 // why the first row was skipped
    hg__tally labels;               // their values, the first few
    int64_t normal, strange_labels; // rows; strange: no word for an anomaly either
    hg__tally groups;               // entry i is group i
    hg__sink sink;
} reading;

// ---- beside the features ------------------------------------------------------------------------

void hg__side_columns_clear(hg__side_columns *s) {
    for (int32_t i = 0; i < s->groups; i++) hg__free(s->group_name[i]);
    hg__free(s->group_name);
    hg__free(s->label);
    hg__free(s->group);
    hg__free(s->number);
    *s = (hg__side_columns){0};
}

static int grow(void *list, size_t count, size_t size, hg_error *err) {
    void *block;
    memcpy(&block, list, sizeof block);
    block = hg__grow(block, count, size, err);
    if (!block) return HG_ERR_MEMORY;
    memcpy(list, &block, sizeof block);
    return HG_OK;
}

// Room for one more row in every side column there is.
static int make_room(reading *r, hg_error *err) {
    if (r->sink.rows < r->room) return HG_OK;
    const size_t room = r->room ? 2 * r->room : 1024;
    if (r->label >= 0) HG_TRY(grow(&r->side->label, room, sizeof *r->side->label, err));
    if (r->group >= 0) HG_TRY(grow(&r->side->group, room, sizeof *r->side->group, err));
    if (r->skipped) HG_TRY(grow(&r->side->number, room, sizeof *r->side->number, err));
    r->room = room;
    return HG_OK;
}

// From the first row that is passed over on, rows have numbers of their own.
static int start_numbers(reading *r, hg_error *err) {
    if (r->side->number) return HG_OK;
    HG_TRY(grow(&r->side->number, r->room ? r->room : 1, sizeof *r->side->number, err));
    for (uint64_t i = 0; i < r->sink.rows; i++) r->side->number[i] = (int64_t)i;
    return HG_OK;
}

static int read_label(reading *r, const hg__cell *cell, uint8_t *label, hg_error *err) {
    if (cell->kind == HG_CELL_MISSING) {
        char where[1100];
        hg__table_where(r->table, where, sizeof where);
        return hg__fail(err, HG_ERR_DATA, "%.200s: column '%.60s': expected a label, got nothing",
                        where, r->table->name[r->label]);
    }
    HG_TRY(hg__tally_add(&r->labels, cell, err));
    *label = !hg__label_is_normal(cell, r->o->normal);
    r->normal += !*label;
    r->strange_labels += *label && !hg__label_is_anomaly(cell);
    return HG_OK;
}

size_t hg__group_text(const hg__cell *cell, char buffer[32], const char **text) {
    static const hg__cell none = {HG_CELL_TEXT, 9, 0, "(missing)"};
    return hg__level_text(cell->kind == HG_CELL_MISSING ? &none : cell, buffer, text);
}

// The group's number: the order in which they come.
static int read_group(reading *r, const hg__cell *cell, int32_t *group, hg_error *err) {
    char buffer[32], where[1100];
    const char *text;
    hg__cell key = {.kind = HG_CELL_TEXT};
    key.size = (int32_t)hg__group_text(cell, buffer, &text);
    key.text = text;
    HG_TRY(hg__tally_add(&r->groups, &key, err));
    *group = hg__tally_find_text(&r->groups, text, (size_t)key.size);
    if (*group >= 0) return HG_OK;
    hg__table_where(r->table, where, sizeof where);
    return hg__fail(
        err, HG_ERR_USAGE,
        "%.200s: groupby=%.60s: expected at most %d groups of at most %d bytes, got more", where,
        r->o->group, MAX_GROUPS, HG_MAX_LEVEL_BYTES);
}

static int name_groups(reading *r, hg_error *err) {
    char text[HG_MAX_LEVEL_BYTES + 1];
    r->side->group_name = hg__alloc((size_t)r->groups.entries, sizeof(char *), err);
    if (!r->side->group_name) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < r->groups.entries; i++) {
        hg__tally_text(&r->groups, i, text);
        if (!(r->side->group_name[i] = hg__copy_text(text, err))) return HG_ERR_MEMORY;
        r->side->groups++;
    }
    return HG_OK;
}

// Values that nobody could know for normal: they are listed.
static int check_labels(reading *r, hg_error *err) {
    const bool said = r->o->normal && *r->o->normal;
    if (r->normal > 0 || (!said && r->strange_labels == 0)) return HG_OK;
    hg__text list = {0};
    hg__tally_sort(&r->labels);
    for (int32_t i = 0; i < r->labels.entries; i++) {
        char text[HG_MAX_LEVEL_BYTES + 1];
        hg__tally_text(&r->labels, i, text);
        hg__text_add(&list, "%s%.24s", i ? ", " : "", text);
    }
    if (r->labels.rest > 0) hg__text_add(&list, " ...");
    hg__fail(err, HG_ERR_USAGE, "%.150s: label=%.60s: %s, got %.220s%s", r->table->path,
             r->o->label,
             said ? "expected values that are normal=, at least one"
                  : "expected 0 and 1 or names such as normal",
             list.failed ? "others" : list.data, said ? "" : "; normal= says which are normal");
    hg__text_clear(&list);
    return HG_ERR_USAGE;
}

// ---- rows ---------------------------------------------------------------------------------------

static int take_row(reading *r, int64_t number, hg__encoding_notes *notes, hg_error *err) {
    void *to;
    size_t rows;
    HG_TRY(make_room(r, err));
    HG_TRY(hg__sink_reserve(&r->sink, &to, &rows, err));
    const size_t at = r->sink.rows;
    hg__encoding_notes now = *notes;
    HG_TRY(hg__schema_encode(r->schema, r->table, r->from, r->cell, r->lenient, to, &now, err));
    if (r->label >= 0) HG_TRY(read_label(r, &r->cell[r->label], &r->side->label[at], err));
    if (r->group >= 0) HG_TRY(read_group(r, &r->cell[r->group], &r->side->group[at], err));
    if (r->side->number) r->side->number[at] = number;
    hg__sink_commit(&r->sink, 1);
    *notes = now;
    return HG_OK;
}

static int read_rows(reading *r, hg__encoding_notes *notes, hg_error *err) {
    for (int64_t row = 0;; row++) {
        hg_error why = {0};
        int code = hg__table_next(r->table, r->cell, &why);
        if (code == 0) return HG_OK;
        if (code > 0) code = take_row(r, row, notes, &why);
        if (code >= 0) continue;
        if (code != HG_ERR_DATA || r->stop) {
            if (err) *err = why;
            return code;
        }
        if (r->skipped++ == 0) r->first = why;
        HG_TRY(start_numbers(r, err));
    }
}

static int no_rows(const reading *r, hg_error *err) {
    if (r->skipped == 0) {
        return hg__fail(err, HG_ERR_DATA, "%.200s: expected rows, got none", r->table->path);
    }
    return hg__fail(err, HG_ERR_DATA, "%.200s: none of %lld rows can be used; the first: %.250s",
                    r->table->path, (long long)r->skipped, r->first.message);
}

// ---- names of the floats ------------------------------------------------------------------------

// "bytes", "proto=tcp", "proto=(other)", "when: weekday sine", "bytes=(missing)".
static char *name_float(const hg__column *c, int32_t i, hg_error *err) {
    static const char *const waves[] = {"weekday sine", "weekday cosine", "hour sine",
                                        "hour cosine"};
    hg__text t = {0};
    hg__text_add(&t, "%s", c->name);
    if (c->may_miss && i == c->width - 1) {
        hg__text_add(&t, "=(missing)");
    } else if (c->kind == HG_COLUMN_CATEGORY) {
        hg__text_add(&t, "=%s", i < c->levels ? c->level[i] : "(other)");
    } else if (c->kind == HG_COLUMN_TIME) {
        hg__text_add(&t, ": %s", waves[((c->week ? 0 : 2) + i) & 3]);
    }
    return hg__text_take(&t, err);
}

static int name_floats(const hg__schema *s, hg__data *d, hg_error *err) {
    d->column = hg__alloc((size_t)s->width, sizeof *d->column, err);
    if (!d->column) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < s->columns; i++) {
        const hg__column *c = &s->column[i];
        for (int32_t k = 0; k < c->width; k++) {
            if (!(d->column[c->first + k] = name_float(c, k, err))) return HG_ERR_MEMORY;
        }
    }
    return HG_OK;
}

// ---- all of it ----------------------------------------------------------------------------------

static int start(reading *r, hg_error *err) {
    const hg__encode_options *o = r->o;
    const hg__table *t = r->table;
    r->stop = !o->on_bad || !*o->on_bad || strcmp(o->on_bad, "stop") == 0;
    r->lenient = o->on_bad && strcmp(o->on_bad, "score_missing") == 0;
    r->cell = hg__alloc((size_t)t->columns, sizeof *r->cell, err);
    r->from = hg__alloc((size_t)r->schema->columns, sizeof *r->from, err);
    if (!r->cell || !r->from) return HG_ERR_MEMORY;
    HG_TRY(hg__schema_match(r->schema, t, r->from, err));
    r->label = r->group = -1;
    if (o->label && *o->label) {
        r->label = hg__table_column(t, "label", o->label, err);
        if (r->label < 0) return r->label;
    }
    if (o->group && *o->group) {
        r->group = hg__table_column(t, "groupby", o->group, err);
        if (r->group < 0) return r->group;
    }
    r->labels.limit = SHOWN_LABELS;
    r->groups.limit = MAX_GROUPS;
    r->labels.room = r->groups.room = (size_t)MAX_GROUPS * HG_MAX_LEVEL_BYTES;
    return hg__sink_init(&r->sink, (size_t)r->schema->width * sizeof(float), o->memory, err);
}

static int read_all(reading *r, hg__data *d, hg__encoding_notes *notes, hg_error *err) {
    HG_TRY(start(r, err));
    HG_TRY(read_rows(r, notes, err));
    if (r->sink.rows == 0) return no_rows(r, err);
    if (r->label >= 0) HG_TRY(check_labels(r, err));
    if (r->group >= 0) HG_TRY(name_groups(r, err));
    HG_TRY(hg__sink_finish(&r->sink, d, err));
    HG_TRY(name_floats(r->schema, d, err));
    d->skipped = r->skipped;
    return hg__data_scan(d, false, r->o->memory, err);
}

hg__data *hg__schema_read(const hg__schema *s, hg__table *t, const hg__encode_options *o,
                          hg__side_columns *side, hg__encoding_notes *notes, hg_error *err) {
    hg__encoding_notes none = {0};
    *side = (hg__side_columns){0};
    hg__data *d = hg__alloc(1, sizeof *d, err);
    if (!d) return NULL;
    *d = (hg__data){.format = "table", .fd = -1, .dtype = HG_F32, .scale = 1, .width = s->width};
    d->shape = (hg__shape){.rank = 1, .dim = {s->width}};
    snprintf(d->path, sizeof d->path, "%s", t->path);
    reading r = {.schema = s, .table = t, .o = o, .side = side, .sink = {.fd = -1}};
    const int code = read_all(&r, d, notes ? notes : &none, err);
    hg__sink_clear(&r.sink);
    hg__tally_clear(&r.labels);
    hg__tally_clear(&r.groups);
    hg__free(r.cell);
    hg__free(r.from);
    if (code == HG_OK) return d;
    hg__side_columns_clear(side);
    hg__data_close(d);
    return NULL;
}

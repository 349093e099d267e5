// SPDX-License-Identifier: Apache-2.0
// table_arrow.c - hg_table: Arrow's stream taken over and kept as it is; a reader of its rows, as of any other table.
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/text.h"
#include "table/arrow.h"

// ---- the stream ---------------------------------------------------------------------------------

// What calls the producer: the host's locale and floating point are its own meanwhile.
typedef struct producer {
    struct ArrowArrayStream stream; // owned
    hg__entry *entry;
} producer;

static void release_stream(producer *p) {
    if (!p->stream.release) return;
    hg__entry_end(p->entry);
    p->stream.release(&p->stream);
    hg__entry_begin(p->entry);
    p->stream.release = NULL;
}

static int fail_stream(producer *p, const char *what, int code, hg_error *err) {
    const char *why = p->stream.get_last_error ? p->stream.get_last_error(&p->stream) : NULL;
    if (why && *why) {
        return hg__fail(err, HG_ERR_IO, "table: %s: the stream says: %.300s", what, why);
    }
    return hg__fail(err, HG_ERR_IO, "table: %s: the stream failed with code %d", what, code);
}

static int get_schema(producer *p, struct ArrowSchema *s, hg_error *err) {
    hg__entry_end(p->entry);
    const int code = p->stream.get_schema(&p->stream, s);
    hg__entry_begin(p->entry);
    if (code == 0 && s->release) return HG_OK;
    s->release = NULL;
    return fail_stream(p, "its columns cannot be had", code, err);
}

// *a has no release where there is no more.
static int get_next(producer *p, struct ArrowArray *a, hg_error *err) {
    *a = (struct ArrowArray){0};
    hg__entry_end(p->entry);
    const int code = p->stream.get_next(&p->stream, a);
    hg__entry_begin(p->entry);
    if (code == 0) return HG_OK;
    a->release = NULL;
    return fail_stream(p, "rows cannot be had", code, err);
}

static void release_array(struct ArrowArray *a, hg__entry *entry) {
    if (!a->release) return;
    hg__entry_end(entry);
    a->release(a);
    hg__entry_begin(entry);
    a->release = NULL;
}

// ---- columns ------------------------------------------------------------------------------------

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Without blanks around it, as the first row of a CSV file has it.
static char *copy_name(const char *name, hg_error *err) {
    const char *from = name ? name : "";
    while (is_blank(*from)) from++;
    size_t size = strlen(from);
    while (size > 0 && is_blank(from[size - 1])) size--;
    hg__text copy = {0};
    hg__text_add(&copy, "%.*s", (int)size, from);
    return hg__text_take(&copy, err);
}

static int take_columns(hg_table *t, const struct ArrowSchema *s, hg_error *err) {
    const bool is_struct = s->format && strcmp(s->format, "+s") == 0;
    if (!is_struct || s->n_children < 1 || s->n_children > HG_MAX_COLUMNS || !s->children) {
        return hg__fail(
            err, HG_ERR_DATA,
            "table: expected batches of 1 to %d columns, got %lld of Arrow's format '%.40s'",
            HG_MAX_COLUMNS, (long long)s->n_children, s->format ? s->format : "");
    }
    const size_t count = (size_t)s->n_children;
    t->names.name = hg__alloc(count, sizeof *t->names.name, err);
    if (!t->names.name) return HG_ERR_MEMORY;
    t->column = hg__alloc(count, sizeof *t->column, err);
    if (!t->column) return HG_ERR_MEMORY;
    for (; t->names.columns < s->n_children; t->names.columns++) {
        const struct ArrowSchema *child = s->children[t->names.columns];
        const char *name = child && child->name ? child->name : "";
        if (!child || !hg__is_utf8(name, strlen(name))) {
            return hg__fail(err, HG_ERR_DATA, "table: column %d: expected a name in UTF-8",
                            t->names.columns + 1);
        }
        HG_TRY(hg__arrow_column_init(&t->column[t->names.columns], child, name, err));
        t->names.name[t->names.columns] = copy_name(name, err);
        if (!t->names.name[t->names.columns]) return HG_ERR_MEMORY;
    }
    return hg__table_settle_names(&t->names, err);
}

// ---- batches ------------------------------------------------------------------------------------

static int keep(hg_table *t, const struct ArrowArray *a, hg_error *err) {
    if (t->batches == t->room) {
        const int64_t room = t->room ? 2 * t->room : 8;
        hg__arrow_batch *grown = hg__grow(t->batch, (size_t)room, sizeof *grown, err);
        if (!grown) return HG_ERR_MEMORY;
        t->batch = grown;
        t->room = room;
    }
    t->batch[t->batches++] = (hg__arrow_batch){*a, t->rows};
    t->rows += a->length;
    return HG_OK;
}

// The next batch, which is the table's if it is sound and has rows: 1, 0 where there is none.
static int take_batch(hg_table *t, const struct ArrowSchema *s, producer *p, hg_error *err) {
    struct ArrowArray a;
    HG_TRY(get_next(p, &a, err));
    if (!a.release) return 0;
    int code = hg__arrow_check(t, s, &a, err);
    const bool is_kept = code == HG_OK && a.length > 0;
    if (is_kept) code = keep(t, &a, err);
    if (!is_kept || code < 0) release_array(&a, p->entry);
    return code < 0 ? code : 1;
}

// Whether all times of a column are midnight: pandas then writes days.
static bool has_days(const hg_table *t, int32_t column) {
    const hg__arrow_type *type = &t->column[column].value;
    const int64_t day = 86400 * type->per_second;
    for (int64_t k = 0; k < t->batches; k++) {
        const struct ArrowArray *all = &t->batch[k].array, *a = all->children[column];
        const int64_t from = all->offset + a->offset;
        for (int64_t i = from; i < from + all->length; i++) {
            if (!hg__arrow_is_valid(a, i)) continue;
            if (hg__arrow_integer(type, a->buffers[1], i) % day != 0) return false;
        }
    }
    return true;
}

static int take(hg_table *t, producer *p, struct ArrowSchema *s, hg_error *err) {
    HG_TRY(get_schema(p, s, err));
    HG_TRY(take_columns(t, s, err));
    int more;
    while ((more = take_batch(t, s, p, err)) > 0) {
    }
    HG_TRY(more);
    for (int32_t i = 0; i < t->names.columns; i++) {
        hg__arrow_type *type = &t->column[i].value;
        const bool is_plain =
            type->kind == HG_ARROW_TIME && !type->zoned && !t->column[i].index.width;
        type->whole_days = is_plain && has_days(t, i);
    }
    return HG_OK;
}

static void free_table(hg_table *t, hg__entry *entry) {
    for (int64_t i = 0; i < t->batches; i++) release_array(&t->batch[i].array, entry);
    for (int32_t i = 0; i < t->names.columns; i++) hg__free(t->names.name[i]);
    hg__free(t->names.name);
    hg__free(t->column);
    hg__free(t->batch);
    hg__free(t);
}

hg_table *hg_table_new(struct ArrowArrayStream *stream, hg_error *err) {
    HG_ENTRY;
    if (!stream || !stream->release) {
        hg__fail(err, HG_ERR_USAGE, "table: expected a stream, got one that was taken or released");
        return NULL;
    }
    producer p = {*stream, &hg__here};
    stream->release = NULL;
    struct ArrowSchema schema = {0};
    hg_table *t = hg__alloc(1, sizeof *t, err);
    const int code = t ? take(t, &p, &schema, err) : HG_ERR_MEMORY;
    if (schema.release) {
        hg__entry_end(&hg__here);
        schema.release(&schema);
        hg__entry_begin(&hg__here);
    }
    release_stream(&p);
    if (code == HG_OK) return t;
    if (t) free_table(t, &hg__here);
    return NULL;
}

void hg_table_free(hg_table *t) {
    HG_ENTRY;
    if (t) free_table(t, &hg__here);
}

int64_t hg_table_rows(const hg_table *t) {
    return t->rows;
}

int32_t hg_table_columns(const hg_table *t) {
    return t->names.columns;
}

const char *hg_table_column_at(const hg_table *t, int32_t i) {
    return i >= 0 && i < t->names.columns ? t->names.name[i] : NULL;
}

// ---- a reader -----------------------------------------------------------------------------------

typedef struct reader {
    const hg_table *of;          // borrowed
    const hg__arrow_batch *at;   // of the next row
    int64_t row;                 // the next
    char (*text)[HG_ARROW_CELL]; // owned, (columns)
} reader;

const hg__arrow_batch *hg__arrow_batch_of(const hg_table *t, int64_t row) {
    int64_t low = 0, high = t->batches - 1;
    while (low < high) {
        const int64_t middle = low + (high - low + 1) / 2;
        if (t->batch[middle].first <= row) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return &t->batch[low];
}

static int rewind_table(hg__table *t, hg_error *err) {
    reader *r = t->state;
    (void)err;
    r->at = r->of->batch;
    r->row = 0;
    return HG_OK;
}

static int next_row(hg__table *t, hg__cell *cell, hg_error *err) {
    reader *r = t->state;
    (void)err; // all was checked when the table was made
    if (r->row >= r->of->rows) return 0;
    if (r->row - r->at->first >= r->at->array.length) r->at++;
    for (int32_t i = 0; i < t->columns; i++) {
        hg__arrow_cell(r->of, r->at, r->row - r->at->first, i, r->text[i], &cell[i]);
    }
    r->row++;
    return 1;
}

static void say_where(const hg__table *t, char *text, size_t size) {
    const reader *r = t->state;
    snprintf(text, size, "%s, row %lld", t->path, (long long)r->row);
}

static void close_table(hg__table *t) {
    reader *r = t->state;
    if (!r) return;
    hg__free(r->text);
    hg__free(r);
}

static const hg__table_type arrow = {.name = "arrow",
                                     .rewind = rewind_table,
                                     .next = next_row,
                                     .where = say_where,
                                     .close = close_table};

static int open_reader(hg__table *t, const hg_table *of, hg_error *err) {
    const size_t count = (size_t)of->names.columns;
    reader *r = t->state = hg__alloc(1, sizeof *r, err);
    if (r) r->text = hg__alloc(count, sizeof *r->text, err);
    if (!r || !r->text) return HG_ERR_MEMORY;
    r->of = of;
    t->name = hg__alloc(count, sizeof *t->name, err);
    if (!t->name) return HG_ERR_MEMORY;
    for (; t->columns < of->names.columns; t->columns++) {
        t->name[t->columns] = hg__copy_text(of->names.name[t->columns], err);
        if (!t->name[t->columns]) return HG_ERR_MEMORY;
    }
    return hg__table_rewind(t, err);
}

hg__table *hg__table_of_arrow(const hg_table *of, hg_error *err) {
    hg__table *t = hg__alloc(1, sizeof *t, err);
    if (!t) return NULL;
    t->type = &arrow;
    t->named = true;
    t->rows = of->rows;
    snprintf(t->path, sizeof t->path, "table");
    if (open_reader(t, of, err) == HG_OK) return t;
    hg__table_close(t);
    return NULL;
}

// SPDX-License-Identifier: Apache-2.0
// decode_table.c - encoded or reconstructed rows of a table's model in the table's own columns and units, as Arrow's stream.
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "hourglass.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/text.h"
#include "detect/table_model.h"
#include "schema/schema.h"
#include "table/arrow.h"

enum { CELL = HG_MAX_LEVEL_BYTES + 64, BUFFERS = 3 };

// A column: numbers, or texts.
typedef struct decoded {
    struct ArrowArray array;
    const void *buffer[BUFFERS];
    char *name;      // owned
    uint8_t *valid;  // owned, (rows) bits
    double *number;  // owned, (rows); or NULL
    int64_t *offset; // owned, (rows + 1); or NULL
    hg__text text;   // owned
} decoded;

// All of it; freed with the last of the stream, schemas and arrays that were given out, on whatever threads.
typedef struct decoded_table {
    atomic_int users;
    int32_t columns;
    int64_t rows;
    bool given;
    decoded *column;           // owned, (columns)
    struct ArrowArray **array; // owned, (columns): to column
    const void *valid[1];      // of the rows as a whole: NULL
} decoded_table;

static void leave(decoded_table *t) {
    if (atomic_fetch_sub(&t->users, 1) > 1) return;
    for (int32_t i = 0; t->column && i < t->columns; i++) {
        decoded *c = &t->column[i];
        hg__free(c->name);
        hg__free(c->valid);
        hg__free(c->number);
        hg__free(c->offset);
        hg__text_clear(&c->text);
    }
    hg__free(t->column);
    hg__free(t->array);
    hg__free(t);
}

// ---- the stream ---------------------------------------------------------------------------------

// Of one call of get_schema().
typedef struct schemas {
    decoded_table *table;
    struct ArrowSchema **pointer; // owned, (columns): to child
    struct ArrowSchema *child;    // owned, (columns)
} schemas;

static void free_schemas(schemas *s) {
    hg__free(s->pointer);
    hg__free(s->child);
    hg__free(s);
}

static void release_child_schema(struct ArrowSchema *s) {
    leave(s->private_data);
    s->release = NULL;
}

static void release_schema(struct ArrowSchema *s) {
    schemas *all = s->private_data;
    for (int64_t i = 0; i < s->n_children; i++) {
        if (s->children[i]->release) s->children[i]->release(s->children[i]);
    }
    leave(all->table);
    free_schemas(all);
    s->release = NULL;
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *to) {
    decoded_table *t = stream->private_data;
    const size_t count = (size_t)t->columns;
    schemas *s = hg__alloc(1, sizeof *s, NULL);
    if (!s) return ENOMEM;
    s->pointer = hg__alloc(count, sizeof(void *), NULL);
    s->child = hg__alloc(count, sizeof *s->child, NULL);
    if (!s->pointer || !s->child) {
        free_schemas(s);
        return ENOMEM;
    }
    s->table = t;
    for (int32_t i = 0; i < t->columns; i++) {
        s->pointer[i] = &s->child[i];
        s->child[i] = (struct ArrowSchema){.format = t->column[i].number ? "g" : "U",
                                           .name = t->column[i].name,
                                           .flags = ARROW_FLAG_NULLABLE,
                                           .release = release_child_schema,
                                           .private_data = t};
    }
    atomic_fetch_add(&t->users, 1 + t->columns);
    *to = (struct ArrowSchema){.format = "+s",
                               .name = "",
                               .n_children = t->columns,
                               .children = s->pointer,
                               .release = release_schema,
                               .private_data = s};
    return 0;
}

static void release_child_array(struct ArrowArray *a) {
    leave(a->private_data);
    a->release = NULL;
}

static void release_array(struct ArrowArray *a) {
    for (int64_t i = 0; i < a->n_children; i++) {
        if (a->children[i]->release) a->children[i]->release(a->children[i]);
    }
    leave(a->private_data);
    a->release = NULL;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *to) {
    decoded_table *t = stream->private_data;
    *to = (struct ArrowArray){0};
    if (t->given) return 0;
    t->given = true;
    atomic_fetch_add(&t->users, 1 + t->columns);
    *to = (struct ArrowArray){.length = t->rows,
                              .n_buffers = 1,
                              .n_children = t->columns,
                              .buffers = t->valid,
                              .children = t->array,
                              .release = release_array,
                              .private_data = t};
    return 0;
}

static const char *get_last_error(struct ArrowArrayStream *stream) {
    (void)stream;
    return NULL;
}

static void release_stream(struct ArrowArrayStream *stream) {
    leave(stream->private_data);
    stream->release = NULL;
}

// ---- decoding -----------------------------------------------------------------------------------

static void set_valid(decoded *d, int64_t row) {
    d->valid[row / 8] |= (uint8_t)(1U << row % 8);
}

static int decode_cell(const hg__column *c, const float *y, int64_t row, decoded *d) {
    char text[CELL];
    if (d->number) {
        if (hg__column_number(c, y, &d->number[row])) set_valid(d, row);
        return HG_OK;
    }
    hg__column_decode(c, y, text, sizeof text);
    const bool is_missing = c->may_miss && strcmp(text, "missing") == 0;
    if (!is_missing) {
        set_valid(d, row);
        HG_TRY(hg__text_add_bytes(&d->text, text, strlen(text)));
    }
    d->offset[row + 1] = (int64_t)d->text.length;
    return HG_OK;
}

static int decode_column(const hg__schema *s, const hg__column *c, const float *y, decoded_table *t,
                         decoded *d, hg_error *err) {
    const size_t rows = (size_t)t->rows;
    const bool is_number = c->kind == HG_COLUMN_NUMBER;
    d->name = hg__copy_text(c->name, err);
    if (!d->name) return HG_ERR_MEMORY;
    d->valid = hg__alloc(rows / 8 + 1, 1, err);
    if (!d->valid) return HG_ERR_MEMORY;
    if (is_number) d->number = hg__alloc(rows, sizeof *d->number, err);
    if (!is_number) d->offset = hg__alloc(rows + 1, sizeof *d->offset, err);
    if (!d->number && !d->offset) return HG_ERR_MEMORY;
    for (int64_t i = 0; i < t->rows; i++) {
        if (decode_cell(c, y + i * s->width, i, d) < 0) {
            return hg__fail(err, HG_ERR_MEMORY, "table: no memory for the texts of '%.60s'",
                            d->name);
        }
    }
    d->buffer[0] = d->valid;
    d->buffer[1] = is_number ? (const void *)d->number : d->offset;
    d->buffer[2] = d->text.data ? d->text.data : "";
    d->array = (struct ArrowArray){.length = t->rows,
                                   .null_count = -1,
                                   .n_buffers = is_number ? 2 : BUFFERS,
                                   .buffers = d->buffer,
                                   .release = release_child_array,
                                   .private_data = t};
    return HG_OK;
}

static int decode(const hg__schema *s, const float *y, decoded_table *t, hg_error *err) {
    const size_t count = (size_t)s->columns;
    t->column = hg__alloc(count, sizeof *t->column, err);
    if (!t->column) return HG_ERR_MEMORY;
    t->array = hg__alloc(count, sizeof(void *), err);
    if (!t->array) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < s->columns; i++) {
        const hg__column *c = &s->column[i];
        if (c->width == 0) continue;
        decoded *d = &t->column[t->columns];
        t->array[t->columns++] = &d->array;
        HG_TRY(decode_column(s, c, y, t, d, err));
    }
    return HG_OK;
}

int hg_decode_table(const hg_model *m, const float *y, int64_t rows, struct ArrowArrayStream *to,
                    hg_error *err) {
    HG_ENTRY;
    const hg__schema *s = hg__model_schema(m);
    if (!s) {
        return hg__fail(err, HG_ERR_MODEL,
                        "hg_decode_table: expected a model of a table, got one of rows of numbers");
    }
    decoded_table *t = hg__alloc(1, sizeof *t, err);
    if (!t) return HG_ERR_MEMORY;
    atomic_init(&t->users, 1);
    t->rows = rows > 0 ? rows : 0;
    const int code = decode(s, y, t, err);
    if (code < 0) {
        leave(t);
        return code;
    }
    *to = (struct ArrowArrayStream){get_schema, get_next, get_last_error, release_stream, t};
    return HG_OK;
}

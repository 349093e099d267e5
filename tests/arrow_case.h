// SPDX-License-Identifier: Apache-2.0
// arrow_case.h - tables drawn by hand for Arrow's C stream interface, which count what is not released yet.
#ifndef HG_TESTS_ARROW_CASE_H
#define HG_TESTS_ARROW_CASE_H
#include "table/arrow.h"
#include "table_case.h"

#include <cmocka.h>

enum { MOST_BUFFERS = 6 };

// A column or a dictionary; all is borrowed.
typedef struct drawn {
    const char *name, *format;
    const void *buffer[MOST_BUFFERS];
    int64_t buffers, length, offset;
    const struct drawn *dictionary;
} drawn;

typedef struct drawn_batch {
    const drawn *column; // (columns)
    int64_t rows, offset;
    const uint8_t *valid;
} drawn_batch;

typedef struct drawn_table {
    const drawn_batch *batch;
    int batches, columns;
    int next;           // of the batches
    int alive;          // arrays, schemas and streams that were not released
    int fail_at;        // a call to get_next, from 1; 0: none
    const char *format; // of a batch; NULL: a struct
} drawn_table;

static inline void *room_for(size_t count, size_t size) {
    void *p = calloc(count ? count : 1, size);
    assert_non_null(p);
    return p;
}

static inline void release_drawn_schema(struct ArrowSchema *s) {
    for (int64_t i = 0; i < s->n_children; i++) {
        if (s->children[i]->release) s->children[i]->release(s->children[i]);
        free(s->children[i]);
    }
    if (s->dictionary) s->dictionary->release(s->dictionary);
    free(s->dictionary);
    free(s->children);
    if (s->private_data) ((drawn_table *)s->private_data)->alive--;
    s->release = NULL;
}

static inline void release_drawn_array(struct ArrowArray *a) {
    for (int64_t i = 0; i < a->n_children; i++) {
        if (a->children[i]->release) a->children[i]->release(a->children[i]);
        free(a->children[i]);
    }
    if (a->dictionary) a->dictionary->release(a->dictionary);
    free(a->dictionary);
    free(a->children);
    free(a->buffers);
    if (a->private_data) ((drawn_table *)a->private_data)->alive--;
    a->release = NULL;
}

static inline void draw_schema(const drawn *c, struct ArrowSchema *s) {
    *s = (struct ArrowSchema){.format = c->format,
                              .name = c->name,
                              .flags = ARROW_FLAG_NULLABLE,
                              .release = release_drawn_schema};
    if (!c->dictionary) return;
    s->dictionary = room_for(1, sizeof *s);
    draw_schema(c->dictionary, s->dictionary);
}

static inline void draw_array(const drawn *c, struct ArrowArray *a) {
    *a = (struct ArrowArray){.length = c->length,
                             .null_count = -1,
                             .offset = c->offset,
                             .n_buffers = c->buffers,
                             .release = release_drawn_array};
    a->buffers = room_for(MOST_BUFFERS, sizeof *a->buffers);
    memcpy(a->buffers, c->buffer, sizeof c->buffer);
    if (!c->dictionary) return;
    a->dictionary = room_for(1, sizeof *a);
    draw_array(c->dictionary, a->dictionary);
}

static inline int get_drawn_schema(struct ArrowArrayStream *stream, struct ArrowSchema *s) {
    drawn_table *t = stream->private_data;
    *s = (struct ArrowSchema){.format = t->format ? t->format : "+s",
                              .n_children = t->columns,
                              .release = release_drawn_schema,
                              .private_data = t};
    t->alive++;
    s->children = room_for((size_t)t->columns, sizeof(void *));
    for (int i = 0; i < t->columns; i++) {
        s->children[i] = room_for(1, sizeof **s->children);
        draw_schema(&t->batch[0].column[i], s->children[i]);
    }
    return 0;
}

static inline int get_drawn_batch(struct ArrowArrayStream *stream, struct ArrowArray *a) {
    drawn_table *t = stream->private_data;
    if (t->fail_at == t->next + 1) return 5;
    *a = (struct ArrowArray){0};
    if (t->next == t->batches) return 0;
    const drawn_batch *b = &t->batch[t->next++];
    *a = (struct ArrowArray){.length = b->rows,
                             .offset = b->offset,
                             .n_buffers = 1,
                             .n_children = t->columns,
                             .release = release_drawn_array,
                             .private_data = t};
    t->alive++;
    a->buffers = room_for(1, sizeof *a->buffers);
    a->buffers[0] = b->valid;
    a->children = room_for((size_t)t->columns, sizeof(void *));
    for (int i = 0; i < t->columns; i++) {
        a->children[i] = room_for(1, sizeof **a->children);
        draw_array(&b->column[i], a->children[i]);
    }
    return 0;
}

static inline const char *say_drawn_error(struct ArrowArrayStream *stream) {
    (void)stream;
    return "the wire was cut";
}

static inline void release_drawn_stream(struct ArrowArrayStream *stream) {
    ((drawn_table *)stream->private_data)->alive--;
    stream->release = NULL;
}

static inline struct ArrowArrayStream draw_stream(drawn_table *t) {
    t->alive++;
    return (struct ArrowArrayStream){get_drawn_schema, get_drawn_batch, say_drawn_error,
                                     release_drawn_stream, t};
}

static inline hg_table *take_drawn(drawn_table *t, hg_error *err) {
    struct ArrowArrayStream stream = draw_stream(t);
    hg_table *made = hg_table_new(&stream, err);
    assert_null(stream.release);
    return made;
}
// What the table says, or "! " and the sentence it is refused with. Nothing is left alive.
static inline void expect_drawn(drawn_table *t, const char *says) {
    static const sample_file none = {.folder = "/none"};
    hg_error err = {0};
    hg_table *made = take_drawn(t, &err);
    if (made) {
        hg__table *reader = hg__table_of_arrow(made, &err);
        assert_non_null(reader);
        assert_int_equal(reader->rows, hg_table_rows(made));
        char *said = tell_table(reader, &none);
        assert_string_equal(said, says);
        hg__free(said);
        hg__table_close(reader);
        hg_table_free(made);
    } else {
        if (*says != '!') fail_msg("%s", err.message);
        assert_string_equal(err.message, says + 2);
    }
    assert_int_equal(t->alive, 0);
}

static inline void expect_columns(const drawn *column, int columns, int64_t rows,
                                  const char *says) {
    const drawn_batch batch = {.column = column, .rows = rows};
    drawn_table t = {.batch = &batch, .batches = 1, .columns = columns};
    expect_drawn(&t, says);
}

#define EXPECT(column, rows, says) \
 expect_columns(column, (int)(sizeof(column) / sizeof *(column)), rows, says)
// Values alone; values with a null bitmap.
#define ALL(name, format, count, values) \
 { name, format, {NULL, values}, 2, count, 0, NULL }
#endif

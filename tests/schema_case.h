// SPDX-License-Identifier: Apache-2.0
// schema_case.h - a table in memory for the tests of the schema, written as lines of cells between blanks.
#ifndef HG_TESTS_SCHEMA_CASE_H
#define HG_TESTS_SCHEMA_CASE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "schema/schema_internal.h"

#include <cmocka.h>

// Rows by a function of their number: cell i of row `row` as text; "" is missing, "!" makes the row unreadable.
typedef void write_cell(int64_t row, int32_t column, char text[64]);

enum { CASE_COLUMNS = 24 };

typedef struct schema_case {
    hg__table table;
    write_cell *write;
    int64_t count, next;
    int32_t order[CASE_COLUMNS]; // which column of `write` stands where
    char text[CASE_COLUMNS][64];
    char *name[CASE_COLUMNS];
    char names[512];
} schema_case;

static int case_rewind(hg__table *t, hg_error *err) {
    (void)err;
    ((schema_case *)t->state)->next = 0;
    return HG_OK;
}

static void case_where(const hg__table *t, char *text, size_t size) {
    snprintf(text, size, "%s:%lld", t->path, (long long)((schema_case *)t->state)->next + 1);
}

static int case_next(hg__table *t, hg__cell *cell, hg_error *err) {
    schema_case *c = t->state;
    if (c->next == c->count) return 0;
    const int64_t row = c->next++;
    for (int32_t i = 0; i < t->columns; i++) {
        char *text = c->text[i];
        c->write(row, c->order[i], text);
        if (strcmp(text, "!") == 0) {
            return hg__fail(err, HG_ERR_DATA, "%s:%lld: expected better", t->path,
                            (long long)row + 2);
        }
        cell[i] = (hg__cell){.size = (int32_t)strlen(text), .text = text, .kind = HG_CELL_TEXT};
        if (!*text) cell[i].kind = HG_CELL_MISSING;
        if (hg__parse_float(text, &cell[i].number)) cell[i].kind = HG_CELL_NUMBER;
    }
    return 1;
}

static const hg__table_type case_type = {
    .name = "case", .rewind = case_rewind, .next = case_next, .where = case_where};

// names: between blanks, '_' for a blank in them; NULL: `columns` of them without names.
static inline void case_open(schema_case *c, const char *names, int32_t columns, int64_t rows,
                             write_cell *write) {
    *c = (schema_case){.write = write, .count = rows};
    c->table = (hg__table){.path = "x.csv", .type = &case_type, .rows = -1, .state = c};
    c->table.named = names != NULL;
    c->table.name = c->name;
    if (names) {
        snprintf(c->names, sizeof c->names, "%s", names);
        char *save;
        for (char *p = strtok_r(c->names, " ", &save); p; p = strtok_r(NULL, " ", &save)) {
            c->name[c->table.columns++] = p;
        }
    } else {
        c->table.columns = columns;
        for (int32_t i = 0; i < columns; i++) {
            c->name[i] = c->names + 20 * i;
            snprintf(c->name[i], 20, "column %d", i + 1);
        }
    }
    for (int32_t i = 0; i < CASE_COLUMNS; i++) c->order[i] = i;
}

static inline hg__schema *case_infer(schema_case *c, const hg__schema_options *o) {
    hg_error err = {0};
    case_rewind(&c->table, NULL);
    hg__schema *s = hg__schema_infer(&c->table, o, NULL, &err);
    if (!s) print_error("%s\n", err.message);
    assert_non_null(s);
    return s;
}

// The table must be refused with exactly this sentence.
static inline void case_refused(schema_case *c, const hg__schema_options *o, const char *sentence) {
    hg_error err = {0};
    assert_null(hg__schema_infer(&c->table, o, NULL, &err));
    assert_string_equal(err.message, sentence);
    assert_true(err.code < 0);
}

static inline const hg__column *case_column(const hg__schema *s, const char *name) {
    for (int32_t i = 0; i < s->columns; i++) {
        if (strcmp(s->column[i].name, name) == 0) return &s->column[i];
    }
    print_error("no column '%s'\n", name);
    fail();
    return NULL;
}

// Encodes row `row` of the case into x.
static inline int case_encode(schema_case *c, const hg__schema *s, int64_t row, bool lenient,
                              float *x, hg__encoding_notes *notes, hg_error *err) {
    int32_t from[CASE_COLUMNS];
    hg__cell cell[CASE_COLUMNS];
    HG_TRY(hg__schema_match(s, &c->table, from, err));
    c->next = row;
    if (hg__table_next(&c->table, cell, err) != 1) return HG_ERR_DATA;
    return hg__schema_encode(s, &c->table, from, cell, lenient, x, notes, err);
}
#endif

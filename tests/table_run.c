// SPDX-License-Identifier: Apache-2.0
// table_run.c - reads a table and prints its rows, or writes made-up ones into a database: for test_databases.sh.
//
//   table_run read source=x.db [table=t] [query=q] [passes=2] [pause=1000]
//   table_run write out=x.db table=t [rows=1000] [from=1] [pause=1000] [commit=0] [texts=0] [long=1] [append=1]
//
// A row that cannot be had is a line "! sentence"; pause waits for a line of standard input behind so many rows. The exit
// status is that of the command: 6 where a library is missing.
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "table/table_out.h"

typedef struct wishes {
    const char *source, *out, *table, *query;
    int64_t passes, pause, rows, from, commit, texts, longest, append;
} wishes;

static int take_number(const char *text, int64_t *value) {
    return hg__parse_int(text, value) ? 0 : 1;
}

static int take(wishes *w, const char *word) {
    const char *value = strchr(word, '=');
    if (!value) return 1;
    const size_t size = (size_t)(value++ - word);
    const struct {
        const char *name;
        const char **text;
        int64_t *number;
    } all[] = {
        {"source", &w->source, NULL       },
        {"out",    &w->out,    NULL       },
        {"table",  &w->table,  NULL       },
        {"query",  &w->query,  NULL       },
        {"passes", NULL,       &w->passes },
        {"pause",  NULL,       &w->pause  },
        {"rows",   NULL,       &w->rows   },
        {"from",   NULL,       &w->from   },
        {"commit", NULL,       &w->commit },
        {"texts",  NULL,       &w->texts  },
        {"append", NULL,       &w->append },
        {"long",   NULL,       &w->longest},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strlen(all[i].name) != size || strncmp(all[i].name, word, size) != 0) continue;
        if (!all[i].text) return take_number(value, all[i].number);
        *all[i].text = value;
        return 0;
    }
    return 1;
}

static void wait_at(const wishes *w, int64_t row) {
    char line[16];
    if (row != w->pause) return;
    fflush(stdout);
    fputs("paused\n", stderr);
    if (!fgets(line, sizeof line, stdin)) fputs("nobody goes on\n", stderr);
}

static void print_row(const hg__cell *cell, int32_t columns) {
    for (int32_t i = 0; i < columns; i++) {
        char number[32];
        if (i) putchar(',');
        if (cell[i].kind == HG_CELL_TEXT) printf("'%.*s'", (int)cell[i].size, cell[i].text);
        if (cell[i].kind != HG_CELL_NUMBER) continue;
        hg__format_float(number, cell[i].number);
        fputs(number, stdout);
    }
    putchar('\n');
}

static int read_pass(hg__table *t, hg__cell *cell, const wishes *w, hg_error *err) {
    int code;
    for (int64_t row = 1;; row++) {
        code = hg__table_next(t, cell, err);
        if (code == 1) print_row(cell, t->columns);
        if (code == HG_ERR_DATA) printf("! %s\n", err->message);
        if (code != 1 && code != HG_ERR_DATA) return code;
        wait_at(w, row);
    }
}

static int read_rows(const wishes *w, hg_error *err) {
    hg__table *t =
        hg__table_open(w->source, &(hg__table_options){.query = w->query, .table = w->table}, err);
    if (!t) return err->code;
    hg__cell *cell = hg__alloc((size_t)t->columns, sizeof *cell, err); // (columns)
    for (int32_t i = 0; i < t->columns; i++) printf("%s%s", i ? "," : "", t->name[i]);
    putchar('\n');
    int code = cell ? HG_OK : HG_ERR_MEMORY;
    for (int64_t pass = 0; code == HG_OK && pass < w->passes; pass++) {
        if (pass) code = hg__table_rewind(t, err);
        if (code == HG_OK) code = read_pass(t, cell, w, err);
    }
    hg__free(cell);
    hg__table_close(t);
    return code;
}

// Row i: i, i / 8, a text, or nothing in every seventh.
static int write_row(hg__table_out *t, int64_t i, const wishes *w, hg_error *err) {
    char text[4000];
    snprintf(text, sizeof text, "na\xC3\xAFve \xF0\x9F\x98\x80 '%lld'", (long long)i);
    if (w->longest) memset(text, 'x', (size_t)w->longest);
    if (w->longest) text[w->longest] = '\0';
    hg__cell cell[3] = {
        {.kind = HG_CELL_NUMBER,         .number = (double)i},
        {                    .kind = HG_CELL_NUMBER,       .number = (double)i / 8                   },
        { .kind = HG_CELL_TEXT, .text = text,                    .size = (int32_t)strlen(text)},
    };
    if (i % 7 == 0) cell[1].kind = cell[2].kind = HG_CELL_MISSING;
    return hg__table_out_add(t, cell, err);
}

static int write_rows(const wishes *w, hg_error *err) {
    static const hg__out_column column[] = {
        {"row",         HG_OUT_INTEGER},
        {"score",       HG_OUT_NUMBER },
        {"the \"why\"", HG_OUT_TEXT   }
    };
    if (!hg__table_out_is(w->out)) return hg__fail(err, HG_ERR_USAGE, "%s: no database", w->out);
    hg__table_out *t =
        hg__table_out_open(w->out, w->table, column, w->texts ? 3 : 2, w->append != 0, err);
    int code = t ? HG_OK : (int)err->code;
    for (int64_t i = w->from; code == HG_OK && i < w->from + w->rows; i++) {
        code = write_row(t, i, w, err);
        wait_at(w, i);
    }
    if (code == HG_OK && w->commit) code = hg__table_out_commit(t, err);
    hg__table_out_close(t);
    return code;
}

int main(int argc, char **argv) {
    wishes w = {.source = "",
                .out = "",
                .table = "",
                .query = "",
                .passes = 1,
                .pause = -1,
                .rows = 1000,
                .from = 1,
                .commit = 1,
                .texts = 1};
    hg_error err = {HG_OK, ""};
    int wrong = argc < 2;
    for (int i = 2; i < argc; i++) wrong += take(&w, argv[i]);
    if (wrong) return 2;
    const int code = strcmp(argv[1], "read") == 0 ? read_rows(&w, &err) : write_rows(&w, &err);
    if (code < 0) fprintf(stderr, "%s\n", err.message);
    return code < 0 ? -code : 0;
}

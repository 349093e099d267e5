// SPDX-License-Identifier: Apache-2.0
// table_case.h - small files opened as tables, their cells as one line of text a row.
#ifndef HG_TESTS_TABLE_CASE_H
#define HG_TESTS_TABLE_CASE_H
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "data_samples.h"
#include "table/table.h"

// The file of these bytes, by its name in a folder of its own.
typedef struct sample_file {
    char folder[64], path[128];
} sample_file;

// Cut to size when it was written: a file emptied first is put to disk at once by some file systems.
static inline void rewrite_sample(const sample_file *f, const void *bytes, size_t size) {
    const int fd = open(f->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, size, 0), (ssize_t)size);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    close(fd);
}

static inline sample_file save_sample(const void *bytes, size_t size, const char *name) {
    sample_file f = {.folder = "/tmp/hourglass-test-XXXXXX"};
    assert_non_null(mkdtemp(f.folder));
    snprintf(f.path, sizeof f.path, "%s/%s", f.folder, name);
    rewrite_sample(&f, bytes, size);
    return f;
}

static inline void remove_sample(const sample_file *f) {
    unlink(f->path);
    rmdir(f->folder);
}

// A message without the sample's folder.
static inline const char *plain_message(const sample_file *f, const char *message) {
    static char plain[sizeof(((hg_error *)0)->message)];
    const size_t n = strlen(f->folder);
    size_t used = 0;
    for (const char *at = message; *at;) { // wherever the folder stands
        if (strncmp(at, f->folder, n) == 0 && at[n] == '/') at += n + 1;
        if (*at) plain[used++] = *at++;
    }
    plain[used] = '\0';
    return plain;
}

// "12.5|'tcp'|?": a row of cells (columns).
static inline void add_cells(hg__text *out, const hg__cell *cell, int32_t columns) {
    for (int32_t i = 0; i < columns; i++) {
        const char *between = i ? "|" : "";
        char number[32];
        hg__format_float(number, cell[i].number);
        switch (cell[i].kind) {
        case HG_CELL_NUMBER: hg__text_add(out, "%s%s", between, number); break;
        case HG_CELL_TEXT:
            hg__text_add(out, "%s'%.*s'", between, cell[i].size, cell[i].text);
            break;
        case HG_CELL_MISSING: hg__text_add(out, "%s?", between); break;
        }
    }
    hg__text_add(out, "\n");
}

// What a table says: its names, then a line a row or what was wrong with it. Read twice over: the same both times.
static inline char *tell_table(hg__table *t, const sample_file *f) {
    hg__text pass[2] = {{0}, {0}};
    hg_error err = {0};
    hg__cell *cell = calloc((size_t)t->columns, sizeof *cell);
    assert_non_null(cell);
    for (int k = 0; k < 2; k++) {
        for (int32_t i = 0; t->named && i < t->columns; i++) {
            hg__text_add(&pass[k], "%s%s", i ? "|" : "# ", t->name[i]);
        }
        hg__text_add(&pass[k], t->named ? "\n" : "");
        for (int code; (code = hg__table_next(t, cell, &err)) != 0;) {
            if (code > 0) {
                add_cells(&pass[k], cell, t->columns);
            } else {
                hg__text_add(&pass[k], "! %s\n", plain_message(f, err.message));
                if (code != HG_ERR_DATA) break;
            }
        }
        if (hg__table_rewind(t, &err) < 0) print_error("%s\n", err.message);
    }
    free(cell);
    assert_non_null(pass[0].data);
    assert_string_equal(pass[0].data, pass[1].data);
    hg__text_clear(&pass[1]);
    return hg__text_take(&pass[0], &err);
}

// The bytes as a table must say this, or be refused with this: "! x.csv: expected ...".
static inline void expect_table(const void *bytes, size_t size, const char *name,
                                const hg__table_options *o, const char *says) {
    const sample_file f = save_sample(bytes, size, name);
    hg_error err = {0};
    hg__table *t = hg__table_open(f.path, o, &err);
    if (t) {
        char *said = tell_table(t, &f);
        assert_string_equal(said, says);
        hg__free(said);
    } else {
        assert_int_equal(*says, '!');
        assert_string_equal(plain_message(&f, err.message), says + 2);
        assert_true(err.code < 0);
    }
    hg__table_close(t);
    remove_sample(&f);
}

// Reads all there is; true if nothing was wrong. Whatever the file is, it comes to an end and every number is finite.
static inline bool read_all_cells(const char *path) {
    hg_error err = {0};
    hg__table *t = hg__table_open(path, NULL, &err);
    assert_true(t || (err.code < 0 && err.message[0]));
    if (!t) return false;
    hg__cell *cell = calloc((size_t)t->columns, sizeof *cell);
    assert_non_null(cell);
    bool good = true;
    int code;
    while ((code = hg__table_next(t, cell, &err)) > 0 || code == HG_ERR_DATA) {
        good = good && code > 0;
        for (int32_t i = 0; code > 0 && i < t->columns; i++) {
            if (cell[i].kind == HG_CELL_NUMBER) assert_true(__builtin_isfinite(cell[i].number));
            if (cell[i].kind == HG_CELL_TEXT) {
                assert_true(hg__is_utf8(cell[i].text, (size_t)cell[i].size));
            }
        }
    }
    free(cell);
    hg__table_close(t);
    return good && code == 0;
}

// A seed of the fuzz corpus cut at every byte, and with every bit of its first 160 bytes flipped.
static inline void damage_table(const char *seed, const char *name) {
    static uint8_t bytes[1 << 16];
    const size_t size = read_seed(seed, bytes, sizeof bytes);
    const sample_file f = save_sample(bytes, size, name);
    assert_true(read_all_cells(f.path));
    for (size_t cut = 0; cut < size; cut++) {
        rewrite_sample(&f, bytes, cut);
        (void)read_all_cells(f.path);
    }
    for (size_t bit = 0; bit < 8 * (size < 160 ? size : 160); bit++) {
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        rewrite_sample(&f, bytes, size);
        (void)read_all_cells(f.path);
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    remove_sample(&f);
}
#endif

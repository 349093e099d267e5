// SPDX-License-Identifier: Apache-2.0
// table_bytes.h - bytes as a file for hg__table_open(), read twice over: the same rows and sentences both times.
#ifndef HG_TESTS_FUZZ_TABLE_BYTES_H
#define HG_TESTS_FUZZ_TABLE_BYTES_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"
#include "schema/schema.h"

// NOLINTNEXTLINE(readability-identifier-naming)
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static inline uint64_t mix_bytes(uint64_t h, const void *bytes, size_t size) {
    const uint8_t *p = bytes;
    for (size_t i = 0; i < size; i++) h = (h ^ p[i]) * 0x100000001b3ULL;
    return h;
}

// What must hold of a cell; aborts where it does not.
static inline uint64_t check_cell(uint64_t h, const hg__cell *c) {
    if (c->kind == HG_CELL_NUMBER && !__builtin_isfinite(c->number)) abort();
    if (c->text && (c->size < 0 || !hg__is_utf8(c->text, (size_t)c->size))) abort();
    char text[32];
    hg__cell_write(c, text, sizeof text);
    if (!hg__is_utf8(text, strlen(text))) abort();
    if (c->kind == HG_CELL_TEXT && (!c->text || memchr(c->text, 0, (size_t)c->size))) abort();
    h = mix_bytes(h, &c->kind, sizeof c->kind);
    if (c->kind == HG_CELL_NUMBER) h = mix_bytes(h, &c->number, sizeof c->number);
    return c->kind == HG_CELL_TEXT ? mix_bytes(h, c->text, (size_t)c->size) : h;
}

// Its columns learned, whatever they hold.
static inline void check_schema(hg__table *t) {
    const hg__schema_options o = {.on_bad = "score_missing"};
    hg_error err = {0};
    hg__schema *s = t->columns <= 64 ? hg__schema_infer(t, &o, NULL, &err) : NULL;
    if (!s && t->columns <= 64 && !err.message[0]) abort();
    hg__schema_free(s);
}

// One pass; a hash of all it gave.
static inline uint64_t run_pass(hg__table *t, hg__cell *cell) {
    uint64_t h = 0xcbf29ce484222325ULL;
    hg_error err = {0};
    char where[64];
    for (int code = 1; code > 0 || code == HG_ERR_DATA;) {
        code = hg__table_next(t, cell, &err);
        if (code < 0 && (err.code != code || !err.message[0])) abort();
        if (code < 0) h = mix_bytes(h, err.message, strlen(err.message));
        for (int32_t i = 0; code > 0 && i < t->columns; i++) h = check_cell(h, cell + i);
        hg__table_where(t, where, sizeof where);
    }
    return h;
}

static inline void read_path_as_table(const char *path) {
    hg_error err = {0};
    hg__table *t = hg__table_open(path, NULL, &err);
    if (!t && (err.code >= 0 || !err.message[0])) abort();
    hg__cell *cell = t ? calloc((size_t)t->columns, sizeof *cell) : NULL;
    if (t && !cell) abort();
    const uint64_t first = t ? run_pass(t, cell) : 0;
    if (t && (hg__table_rewind(t, &err) < 0 || run_pass(t, cell) != first)) abort();
    for (int32_t i = 0; t && i < t->columns && i < 100; i++) {
        if (hg__table_find(t, t->name[i]) != i) abort();
    }
    if (t && hg__table_rewind(t, &err) == HG_OK) check_schema(t);
    free(cell);
    hg__table_close(t);
}

static inline void read_as_table(const uint8_t *bytes, size_t size) {
    char path[64];
    const int fd = (int)syscall(SYS_memfd_create, "fuzz", 0U);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size) abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    read_path_as_table(path);
    close(fd);
}
#endif

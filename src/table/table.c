// SPDX-License-Identifier: Apache-2.0
// table.c - from data= to a table: which type of source, and names that can be told apart.
#include "table/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array/reader.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/show.h"
#include "base/text.h"
#include "csv/cell.h"
#include "image/image.h"

static const hg__table_type *const types[] = {
#define TABLE(name) &hg__table_##name,
#include "table/tables.def"
#undef TABLE
};

enum {
#define TABLE(name) INDEX_##name,
#include "table/tables.def"
#undef TABLE
    TYPES
};

static const hg__table_type *find_type(const char *source, const uint8_t *head, size_t size) {
    for (int i = 0; i < TYPES; i++) {
        if (types[i]->sniff(source, head, size)) return types[i];
    }
    return NULL;
}

static void refuse_pictures(const char *path, hg_error *err) {
    uint8_t head[HG_SOURCE_HEAD];
    char what[64] = "images";
    if (hg__is_folder(path)) {
        hg__folder_refuse(path, "a table", 0, err);
        return;
    }
    const int fd = hg__open_read(path, NULL);
    const ssize_t got = fd < 0 ? 0 : read(fd, head, sizeof head);
    if (fd >= 0) close(fd);
    if (got > 0 && hg__image_sniff(head, (size_t)got)) {
        hg__magic_describe(head, (size_t)got, what);
        if (strcmp(what, "text") == 0) snprintf(what, sizeof what, "an image (PGM or PPM)");
    }
    hg__fail(err, HG_ERR_DATA, "%s: expected a table, got %s", hg__input_name(path), what);
}

// NULL where the file is no table.
static const hg__table_type *find_file_type(const char *path, hg_error *err) {
    if (hg__data_check_path(path, err) < 0) return NULL;
    if (!hg__data_is_built_in(path) && hg__is_pictures(path)) {
        refuse_pictures(path, err);
        return NULL;
    }
    const int fd = hg__data_open_read(path, err);
    if (fd < 0) return NULL;
    hg__source s;
    const char *name = hg__input_name(path);
    int code = hg__source_open(&s, fd, name, err);
    if (code == HG_OK) code = hg__zip_text(&s, err);
    hg__source_close(&s);
    if (code < 0) return NULL;
    const hg__table_type *type = find_type(path, s.head, s.head_size);
    if (type == &hg__table_sqlite && s.packed) {
        hg__fail(err, HG_ERR_DATA, "%s: expected a file as SQLite writes it, got a gzipped one",
                 name);
        return NULL;
    }
    if (type) return type;
    char text[HG_DESCRIBED] = "an empty file";
    if (s.head_size) hg__data_describe(name, s.head, s.head_size, text);
    hg__fail(err, HG_ERR_DATA,
             "%s: expected a table (csv, jsonl, sqlite, mat, npy, npz or idx), got %s", name, text);
    return NULL;
}

// ---- names --------------------------------------------------------------------------------------

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int compare_places(const void *a, const void *b) {
    char **const *p = a, **const *q = b;
    const int order = strcmp(**p, **q);
    return order ? order : (*p > *q) - (*p < *q);
}

static char *add_number(const char *name, const char *between, int32_t number, hg_error *err) {
    hg__text text = {0};
    hg__text_add(&text, "%s%s%d", name, between, number);
    return hg__text_take(&text, err);
}

// "x" -> "x.2", or the first of "x.3" ... that no column has; number is where to begin. sorted (columns): all names.
static char *make_other(const hg__table *t, char **sorted, const char *name, int32_t *number,
                        hg_error *err) {
    for (;;) {
        char *other = add_number(name, ".", (*number)++, err);
        if (!other) return NULL;
        if (!bsearch(&other, sorted, (size_t)t->columns, sizeof *sorted, compare_names)) {
            return other;
        }
        hg__free(other);
    }
}

// Two of the same name: the first keeps it. sorted and place (columns) are room to work in.
static int tell_apart(hg__table *t, char **sorted, char ***place, hg_error *err) {
    const size_t count = (size_t)t->columns;
    for (size_t i = 0; i < count; i++) place[i] = &t->name[i];
    qsort(place, count, sizeof *place, compare_places);
    for (size_t i = 0; i < count; i++) sorted[i] = *place[i];
    int32_t number = 2;
    int code = HG_OK;
    for (size_t i = 1; i < count && code == HG_OK; i++) {
        const bool same = strcmp(sorted[i], sorted[i - 1]) == 0;
        if (!same) number = 2;
        char *other = same ? make_other(t, sorted, sorted[i], &number, err) : NULL;
        if (same && !other) code = HG_ERR_MEMORY;
        if (other) *place[i] = other;
    }
    for (size_t i = 0; i < count; i++) {
        if (*place[i] != sorted[i]) hg__free(sorted[i]);
    }
    return code;
}

int hg__table_settle_names(hg__table *t, hg_error *err) {
    const size_t count = (size_t)t->columns;
    t->named = t->name != NULL;
    if (!t->name && !(t->name = hg__alloc(count, sizeof *t->name, err))) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < t->columns; i++) {
        if (t->name[i] && *t->name[i]) continue;
        char *name = add_number("column", " ", i + 1, err);
        if (!name) return HG_ERR_MEMORY;
        hg__free(t->name[i]);
        t->name[i] = name;
    }
    char **sorted = hg__alloc(count, sizeof *sorted, err);
    char ***place = sorted ? hg__alloc(count, sizeof *place, err) : NULL;
    const int code = place ? tell_apart(t, sorted, place, err) : HG_ERR_MEMORY;
    hg__free(place);
    hg__free(sorted);
    return code;
}

// ---- open, read, close --------------------------------------------------------------------------

const hg__table_type *hg__table_find_type(const char *source, hg_error *err) {
    const hg__table_type *type = find_type(source, NULL, 0);
    return type ? type : find_file_type(source, err);
}

// False with *err where it is not opened.
static bool open_table(hg__table *t, const hg__table_options *o, hg_error *err) {
    t->type = hg__table_find_type(t->source, err);
    if (!t->type) return false;
    snprintf(t->path, sizeof t->path, "%s",
             hg__is_database(t->source) ? t->type->name : hg__input_name(t->source));
    return t->type->open(t, o, err) >= 0 && hg__table_settle_names(t, err) >= 0;
}

int hg__table_open_text(const hg__table *t, hg_error *err) {
    const int fd = hg__open_read(t->source, err);
    if (fd < 0) return fd;
    hg__source s;
    int code = hg__source_open(&s, fd, t->path, err);
    if (code == HG_OK) code = hg__zip_text(&s, err);
    const int taken = code == HG_OK ? s.fd : code;
    if (code == HG_OK) s.fd = -1;
    hg__source_close(&s);
    return taken;
}

hg__table *hg__table_open(const char *source, const hg__table_options *o, hg_error *err) {
    static const char none[] = "";
    const hg__table_options full = {.query = o && o->query ? o->query : none,
                                    .table = o && o->table ? o->table : none,
                                    .header = o ? o->header : (hg__header_options){0},
                                    .is_signal = o && o->is_signal};
    hg__table *t = hg__alloc(1, sizeof *t, err);
    if (!t) return NULL;
    t->rows = -1;
    t->source = hg__copy_text(source, err);
    if (t->source && open_table(t, &full, err)) return t;
    hg__table_close(t);
    return NULL;
}

void hg__table_close(hg__table *t) {
    if (!t) return;
    if (t->type) t->type->close(t);
    for (int32_t i = 0; t->name && i < t->columns; i++) hg__free(t->name[i]);
    hg__free(t->name);
    hg__free(t->source);
    hg__free(t);
}

int hg__table_rewind(hg__table *t, hg_error *err) {
    if (t->meter) hg__meter_restart(t->meter);
    return t->type->rewind(t, err);
}

// Now and then: how far the reading is.
static int tell(const hg__table *t, hg_error *err) {
    enum { EVERY = 256 }; // rows
    hg__meter *m = t->meter;
    const hg__source *s = t->bytes;
    if (++m->done % EVERY != 0) return HG_OK;
    if (s && s->size > 0) hg__meter_part(m, (double)s->at / (double)s->size);
    hg__meter_add(m, 0);
    if (!hg__meter_is_stopped(m)) return HG_OK;
    return hg__fail(err, HG_ERR_STOPPED, "%s: stopped on request", t->path);
}

int hg__table_next(hg__table *t, hg__cell *cell, hg_error *err) {
    const int more = t->type->next(t, cell, err);
    if (more <= 0 || !t->meter) return more;
    HG_TRY(tell(t, err));
    return more;
}

void hg__table_start_meter(hg__table *t, hg__meter *m, const hg_listener *l, const char *stage) {
    hg__meter_start(m, l, stage, "rows", t->rows > 0 ? t->rows : 0);
    t->meter = m;
}

void hg__table_end_meter(hg__table *t) {
    if (t->meter) hg__meter_end(t->meter);
    t->meter = NULL;
}

void hg__table_where(const hg__table *t, char *text, size_t size) {
    t->type->where(t, text, size);
}

int32_t hg__table_find(const hg__table *t, const char *name) {
    int64_t number;
    for (int32_t i = 0; i < t->columns; i++) {
        if (strcmp(t->name[i], name) == 0) return i;
    }
    for (int32_t i = 0; i < t->columns; i++) {
        if (hg__csv_is_written(t->name[i], strlen(t->name[i]), name)) return i;
    }
    if (!hg__parse_int(name, &number) || number < 1 || number > t->columns) return -1;
    return (int32_t)number - 1;
}

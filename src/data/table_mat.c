// SPDX-License-Identifier: Apache-2.0
// table_mat.c - a MATLAB file (version 4 to 7.3) as a table of numbers: the matrix X with y as its last column, the only
// matrix, or the one that is named. The matrix is held in memory, as libmatio gives it.
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "data/array.h"
#include "data/mat_4.h"
#include "data/mat_api.h"
#include "data/table.h"

// Deflate makes at most 1032 bytes of one.
enum { MAX_RATIO = 1032, HEADER = 128, SHOWN = 64 };

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
static const bool host_is_big = true;
#else
static const bool host_is_big = false;
#endif

// By class.
static const hg__dtype types[] = {
    [HG_MAT_DOUBLE] = HG_F64, [HG_MAT_SINGLE] = HG_F32, [HG_MAT_INT8] = HG_I8,
    [HG_MAT_UINT8] = HG_U8,   [HG_MAT_INT16] = HG_I16,  [HG_MAT_UINT16] = HG_U16,
    [HG_MAT_INT32] = HG_I32,  [HG_MAT_UINT32] = HG_U32, [HG_MAT_INT64] = HG_I64,
    [HG_MAT_UINT64] = HG_U64};

typedef struct mat_table {
    const hg__mat *api;
    struct hg__mat_file *file; // owned
    int fd;                    // owned: the file, unpacked
    uint64_t size;             // of the file, bytes
    hg__mat_array *x, *y;      // owned; y may be NULL
    uint8_t *xs, *ys;          // owned: their numbers, (width, rows) and (rows) of their class
    size_t rows, width;
    size_t row; // the next
} mat_table;

// ---- which arrays -------------------------------------------------------------------------------

static bool is_numeric(const hg__mat_array *a) {
    return a->class >= HG_MAT_DOUBLE && a->class <= HG_MAT_UINT64 && a->rank == 2 &&
           !a->is_complex && a->dim && a->dim[0] > 0 && a->dim[1] > 0;
}

static bool is_named(const hg__mat_array *a, const char *name) {
    return a->name && strcmp(a->name, name) == 0;
}

// A name for a message. The file does not say in what encoding it is: what is not UTF-8 is shown as question marks.
static const char *show_name(const hg__mat_array *a, char text[SHOWN]) {
    const char *name = a->name ? a->name : "";
    const size_t length = strlen(name);
    const bool is_utf8 = hg__is_utf8(name, length);
    size_t size = length < SHOWN ? length : SHOWN - 1;
    while (is_utf8 && size < length && size > 0 && ((uint8_t)name[size] & 0xc0) == 0x80) size--;
    for (size_t i = 0; i < size; i++) {
        const uint8_t byte = (uint8_t)name[i];
        text[i] = byte < ' ' || byte == 127 || (byte > 127 && !is_utf8) ? '?' : name[i];
    }
    text[size] = '\0';
    return text;
}

// Whether a text in UTF-8 is these bytes of Latin 1.
static bool is_latin(const char *bytes, const char *text) {
    for (; *bytes; bytes++) {
        const uint8_t byte = (uint8_t)*bytes;
        if (byte > 127 && (uint8_t)*text++ != (0xc0 | byte >> 6)) return false;
        if ((uint8_t)*text++ != (byte > 127 ? (0x80 | (byte & 0x3f)) : byte)) return false;
    }
    return !*text;
}

// Whether the array is called so: to the byte, in Latin 1, or as a message shows it.
static bool is_wished(const hg__mat_array *a, const char *wish) {
    char text[SHOWN];
    if (!a->name || !*a->name) return false;
    return is_named(a, wish) || is_latin(a->name, wish) || strcmp(show_name(a, text), wish) == 0;
}

// What there is to choose from. Of the arrays only what is kept has not been freed.
typedef struct choice {
    const char *wish;                    // the array that is meant; ""
    hg__mat_array *x, *y, *matrix, *any; // owned
    int matrices, arrays;
    int wished;     // arrays that may be meant
    hg__text names; // "'a', 'b'"
} choice;

static const char *describe(const hg__mat_array *a, char text[96]) {
    const char *kind = a->class == HG_MAT_CHAR     ? "text"
                       : a->class == HG_MAT_SPARSE ? "a sparse matrix"
                       : a->is_complex             ? "complex numbers"
                                                   : "cells or structures";
    if (is_numeric(a) ||
        (a->class >= HG_MAT_DOUBLE && a->class <= HG_MAT_UINT64 && !a->is_complex)) {
        snprintf(text, 96, "%d dimensions", a->rank);
        if (a->rank == 2 && a->dim) snprintf(text, 96, "%zu x %zu", a->dim[0], a->dim[1]);
        return text;
    }
    return kind;
}

static void list_name(choice *c, const hg__mat_array *a) {
    char name[SHOWN], kind[96];
    if (c->names.length > 200 || !a->name) return;
    const bool is_plain = is_numeric(a);
    hg__text_add(&c->names, "%s'%s'%s%s%s", c->names.length ? ", " : "", show_name(a, name),
                 is_plain ? "" : " (", is_plain ? "" : describe(a, kind), is_plain ? "" : ")");
}

// Puts a in *slot; whatever was there is freed.
static void keep(const mat_table *m, hg__mat_array **slot, hg__mat_array *a) {
    if (*slot) m->api->VarFree(*slot);
    *slot = a;
}

static void look_at(const mat_table *m, choice *c, hg__mat_array *a) {
    list_name(c, a);
    const bool many = is_numeric(a) && a->dim[0] > 1 && a->dim[1] > 1;
    const bool wished = *c->wish ? is_wished(a, c->wish) : is_named(a, "X") || is_named(a, "x");
    c->arrays += is_numeric(a);
    c->matrices += many;
    c->wished += wished;
    if (wished && !(c->x && is_named(c->x, *c->wish ? c->wish : "X"))) {
        keep(m, &c->x, a);
    } else if (is_named(a, "y") && !*c->wish) {
        keep(m, &c->y, a);
    } else if (many && !*c->wish) {
        keep(m, &c->matrix, a);
    } else if (is_numeric(a) && !*c->wish) {
        keep(m, &c->any, a);
    } else {
        m->api->VarFree(a);
    }
}

// Moves *from to *to if that is still empty and `fits`.
static void settle(hg__mat_array **to, hg__mat_array **from, bool fits) {
    if (*to || !fits) return;
    *to = *from;
    *from = NULL;
}

static int choose(const hg__table *t, mat_table *m, choice *c, hg_error *err) {
    hg__mat_array *a;
    uint64_t count = 0;
    while ((a = m->api->VarReadNextInfo(m->file))) {
        look_at(m, c, a);
        if (++count <= hg__data_limit.entries) continue;
        return hg__fail(err, HG_ERR_DATA, "%s: expected at most %llu arrays, got more", t->path,
                        (unsigned long long)hg__data_limit.entries);
    }
    settle(&c->x, &c->matrix, c->matrices == 1);
    settle(&c->x, &c->any, c->arrays == 1);
    settle(&c->x, &c->y, c->arrays == 1);
    if (c->names.failed) {
        return hg__fail(err, HG_ERR_MEMORY, "out of memory while reading %s", t->path);
    }
    const char *names = c->names.data ? c->names.data : "none";
    if (*c->wish && c->wished > 1 && !is_named(c->x, c->wish)) {
        return hg__fail(err, HG_ERR_USAGE, "%s: expected one array '%.60s', got %s", t->path,
                        c->wish, names);
    }
    if (!c->x && *c->wish) {
        return hg__fail(err, HG_ERR_USAGE, "%s: expected an array '%.60s', got %s", t->path,
                        c->wish, names);
    }
    if (!c->x) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected a matrix 'X', or one single matrix of numbers, got %s",
                        t->path, names);
    }
    return HG_OK;
}

// The numbers of a matrix, over what was there before.
static int fetch(const hg__table *t, const mat_table *m, hg__mat_array *a, void *to,
                 hg_error *err) {
    int start[] = {0, 0}, stride[] = {1, 1}, edge[] = {(int)a->dim[0], (int)a->dim[1]};
    if (m->api->VarReadData(m->file, a, to, start, stride, edge) == 0) return HG_OK;
    char name[SHOWN];
    return hg__fail(err, HG_ERR_DATA, "%s: libmatio could not read '%s': it is damaged", t->path,
                    show_name(a, name));
}

// Where an array holds less than its header says, libmatio reads what there is and reports success. So it is read
// over zeros and over ones: what differs was not read.
static int fetch_twice(const hg__table *t, const mat_table *m, hg__mat_array *a, uint8_t *to,
                       size_t bytes, hg_error *err) {
    uint8_t *again = hg__alloc(bytes, 1, err);
    if (!again) return HG_ERR_MEMORY;
    memset(again, 0xff, bytes);
    int code = fetch(t, m, a, to, err);
    if (code == HG_OK) code = fetch(t, m, a, again, err);
    if (code == HG_OK && memcmp(to, again, bytes) != 0) {
        char name[SHOWN];
        code = hg__fail(err, HG_ERR_DATA, "%s: expected %zu x %zu numbers in '%s', got fewer",
                        t->path, a->dim[0], a->dim[1], show_name(a, name));
    }
    hg__free(again);
    return code;
}

// The numbers of an array whose header was read.
static int load(const hg__table *t, const mat_table *m, hg__mat_array *a, uint8_t **to,
                hg_error *err) {
    char text[96], name[SHOWN];
    size_t count = 0, bytes = 0;
    if (!is_numeric(a)) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected '%s' to be a matrix of numbers, got %s",
                        t->path, show_name(a, name), describe(a, text));
    }
    const bool fits = a->dim[0] <= INT32_MAX && a->dim[1] <= (size_t)hg__data_limit.width &&
                      hg__multiply(a->dim[0], a->dim[1], &count) &&
                      hg__multiply(count, hg__dtype_size(types[a->class]), &bytes) &&
                      count / MAX_RATIO <= m->size;
    if (!fits) {
        return hg__fail(err, HG_ERR_DATA, "%s: '%s' (%s) is larger than its file can hold", t->path,
                        show_name(a, name), describe(a, text));
    }
    *to = hg__alloc(bytes, 1, err);
    return *to ? fetch_twice(t, m, a, *to, bytes, err) : HG_ERR_MEMORY;
}

static int load_both(hg__table *t, mat_table *m, bool wished, hg_error *err) {
    HG_TRY(load(t, m, m->x, &m->xs, err));
    m->rows = m->x->dim[0];
    m->width = m->x->dim[1];
    if (m->y && !wished) {
        char text[96], name[SHOWN];
        const bool fits = is_numeric(m->y) && m->y->dim[0] * m->y->dim[1] == m->rows &&
                          (m->y->dim[0] == 1 || m->y->dim[1] == 1);
        if (!fits) {
            return hg__fail(err, HG_ERR_DATA,
                            "%s: expected y to be %zu numbers, one for each row of %s, got %s",
                            t->path, m->rows, show_name(m->x, name), describe(m->y, text));
        }
        HG_TRY(load(t, m, m->y, &m->ys, err));
    }
    t->rows = (int64_t)m->rows;
    t->columns = (int32_t)m->width + (m->y != NULL);
    if (!m->y) return HG_OK;
    t->name = hg__alloc((size_t)t->columns, sizeof *t->name, err);
    if (!t->name) return HG_ERR_MEMORY;
    t->name[m->width] = hg__copy_text("y", err);
    return t->name[m->width] ? HG_OK : HG_ERR_MEMORY;
}

// ---- the file -----------------------------------------------------------------------------------

// Behind 124 bytes of text, which most begin with "MATLAB 5.0", are the version and a mark that says in what order its bytes are;
// 0x0200 is version 7.3.
static bool has_mark(const uint8_t *head, uint8_t version) {
    const bool little = memcmp(head + 126, "IM", 2) == 0, big = memcmp(head + 126, "MI", 2) == 0;
    return (little && head[124] == 0 && head[125] == version) ||
           (big && head[124] == version && head[125] == 0);
}

static bool is_version_5(const uint8_t *head) { // (HEADER)
    return has_mark(head, 1) || head[7] == '5';
}

// libmatio takes a file that ends too early for one with fewer arrays, or with zeros. In version 5 each element says
// how long it is ("MAT-File Format", MathWorks): they must end where the file does.
static int check_length(const hg__table *t, const mat_table *m, const uint8_t *head,
                        hg_error *err) {
    const bool swap = (head[126] == 'I') == host_is_big; // "IM": little-endian
    uint64_t at = HEADER;
    while (at < m->size) {
        uint32_t tag[2];
        if (m->size - at < sizeof tag) break;
        HG_TRY(hg__read_at(m->fd, tag, sizeof tag, at, t->path, err));
        for (int i = 0; i < 2; i++) tag[i] = swap ? __builtin_bswap32(tag[i]) : tag[i];
        if (m->size - at - sizeof tag < tag[1]) break;
        at += sizeof tag + tag[1];
    }
    if (at == m->size) return HG_OK;
    return hg__fail(
        err, HG_ERR_DATA,
        "%s: expected the array at byte %llu to end within the file, got the end of the "
        "file at byte %llu",
        t->path, (unsigned long long)at, (unsigned long long)m->size);
}

// m->fd becomes the file, or a temporary one with what a gzipped one holds.
static int unpack(const hg__table *t, mat_table *m, hg_error *err) {
    hg__source s;
    uint8_t head[HEADER] = {0};
    const int fd = hg__open_read(t->source, err);
    if (fd < 0) return fd;
    int code = hg__source_open(&s, fd, t->path, err);
    m->size = s.size;
    memcpy(head, s.head, sizeof head);
    const bool is_old = code == HG_OK && hg__mat_4_sniff(s.head, s.head_size);
    const bool whole = s.head_size >= HEADER || is_old;
    if (code == HG_OK && s.packed) {
        m->fd = hg__source_spill(&s, &m->size, err);
        code = m->fd < 0 ? m->fd : HG_OK;
    } else if (code == HG_OK) {
        m->fd = s.fd;
        s.fd = -1;
    }
    hg__source_close(&s);
    if (code < 0) return code;
    if (!whole) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected a header of %d bytes, got %llu", t->path,
                        HEADER, (unsigned long long)m->size);
    }
    if (is_old) return hg__mat_4_check(m->fd, m->size, t->path, err);
    if (is_version_5(head)) return check_length(t, m, head, err);
    hg__mat_quiet();
    return HG_OK;
}

static int open_mat(hg__table *t, const hg__table_options *o, hg_error *err) {
    mat_table *m = hg__alloc(1, sizeof *m, err);
    if (!m) return HG_ERR_MEMORY;
    t->state = m;
    m->fd = -1;
    m->api = hg__mat_get(t->path, err);
    if (!m->api) return HG_ERR_MISSING;
    HG_TRY(unpack(t, m, err));
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", m->fd);
    m->file = m->api->Open(path, 0);
    if (!m->file) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected a MATLAB file, but libmatio %s cannot open it", t->path,
                        hg__mat_version());
    }
    choice c = {.wish = o->table};
    int code = choose(t, m, &c, err);
    if (c.matrix) m->api->VarFree(c.matrix);
    if (c.any) m->api->VarFree(c.any);
    hg__text_clear(&c.names);
    m->x = c.x;
    m->y = c.y;
    if (code == HG_OK) code = load_both(t, m, *o->table != '\0', err);
    return code;
}

static void close_mat(hg__table *t) {
    mat_table *m = t->state;
    if (!m) return;
    if (m->x) m->api->VarFree(m->x);
    if (m->y) m->api->VarFree(m->y);
    hg__free(m->xs);
    hg__free(m->ys);
    if (m->file) (void)m->api->Close(m->file);
    if (m->fd >= 0) close(m->fd);
    hg__free(m);
}

// ---- rows ---------------------------------------------------------------------------------------

// Number `at` of data.
static hg__cell get_cell(const hg__mat_array *a, const uint8_t *data, size_t at) {
    const hg__dtype type = types[a->class];
    double x;
    hg__array_widen(type, host_is_big, data + at * hg__dtype_size(type), 1, &x);
    return (hg__cell){.kind = isnan(x) ? HG_CELL_MISSING : HG_CELL_NUMBER,
                      .size = type == HG_F32 ? HG_CELL_SINGLE : 0,
                      .number = x};
}

static int rewind_mat(hg__table *t, hg_error *err) {
    (void)err;
    ((mat_table *)t->state)->row = 0;
    return HG_OK;
}

static int next_mat(hg__table *t, hg__cell *cell, hg_error *err) {
    mat_table *m = t->state;
    if (m->row >= m->rows) return 0;
    const size_t row = m->row++;
    for (size_t i = 0; i < m->width; i++) cell[i] = get_cell(m->x, m->xs, i * m->rows + row);
    if (m->y) cell[m->width] = get_cell(m->y, m->ys, row);
    for (int32_t i = 0; i < t->columns; i++) {
        if (cell[i].kind != HG_CELL_NUMBER || isfinite(cell[i].number)) continue;
        return hg__fail(err, HG_ERR_DATA, "%s, row %zu: %s: expected a finite number, got %s",
                        t->path, row + 1, t->name[i], cell[i].number > 0 ? "inf" : "-inf");
    }
    return 1;
}

static void where_mat(const hg__table *t, char *text, size_t size) {
    const mat_table *m = t->state;
    snprintf(text, size, "%s, row %zu", t->path, m->row);
}

static bool sniff_mat(const char *source, const uint8_t *head, size_t size) {
    (void)source;
    if (hg__mat_4_sniff(head, size)) return true;
    if (size >= HEADER && (has_mark(head, 1) || has_mark(head, 2))) return true;
    return size >= 10 &&
           (memcmp(head, "MATLAB 5.0", 10) == 0 || memcmp(head, "MATLAB 7.3", 10) == 0);
}

const hg__table_type hg__table_mat = {"mat",    sniff_mat, open_mat, rewind_mat,
                                      next_mat, where_mat, close_mat};

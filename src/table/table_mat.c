// SPDX-License-Identifier: Apache-2.0
// table_mat.c - a MATLAB file (version 4 to 7.3) as a table of numbers: the matrix X with y as its last column, the only
// matrix, or the one that is named. The matrix is held in memory, in the type that the file has it in.
//
// Versions 4 and 5 are read in this process (mat_4.c, mat_5.c). What stands in the way of that with 7.3, libmatio and libhdf5, runs in a
// helper process, and what it found comes back through a temporary file.
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "array/reader.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/system.h"
#include "base/text.h"
#include "table/mat.h"
#include "table/table.h"

enum { SHOWN = 64 };

typedef struct mat_table {
    int fd;                         // owned: the file, unpacked
    uint64_t size;                  // of the file, bytes
    hg__mat_numbers x, y;           // owned: (width, rows) and (rows)
    bool has_y, x_single, y_single; // single: of that class
    size_t rows, width;
    size_t row; // the next
    bool is_signal;
    double rate;         // rows a second, where an array says so; else 0
    char largest[SHOWN]; // the array that was taken for its size; ""
} mat_table;

// ---- which arrays -------------------------------------------------------------------------------

static bool is_class_of_numbers(const hg__mat_array *a) {
    return a->class >= HG_MAT_DOUBLE && a->class <= HG_MAT_UINT64 && !a->is_complex;
}

static bool is_numeric(const hg__mat_array *a) {
    return is_class_of_numbers(a) && a->rank == 2 && a->dim[0] > 0 && a->dim[1] > 0;
}

static bool is_named(const hg__mat_array *a, const char *name) {
    return strcmp(a->name, name) == 0;
}

// The file does not say in what encoding names are: what is not UTF-8 is shown as question marks.
const char *hg__mat_show_name(const hg__mat_array *a, char text[64]) {
    const size_t length = strlen(a->name);
    const bool is_utf8 = hg__is_utf8(a->name, length);
    size_t size = length < SHOWN ? length : SHOWN - 1;
    while (is_utf8 && size < length && size > 0 && ((uint8_t)a->name[size] & 0xc0) == 0x80) size--;
    for (size_t i = 0; i < size; i++) {
        const uint8_t byte = (uint8_t)a->name[i];
        text[i] = byte < ' ' || byte == 127 || (byte > 127 && !is_utf8) ? '?' : a->name[i];
    }
    text[size] = '\0';
    return text;
}

int hg__mat_fail_short(const hg__mat_file *f, const hg__mat_array *a, hg_error *err) {
    char name[SHOWN];
    return hg__fail(err, HG_ERR_DATA, "%s: expected %llu x %llu numbers in '%s', got fewer",
                    f->path, (unsigned long long)a->dim[0], (unsigned long long)a->dim[1],
                    hg__mat_show_name(a, name));
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
static bool is_meant(const hg__mat_array *a, const char *wanted) {
    char text[SHOWN];
    if (!*a->name) return false;
    return is_named(a, wanted) || is_latin(a->name, wanted) ||
           strcmp(hg__mat_show_name(a, text), wanted) == 0;
}

// What there is to choose from.
typedef struct choice {
    const char *wanted; // the array that is meant; ""
    hg__mat_array x, y, matrix, any;
    bool has_x, has_y, has_matrix, has_any;
    int matrices, arrays;
    int candidates; // arrays that may be meant
    // Of a signal: the array with the most numbers, those of the second, and the one that says how many rows a second are.
    hg__mat_array largest, rate;
    uint64_t most, second;
    bool has_rate, is_largest;
    hg__text names; // "'a', 'b'"
} choice;

static const char *describe(const hg__mat_array *a, char text[96]) {
    if (is_class_of_numbers(a)) {
        snprintf(text, 96, "%d dimensions", a->rank);
        if (a->rank == 2) {
            snprintf(text, 96, "%llu x %llu", (unsigned long long)a->dim[0],
                     (unsigned long long)a->dim[1]);
        }
        return text;
    }
    return a->class == HG_MAT_CHAR     ? "text"
           : a->class == HG_MAT_SPARSE ? "a sparse matrix"
           : a->is_complex             ? "complex numbers"
           : a->class == 0             ? "an array that says no class"
                                       : "cells or structures";
}

static void list_name(choice *c, const hg__mat_array *a) {
    char name[SHOWN], kind[96];
    if (c->names.length > 200) return;
    const bool is_plain = is_numeric(a);
    hg__text_add(&c->names, "%s'%s'%s%s%s", c->names.length ? ", " : "", hg__mat_show_name(a, name),
                 is_plain ? "" : " (", is_plain ? "" : describe(a, kind), is_plain ? "" : ")");
}

static void keep(hg__mat_array *slot, bool *has, const hg__mat_array *a) {
    *slot = *a;
    *has = true;
}

// Whether one number of that name is a rate: "SampleFrequency", "fs".
static bool is_rate_name(const char *name) {
    static const char *const names[] = {
        "fs",           "sr",         "SampleFrequency", "sampling_frequency", "SamplingFrequency",
        "sample_rate",  "samplerate", "sampling_rate",   "SamplingRate",       "sfreq",
        "freq_sampling"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcasecmp(name, names[i]) == 0) return true;
    }
    return false;
}

static void look_for_signal(choice *c, const hg__mat_array *a) {
    if (!is_numeric(a)) return;
    const bool is_small = a->dim[0] <= UINT32_MAX && a->dim[1] <= UINT32_MAX;
    const uint64_t count = is_small ? a->dim[0] * a->dim[1] : UINT64_MAX;
    if (count == 1 && !c->has_rate && is_rate_name(a->name)) keep(&c->rate, &c->has_rate, a);
    if (count > c->most) {
        c->second = c->most;
        c->most = count;
        c->largest = *a;
    } else if (count > c->second) {
        c->second = count;
    }
}

static void look_at(choice *c, const hg__mat_array *a) {
    list_name(c, a);
    look_for_signal(c, a);
    const bool many = is_numeric(a) && a->dim[0] > 1 && a->dim[1] > 1;
    const bool is_wanted =
        *c->wanted ? is_meant(a, c->wanted) : is_named(a, "X") || is_named(a, "x");
    c->arrays += is_numeric(a);
    c->matrices += many;
    c->candidates += is_wanted;
    if (is_wanted && !(c->has_x && is_named(&c->x, *c->wanted ? c->wanted : "X"))) {
        keep(&c->x, &c->has_x, a);
    } else if (is_named(a, "y") && !*c->wanted) {
        keep(&c->y, &c->has_y, a);
    } else if (many && !*c->wanted) {
        keep(&c->matrix, &c->has_matrix, a);
    } else if (is_numeric(a) && !*c->wanted) {
        keep(&c->any, &c->has_any, a);
    }
}

// Where no array is called X: the only matrix, or the only one that is any numbers; of a signal the one that has ten times as
// many as any other.
static void settle(choice *c, bool is_signal) {
    if (c->has_x) return;
    const hg__mat_array *x = NULL;
    c->is_largest = is_signal && !*c->wanted && c->most / 10 > c->second && c->second > 0;
    if (c->is_largest) {
        keep(&c->x, &c->has_x, &c->largest);
        c->has_y = false;
        return;
    }
    if (c->has_matrix && c->matrices == 1) {
        x = &c->matrix;
    } else if (c->has_any && c->arrays == 1) {
        x = &c->any;
    } else if (c->has_y && c->arrays == 1) {
        x = &c->y;
        c->has_y = false;
    }
    if (x) keep(&c->x, &c->has_x, x);
}

static int choose(hg__mat_file *f, choice *c, bool is_signal, hg_error *err) {
    hg__mat_array a;
    int32_t count = 0;
    for (int code; (code = f->kind->next(f, &a, err)) != 0;) {
        if (code < 0) return code;
        look_at(c, &a);
        if (++count <= HG_MAT_ARRAYS) continue;
        return hg__fail(err, HG_ERR_DATA, "%s: expected at most %d arrays, got more", f->path,
                        HG_MAT_ARRAYS);
    }
    settle(c, is_signal);
    if (c->names.failed) {
        return hg__fail(err, HG_ERR_MEMORY, "out of memory while reading %s", f->path);
    }
    const char *names = c->names.data ? c->names.data : "none";
    if (*c->wanted && c->candidates > 1 && !is_named(&c->x, c->wanted)) {
        return hg__fail(err, HG_ERR_USAGE, "%s: expected one array '%.60s', got %s", f->path,
                        c->wanted, names);
    }
    if (!c->has_x && *c->wanted) {
        return hg__fail(err, HG_ERR_USAGE, "%s: expected an array '%.60s', got %s", f->path,
                        c->wanted, names);
    }
    if (!c->has_x) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected a matrix 'X', or one single matrix of numbers, got %s",
                        f->path, names);
    }
    return HG_OK;
}

// The numbers of an array whose header was read.
static int load(hg__mat_file *f, const hg__mat_array *a, hg__mat_numbers *to, hg_error *err) {
    char text[96], name[SHOWN];
    size_t count = 0;
    if (!is_numeric(a)) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected '%s' to be a matrix of numbers, got %s",
                        f->path, hg__mat_show_name(a, name), describe(a, text));
    }
    const bool fits = a->dim[0] <= INT32_MAX && a->dim[1] <= HG_MAX_WIDTH &&
                      hg__multiply(a->dim[0], a->dim[1], &count) && count / HG_MAT_RATIO <= f->size;
    if (fits) return f->kind->read(f, a, count, to, err);
    return hg__fail(err, HG_ERR_DATA, "%s: '%s' (%s) is larger than its file can hold", f->path,
                    hg__mat_show_name(a, name), describe(a, text));
}

static int load_both(hg__mat_file *f, mat_table *m, const choice *c, hg_error *err) {
    const hg__mat_array *x = &c->x, *y = &c->y;
    HG_TRY(load(f, x, &m->x, err));
    const bool is_line = m->is_signal && x->dim[0] == 1;
    m->rows = x->dim[is_line];
    m->width = x->dim[!is_line];
    if (c->is_largest) hg__mat_show_name(x, m->largest);
    m->x_single = x->class == HG_MAT_SINGLE;
    if (!c->has_y) return HG_OK;
    const bool fits =
        is_numeric(y) && y->dim[0] * y->dim[1] == m->rows && (y->dim[0] == 1 || y->dim[1] == 1);
    if (!fits) {
        char text[96], name[SHOWN];
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected y to be %zu numbers, one for each row of %s, got %s", f->path,
                        m->rows, hg__mat_show_name(x, name), describe(y, text));
    }
    m->has_y = true;
    m->y_single = y->class == HG_MAT_SINGLE;
    return load(f, y, &m->y, err);
}

static int load_rate(hg__mat_file *f, mat_table *m, const choice *c, hg_error *err) {
    hg__mat_numbers n = {0};
    if (!m->is_signal || !c->has_rate) return HG_OK;
    const int code = load(f, &c->rate, &n, err);
    if (code == HG_OK) hg__array_widen(n.dtype, n.big, n.bytes, 1, &m->rate);
    hg__free(n.bytes);
    if (!(m->rate > 0 && isfinite(m->rate))) m->rate = 0;
    return code;
}

// All of m but its file.
static int read_arrays(hg__mat_file *f, mat_table *m, const char *wanted, hg_error *err) {
    choice c = {.wanted = wanted};
    HG_TRY(f->kind->open(f, err));
    int code = choose(f, &c, m->is_signal, err);
    if (code == HG_OK) code = load_both(f, m, &c, err);
    if (code == HG_OK) code = load_rate(f, m, &c, err);
    hg__text_clear(&c.names);
    return code;
}

// ---- version 7.3 --------------------------------------------------------------------------------

typedef struct job {
    hg__mat_file *f;
    mat_table *m;
    const char *wanted;
} job;

static size_t bytes_of(const hg__mat_numbers *n, size_t count) {
    return count * hg__dtype_size(n->dtype);
}

// In the helper: the table as it stands, then its numbers.
static int work(void *context, int fd, hg_error *err) {
    job *j = context;
    mat_table *m = j->m;
    HG_TRY(read_arrays(j->f, m, j->wanted, err));
    HG_TRY(hg__spill(fd, m, sizeof *m, err));
    HG_TRY(hg__spill(fd, m->x.bytes, bytes_of(&m->x, m->rows * m->width), err));
    return m->has_y ? hg__spill(fd, m->y.bytes, bytes_of(&m->y, m->rows), err) : HG_OK;
}

static int take_numbers(hg__mat_numbers *n, size_t count, int fd, uint64_t *at, const char *path,
                        hg_error *err) {
    const size_t bytes = bytes_of(n, count);
    n->bytes = hg__alloc(bytes, 1, err);
    if (!n->bytes) return HG_ERR_MEMORY;
    HG_TRY(hg__read_at(fd, n->bytes, bytes, *at, path, err));
    *at += bytes;
    return HG_OK;
}

static int take_arrays(mat_table *m, int fd, const char *path, hg_error *err) {
    mat_table made;
    uint64_t at = sizeof made;
    HG_TRY(hg__read_at(fd, &made, sizeof made, 0, path, err));
    made.fd = m->fd;
    made.x.bytes = made.y.bytes = NULL; // the helper's
    *m = made;
    HG_TRY(take_numbers(&m->x, m->rows * m->width, fd, &at, path, err));
    return m->has_y ? take_numbers(&m->y, m->rows, fd, &at, path, err) : HG_OK;
}

// What the numbers can be, unpacked, and what libhdf5 takes for itself.
static int read_in_helper(hg__mat_file *f, mat_table *m, const char *wanted, hg_error *err) {
    enum { OWN = 64 << 20, SECONDS = 10, FAST = 16 << 20 }; // bytes; bytes a second
    const uint64_t most = UINT64_MAX >> 16, size = f->size < most ? f->size : most;
    job j = {.f = f, .m = m, .wanted = wanted};
    const hg__helper h = {.memory = OWN + 2 * HG_MAT_RATIO * size,
                          .seconds = SECONDS + (int32_t)(size / FAST),
                          .path = f->path,
                          .what = "libmatio",
                          .work = work,
                          .context = &j};
    int fd;
    if (!hg__mat_get(f->path, err)) return HG_ERR_MISSING; // loaded once, not in every helper
    HG_TRY(hg__helper_run(&h, &fd, err));
    const int code = take_arrays(m, fd, f->path, err);
    close(fd);
    return code;
}

// ---- the file -----------------------------------------------------------------------------------

// m->fd becomes the file, or a temporary one with what a gzipped one holds.
static int unpack(const hg__table *t, mat_table *m, const hg__mat_kind **kind, hg_error *err) {
    hg__source s;
    const int fd = hg__open_read(t->source, err);
    if (fd < 0) return fd;
    int code = hg__source_open(&s, fd, t->path, err);
    m->size = s.size;
    const bool is_old = code == HG_OK && hg__mat_4_sniff(s.head, s.head_size);
    const bool whole = s.head_size >= HG_MAT_HEADER || is_old;
    const bool is_5 = whole && (hg__mat_has_mark(s.head, 1) || s.head[7] == '5');
    *kind = is_old ? &hg__mat_4 : is_5 ? &hg__mat_5 : &hg__mat_7;
    if (code == HG_OK && s.packed) {
        m->fd = hg__source_spill(&s, &m->size, err);
        code = m->fd < 0 ? m->fd : HG_OK;
    } else if (code == HG_OK) {
        m->fd = s.fd;
        s.fd = -1;
    }
    hg__source_close(&s);
    if (code < 0 || whole) return code;
    return hg__fail(err, HG_ERR_DATA, "%s: expected a header of %d bytes, got %llu", t->path,
                    HG_MAT_HEADER, (unsigned long long)m->size);
}

static int name_columns(hg__table *t, const mat_table *m, hg_error *err) {
    t->rows = (int64_t)m->rows;
    t->rate = m->rate;
    if (*m->largest) {
        snprintf(t->note, sizeof t->note, "array '%s', by far the largest (table= names another)",
                 m->largest);
    }
    t->columns = (int32_t)m->width + m->has_y;
    if (!m->has_y) return HG_OK;
    t->name = hg__alloc((size_t)t->columns, sizeof *t->name, err);
    if (!t->name) return HG_ERR_MEMORY;
    t->name[m->width] = hg__copy_text("y", err);
    return t->name[m->width] ? HG_OK : HG_ERR_MEMORY;
}

static int open_mat(hg__table *t, const hg__table_options *o, hg_error *err) {
    mat_table *m = hg__alloc(1, sizeof *m, err);
    if (!m) return HG_ERR_MEMORY;
    t->state = m;
    m->fd = -1;
    m->is_signal = o->is_signal;
    hg__mat_file f = {.path = t->path};
    HG_TRY(unpack(t, m, &f.kind, err));
    f.fd = m->fd;
    f.size = m->size;
    HG_TRY(f.kind == &hg__mat_7 ? read_in_helper(&f, m, o->table, err)
                                : read_arrays(&f, m, o->table, err));
    return name_columns(t, m, err);
}

static void close_mat(hg__table *t) {
    mat_table *m = t->state;
    if (!m) return;
    hg__free(m->x.bytes);
    hg__free(m->y.bytes);
    if (m->fd >= 0) close(m->fd);
    hg__free(m);
}

// ---- rows ---------------------------------------------------------------------------------------

// Number `at` of an array.
static hg__cell get_cell(const hg__mat_numbers *n, bool is_single, size_t at) {
    double x;
    hg__array_widen(n->dtype, n->big, n->bytes + at * hg__dtype_size(n->dtype), 1, &x);
    return (hg__cell){.kind = isnan(x) ? HG_CELL_MISSING : HG_CELL_NUMBER,
                      .size = is_single ? HG_CELL_SINGLE : 0,
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
    for (size_t i = 0; i < m->width; i++) cell[i] = get_cell(&m->x, m->x_single, i * m->rows + row);
    if (m->has_y) cell[m->width] = get_cell(&m->y, m->y_single, row);
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
    const bool whole = size >= HG_MAT_HEADER;
    if (whole && (hg__mat_has_mark(head, 1) || hg__mat_has_mark(head, 2))) return true;
    return size >= 10 &&
           (memcmp(head, "MATLAB 5.0", 10) == 0 || memcmp(head, "MATLAB 7.3", 10) == 0);
}

const hg__table_type hg__table_mat = {"mat",    sniff_mat, open_mat, rewind_mat,
                                      next_mat, where_mat, close_mat};

// SPDX-License-Identifier: Apache-2.0
// write_rows.c - rows of floats to a file: one table row a format.
#include <math.h>

#include "array/sink.h"
#include "base/file.h"
#include "csv/cell.h"
#include "jobs/score_sheet.h"
#include "table/table_out.h"

struct hg__row_format {
    const char *end, *family; // of the file's name; of hg__data.format
    bool has_bytes;
    char separator; // between numbers, csv and tsv
    int (*head)(hg__row_writer *w, hg_error *err);
    int (*rows)(hg__row_writer *w, const float *x, size_t count, hg_error *err); // count numbers
    int (*tail)(hg__row_writer *w, hg_error *err); // behind all rows; NULL: nothing
};

enum { BLOCK = 4096 };

// ---- npy ----------------------------------------------------------------------------------------

static hg__shape whole_shape(const hg__row_layout *l) {
    hg__shape s = {l->shape.rank + 1, {l->rows}};
    for (int32_t i = 0; i < l->shape.rank; i++) s.dim[i + 1] = l->shape.dim[i];
    return s;
}

static int npy_head(hg__row_writer *w, hg_error *err) {
    const hg__shape s = whole_shape(&w->layout);
    return hg__npy_add_header(&w->file, HG_F32, &s, err);
}

static int npy_rows(hg__row_writer *w, const float *x, size_t count, hg_error *err) {
    return hg__writer_add(&w->file, x, count * sizeof *x, err);
}

// ---- idx: Y. LeCun's format of MNIST; everything big-endian --------------------------------------

static void put_big_endian(uint8_t *to, uint32_t word) {
    for (int i = 0; i < 4; i++) to[i] = (uint8_t)(word >> (24 - 8 * i));
}

static int idx_head(hg__row_writer *w, hg_error *err) {
    enum { TYPE_U8 = 8, TYPE_F32 = 13 };
    const hg__shape s = whole_shape(&w->layout);
    uint8_t head[4 + 4 * HG_MAX_RANK] = {0, 0, w->layout.dtype == HG_U8 ? TYPE_U8 : TYPE_F32,
                                         (uint8_t)s.rank};
    for (int32_t i = 0; i < s.rank; i++) {
        if (s.dim[i] > INT32_MAX) {
            return hg__fail(err, HG_ERR_USAGE, "%s: an idx file holds at most %d rows, got %lld",
                            w->file.path, INT32_MAX, (long long)s.dim[i]);
        }
        put_big_endian(head + 4 + 4 * (size_t)i, (uint32_t)s.dim[i]);
    }
    return hg__writer_add(&w->file, head, 4 + 4 * (size_t)s.rank, err);
}

static int idx_rows(hg__row_writer *w, const float *x, size_t count, hg_error *err) {
    uint8_t bytes[BLOCK];
    const bool is_u8 = w->layout.dtype == HG_U8;
    const size_t size = is_u8 ? 1 : 4;
    for (size_t done = 0; done < count;) {
        const size_t n = count - done < BLOCK / size ? count - done : BLOCK / size;
        for (size_t i = 0; i < n; i++) {
            const float value = x[done + i];
            uint32_t word;
            memcpy(&word, &value, sizeof word);
            if (is_u8) {
                bytes[i] = (uint8_t)lrintf(fminf(fmaxf(value / w->layout.unit, 0), 255));
            } else {
                put_big_endian(bytes + 4 * i, word);
            }
        }
        HG_TRY(hg__writer_add(&w->file, bytes, n * size, err));
        done += n;
    }
    return HG_OK;
}

// ---- csv, tsv -----------------------------------------------------------------------------------

static int csv_add_name(hg__row_writer *w, const char *name, hg_error *err) {
    hg__text t = {0};
    hg__text_add_csv(&t, name, strlen(name), w->format->separator);
    const int code = t.failed ? hg__fail(err, HG_ERR_MEMORY, "%s: out of memory", w->file.path)
                              : hg__writer_add(&w->file, t.data ? t.data : "", t.length, err);
    hg__text_clear(&t);
    return code;
}

static int csv_head(hg__row_writer *w, hg_error *err) {
    if (!w->layout.column) return HG_OK;
    for (int32_t j = 0; j < w->width; j++) {
        if (j) HG_TRY(hg__writer_add(&w->file, &w->format->separator, 1, err));
        HG_TRY(csv_add_name(w, w->layout.column[j], err));
    }
    return hg__writer_add(&w->file, "\n", 1, err);
}

static int csv_rows(hg__row_writer *w, const float *x, size_t count, hg_error *err) {
    enum { ROOM = 40 };
    char text[BLOCK];
    size_t used = 0;
    int32_t column = 0;
    for (size_t i = 0; i < count; i++) {
        used += hg__format_g9(text + used, x[i]);
        const bool is_last = ++column == w->width;
        if (is_last) column = 0;
        text[used++] = is_last ? '\n' : w->format->separator;
        if (used < BLOCK - ROOM) continue;
        HG_TRY(hg__writer_add(&w->file, text, used, err));
        used = 0;
    }
    return hg__writer_add(&w->file, text, used, err);
}

// ---- parquet ------------------------------------------------------------------------------------

static int parquet_head(hg__row_writer *w, hg_error *err) {
    return hg__parquet_open(&w->parquet, &w->file, w->width, err);
}

static int parquet_rows(hg__row_writer *w, const float *x, size_t count, hg_error *err) {
    return hg__parquet_add(&w->parquet, &w->file, x, count / (size_t)w->width, err);
}

static int parquet_tail(hg__row_writer *w, hg_error *err) {
    return hg__parquet_finish(&w->parquet, &w->file, w->layout.column, w->layout.letter, err);
}

// ---- all of them --------------------------------------------------------------------------------

static const hg__row_format formats[] = {
    {".npy",     "npy",     false, 0,    npy_head,     npy_rows,     NULL        },
    {".csv",     "csv",     false, ',',  csv_head,     csv_rows,     NULL        },
    {".tsv",     "tsv",     false, '\t', csv_head,     csv_rows,     NULL        },
    {".idx",     "idx",     true,  0,    idx_head,     idx_rows,     NULL        },
    {"-ubyte",   "idx",     true,  0,    idx_head,     idx_rows,     NULL        },
    {".parquet", "parquet", false, 0,    parquet_head, parquet_rows, parquet_tail},
};
enum { FORMATS = sizeof formats / sizeof formats[0] };

static bool ends_with(const char *text, const char *end) {
    const size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

const hg__row_format *hg__row_format_find(const char *path, const char *family, hg_error *err) {
    for (int i = 0; i < FORMATS; i++) {
        if (ends_with(path, formats[i].end)) return &formats[i];
    }
    const hg__row_format *own = &formats[0];
    for (int i = 0; i < FORMATS; i++) {
        if (strcmp(family, formats[i].family) != 0) continue;
        own = &formats[i];
        break;
    }
    // A name that says what these rows are not: text beside bytes, a database, a packed file.
    const bool is_text = ends_with(path, ".txt") && !own->separator;
    if (is_text || hg__table_out_is(path) || ends_with(path, ".gz") || ends_with(path, ".npz")) {
        hg__fail(
            err, HG_ERR_USAGE,
            "%.300s: expected a name that ends in .npy, .csv, .tsv, .idx or .parquet for rows of "
            "numbers",
            path);
        return NULL;
    }
    return own;
}

bool hg__row_format_has_bytes(const hg__row_format *f) {
    return f->has_bytes;
}

int hg__row_writer_open(hg__row_writer *w, const char *path, const hg__row_format *format,
                        const hg__row_layout *layout, hg_error *err) {
    size_t width;
    *w = (hg__row_writer){.format = format, .layout = *layout, .file = {.fd = -1}};
    if (!hg__shape_count(&layout->shape, &width) || width < 1 || width > INT32_MAX ||
        layout->shape.rank < 1) {
        return hg__fail(err, HG_ERR_DATA, "%s: cannot hold rows of that shape", path);
    }
    w->width = (int32_t)width;
    if (!layout->letter) w->layout.letter = 'x';
    if (layout->shape.rank >= HG_MAX_RANK) {
        w->layout.shape = (hg__shape){1, {(int64_t)width}}; // no room for the rows' dimension
    }
    hg__sweep_beside(path);
    HG_TRY(hg__writer_open(&w->file, path, err));
    const int code = format->head(w, err);
    if (code < 0) hg__row_writer_abort(w);
    return code;
}

int hg__row_writer_add(hg__row_writer *w, const float *x, int64_t rows, hg_error *err) {
    return w->format->rows(w, x, (size_t)rows * (size_t)w->width, err);
}

int hg__row_writer_commit(hg__row_writer *w, hg_error *err) {
    const int code = w->format->tail ? w->format->tail(w, err) : HG_OK;
    if (code < 0) {
        hg__row_writer_abort(w);
        return code;
    }
    hg__parquet_clear(&w->parquet);
    return hg__writer_commit(&w->file, err);
}

void hg__row_writer_abort(hg__row_writer *w) {
    hg__parquet_clear(&w->parquet);
    hg__writer_abort(&w->file);
}

// SPDX-License-Identifier: Apache-2.0
// array.c - the body of an array file: from (type, byte order, element order, shape) to rows.
#include <string.h>
#include <unistd.h>

#include "array/reader.h"
#include "array/sink.h"
#include "base/file.h"
#include "base/mem.h"

enum { BLOCK = 1 << 16 }; // bytes converted at a time

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
static const bool host_is_big = true;
#else
static const bool host_is_big = false;
#endif

// Everything about the body that follows from the header.
typedef struct layout {
    const hg__array *a;
    size_t element; // bytes of one in the file
    size_t row;     // elements
    uint64_t total; // bytes of the body
    bool fortran;   // and it matters
    bool raw;       // elements are kept as they are
    uint8_t *block; // owned, (BLOCK): bytes as they come
    float *wide;    // owned, (BLOCK): what becomes of them, where they are gathered
} layout;

// ---- widening -----------------------------------------------------------------------------------

// IEEE 754 binary16 to binary32: exact.
static float half_to_float(uint16_t h) {
    uint32_t sign = (uint32_t)(h & 0x8000U) << 16, exponent = h >> 10 & 31U, fraction = h & 1023U;
    uint32_t bits = sign | (exponent + 112) << 23 | fraction << 13;
    if (exponent == 31) bits = sign | 0x7f800000U | fraction << 13;
    float x;
    if (exponent == 0) { // zero or denormal: fraction * 2^-24
        x = (float)fraction * 0x1p-24F;
        return sign ? -x : x;
    }
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint16_t load16(const uint8_t *p, bool swap) {
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return swap ? __builtin_bswap16(v) : v;
}

static uint32_t load32(const uint8_t *p, bool swap) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return swap ? __builtin_bswap32(v) : v;
}

static uint64_t load64(const uint8_t *p, bool swap) {
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return swap ? __builtin_bswap64(v) : v;
}

static float float_of_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static double double_of_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

// One function a type: name, bytes an element, the element at `p`.
#define CONVERTERS(X)                                       \
 X(U8, 1, *p)                                               \
 X(I8, 1, (int8_t)*p)                                       \
 X(BOOL, 1, *p != 0)                                        \
 X(U16, 2, load16(p, swap))                                 \
 X(I16, 2, (int16_t)load16(p, swap))                        \
 X(F16, 2, half_to_float(load16(p, swap)))                  \
 X(BF16, 2, float_of_bits((uint32_t)load16(p, swap) << 16)) \
 X(U32, 4, load32(p, swap))                                 \
 X(I32, 4, (int32_t)load32(p, swap))                        \
 X(F32, 4, float_of_bits(load32(p, swap)))                  \
 X(U64, 8, load64(p, swap))                                 \
 X(I64, 8, (int64_t)load64(p, swap))                        \
 X(F64, 8, double_of_bits(load64(p, swap)))

#define X(id, size, value)                                                        \
 static void convert_##id(const uint8_t *p, size_t count, bool swap, float *to) { \
  (void)swap;                                                                     \
  for (size_t i = 0; i < count; i++, p += (size)) to[i] = (float)(value);         \
 }                                                                                \
 static void widen_##id(const uint8_t *p, size_t count, bool swap, double *to) {  \
  (void)swap;                                                                     \
  for (size_t i = 0; i < count; i++, p += (size)) to[i] = (double)(value);        \
 }
CONVERTERS(X)
#undef X

void hg__array_convert(hg__dtype dtype, bool big_endian, const uint8_t *from, size_t count,
                       float *to) {
    static void (*const converter[])(const uint8_t *, size_t, bool, float *) = {
#define X(id, size, value) [HG_##id] = convert_##id,
        CONVERTERS(X)
#undef X
    };
    converter[dtype](from, count, big_endian != host_is_big, to);
}

void hg__array_widen(hg__dtype dtype, bool big_endian, const uint8_t *from, size_t count,
                     double *to) {
    static void (*const widener[])(const uint8_t *, size_t, bool, double *) = {
#define X(id, size, value) [HG_##id] = widen_##id,
        CONVERTERS(X)
#undef X
    };
    widener[dtype](from, count, big_endian != host_is_big, to);
}

// ---- what the header asks for -------------------------------------------------------------------

static int set_shape(layout *l, hg__data *d, hg_error *err) {
    const hg__shape *s = &l->a->shape;
    if (s->rank < 1 || s->rank > HG_MAX_RANK) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected an array of 1 to %d dimensions, got %d",
                        d->path, HG_MAX_RANK, s->rank);
    }
    char text[128];
    hg__shape_format(s, text);
    d->shape = (hg__shape){.rank = s->rank > 1 ? s->rank - 1 : 1, .dim = {1}};
    for (int32_t i = 1; i < s->rank; i++) d->shape.dim[i - 1] = s->dim[i];
    bool fits = hg__shape_count(&d->shape, &l->row) && l->row <= (size_t)hg__data_limit.width;
    if (!fits) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected rows of at most %lld numbers, got shape %s",
                        d->path, (long long)hg__data_limit.width, text);
    }
    if (s->dim[0] <= 0 || l->row == 0) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected at least one row and one column, got shape %s", d->path,
                        text);
    }
    size_t elements, bytes;
    fits = (uint64_t)s->dim[0] <= hg__data_limit.rows &&
           hg__multiply((size_t)s->dim[0], l->row, &elements) &&
           hg__multiply(elements, 8, &bytes) && bytes <= INT64_MAX;
    if (!fits) {
        return hg__fail(err, HG_ERR_DATA, "%s: shape %s is larger than any file", d->path, text);
    }
    l->total = (uint64_t)elements * l->element;
    l->fortran = l->a->fortran && s->rank > 1;
    d->rows = s->dim[0];
    d->width = (int32_t)l->row;
    return HG_OK;
}

static int check_size(const layout *l, const hg__source *s, hg_error *err) {
    uint64_t body = s->size - s->position;
    if (s->packed || body == l->total) return HG_OK;
    char text[128];
    hg__shape_format(&l->a->shape, text);
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected %llu bytes after the header for shape %s, got %llu", s->path,
                    (unsigned long long)l->total, text, (unsigned long long)body);
}

// ---- ways to get at the rows --------------------------------------------------------------------

// As they lie in the file, which is read when they are asked for.
static void use_in_place(hg__data *d, hg__source *s) {
    d->offset = s->position;
    d->fd = s->fd;
    s->fd = -1;
}

// All at once. Not mapped: a file that is cut off while it is used would be the end of the process.
static int read_at_once(const layout *l, hg__data *d, const hg__source *s, hg_error *err) {
    d->owned = hg__alloc((size_t)l->total, 1, err);
    if (!d->owned) return HG_ERR_MEMORY;
    d->base = d->owned;
    return hg__read_at(s->fd, d->owned, (size_t)l->total, s->position, s->path, err);
}

// `count` elements from the source to `to`: bytes as they are, or floats.
static int read_elements(const layout *l, const hg__data *d, hg__source *s, uint8_t *to,
                         size_t count, hg_error *err) {
    while (count) {
        size_t most = l->raw ? count : BLOCK / l->element;
        size_t n = count < most ? count : most;
        uint8_t *into = l->raw ? to : l->block;
        HG_TRY(hg__source_need(s, into, n * l->element, "more data (its header says so)", err));
        if (!l->raw) {
            hg__array_convert(l->a->dtype, l->a->big_endian, l->block, n, (float *)(void *)to);
        }
        to += n * hg__dtype_size(d->dtype);
        count -= n;
    }
    return HG_OK;
}

static int read_in_order(const layout *l, hg__data *d, hg__source *s, hg__sink *k, hg_error *err) {
    uint64_t left = (uint64_t)d->rows;
    while (left) {
        void *to;
        size_t rows;
        HG_TRY(hg__sink_reserve(k, &to, &rows, err));
        if (rows > left) rows = (size_t)left;
        HG_TRY(read_elements(l, d, s, to, rows * l->row, err));
        hg__sink_commit(k, rows);
        left -= rows;
    }
    return HG_OK;
}

// Where element (0, column) stands in a Fortran array, in units of whole columns: `column` counts in C
// order, the last index fastest; Fortran has the first fastest.
static size_t fortran_column(const hg__shape *row, size_t column) {
    size_t index[HG_MAX_RANK] = {0}, at = 0;
    for (int32_t i = row->rank - 1; i >= 0; i--) {
        index[i] = column % (size_t)row->dim[i];
        column /= (size_t)row->dim[i];
    }
    for (int32_t i = row->rank - 1; i >= 0; i--) at = at * (size_t)row->dim[i] + index[i];
    return at;
}

// `rows` rows from `first` on, gathered column by column from a file whose body is at `offset`.
static int gather_rows(const layout *l, const hg__data *d, int fd, uint64_t offset, uint64_t first,
                       size_t rows, uint8_t *to, hg_error *err) {
    for (size_t c = 0; c < l->row; c++) {
        uint64_t start = (uint64_t)fortran_column(&d->shape, c) * (uint64_t)d->rows + first;
        HG_TRY(hg__read_at(fd, l->block, rows * l->element, offset + start * l->element, d->path,
                           err));
        if (l->raw) {
            const size_t n = l->element;
            for (size_t r = 0; r < rows; r++) {
                memcpy(to + (r * l->row + c) * n, l->block + r * n, n);
            }
            continue;
        }
        hg__array_convert(l->a->dtype, l->a->big_endian, l->block, rows, l->wide);
        for (size_t r = 0; r < rows; r++) ((float *)(void *)to)[r * l->row + c] = l->wide[r];
    }
    return HG_OK;
}

static int gather_all(const layout *l, const hg__data *d, int fd, uint64_t offset, hg__sink *k,
                      hg_error *err) {
    for (uint64_t first = 0; first < (uint64_t)d->rows;) {
        void *to;
        size_t rows;
        HG_TRY(hg__sink_reserve(k, &to, &rows, err));
        uint64_t left = (uint64_t)d->rows - first;
        if (rows > left) rows = (size_t)left;
        if (rows > BLOCK / l->element) rows = BLOCK / l->element;
        HG_TRY(gather_rows(l, d, fd, offset, first, rows, to, err));
        hg__sink_commit(k, rows);
        first += rows;
    }
    return HG_OK;
}

static int read_across(const layout *l, hg__data *d, hg__source *s, hg__sink *k, hg_error *err) {
    if (!s->packed) {
        int code = gather_all(l, d, s->fd, s->position, k, err);
        s->position = s->at = s->size; // check_size has seen to it that this is the end
        s->head_used = s->head_size;
        return code;
    }
    uint64_t size; // columns are far apart: lay the body down where it can be sought in
    int fd = hg__source_spill(s, &size, err);
    if (fd < 0) return fd;
    int code = size == l->total
                   ? gather_all(l, d, fd, 0, k, err)
                   : hg__fail(err, HG_ERR_DATA, "%s: expected %llu bytes of data, got %llu",
                              d->path, (unsigned long long)l->total, (unsigned long long)size);
    close(fd);
    return code;
}

static int make_blocks(layout *l, hg_error *err) {
    l->block = hg__alloc(BLOCK, 1, err);
    if (l->block && l->fortran) l->wide = hg__alloc(BLOCK, sizeof *l->wide, err);
    return l->block && (l->wide || !l->fortran) ? HG_OK : HG_ERR_MEMORY;
}

static int read_body(const layout *l, hg__data *d, hg__source *s, size_t memory, hg_error *err) {
    hg__sink sink;
    HG_TRY(hg__sink_init(&sink, l->row * hg__dtype_size(d->dtype), memory, err));
    int code = l->fortran ? read_across(l, d, s, &sink, err) : read_in_order(l, d, s, &sink, err);
    if (code == HG_OK) code = hg__source_finish(s, "the data", err);
    if (code == HG_OK) code = hg__sink_finish(&sink, d, err);
    hg__sink_clear(&sink);
    return code;
}

int hg__array_open(const hg__array *a, hg__data *d, hg__source *s, const hg__data_options *o,
                   hg_error *err) {
    layout l = {.a = a, .element = hg__dtype_size(a->dtype), .raw = d->raw || a->dtype == HG_U8};
    HG_TRY(set_shape(&l, d, err));
    HG_TRY(check_size(&l, s, err));
    d->dtype = l.raw ? a->dtype : HG_F32;
    d->big_endian = a->big_endian;
    d->scale = a->dtype == HG_U8 ? 1.0F / 255.0F : 1.0F;
    bool plain = l.raw || (a->dtype == HG_F32 && a->big_endian == host_is_big);
    if (plain && !l.fortran && !s->packed) {
        if (!d->raw && s->size <= o->memory) return read_at_once(&l, d, s, err);
        use_in_place(d, s);
        return HG_OK;
    }
    int code = make_blocks(&l, err);
    if (code == HG_OK) code = read_body(&l, d, s, o->memory, err);
    hg__free(l.block);
    hg__free(l.wide);
    return code;
}

// SPDX-License-Identifier: Apache-2.0
// mat_4.c - MATLAB files of version 4.
//
// Its arrays follow each other, each behind five whole numbers: what it is in decimal digits ("MOPT": byte order, 0, type of
// number, class), rows, columns, whether complex, bytes of the name with its zero ("MAT-File Format", MathWorks, level 4).
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "table/mat.h"

enum { HEADER = 20, NAME = 64 };

typedef struct header {
    int32_t type, class; // of number, 0 to 5; 0 numbers, 1 text, 2 sparse
    int32_t rows, columns, name;
    bool is_complex;
} header;

static uint32_t get_word(const uint8_t *bytes, bool big) {
    uint32_t x = 0;
    for (int i = 0; i < 4; i++) x |= (uint32_t)bytes[i] << 8 * (big ? 3 - i : i);
    return x;
}

// bytes (HEADER). False where they are no such header.
static bool read_header(const uint8_t *bytes, header *h) {
    const bool big = get_word(bytes, false) > 999;
    const uint32_t what = get_word(bytes, big), rows = get_word(bytes + 4, big),
                   columns = get_word(bytes + 8, big), imaginary = get_word(bytes + 12, big),
                   name = get_word(bytes + 16, big);
    if (what > 1052 || what / 1000 != big || what / 100 % 10 != 0) return false;
    *h = (header){.type = (int32_t)(what / 10 % 10),
                  .class = (int32_t)(what % 10),
                  .rows = (int32_t)rows,
                  .columns = (int32_t)columns,
                  .name = (int32_t)name,
                  .is_complex = imaginary == 1};
    return h->type <= 5 && h->class <= 2 && rows <= INT32_MAX && columns <= INT32_MAX &&
           imaginary <= 1 && name > 0 && name <= NAME;
}

bool hg__mat_4_sniff(const uint8_t *head, size_t size) {
    header h;
    if (size < HEADER || !read_header(head, &h) || size < HEADER + (size_t)h.name) return false;
    const char *name = (const char *)head + HEADER;
    const size_t length = strnlen(name, (size_t)h.name);
    for (size_t i = 0; i < length; i++) {
        if ((uint8_t)name[i] <= ' ') return false;
    }
    return length > 0 && length + 1 >= (size_t)h.name;
}

// Type of number, by its digit.
static const hg__dtype types[] = {HG_F64, HG_F32, HG_I32, HG_I16, HG_U16, HG_U8};

// The array at `at`: its header, where its numbers start and how many bytes they take; false where the file ends before them.
static int read_array(const hg__mat_file *f, uint64_t at, header *h, hg__mat_array *a, bool *fits,
                      hg_error *err) {
    uint8_t head[HEADER];
    *fits = false;
    if (f->size - at < HEADER) return HG_OK;
    HG_TRY(hg__read_at(f->fd, head, sizeof head, at, f->path, err));
    if (!read_header(head, h)) return HG_OK;
    const uint64_t cells = (uint64_t)h->rows * (uint64_t)h->columns, left = f->size - at;
    const uint64_t front = HEADER + (uint64_t)h->name;
    const uint64_t cell = hg__dtype_size(types[h->type]) << h->is_complex;
    if (left < front || cells > (left - front) / cell) return HG_OK;
    *fits = true;
    a->at = at + front;
    a->size = cells * cell;
    a->big = get_word(head, false) > 999;
    return HG_OK;
}

// A file that is cut short is none of fewer arrays, or of zeros: the last array must end where the file does.
static int open_4(hg__mat_file *f, hg_error *err) {
    uint64_t at = 0;
    header h;
    hg__mat_array a;
    bool fits = true;
    for (int32_t arrays = 0; at < f->size && arrays <= HG_MAT_ARRAYS; arrays++) {
        HG_TRY(read_array(f, at, &h, &a, &fits, err));
        if (!fits) break;
        at = a.at + a.size;
    }
    if (fits) return HG_OK;
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected an array at byte %llu that ends within the file, got the end of "
                    "the file at byte %llu",
                    f->path, (unsigned long long)at, (unsigned long long)f->size);
}

static int next_4(hg__mat_file *f, hg__mat_array *a, hg_error *err) {
    static const int32_t classes[] = {HG_MAT_DOUBLE, HG_MAT_CHAR, HG_MAT_SPARSE};
    header h;
    bool fits;
    *a = (hg__mat_array){0};
    if (f->at >= f->size) return 0;
    HG_TRY(read_array(f, f->at, &h, a, &fits, err));
    if (!fits) return 0; // was checked
    HG_TRY(hg__read_at(f->fd, a->name, (size_t)h.name, f->at + HEADER, f->path, err));
    a->name[h.name] = '\0';
    a->stored = types[h.type];
    a->class = h.class == 0 && a->stored == HG_F32 ? HG_MAT_SINGLE : classes[h.class];
    a->rank = 2;
    a->dim[0] = (uint64_t)h.rows;
    a->dim[1] = (uint64_t)h.columns;
    a->is_complex = h.is_complex;
    f->at = a->at + a->size;
    return 1;
}

static int read_4(hg__mat_file *f, const hg__mat_array *a, size_t count, hg__mat_numbers *to,
                  hg_error *err) {
    const size_t cell = hg__dtype_size(a->stored);
    if (count > a->size / cell) return hg__mat_fail_short(f, a, err);
    *to = (hg__mat_numbers){hg__alloc(count, cell, err), a->stored, a->big};
    return to->bytes ? hg__read_at(f->fd, to->bytes, count * cell, a->at, f->path, err)
                     : HG_ERR_MEMORY;
}

const hg__mat_kind hg__mat_4 = {open_4, next_4, read_4};

// SPDX-License-Identifier: Apache-2.0
// mat_4.c - MATLAB files of version 4, as far as libmatio leaves it to others: what is one, and whether it is whole.
//
// Its arrays follow each other, each behind five whole numbers: what it is in decimal digits ("MOPT": byte order, 0, type of
// number, class), rows, columns, whether complex, bytes of the name with its zero ("MAT-File Format", MathWorks, level 4).
#include "data/mat_4.h"

#include <string.h>

#include "base/file.h"

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

int hg__mat_4_check(int fd, uint64_t size, const char *path, hg_error *err) {
    static const uint64_t sizes[] = {8, 4, 4, 2, 2, 1};
    uint8_t head[HEADER];
    uint64_t at = 0;
    header h;
    while (size - at >= HEADER) {
        HG_TRY(hg__read_at(fd, head, sizeof head, at, path, err));
        if (!read_header(head, &h)) break;
        const uint64_t cells = (uint64_t)h.rows * (uint64_t)h.columns, left = size - at;
        const uint64_t front = HEADER + (uint64_t)h.name, cell = sizes[h.type] << h.is_complex;
        if (left < front || cells > (left - front) / cell) break;
        at += front + cells * cell;
    }
    if (at == size) return HG_OK;
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected an array at byte %llu that ends within the file, got the end of "
                    "the file at byte %llu",
                    path, (unsigned long long)at, (unsigned long long)size);
}

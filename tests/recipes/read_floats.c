// SPDX-License-Identifier: Apache-2.0
// read_floats.c - "FLOATS", a byte that says how many a row has, a byte of 0, then rows of little-endian floats.
#include <string.h>

#include "array/reader.h"

enum { HEAD = 8 };
static const uint8_t mark[] = {'F', 'L', 'O', 'A', 'T', 'S'};

static bool sniff(const uint8_t *head, size_t size) {
    return size >= HEAD && memcmp(head, mark, sizeof mark) == 0 && head[7] == 0;
}

static int open_floats(hg__data *d, hg__source *s, const hg__data_options *o, hg_error *err) {
    uint8_t head[HEAD];
    HG_TRY(hg__source_need(s, head, sizeof head, "the 8 bytes that FLOATS begins with", err));
    const uint64_t row = head[6] * sizeof(float);
    if (!sniff(head, sizeof head) || !row || s->packed || (s->size - HEAD) % row != 0) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected whole rows of %d floats", d->path, head[6]);
    }
    const hg__array a = {
        .dtype = HG_F32, .shape = {2, {(int64_t)((s->size - HEAD) / row), head[6]}}
    };
    return hg__array_open(&a, d, s, o, err);
}

const hg__reader hg__reader_floats = {"floats", ".floats.", sniff, open_floats};

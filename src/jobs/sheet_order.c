// SPDX-License-Identifier: Apache-2.0
// sheet_order.c - rows of a sheet that come group after group, held as text and written in the order in which the table has them.
#include "jobs/sheet_order.h"

#include <stdlib.h>

#include "base/mem.h"

static int by_row(const void *a, const void *b) {
    const hg__sheet_line *x = a, *y = b;
    if (x->row != y->row) return x->row < y->row ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

int hg__sheet_order_flush(hg__sheet_order *o, hg__score_sheet *s, hg_error *err) {
    hg__text lines = {0};
    int code = HG_OK;
    if (o->count) qsort(o->line, o->count, sizeof *o->line, by_row);
    for (size_t i = 0; code == HG_OK && i < o->count; i++) {
        hg__text_add_bytes(&lines, o->text.data + o->line[i].at, o->line[i].size);
        code = hg__score_sheet_add_lines(s, &lines, err);
    }
    hg__text_clear(&lines);
    o->text.length = 0;
    o->count = 0;
    return code;
}

static int make_room(hg__sheet_order *o, hg_error *err) {
    const size_t held = o->text.length + o->count * sizeof *o->line;
    if (held > o->most) {
        return hg__fail(err, HG_ERR_MEMORY,
                        "groupby: expected rows of mixed groups whose sheet fits into max_mem, "
                        "%.4g GB, got more: raise it, or sort the table by group",
                        (double)o->most / 1e9);
    }
    if (o->count < o->room) return HG_OK;
    const size_t room = o->room ? 2 * o->room : 1024;
    hg__sheet_line *grown = hg__grow(o->line, room, sizeof *grown, err);
    if (!grown) return HG_ERR_MEMORY;
    o->line = grown;
    o->room = room;
    return HG_OK;
}

int hg__sheet_order_add(hg__sheet_order *o, hg__score_sheet *s, int32_t file, int64_t row,
                        const hg__cell *cell, hg_error *err) {
    if (!o->is_on || s->database) return hg__score_sheet_add(s, cell, err);
    if (file != o->file) HG_TRY(hg__sheet_order_flush(o, s, err));
    o->file = file;
    HG_TRY(make_room(o, err));
    const size_t at = o->text.length;
    hg__score_sheet_format(s, cell, &o->text);
    if (o->text.failed) return hg__fail(err, HG_ERR_MEMORY, "out of memory: rows of the sheet");
    o->line[o->count++] = (hg__sheet_line){row, at, o->text.length - at};
    return HG_OK;
}

void hg__sheet_order_clear(hg__sheet_order *o) {
    hg__text_clear(&o->text);
    hg__free(o->line);
    *o = (hg__sheet_order){0};
}

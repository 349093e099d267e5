// SPDX-License-Identifier: Apache-2.0
// schema_cell.c - what a single cell is: a bit, a word for yes or no, a time, a text.
#include <stdio.h>
#include <strings.h>

#include "schema/schema_internal.h"

bool hg__cell_is_word(const char *text, size_t size, const char *words) {
    if (size == 0 || memchr(text, ' ', size)) return false;
    for (const char *p = words; *p;) {
        p += strspn(p, " ");
        const size_t n = strcspn(p, " ");
        if (n == size && strncasecmp(p, text, n) == 0) return true;
        p += n;
    }
    return false;
}

int hg__cell_boolean(const hg__cell *cell) {
    if (cell->kind == HG_CELL_NUMBER) {
        return cell->number == 0 ? 0 : cell->number == 1 ? 1 : -1;
    }
    const size_t size = (size_t)cell->size;
    if (cell->kind != HG_CELL_TEXT || size == 0 || size > 5) return -1;
    if (!strchr("nfytNFYT", cell->text[0])) return -1; // most words are none
    if (hg__cell_is_word(cell->text, size, "no false f n")) return 0;
    return hg__cell_is_word(cell->text, size, "yes true t y") ? 1 : -1;
}

// ---- all of them --------------------------------------------------------------------------------

hg__cell_class hg__cell_classify(const hg__cell *cell, hg__time_reading *when) {
    when->formats = 0;
    when->zero = false;
    if (cell->kind == HG_CELL_MISSING) return HG_CLASS_MISSING;
    if (cell->kind == HG_CELL_NUMBER) {
        return cell->number == 0 || cell->number == 1 ? HG_CLASS_BIT : HG_CLASS_NUMBER;
    }
    hg__time_read_text(cell->text, (size_t)cell->size, when);
    if (when->formats || when->zero) return HG_CLASS_TIME;
    return hg__cell_boolean(cell) >= 0 ? HG_CLASS_WORD : HG_CLASS_TEXT;
}

void hg__cell_show(const hg__cell *cell, char text[48]) {
    if (cell->kind == HG_CELL_MISSING) {
        snprintf(text, 48, "nothing");
        return;
    }
    char buffer[32];
    const char *from;
    size_t size = hg__level_text(cell, buffer, &from), n = 0;
    bool cut = size > 40;
    if (cut) size = 40;
    while (cut && size > 0 && (from[size] & 0xc0) == 0x80) size--; // not within a character
    text[n++] = '\'';
    for (size_t i = 0; i < size; i++) {
        const unsigned char c = (unsigned char)from[i];
        text[n++] = c < ' ' || c == 127 ? '?' : (char)c;
    }
    snprintf(text + n, 48 - n, "%s'", cut ? "..." : "");
}

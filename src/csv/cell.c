// SPDX-License-Identifier: Apache-2.0
// cell.c - a cell as its table has it, for people.
#include "csv/cell.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/show.h"

// As many digits as it takes to read the number back: of a double, or of a float.
static void write_number(double x, bool is_single, char text[32]) {
    const int first = is_single ? 6 : 15, last = is_single ? 9 : 17;
    for (int digits = first; digits <= last; digits++) {
        snprintf(text, 32, "%.*g", digits, x + 0); // -0 is 0
        const double back = strtod(text, NULL);
        if (is_single ? (float)back == (float)x : back == x) return;
    }
}

static void write_plain(double x, bool is_single, char text[32]) {
    const bool whole = fabs(x) < 1e15 && x == floor(x);
    if (whole) {
        snprintf(text, 32, "%.0f", x + 0);
    } else {
        write_number(x, is_single, text);
    }
}

void hg__cell_write(const hg__cell *cell, char *text, size_t size) {
    if (cell->kind == HG_CELL_MISSING) {
        snprintf(text, size, "missing");
        return;
    }
    if (!cell->text) {
        char number[32];
        write_plain(cell->number, cell->size == HG_CELL_SINGLE, number);
        snprintf(text, size, "%s", number);
        return;
    }
    size_t n = (size_t)cell->size;
    const bool cut = n >= size;
    if (cut) {
        n = size - 4;
        // Not within a character.
        while (n > 0 && ((unsigned char)cell->text[n] & 0xc0) == 0x80) n--;
    }
    memcpy(text, cell->text, n);
    for (size_t i = 0; i < n; i++) {
        if (!text[i]) text[i] = '?';
    }
    snprintf(text + n, size - n, "%s", cut ? "..." : "");
    hg__printable(text, false);
}

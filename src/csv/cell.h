// SPDX-License-Identifier: Apache-2.0
// cell.h - one cell of a table, wherever it stood, and what is known beforehand of the columns.
#ifndef HG_CSV_CELL_H
#define HG_CSV_CELL_H
#include "base/error.h"

typedef enum hg__cell_kind { HG_CELL_MISSING, HG_CELL_NUMBER, HG_CELL_TEXT } hg__cell_kind;

enum { HG_CELL_SINGLE = -4 };

typedef struct hg__cell {
    hg__cell_kind kind; // a text that reads as a number (CSV) is a NUMBER and has its text as well
    int32_t size;       // bytes of text; HG_CELL_SINGLE: no text, and the number was a float32
    double number;      // finite where kind is HG_CELL_NUMBER
    const char
        *text; // UTF-8, not terminated, until the next call; NULL where the source has numbers only
} hg__cell;

// The cell as its table has it: its text, or the shortest one that says its number; "missing". Control characters become
// '?'; what is longer than `size` ends in "...".
void hg__cell_write(const hg__cell *cell, char *text, size_t size);

// What is known beforehand about the names of columns: header=, and a model's own.
typedef struct hg__header_wish {
    const char *say;         // header=: "yes" or "no"; anything else, or NULL: the file decides
    bool is_known;           // a model's columns are:
    const char *const *name; // borrowed, (names), until the file is closed; NULL: it had none
    int32_t names;
} hg__header_wish;
#endif

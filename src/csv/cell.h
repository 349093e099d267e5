// SPDX-License-Identifier: Apache-2.0
// cell.h - a cell of a table, wherever it stood, names of columns and levels, and how CSV writes a text.
#ifndef HG_CSV_CELL_H
#define HG_CSV_CELL_H
#include <string.h>

#include "base/error.h"
#include "base/text.h"

typedef enum hg__cell_kind { HG_CELL_MISSING, HG_CELL_NUMBER, HG_CELL_TEXT } hg__cell_kind;

enum { HG_CELL_SINGLE = -4, HG_CELL_DOUBLE = -8 };

typedef struct hg__cell {
    hg__cell_kind kind; // a text that reads as a number (CSV) is a NUMBER and has its text as well
    // bytes of text; HG_CELL_SINGLE: no text, and the number was a float32; HG_CELL_DOUBLE: none, and it is from a column of floats
    int32_t size;
    double number; // finite where kind is HG_CELL_NUMBER
    // UTF-8, not terminated, until the next call; NULL where the source has numbers only
    const char *text;
} hg__cell;

// The cell as its table has it: its text, or the shortest one that says its number; "missing". Control characters become
// '?'; what is longer than `size` ends in "...".
void hg__cell_write(const hg__cell *cell, char *text, size_t size);

// What is known beforehand about the names of columns: header=, and a model's own.
typedef struct hg__header_options {
    const char *say;         // header=: "yes" or "no"; anything else, or NULL: the file decides
    bool is_known;           // a model's columns are:
    const char *const *name; // borrowed, (names), until the file is closed; NULL: it had none
    int32_t names;
    int32_t absent; // of lines of JSON: the first so many may be in no line at all
} hg__header_options;

// Names found by their bytes: columns of a table, levels of a category.

static inline uint64_t hg__hash_bytes(const char *bytes, size_t size) {
    uint64_t h = size * 0x9E3779B97F4A7C15ULL;
    for (; size > 0;) {
        uint64_t word = 0;
        const size_t n = size < sizeof word ? size : sizeof word;
        memcpy(&word, bytes, n);
        h = (h ^ word) * 0x9FB21C651E98DF25ULL;
        h ^= h >> 29;
        bytes += n;
        size -= n;
    }
    return h ^ h >> 32;
}

typedef struct hg__names hg__names;

// Over name (count), which must outlive it. Of equal names the first is found. NULL without memory.
hg__names *hg__names_new(char *const *name, int32_t count, hg_error *err);
void hg__names_free(hg__names *n);                                         // NULL is fine
int32_t hg__names_find(const hg__names *n, const char *text, size_t size); // -1: there is none

// A text as a cell of CSV.

// Adds it: in quotes where it must be (RFC 4180), and with an apostrophe in front where a spreadsheet would run it. What a
// terminal would take as a command becomes ?, but for line ends and tabs.
int hg__text_add_csv(hg__text *t, const char *text, size_t size, char separator);

// Whether a spreadsheet would take it as a formula: it begins with =, +, -, @, a tab or a line end, and is no number (-1.5,
// -3 kg, -$1,200) and no sign alone.
bool hg__csv_is_formula(const char *text, size_t size);

enum { HG_CSV_WRITTEN = 1024 }; // longer names are not looked for

// What hg__text_add_csv() makes of a text, once it is read again: with the apostrophe, and ? in it. Its bytes in to (room);
// 0 where it does not fit.
size_t hg__csv_written(const char *text, size_t size, char *to, size_t room);

// Whether `cell` (size) is that of `name`.
bool hg__csv_is_written(const char *cell, size_t size, const char *name);
#endif

// SPDX-License-Identifier: Apache-2.0
// csv_write.h - a text as a cell of CSV.
#ifndef HG_CSV_CSV_WRITE_H
#define HG_CSV_CSV_WRITE_H
#include "base/text.h"

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

// SPDX-License-Identifier: Apache-2.0
// utf16.h - UTF-16 in the machine's byte order, as ODBC's drivers speak it, and UTF-8.
#ifndef HG_CSV_UTF16_H
#define HG_CSV_UTF16_H
#include "base/error.h"

enum { HG_UTF8_A_UNIT = 3 }; // most bytes that a unit of UTF-16 becomes

// `size` bytes of UTF-8 into `to`, which has room for as many units; the units. The bytes are known to be UTF-8.
size_t hg__utf16_from(const char *text, size_t size, uint16_t *to);

// A string, with its zero; NULL without memory, or where it is no UTF-8 (`what` names it).
uint16_t *hg__utf16_copy(const char *text, const char *what, hg_error *err);

// `count` units into `to`, which has room for HG_UTF8_A_UNIT * count bytes; the bytes, or -1 where a half of a pair stands
// alone.
int64_t hg__utf16_to_utf8(const uint16_t *from, size_t count, char *to);

// For messages: up to the first zero or `count`, halves as '?', cut at size - 1 bytes.
void hg__utf16_show(const uint16_t *from, size_t count, char *to, size_t size);
#endif

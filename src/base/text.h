// SPDX-License-Identifier: Apache-2.0
// text.h - growing text, strict numbers, UTF-8 and UTF-16, nearest names.
#ifndef HG_BASE_TEXT_H
#define HG_BASE_TEXT_H
#include "base/error.h"

// A growing string. Start from {0}; after an allocation failure every later add fails too, so the
// result may be checked once at the end.
typedef struct hg__text {
    char *data; // owned, zero-terminated once something was added; NULL before
    size_t length, capacity;
    bool failed;
} hg__text;

int hg__text_add(hg__text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
int hg__text_add_bytes(hg__text *t, const char *bytes, size_t length);
// Room for `extra` bytes and a zero behind what is there, for whoever writes them there and adds them to length; NULL without memory.
char *hg__text_room(hg__text *t, size_t extra);
void hg__text_clear(hg__text *t);
char *hg__text_take(hg__text *t, hg_error *err); // hands the string over; NULL if anything failed

// Whole-string numbers: no blanks around, no trailing bytes, finite, in the C locale.
bool hg__parse_int(const char *text, int64_t *value);
bool hg__parse_float(const char *text, double *value);

// Whether `size` bytes are UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF.
bool hg__is_utf8(const char *text, size_t size);
size_t
hg__utf8_length(const char *text,
                size_t left); // of its first character, of `left` bytes 1 at least; 0 if it is none

// UTF-16 in the machine's byte order, as ODBC's drivers speak it, and UTF-8.

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

// The name in `names` (count) nearest to `wrong` by edit distance, or NULL if none is near.
const char *hg__nearest_name(const char *wrong, const char *const *names, size_t count);

// What to say behind a name that is none of `names` (count): "; did you mean 'label'?", or where none is near "; there are a, b, c".
enum { HG_SUGGESTED = 200 };
void hg__suggest(const char *wrong, const char *const *names, size_t count,
                 char text[HG_SUGGESTED]);

// A word for a line of the shell, in quotes where it must be: my\ clip.mov as 'my clip.mov'. Cut where it is too long.
void hg__shell_word(const char *word, char *text, size_t size);

// Writes x so that reading it back gives the same double, as short as "%.15g" or "%.17g" allow.
void hg__format_float(char buffer[32], double x);
#endif

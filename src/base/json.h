// SPDX-License-Identifier: Apache-2.0
// json.h - JSON as values in memory: made, looked at, read from text and written; and JSON written without them.
//
// A value has one owner; hg__json_share() gives it another, and hg__json_free() of the last takes it away with all it
// holds. What makes a value gives NULL without memory, and what adds one takes NULL for a failure: a whole object may be
// built and the failures of all its parts looked at once. Reading NULL, or a value of another kind, gives NULL or 0.
// Values are not of one thread, but are used by one at a time.
//
// What was read can be looked at, not changed: that fails. Any value of it keeps all of it, which takes at most five times the text.
#ifndef HG_BASE_JSON_H
#define HG_BASE_JSON_H
#include "base/text.h"

enum {
    HG_MAX_JSON_DEPTH = 64,
    HG_MAX_JSON_SIZE = 1 << 30,  // bytes of one text
    HG_MAX_JSON_ITEMS = 1 << 21, // commas in one text
};

typedef struct hg__json hg__json;

// ---- making -------------------------------------------------------------------------------------

hg__json *hg__json_null(void);
hg__json *hg__json_boolean(bool x);
hg__json *hg__json_integer(int64_t x);
hg__json *hg__json_real(double x);         // NULL for NaN and infinities, which JSON has not
hg__json *hg__json_real_or_null(double x); // null for them
// Bytes that are no UTF-8 are taken as Latin-1.
hg__json *hg__json_string(const char *text, hg_error *err);
hg__json *hg__json_array(void);
hg__json *hg__json_object(void);

// An object at once: hg__json_pack("{s:s, s:i}", "name", name, "rows", rows). The keys are s; a value is s (text), f (double),
// i (int), I (int64_t), b (int: true or false) or o (an hg__json *, taken over even on failure).
hg__json *hg__json_pack(const char *format, ...);

// Both take `value` over, even on failure (negative): without memory, or for a NULL. A key that is there is replaced.
int hg__json_append(hg__json *array, hg__json *value);
int hg__json_set(hg__json *object, const char *key, hg__json *value);
void hg__json_remove(hg__json *object, const char *key);
// Sets every pair of `from`; its values are shared.
int hg__json_update(hg__json *object, const hg__json *from);

hg__json *hg__json_share(hg__json *value); // NULL for NULL
void hg__json_free(hg__json *value);       // NULL is fine
// A list of the same values, which are shared: it can be changed. Any other value: shared. NULL without memory, and for NULL.
hg__json *hg__json_copy(const hg__json *value);

// ---- looking ------------------------------------------------------------------------------------

bool hg__json_is_boolean(const hg__json *value);
bool hg__json_is_true(const hg__json *value);
bool hg__json_is_integer(const hg__json *value);
bool hg__json_is_number(const hg__json *value);
bool hg__json_is_string(const hg__json *value);
bool hg__json_is_array(const hg__json *value);
bool hg__json_is_object(const hg__json *value);

int64_t hg__json_integer_value(const hg__json *value);    // 0 of what is no integer
double hg__json_number_value(const hg__json *value);      // 0 of what is no number
const char *hg__json_string_value(const hg__json *value); // borrowed; without zero bytes within
size_t hg__json_string_size(const hg__json *value);
size_t hg__json_array_size(const hg__json *value);
size_t hg__json_object_size(const hg__json *value);
hg__json *hg__json_array_get(const hg__json *array, size_t i);          // borrowed; NULL: none
hg__json *hg__json_object_get(const hg__json *object, const char *key); // borrowed; NULL: none
const char *hg__json_object_key(const hg__json *object, size_t i);      // in the order of setting
hg__json *hg__json_object_value(const hg__json *object, size_t i);      // of that key

// ---- text ---------------------------------------------------------------------------------------

// Parses one JSON value of any type: depth and size bounded, duplicate keys refused. `where` starts the
// sentence. NULL on failure (HG_ERR_MODEL, or HG_ERR_MEMORY).
hg__json *hg__json_read(const char *text, size_t size, const char *where, hg_error *err);

// The value as compact JSON in the order of insertion, a heap string for hg__free(); the same doubles are read back.
char *hg__json_text(const hg__json *value, hg_error *err);
// The same for people: a line a value, numbers of `digits` digits.
char *hg__json_lines(const hg__json *value, int digits, hg_error *err);

// The length of the JSON value at the start of text: up to its closing bracket or quote, or the next
// ',' or '}'. Negative if it does not end or is nested too deeply. items: commas inside brackets.
ptrdiff_t hg__json_extent(const char *text, size_t size, size_t *items);

// ---- text without values ------------------------------------------------------------------------

// Writes JSON as it comes, to the end of a text; all JSON of this program is made here. Start with {.to = text}: what
// fails, fails there (text.h). Each of the functions below adds one value; key: its name in an object, NULL in a list.
typedef struct hg__json_writer {
    hg__text *to; // borrowed
    // ": " and ", " rather than ":" and ","
    bool is_spaced;
    // strings have "\n" and its like, as values in memory are written; else "\u000a"
    bool has_short_escapes;
    // its own: a value stands before the next one; that begins a line, behind so many blanks
    bool follows, begins_line;
    int blanks;
} hg__json_writer;

void hg__json_begin(hg__json_writer *w, const char *key, char bracket); // { or [
void hg__json_end(hg__json_writer *w, char bracket);                    // } or ]
// The next value, or bracket that ends a list, begins a line.
void hg__json_break(hg__json_writer *w, int blanks);

void hg__json_add_text(hg__json_writer *w, const char *key, const char *text);
void hg__json_add_string(hg__json_writer *w, const char *key, const char *text, size_t size);
void hg__json_add_boolean(hg__json_writer *w, const char *key, bool x);
void hg__json_add_integer(hg__json_writer *w, const char *key, int64_t x);
// null for NaN and infinities. As printf's %.*g and %.*f have them.
void hg__json_add_real(hg__json_writer *w, const char *key, int digits, double x);
void hg__json_add_fixed(hg__json_writer *w, const char *key, int decimals, double x);
void hg__json_add_written(hg__json_writer *w, const char *key, const char *json,
                          size_t size); // what is JSON already
#endif

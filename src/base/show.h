// SPDX-License-Identifier: Apache-2.0
// show.h - texts from outside, made fit for a terminal: nothing that steers it, no passwords.
//
//   file, driver, model ──> name ──> hg__fail(), hg__tell() ──> hg__clean() ──> the host program, a terminal
#ifndef HG_BASE_SHOW_H
#define HG_BASE_SHOW_H
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

// ? for each control character (C0, DEL, C1), each mark that turns the direction of writing or ends a line (U+2028-202E,
// U+2066-2069) and each byte that is no UTF-8. In place, no longer than before. lines: line ends and tabs stay.
void hg__printable(char *text, bool lines);

// How many bytes of a text (size) show as one ?, or 0 where its first character shows as it is, which *length bytes are.
size_t hg__unprintable(const char *text, size_t size, size_t *length);

// The same, and *** for passwords: what every sentence goes through.
void hg__clean(char *text);

// Adds a name, printable and on one line; or a piece of JSON with \u0000 for what is not printable, which is the same JSON.
int hg__text_add_shown(hg__text *t, const char *name);
int hg__text_add_json(hg__text *t, const char *json, size_t size);
// Cuts a character off of which a full buffer has only the beginning.
void hg__cut_partial(char *text);

// A listener's note and detail, cleaned. l and its callbacks may be NULL.
void hg__tell(const hg_listener *l, const char *sentence);
void hg__tell_detail(const hg_listener *l, const char *sentence);

// Passwords in connection strings ("odbc:DSN=x;PWD=y") and addresses (https://me:y@host), which nothing may
// print or keep.

bool hg__is_database(const char *source);          // "odbc:...", in capitals too, and behind blanks
const char *hg__database_text(const char *source); // what is behind "odbc:"

// Whether `text` is a connection string without "odbc:" in front: "Driver={...};PWD=...".
bool hg__is_connection(const char *text);

// The next secret value of a connection string from `at` on, its size in *size; NULL if there is none.
const char *hg__find_secret(const char *at, size_t *size);

// The value of an option with *** for what is secret of a connection string or an address, anything else as it is, into
// text (size); cut where it is longer.
void hg__mask_secrets(const char *source, char *text, size_t size);

// The same for a sentence that may have such a value in it, in place: it may hide more than it must. No longer than before.
void hg__hide_secrets(char *text);

// What looks like a database or a place on a network where a file is expected.

// HG_OK for paths and "odbc:..."; HG_ERR_USAGE for "postgresql://...", "https://...", "Driver=...;Server=...", with a sentence that
// says how to write it instead. what: the option, to begin the sentence with.
int hg__refuse_address(const char *what, const char *value, hg_error *err);
#endif

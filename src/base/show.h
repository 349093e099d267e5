// SPDX-License-Identifier: Apache-2.0
// show.h - texts from outside, made fit for a terminal.
//
//   file, driver, model ──> name ──> hg__fail(), hg__tell() ──> hg__clean() ──> the host program, a terminal
#ifndef HG_BASE_SHOW_H
#define HG_BASE_SHOW_H
#include <stddef.h>

#include "base/text.h"

// ? for each control character (C0, DEL, C1), each mark that turns the direction of writing or ends a line (U+2028-202E,
// U+2066-2069) and each byte that is no UTF-8. In place, no longer than before. lines: line ends and tabs stay.
void hg__printable(char *text, bool lines);

// How many bytes of a text (size) show as one ?, or 0 where its first character shows as it is, which *length bytes are.
size_t hg__unprintable(const char *text, size_t size, size_t *length);

// The same, and *** for passwords (secret.h): what every sentence goes through.
void hg__clean(char *text);

// Adds a name, printable and on one line; or a piece of JSON with \u0000 for what is not printable, which is the same JSON.
int hg__text_add_shown(hg__text *t, const char *name);
int hg__text_add_json(hg__text *t, const char *json, size_t size);
// Cuts a character off of which a full buffer has only the beginning.
void hg__cut_partial(char *text);

// A listener's note and detail, cleaned. l and its callbacks may be NULL.
void hg__tell(const hg_listener *l, const char *sentence);
void hg__tell_detail(const hg_listener *l, const char *sentence);
#endif

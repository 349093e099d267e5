// SPDX-License-Identifier: Apache-2.0
// secret.h - passwords in connection strings ("odbc:DSN=x;PWD=y") and addresses (https://me:y@host), which nothing may
// print or keep.
#ifndef HG_BASE_SECRET_H
#define HG_BASE_SECRET_H
#include <stdbool.h>
#include <stddef.h>

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
#endif

// SPDX-License-Identifier: Apache-2.0
// secret.h - passwords in connection strings ("odbc:DSN=x;PWD=y"), which nothing may print or keep.
#ifndef HG_BASE_SECRET_H
#define HG_BASE_SECRET_H
#include <stdbool.h>
#include <stddef.h>

// The next secret value of a connection string from `at` on, its size in *size; NULL if there is none.
const char *hg__find_secret(const char *at, size_t *size);

bool hg__is_database(const char *source); // "odbc:..."

// "odbc:DSN=x;PWD=secret" with *** for what is secret, anything else as it is, into text (size); cut where it is longer.
void hg__mask_secrets(const char *source, char *text, size_t size);
#endif

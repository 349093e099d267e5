// SPDX-License-Identifier: Apache-2.0
// address.h - what looks like a database or a place on a network where a file is expected.
#ifndef HG_BASE_ADDRESS_H
#define HG_BASE_ADDRESS_H
#include "base/error.h"

// HG_OK for paths and "odbc:..."; HG_ERR_USAGE for "postgresql://...", "https://...", "Driver=...;Server=...", with a sentence that
// says how to write it instead. what: the option, to begin the sentence with.
int hg__refuse_address(const char *what, const char *value, hg_error *err);
#endif

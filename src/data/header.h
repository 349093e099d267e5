// SPDX-License-Identifier: Apache-2.0
// header.h - what is known beforehand about the names of a file's columns: header=, and a model's own.
#ifndef HG_DATA_HEADER_H
#define HG_DATA_HEADER_H
#include "base/error.h"

typedef struct hg__header_wish {
    const char *say;         // header=: "yes" or "no"; anything else, or NULL: the file decides
    bool is_known;           // a model's columns are:
    const char *const *name; // borrowed, (names), until the file is closed; NULL: it had none
    int32_t names;
} hg__header_wish;
#endif

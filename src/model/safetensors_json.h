// SPDX-License-Identifier: Apache-2.0
// safetensors_json.h - jansson behind our allocator, and a scanner that bounds what it is given.
#ifndef HG_MODEL_SAFETENSORS_JSON_H
#define HG_MODEL_SAFETENSORS_JSON_H
#include <jansson.h>

#include "base/error.h"

enum {
    HG_MAX_JSON_DEPTH = 64,
    HG_MAX_JSON_ITEMS = 1 << 21, // commas in one text: bounds what a document takes in memory
};

// Gives jansson our allocator. Comes before anything of jansson's that allocates.
void hg__json_begin(void);

// Parses one JSON value of any type: depth and size bounded, duplicate keys refused. `where` starts the
// sentence. NULL on failure (HG_ERR_MODEL, or HG_ERR_MEMORY); else json_decref() it.
json_t *hg__json_read(const char *text, size_t size, const char *where, hg_error *err);

// The value as compact JSON in the order of insertion, a heap string for hg__free(). Steals nothing.
char *hg__json_text(const json_t *value, hg_error *err);

// A string of `length` bytes; bytes that are no UTF-8 are taken as Latin-1. NULL without memory.
json_t *hg__json_string(const char *text, hg_error *err);

// The length of the JSON value at the start of text: up to its closing bracket or quote, or the next
// ',' or '}'. Negative if it does not end or is nested too deeply. items: commas inside brackets.
ptrdiff_t hg__json_extent(const char *text, size_t size, size_t *items);
#endif

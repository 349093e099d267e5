// SPDX-License-Identifier: Apache-2.0
// json_internal.h - what a JSON value is made of, for json*.c.
//
// A value that was made is a block of its own, and can be changed. Of a text that was read there is one document: a copy of the text and
// a cell of 8 bytes a value, so that what it takes is in proportion to the text, whatever that is.
#ifndef HG_BASE_JSON_INTERNAL_H
#define HG_BASE_JSON_INTERNAL_H
#include "base/json.h"

typedef enum hg__json_kind {
    HG_JSON_NULL,
    HG_JSON_BOOLEAN,
    HG_JSON_INTEGER,
    HG_JSON_REAL,
    HG_JSON_STRING,
    HG_JSON_ARRAY,
    HG_JSON_OBJECT,
} hg__json_kind;

// A cell, or (is_read false, the rest unused) the head of a value that was made.
struct hg__json {
    uint32_t kind : 7, is_read : 1;
    uint32_t count : 24; // of a list: values or pairs
    uint32_t at;         // boolean: 0 or 1; number, string: where in the text; list: its first cell
};

typedef struct hg__json_document {
    size_t owners;       // of any of its values
    char *text;          // owned: strings end in zero bytes and are without escapes
    void *block;         // owned: the cells, and
    unsigned char *page; // where its first page begins
} hg__json_document;

// From each cell the way leads to its document: pages start at multiples of their size, with the document's address.
enum { HG_JSON_PAGE = 512, HG_JSON_PAGE_CELLS = HG_JSON_PAGE / 8 - 1 };

_Static_assert(sizeof(struct hg__json) == 8 && sizeof(void *) <= 8, "cells of 8 bytes");

static inline hg__json *hg__json_cell(const hg__json_document *d, size_t i) {
    return (hg__json *)(void *)(d->page + i / HG_JSON_PAGE_CELLS * HG_JSON_PAGE) + 1 +
           i % HG_JSON_PAGE_CELLS;
}

// Room for `text` and `cells` values; one owner.
hg__json_document *hg__json_document_new(const char *text, size_t size, size_t cells);
void hg__json_document_free(hg__json_document *d); // whoever owns it

bool hg__json_is_list(const hg__json *value);
// i: less than the list has.
hg__json *hg__json_item(const hg__json *list, size_t i);
const char *hg__json_key(const hg__json *object, size_t i);
size_t hg__json_count(const hg__json *list);
#endif

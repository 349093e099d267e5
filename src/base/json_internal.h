// SPDX-License-Identifier: Apache-2.0
// json_internal.h - what a JSON value is made of, for json*.c.
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

struct hg__json {
    hg__json_kind kind;
    union {
        size_t owners;
        hg__json *next; // once it has none: the next to be freed
    };
    union {
        bool truth;
        int64_t integer;
        double real;
        struct {
            char *text; // owned
            size_t size;
        };
        struct {
            hg__json **item; // (count) each owned
            char **key;      // (count) each owned; NULL in an array
            size_t count, room;
        };
    };
};

hg__json *hg__json_new(hg__json_kind kind);
// At the end of an array (key NULL) or object, whether the key is there or not. Both are taken over, even on failure.
int hg__json_put(hg__json *list, char *key, hg__json *value);
#endif

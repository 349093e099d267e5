// SPDX-License-Identifier: Apache-2.0
// json_line.h - an object of plain values in one line of JSON, member by member. Nothing is allocated.
#ifndef HG_TABLE_JSON_LINE_H
#define HG_TABLE_JSON_LINE_H
#include "base/error.h"

typedef enum hg__member_kind {
    HG_MEMBER_NULL,
    HG_MEMBER_FALSE,
    HG_MEMBER_TRUE,
    HG_MEMBER_NUMBER, // the text reads as a number, or is NaN or Infinity, as some write
    HG_MEMBER_TEXT
} hg__member_kind;

typedef struct hg__json_member {
    const char *key, *text; // decoded, in the line itself
    size_t key_size, size;
    hg__member_kind kind;
} hg__json_member;

typedef struct hg__json_walk {
    char *at, *end;
    bool inside;
    const char *expected, *got; // what was wrong
} hg__json_walk;

// The line may end in blanks; it is written to.
hg__json_walk hg__json_walk_line(char *line, size_t size);

// 1 with the next member, 0 behind the last, -1: expected and got say why, and the member's key is set if that was read.
int hg__json_walk_next(hg__json_walk *w, hg__json_member *m);
#endif

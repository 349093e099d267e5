// SPDX-License-Identifier: Apache-2.0
// json_line.h - an object in one line of JSON, member by member. Nothing is allocated.
//
// Objects within it are opened: {"flow": {"age": 3}} has the member flow.age. A list is a text, as it stands.
#ifndef HG_TABLE_JSON_LINE_H
#define HG_TABLE_JSON_LINE_H
#include "base/error.h"

typedef enum hg__member_kind {
    HG_MEMBER_NULL,
    HG_MEMBER_FALSE,
    HG_MEMBER_TRUE,
    HG_MEMBER_NUMBER, // the text reads as a number, or is NaN or Infinity, as some write
    HG_MEMBER_TEXT,
    HG_MEMBER_LIST // the text is the list with its brackets
} hg__member_kind;

enum {
    HG_JSON_DEPTH = 16, // objects within each other, at most
    HG_JSON_NAME = 256  // bytes of a name within them
};

typedef struct hg__json_member {
    // decoded, in the line itself; the key of a member within an object in the walk, until the next one is read
    const char *key, *text;
    size_t key_size, size;
    hg__member_kind kind;
} hg__json_member;

typedef struct hg__json_walk {
    char *at, *end;
    bool first;                   // nothing of this object was read yet
    int depth;                    // objects that are open
    size_t prefix[HG_JSON_DEPTH]; // of each: how many bytes of name are what it is called by
    char name[HG_JSON_NAME];
    const char *expected, *got; // what was wrong
} hg__json_walk;

// The line may end in blanks; it is written to.
void hg__json_walk_begin(hg__json_walk *w, char *line, size_t size);

// 1 with the next member, 0 behind the last, -1: expected and got say why, and the member's key is set if that was read.
int hg__json_walk_next(hg__json_walk *w, hg__json_member *m);
#endif

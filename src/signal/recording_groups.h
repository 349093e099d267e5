// SPDX-License-Identifier: Apache-2.0
// recording_groups.h - groupby=: the rows of a table by the value that they have in one column, group after group, in the order in which
// these begin. Only recording_table.c includes this.
//
//   a b a b     the table is read once to see where the rows of each group lie, and again for each group that begins before the one before
//   0 1 2 3     it has ended, unless whoever asks holds the rows: groups one behind the other take a single reading. Nothing but names is held
#ifndef HG_SIGNAL_RECORDING_GROUPS_H
#define HG_SIGNAL_RECORDING_GROUPS_H
#include "table/table.h"

enum { HG_RECORDING_GROUPS = 65536 };

typedef struct hg__row_group {
    char *name;          // owned
    size_t size;         // bytes of it
    int64_t first, last; // rows of the table, from 0
} hg__row_group;

typedef struct hg__recording_groups {
    int32_t column;       // -1: none: all rows are one group
    hg__row_group *group; // owned, (count)
    int32_t count;
    int32_t *slot;    // owned, (slots): groups by their names' hash; -1: none
    uint32_t slots;   // a power of 2
    int64_t bad;      // rows that cannot be read: they are of no group
    int32_t readings; // that all groups take
    // Where it is.
    int32_t at;     // the group at hand
    int64_t row;    // of the row to be read next
    bool has_begun; // a row of the group at hand was given
} hg__recording_groups;

// Of each row, as it is met; negative ends the reading.
typedef int hg__group_row(void *context, int32_t group, int64_t row, hg_error *err);

// Reads the table from its beginning, and rewinds it. on_bad: whether rows that cannot be read end it. cell (t->columns)
int hg__recording_groups_find(hg__recording_groups *g, hg__table *t, int32_t column, bool stops,
                              hg__cell *cell, hg__group_row *met, void *context, hg_error *err);
void hg__recording_groups_clear(hg__recording_groups *g); // {0} is fine

// The next row of the group at hand, or the first of the next one (*begins): 1 with its number, 0 at the end, negative.
int hg__recording_groups_next(hg__recording_groups *g, hg__table *t, hg__cell *cell, int64_t *row,
                              bool *begins, hg_error *err);
void hg__recording_groups_rewind(hg__recording_groups *g); // the table is rewound by the caller
#endif

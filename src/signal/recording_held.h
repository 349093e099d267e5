// SPDX-License-Identifier: Apache-2.0
// recording_held.h - rows of mixed groups held in memory, as many as fit, so that a table is read once for all of them. Only recording_table.c
// includes this.
#ifndef HG_SIGNAL_RECORDING_HELD_H
#define HG_SIGNAL_RECORDING_HELD_H
#include "signal/recording_kind.h"

typedef struct hg__held_rows {
    hg__raw raw;      // owned: all rows, as the table has them
    int32_t *group;   // owned, (raw.room)
    int32_t *order;   // owned, (raw.count): rows by group; NULL: they are not there, or not yet
    int32_t channels; // of a row
    int32_t at;       // the next in order
    bool is_too_much; // there were more than fit: nothing is held
} hg__held_rows;

// Room for a row at raw.count, to be filled and told of by add; none where h is, or becomes, too much.
int hg__held_rows_reserve(hg__held_rows *h, int32_t channels, hg_error *err);
void hg__held_rows_add(hg__held_rows *h, int32_t group, int64_t row);
// All are there: brings them into the order of their groups (groups of them).
int hg__held_rows_sort(hg__held_rows *h, int32_t groups, hg_error *err);
// The next rows, as many as `to` has room for; how many it has then, or negative.
int hg__held_rows_next(hg__held_rows *h, bool has_when, hg__raw *to, hg_error *err);
void hg__held_rows_clear(hg__held_rows *h); // {0} is fine
#endif

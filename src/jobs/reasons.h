// SPDX-License-Identifier: Apache-2.0
// reasons.h - the columns that made rows what they are: the largest shares of the score, and what was expected there.
#ifndef HG_JOBS_REASONS_H
#define HG_JOBS_REASONS_H
#include "detect/expect.h"
#include "jobs/judge.h"
#include "jobs/observed.h"

enum { HG_REASON_CELL = 256 }; // bytes of a value as text

typedef struct hg__reasons {
    const hg__judge *judge; // borrowed
    hg__expect *expect;     // owned
    int32_t rows, top;
    int32_t *best; // owned, (rows, top): columns, largest share first; -1: no more
    char (*expected)[HG_REASON_CELL]; // owned, (rows, top)
    char (*observed)[HG_REASON_CELL]; // owned, (rows, top)
    hg__when *when; // owned, (rows, top): of a time, what the row has; has_date false: nothing
    int32_t first, count; // the rows at hand, in the judge's batch
    const int32_t *slot;  // of the reasons that are being decoded: places in best
    const float *made;    // their rows
    int32_t slots;
} hg__reasons;

// Room for the reasons of `rows` rows at a time, `top` (1 at least) each.
int hg__reasons_init(hg__reasons *r, const hg__judge *j, int32_t rows, int32_t top, hg_error *err);
void hg__reasons_clear(hg__reasons *r); // {0} is fine

// Rows first .. first + rows - 1 of the judge's batch are at hand; best of those that are wanted (rows), -1 of the others.
void hg__reasons_pick(hg__reasons *r, int32_t first, int32_t rows, const bool *wanted);
// observed of row i of them, which `look` has.
void hg__reasons_observe(hg__reasons *r, int32_t i, const hg__observed *look);
// Behind both: expected.
void hg__reasons_expect(hg__reasons *r);
#endif

// SPDX-License-Identifier: Apache-2.0
// sheet_order.h - rows of a sheet that come group after group, written in the order in which the table has them.
#ifndef HG_JOBS_SHEET_ORDER_H
#define HG_JOBS_SHEET_ORDER_H
#include "jobs/score_sheet.h"

typedef struct hg__sheet_line {
    int64_t row;
    size_t at, size; // in text
} hg__sheet_line;

typedef struct hg__sheet_order {
    bool is_on;  // rows are held until their file has ended; else they are written as they come
    size_t most; // bytes that may be held
    int32_t file;
    hg__text text;        // owned: lines as they came
    hg__sheet_line *line; // owned, (count)
    size_t count, room;
} hg__sheet_order;

// Databases keep no order: their rows are written as they come.
int hg__sheet_order_add(hg__sheet_order *o, hg__score_sheet *s, int32_t file, int64_t row,
                        const hg__cell *cell, hg_error *err);
// Writes what is held.
int hg__sheet_order_flush(hg__sheet_order *o, hg__score_sheet *s, hg_error *err);
void hg__sheet_order_clear(hg__sheet_order *o); // {0} is fine
#endif

// SPDX-License-Identifier: Apache-2.0
// table_view.h - some of a table's rows as a table.
#ifndef HG_TABLE_TABLE_VIEW_H
#define HG_TABLE_TABLE_VIEW_H
#include "table/table.h"

// Whether a row belongs to the view: its cells (columns of the table), its number among the table's rows from 0 (bad rows
// count). Negative: an error was put into err, and the reading ends with it.
typedef int hg__row_filter(void *context, const hg__table *t, const hg__cell *cell, int64_t row,
                           hg_error *err);

// The rows of t that `keep` lets through. t and context are borrowed; t is rewound, and again with each rewind of the view.
hg__table *hg__table_view(hg__table *t, hg__row_filter *keep, void *context, hg_error *err);
#endif

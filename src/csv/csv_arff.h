// SPDX-License-Identifier: Apache-2.0
// csv_arff.h - ARFF: lines that name the columns, then CSV.
#ifndef HG_CSV_CSV_ARFF_H
#define HG_CSV_CSV_ARFF_H
#include "csv/csv_head.h"

// Whether the text begins as ARFF does: @relation, behind comments.
bool hg__csv_is_arff(const char *text, size_t size);

// Reads all that stands before the rows from a window of such text: h gets separator, point, columns and names.
int hg__csv_arff_read(hg__csv_head *h, hg__csv_window *w, hg_error *err);
#endif

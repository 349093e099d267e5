// SPDX-License-Identifier: Apache-2.0
// transform_table.h - what a model makes of a table's rows, in the table's own columns and units.
#ifndef HG_JOBS_TRANSFORM_TABLE_H
#define HG_JOBS_TRANSFORM_TABLE_H
#include "jobs/feed.h"
#include "options/options.h"

// f's model is one of a table; goal: HG_RECONSTRUCT or HG_DECODE. CSV, or a database. Columns without floats (id, text) are
// left out; a value that the model takes as missing is an empty cell.
int hg__transform_table(hg__feed *f, hg__goal goal, const hg_options *o, hg_error *err);
#endif

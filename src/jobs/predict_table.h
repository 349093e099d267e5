// SPDX-License-Identifier: Apache-2.0
// predict_table.h - rows of a table scored.
#ifndef HG_JOBS_PREDICT_TABLE_H
#define HG_JOBS_PREDICT_TABLE_H
#include "options/options.h"

// The job for a model of a table, which it takes.
int hg__predict_table(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *result,
                      hg_error *err);
#endif

// SPDX-License-Identifier: Apache-2.0
// info_table.h - what `info` says of a table's model: its columns, its detector, its thresholds.
#ifndef HG_JOBS_INFO_TABLE_H
#define HG_JOBS_INFO_TABLE_H

#include "base/json.h"
#include "base/text.h"
#include "model/model.h"

// Both add nothing where m is no model of a table. `where` starts the sentence of an error.
int hg__info_table_text(hg__text *t, const hg_model *m, const char *where, hg_error *err);
int hg__info_table_json(hg__json *to, const hg_model *m, const char *where, hg_error *err);
#endif

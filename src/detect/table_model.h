// SPDX-License-Identifier: Apache-2.0
// table_model.h - what a model may have beside its network, a table's schema and what a detector keeps, and model files with it.
#ifndef HG_DETECT_TABLE_MODEL_H
#define HG_DETECT_TABLE_MODEL_H
#include "model/model.h"
#include "schema/schema.h"

// Borrowed; NULL: rows of numbers, not of a table.
hg__schema *hg__model_schema(const hg_model *m);
// Makes m a model of a table's rows: takes s (also on failure) and makes the spans of its columns. Its width must be the schema's.
int hg__model_take_schema(hg_model *m, hg__schema *s, hg_error *err);
hg__schema *hg__model_give_schema(hg_model *m); // the caller's from now on; NULL if there is none

// What the file says of the detector, whose tensors are parts (model/model.h). Borrowed; NULL if there is none.
const hg__json *hg__model_detector(const hg_model *m);
// Keeps `detector` (stolen) in place of what was there; its parts are there already.
void hg__model_set_detector(hg_model *m, hg__json *detector);

// hg__model_read() with all that may be attached: loads ...
int hg__model_from_tensors(hg_model **m, const hg__tensors *t, hg_error *err);
// ... or only looks.
int hg__model_look(hg_model **m, const hg__tensors *t, hg_error *err);
#endif

// SPDX-License-Identifier: Apache-2.0
// parts.h - tensors that a model keeps beside the weights, for whoever attaches something: named "detector.".
#ifndef HG_MODEL_PARTS_H
#define HG_MODEL_PARTS_H
#include "model/model.h"

// Keeps a copy of a tensor; its name begins with "detector.". What had that name goes.
int hg__model_add_part(hg_model *m, const hg__tensor *tensor, hg_error *err);
// The same without a copy: what tensor->data points at, for hg__free(), becomes m's, unless this fails.
int hg__model_give_part(hg_model *m, const hg__tensor *tensor, hg_error *err);
const hg__tensor *hg__model_part(const hg_model *m, const char *name); // NULL if there is none
void hg__model_drop_parts(hg_model *m, const char *prefix);
bool hg__is_part(const char *name); // whether a tensor of that name is no weight but a part

// The part of that name, if it is F32 or F64 as asked and has the shape (rows, columns), or (rows) where columns is 0. A
// size of -1 is any. HG_ERR_MODEL says what was expected; `where` starts the sentence.
int hg__model_take_part(const hg_model *m, const char *name, hg__dtype dtype, int64_t rows,
                        int64_t columns, const char *where, const hg__tensor **part, hg_error *err);
#endif

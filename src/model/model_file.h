// SPDX-License-Identifier: Apache-2.0
// model_file.h - what the files of this room share about model files.
#ifndef HG_MODEL_MODEL_FILE_H
#define HG_MODEL_MODEL_FILE_H
#include "model/model.h"

#define HG_META_MODEL    "hourglass"          // one JSON object: docs/MODELFILE.md
#define HG_META_CHECKSUM "hourglass.checksum" // 16 hex digits: hg__tensors_hash() of all else

#define HG_META_RUN "hourglass.run" // 16 hex digits: which training it is of; not in files of 0.1.0

enum { HG_MODEL_VERSION = 1 };

hg__json *hg__model_range_json(const hg__range_rule *r); // "range" of the object; NULL: no memory
hg__json *hg__model_compute_json(
    hg__compute c); // "compute": only where it is not the default; NULL: no memory

// Whether every parameter of s is among t with its shape and dtype, and nothing else is there. foreign:
// other programs' files: short names, F64, F16 and BF16 too.
int hg__weights_check(const hg__spec *s, const hg__tensors *t, bool foreign, hg_error *err);

// After the check: values into params (s->params); NULL: they are only looked at. On failure (a value that is not finite)
// params is as it was.
int hg__weights_read(const hg__spec *s, const hg__tensors *t, bool foreign, hg__real *params,
                     hg_error *err);
#endif

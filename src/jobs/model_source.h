// SPDX-License-Identifier: Apache-2.0
// model_source.h - a model from what model= may be.
#ifndef HG_JOBS_MODEL_SOURCE_H
#define HG_JOBS_MODEL_SOURCE_H
#include "model/model.h"

// hg__model_from_spec() for all that model= may be: also a YAML file (`model: SPEC`, `latent: 64`) or a model file, whose spec
// is taken and whose weights are not.
hg_model *hg__model_new(const char *model, const hg__shape *input, int32_t latent, uint64_t seed,
                        hg_error *err);
#endif

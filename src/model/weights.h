// SPDX-License-Identifier: Apache-2.0
// weights.h - weights files of other programs: safetensors or ONNX, told apart by their first bytes.
#ifndef HG_MODEL_WEIGHTS_H
#define HG_MODEL_WEIGHTS_H
#include "model/safetensors.h"

// Opens either; hg__tensors_close() closes it.
int hg__weights_open(hg__tensors *t, const char *path, hg_error *err);

// Whether a tensor's elements can be taken as floats: F32, F64, F16 or BF16.
bool hg__tensor_is_float(const hg__tensor *tensor);
// to (count), if it is not NULL: such a tensor's first elements as floats, all of them finite. path: for the sentence.
int hg__tensor_read_floats(const hg__tensor *tensor, const char *path, float *to, size_t count,
                           hg_error *err);
#endif

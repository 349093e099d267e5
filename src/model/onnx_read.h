// SPDX-License-Identifier: Apache-2.0
// onnx_read.h - the weights in an ONNX file: ModelProto.graph.initializer, and nothing else of it.
#ifndef HG_MODEL_ONNX_READ_H
#define HG_MODEL_ONNX_READ_H
#include "model/safetensors.h"

bool hg__is_onnx(const uint8_t *head, size_t size); // whether it begins like one

// As hg__tensors_open() and hg__tensors_parse(). Initializers of other types than float, double, float16 and bfloat16 are
// passed over; those whose bytes lie in another file are refused.
int hg__onnx_open(hg__tensors *t, const char *path, hg_error *err);
int hg__onnx_parse(hg__tensors *t, const uint8_t *bytes, size_t size, const char *name,
                   hg_error *err);
#endif

// SPDX-License-Identifier: Apache-2.0
// fuzz_onnx.c - any bytes as an ONNX file: tensors within the bytes, each name once, or one sentence.
#include <stdlib.h>
#include <string.h>

#include "model/onnx_read.h"
#include "model/weights.h"

// NOLINTNEXTLINE(readability-identifier-naming)
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_tensor(const hg__tensor *t, const uint8_t *data, size_t size) {
    const uint8_t *from = t->data;
    hg_error err = {0};
    size_t count = 0;
    if (!hg__shape_count(&t->shape, &count) || !hg__tensor_is_float(t)) abort();
    const size_t bytes = count * hg__dtype_size(t->dtype);
    if (from < data || from > data + size || bytes > (size_t)(data + size - from)) abort();
    const int code = hg__tensor_read_floats(t, "fuzz.onnx", NULL, count, &err);
    if (code != HG_OK && (code != HG_ERR_MODEL || !err.message[0])) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    hg__tensors t;
    hg_error err = {0};
    const int code = hg__onnx_parse(&t, data, size, "fuzz.onnx", &err);
    if (code != HG_OK && (code != HG_ERR_MODEL || !err.message[0] || t.tensor)) abort();
    if (code != HG_OK) return 0;
    for (size_t i = 0; i < t.count; i++) {
        check_tensor(&t.tensor[i], data, size);
        if (hg__tensors_find(&t, t.tensor[i].name) != &t.tensor[i]) abort();
    }
    hg__tensors_close(&t);
    return 0;
}

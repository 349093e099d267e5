// SPDX-License-Identifier: Apache-2.0
// weights.c - which kind of weights file it is, and tensors' elements as floats.
#include "model/weights.h"

#include <math.h>
#include <string.h>

#include "model/onnx_read.h"

int hg__weights_open(hg__tensors *t, const char *path, hg_error *err) {
    enum { HEAD = 16 };
    hg__content head;
    *t = (hg__tensors){0};
    HG_TRY(hg__content_read_head(&head, path, HEAD, err));
    const bool is_onnx = hg__is_onnx(head.data, head.size);
    hg__content_free(&head);
    return is_onnx ? hg__onnx_open(t, path, err) : hg__tensors_open(t, path, err);
}

bool hg__tensor_is_float(const hg__tensor *tensor) {
    const hg__dtype d = tensor->dtype;
    return d == HG_F32 || d == HG_F64 || d == HG_F16 || d == HG_BF16;
}

// Element i as float. Tensors may lie at any byte: hence the copies.
static float element(const hg__tensor *t, size_t i) {
    const uint8_t *at = (const uint8_t *)t->data + i * hg__dtype_size(t->dtype);
    uint16_t half;
    uint32_t bits;
    float single;
    double wide;
    switch (t->dtype) {
    case HG_F64: memcpy(&wide, at, sizeof wide); return (float)wide;
    case HG_F16: memcpy(&half, at, sizeof half); return hg__half_to_float(half);
    case HG_BF16:
        memcpy(&half, at, sizeof half);
        bits = (uint32_t)half << 16;
        memcpy(&single, &bits, sizeof single);
        return single;
    default: memcpy(&single, at, sizeof single); return single; // F32: was checked
    }
}

int hg__tensor_read_floats(const hg__tensor *tensor, const char *path, float *to, size_t count,
                           hg_error *err) {
    for (size_t i = 0; i < count; i++) {
        const float value = element(tensor, i);
        if (to) to[i] = value;
        if (isfinite(value)) continue;
        return hg__fail(err, HG_ERR_MODEL,
                        "%s: '%s': expected finite values, got %g at element %zu", path,
                        tensor->name, (double)value, i);
    }
    return HG_OK;
}

// SPDX-License-Identifier: Apache-2.0
// fuzz_safetensors.c - any bytes as a weights file: tensors within the bytes, or one sentence; then as a model.
#include "detect/table_model.h"
#include "model/model.h"

// NOLINTNEXTLINE(readability-identifier-naming)
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Every byte of every tensor lies within the file, and together they are all of the data.
static void check_places(const hg__tensors *t, const uint8_t *data, size_t size) {
    size_t sum = 0;
    for (size_t i = 0; i < t->count; i++) {
        const uint8_t *from = t->tensor[i].data;
        size_t count;
        if (!hg__shape_count(&t->tensor[i].shape, &count)) abort();
        const size_t bytes = count * hg__dtype_size(t->tensor[i].dtype);
        if (from < data || from > data + size || bytes > (size_t)(data + size - from)) abort();
        sum += bytes;
    }
    if (sum > size) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    hg__tensors t;
    hg_model *m;
    hg_error err = {0};
    int code = hg__tensors_parse(&t, data, size, "fuzz.safetensors", &err);
    if (code != HG_OK && (code != HG_ERR_MODEL || !err.message[0])) abort();
    if (code != HG_OK) return 0;
    check_places(&t, data, size);
    code = hg__model_from_tensors(&m, &t, &err);
    if (code != HG_OK && (code != HG_ERR_MODEL || !err.message[0] || m)) abort();
    hg_model_free(m);
    hg__tensors_close(&t);
    return 0;
}

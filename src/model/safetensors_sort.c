// SPDX-License-Identifier: Apache-2.0
// safetensors_sort.c - tensors in an order, and their sizes.
#include "model/safetensors_sort.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static int by_name(const void *a, const void *b) {
    const hg__place *x = a, *y = b;
    return strcmp(x->tensor->name, y->tensor->name);
}

static int by_alignment(const void *a, const void *b) {
    const hg__place *x = a, *y = b;
    const size_t m = hg__dtype_size(x->tensor->dtype), n = hg__dtype_size(y->tensor->dtype);
    if (m != n) return m > n ? -1 : 1;
    return by_name(a, b);
}

static int by_address(const void *a, const void *b) {
    const hg__place *x = a, *y = b;
    const uintptr_t p = (uintptr_t)x->tensor->data, q = (uintptr_t)y->tensor->data;
    if (p != q) return p < q ? -1 : 1;
    return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

hg__place *hg__tensors_sort(const hg__tensor *tensors, size_t count, hg__order order,
                            hg_error *err) {
    static int (*const orders[])(const void *, const void *) = {by_name, by_alignment, by_address};
    hg__place *sorted = hg__alloc(count, sizeof *sorted, err);
    if (!sorted) return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t bytes;
        if (!hg__shape_count(&tensors[i].shape, &bytes) ||
            !hg__multiply(bytes, hg__dtype_size(tensors[i].dtype), &bytes)) {
            hg__fail(err, HG_ERR_MODEL, "'%s': the tensor is too large", tensors[i].name);
            hg__free(sorted);
            return NULL;
        }
        sorted[i] = (hg__place){&tensors[i], bytes};
    }
    qsort(sorted, count, sizeof *sorted, orders[order]);
    return sorted;
}

// SPDX-License-Identifier: Apache-2.0
// tensor.c - a box: shape, type, memory.
#include "base/tensor.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static const struct {
    const char *name;
    size_t size;
} dtypes[] = {
#define X(id, dtype_name, bytes) {dtype_name, bytes},
    HG_DTYPES(X)
#undef X
};

const char *hg__dtype_name(hg__dtype t) {
    return dtypes[t].name;
}

size_t hg__dtype_size(hg__dtype t) {
    return dtypes[t].size;
}

bool hg__dtype_find(const char *name, hg__dtype *t) {
    for (int i = 0; i < HG_DTYPE_COUNT; i++) {
        if (strcmp(dtypes[i].name, name) != 0) continue;
        *t = (hg__dtype)i;
        return true;
    }
    return false;
}

bool hg__shape_count(const hg__shape *s, size_t *count) {
    size_t n = 1;
    for (int32_t i = 0; i < s->rank; i++) {
        if (s->dim[i] < 0 || !hg__multiply(n, (size_t)s->dim[i], &n)) return false;
    }
    *count = n;
    return true;
}

bool hg__shape_is_equal(const hg__shape *a, const hg__shape *b) {
    if (a->rank != b->rank) return false;
    for (int32_t i = 0; i < a->rank; i++) {
        if (a->dim[i] != b->dim[i]) return false;
    }
    return true;
}

void hg__shape_format(const hg__shape *s, char buffer[128]) {
    int used = snprintf(buffer, 128, "[");
    for (int32_t i = 0; i < s->rank && used < 100; i++) {
        used += snprintf(buffer + used, 128 - (size_t)used, "%s%lld", i ? ", " : "",
                         (long long)s->dim[i]);
    }
    snprintf(buffer + used, 128 - (size_t)used, "]");
}

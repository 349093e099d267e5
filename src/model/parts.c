// SPDX-License-Identifier: Apache-2.0
// parts.c - tensors that a model keeps beside the weights.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "model/model.h"

static const char prefix_of_parts[] = "detector.";

bool hg__is_part(const char *name) {
    return strncmp(name, prefix_of_parts, sizeof prefix_of_parts - 1) == 0;
}

const hg__tensor *hg__model_part(const hg_model *m, const char *name) {
    for (int32_t i = 0; i < m->parts; i++) {
        if (strcmp(m->part[i].name, name) == 0) return &m->part[i];
    }
    return NULL;
}

void hg__model_drop_parts(hg_model *m, const char *prefix) {
    int32_t kept = 0;
    for (int32_t i = 0; i < m->parts; i++) {
        if (strncmp(m->part[i].name, prefix, strlen(prefix)) == 0) {
            if (!m->is_look) hg__free((void *)m->part[i].data);
        } else {
            m->part[kept++] = m->part[i];
        }
    }
    m->parts = kept;
}

int hg__model_give_part(hg_model *m, const hg__tensor *tensor, hg_error *err) {
    for (int32_t i = 0; i < m->parts; i++) {
        if (strcmp(m->part[i].name, tensor->name) != 0) continue;
        hg__free((void *)m->part[i].data);
        m->part[i] = *tensor;
        return HG_OK;
    }
    hg__tensor *grown = hg__grow(m->part, (size_t)m->parts + 1, sizeof *grown, err);
    if (!grown) return HG_ERR_MEMORY;
    m->part = grown;
    m->part[m->parts++] = *tensor;
    return HG_OK;
}

int hg__model_add_part(hg_model *m, const hg__tensor *tensor, hg_error *err) {
    size_t count;
    if (!hg__shape_count(&tensor->shape, &count)) count = SIZE_MAX;
    hg__tensor copy = *tensor;
    void *data = hg__alloc(count, hg__dtype_size(tensor->dtype), err);
    if (!data) return HG_ERR_MEMORY;
    memcpy(data, tensor->data, count * hg__dtype_size(tensor->dtype));
    copy.data = data;
    const int code = hg__model_give_part(m, &copy, err);
    if (code < 0) hg__free(data);
    return code;
}

int hg__model_keep_part(hg_model *m, const char *name, hg__dtype dtype, int64_t rows,
                        int64_t columns, const void *data, hg_error *err) {
    hg__tensor t = {
        .dtype = dtype, .shape = {columns ? 2 : 1, {rows, columns}},
             .data = data
    };
    snprintf(t.name, sizeof t.name, "%s", name);
    return hg__model_add_part(m, &t, err);
}

static void say_size(int64_t size, char text[24]) {
    snprintf(text, 24, size < 0 ? "any" : "%lld", (long long)size);
}

int hg__model_take_part(const hg_model *m, const char *name, hg__dtype dtype, int64_t rows,
                        int64_t columns, const char *where, const hg__tensor **part,
                        hg_error *err) {
    const hg__tensor *t = hg__model_part(m, name);
    const int32_t rank = columns ? 2 : 1;
    const bool fits = t && t->dtype == dtype && t->shape.rank == rank &&
                      (rows < 0 || t->shape.dim[0] == rows) &&
                      (rank == 1 || columns < 0 || t->shape.dim[1] == columns);
    *part = t;
    if (fits) return HG_OK;
    char want[2][24], got[128];
    say_size(rows, want[0]);
    say_size(columns, want[1]);
    if (t) hg__shape_format(&t->shape, got);
    return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected %s of shape [%s%s%s], got %s%s%s", where,
                    name, hg__dtype_name(dtype), want[0], rank == 2 ? ", " : "",
                    rank == 2 ? want[1] : "", t ? hg__dtype_name(t->dtype) : "none", t ? " " : "",
                    t ? got : "");
}

int hg__model_take_numbers(const hg_model *m, const char *name, int64_t rows, int64_t columns,
                           const char *where, const hg__tensor **part, hg_error *err) {
    size_t count = 0;
    HG_TRY(hg__model_take_part(m, name, HG_F32, rows, columns, where, part, err));
    const float *x = (*part)->data;
    if (!hg__shape_count(&(*part)->shape, &count)) count = 0; // a file's is checked
    for (size_t i = 0; i < count; i++) {
        if (isfinite(x[i])) continue;
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected finite numbers, got %g", where, name,
                        (double)x[i]);
    }
    return HG_OK;
}

// SPDX-License-Identifier: Apache-2.0
// map.c - checks what is to be placed, and has it placed.
#include "latent/map.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "latent/map_internal.h"

#define LARGEST 1e15F // squares of larger ones may sum beyond what a float holds

void hg__map_run(hg__pool *pool, hg__task *task, void *context, int32_t count) {
    if (pool) {
        hg__pool_run(pool, task, context, count);
        return;
    }
    for (int32_t i = 0; i < count; i++) task(context, i, 0);
}

void hg__map_start(float *y, int32_t n, double size, uint64_t seed) {
    double square = 0;
    for (int32_t i = 0; i < n; i++) square += (double)y[2 * i] * (double)y[2 * i];
    const double deviation = sqrt(square / n), scale = deviation > 0 ? size / deviation : 0;
    for (int32_t i = 0; i < n; i++) {
        const hg__philox r = hg__philox_run(seed, HG_STREAM_MAP, 0, (uint32_t)i, 0);
        for (int j = 0; j < 2; j++) {
            const double noise = (double)hg__unit_float(r.word[j]) - 0.5;
            y[2 * i + j] = (float)((double)y[2 * i + j] * scale + noise * size * 0.01);
        }
    }
}

static int check(const float *x, int64_t n, int32_t width, hg_error *err) {
    if (n < HG_MAP_LEAST || n > HG_MAP_MOST) {
        return hg__fail(err, HG_ERR_DATA, "a map: expected %d to %d points, got %lld", HG_MAP_LEAST,
                        HG_MAP_MOST, (long long)n);
    }
    for (int64_t i = 0; i < n * width; i++) {
        if (fabsf(x[i]) <= LARGEST) continue; // no NaN is
        const long long point = i / width + 1;
        return hg__fail(err, HG_ERR_DATA,
                        "a map: point %lld: expected numbers up to %g, got %g in column %d", point,
                        (double)LARGEST, (double)x[i], (int)(i % width) + 1);
    }
    return HG_OK;
}

static void centre(float *y, int64_t n) {
    for (int j = 0; j < 2; j++) {
        double sum = 0;
        for (int64_t i = 0; i < n; i++) sum += (double)y[2 * i + j];
        for (int64_t i = 0; i < n; i++) {
            y[2 * i + j] = (float)((double)y[2 * i + j] - sum / (double)n);
        }
    }
}

int hg__map(const float *x, int64_t n, int32_t width, const hg__map_options *o, hg__pool *pool,
            const hg_listener *l, float *y, hg_error *err) {
    static const struct {
        const char *name;
        int (*run)(const hg__map_work *w, float *y, hg_error *err);
    } methods[] = {
        {"pca",  NULL        },
        {"tsne", hg__map_tsne},
        {"umap", hg__map_umap},
    };
    const hg__map_work w = {x, (int32_t)n, width, o, pool, l};
    HG_TRY(check(x, n, width, err));
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (strcmp(methods[i].name, o->method) != 0) continue;
        HG_TRY(hg__map_axes(&w, y, err));
        if (methods[i].run) HG_TRY(methods[i].run(&w, y, err));
        centre(y, n);
        return HG_OK;
    }
    return hg__fail(err, HG_ERR_USAGE, "a map: expected the method tsne, umap or pca, got %s",
                    o->method);
}

// SPDX-License-Identifier: Apache-2.0
// feature_error.c - a linear autoencoder of each place's vector, and what it does not give back.
#include "inspect/feature_error.h"

#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/rng.h"

static const char mean_name[] = "detector.features.mean", axis_name[] = "detector.features.axis",
                  spread_name[] = "detector.features.spread",
                  scale_name[] = "detector.features.scale";

hg__feature_error_options hg__feature_error_defaults(void) {
    return (hg__feature_error_options){.share = 0.9, .most_dims = 256, .each = 400, .seed = 1};
}

void hg__feature_error_clear(hg__feature_error *f) {
    hg__principal_clear(&f->axes);
    hg__free(f->scale);
    *f = (hg__feature_error){0};
}

static int meet_map(hg__moments *m, const hg__raster_source *maps, int32_t number,
                    const hg__raster *map, const hg__feature_error_options *o, hg__pool *pool,
                    hg_error *err) {
    if (number == 0) HG_TRY(hg__moments_init(m, map->channels, err));
    if (map->channels != m->width) {
        return hg__fail(err, HG_ERR_DATA, "%s: picture %d: expected maps of %d channels, got %d",
                        maps->name, number + 1, m->width, map->channels);
    }
    const size_t width = (size_t)m->width;
    const int64_t places = (int64_t)map->height * map->width, each = hg__min_64(places, o->each);
    const hg__shuffle s =
        hg__shuffle_init(o->seed, HG_STREAM_SAMPLE, (uint32_t)number, (uint64_t)places);
    float *drawn = hg__numbers((size_t)each, width, err);
    if (!drawn) return HG_ERR_MEMORY;
    for (int64_t i = 0; i < each; i++) {
        memcpy(drawn + (size_t)i * width, map->at + (size_t)hg__shuffle_at(&s, (uint64_t)i) * width,
               width * sizeof *drawn);
    }
    hg__moments_add(m, drawn, each, pool);
    hg__free(drawn);
    return HG_OK;
}

// The moments in units of each channel's standard deviation, which scale keeps the inverse of.
static void standardise(hg__moments *m, float *scale) {
    const size_t n = (size_t)m->width;
    const double rows = (double)m->rows;
    for (size_t i = 0; i < n; i++) {
        const double mean = m->sum[i] / rows;
        const double variance = m->product[i * n + i] / rows - mean * mean;
        scale[i] = variance > 1e-12 ? (float)(1 / sqrt(variance)) : 0;
    }
    for (size_t i = 0; i < n; i++) {
        m->sum[i] *= (double)scale[i];
        m->shift[i] *= scale[i];
        for (size_t j = i; j < n; j++) m->product[i * n + j] *= (double)scale[i] * (double)scale[j];
    }
}

// The fewest of the axes that take the share of the variance; there are `width` of it in all, less constant channels.
static int32_t enough(const hg__principal *p, const float *scale, double share) {
    double all = 0, taken = 0;
    int32_t z = 0;
    for (int32_t i = 0; i < p->width; i++) all += scale[i] > 0;
    while (z < p->dims && (z == 0 || taken < share * all)) {
        taken += (double)p->spread[z] * (double)p->spread[z];
        z++;
    }
    return z;
}

static int fit_axes(hg__feature_error *f, hg__moments *m, const hg__feature_error_options *o,
                    hg_error *err) {
    hg__principal all;
    f->scale = hg__alloc((size_t)m->width, sizeof *f->scale, err);
    if (!f->scale) return HG_ERR_MEMORY;
    standardise(m, f->scale);
    HG_TRY(hg__principal_fit(&all, m, hg__min(o->most_dims, m->width), 0, 0, err));
    const int code = hg__principal_from(&f->axes, all.width, enough(&all, f->scale, o->share),
                                        all.mean, all.axis, all.spread, err);
    hg__principal_clear(&all);
    return code;
}

int hg__feature_error_fit(hg__feature_error *f, const hg__raster_source *maps,
                          const hg__feature_error_options *o, hg__pool *pool, hg_error *err) {
    hg__moments m = {0};
    int code = HG_OK;
    *f = (hg__feature_error){0};
    if (maps->count < 1) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected 1 good picture at least, got none",
                        maps->name);
    }
    for (int32_t i = 0; code == HG_OK && i < maps->count; i++) {
        hg__raster map = {0};
        code = maps->read(maps->context, i, &map, err);
        if (code == HG_OK) code = meet_map(&m, maps, i, &map, o, pool, err);
        hg__raster_clear(&map);
    }
    if (code == HG_OK) code = fit_axes(f, &m, o, err);
    hg__moments_clear(&m);
    if (code < 0) hg__feature_error_clear(f);
    return code;
}

// |x - mean|^2 less what lies along the axes, which are at right angles and of length 1.
static float left_over(const hg__principal *p, const float *x, const float *along) {
    double all = 0, taken = 0;
    for (int32_t i = 0; i < p->width; i++) {
        const double off = (double)x[i] - (double)p->mean[i];
        all += off * off;
    }
    for (int32_t z = 0; z < p->dims; z++) taken += (double)along[z] * (double)along[z];
    return all > taken ? (float)sqrt((all - taken) / p->width) : 0;
}

int hg__feature_error_run(const hg__feature_error *f, const hg__raster *map, hg__raster *error,
                          hg__blocks *b, hg_error *err) {
    const hg__principal *p = &f->axes;
    const int64_t places = (int64_t)map->height * map->width;
    const size_t width = (size_t)p->width, dims = (size_t)p->dims;
    *error = (hg__raster){0};
    if (map->channels != p->width) {
        return hg__fail(err, HG_ERR_DATA, "feature error: expected a map of %d channels, got %d",
                        p->width, map->channels);
    }
    float *x = hg__numbers((size_t)places, width, err);
    float *along = x ? hg__numbers((size_t)places, dims, err) : NULL;
    int code = along ? hg__raster_init(error, map->height, map->width, 1, err) : HG_ERR_MEMORY;
    if (code == HG_OK) {
        for (size_t i = 0; i < (size_t)places * width; i++) x[i] = map->at[i] * f->scale[i % width];
        code = hg__principal_run(p, x, places, along, b, err);
    }
    for (size_t i = 0; code == HG_OK && i < (size_t)places; i++) {
        error->at[i] = left_over(p, x + i * width, along + i * dims);
    }
    hg__free(x);
    hg__free(along);
    if (code < 0) hg__raster_clear(error);
    return code;
}

// ---- in a model ---------------------------------------------------------------------------------

int hg__feature_error_to_parts(const hg__feature_error *f, hg_model *model, hg_error *err) {
    const hg__principal *p = &f->axes;
    HG_TRY(hg__model_keep_part(model, mean_name, HG_F32, p->width, 0, p->mean, err));
    HG_TRY(hg__model_keep_part(model, axis_name, HG_F32, p->dims, p->width, p->axis, err));
    HG_TRY(hg__model_keep_part(model, spread_name, HG_F32, p->dims, 0, p->spread, err));
    return hg__model_keep_part(model, scale_name, HG_F32, p->width, 0, f->scale, err);
}

int hg__feature_error_from_parts(hg__feature_error *f, const hg_model *model, const char *where,
                                 hg_error *err) {
    const hg__tensor *axis = NULL, *mean = NULL, *spread = NULL, *scale = NULL;
    *f = (hg__feature_error){0};
    HG_TRY(hg__model_take_numbers(model, axis_name, -1, -1, where, &axis, err));
    const int64_t dims = axis->shape.dim[0], width = axis->shape.dim[1];
    if (dims < 1 || width > HG_MAX_VECTOR || dims > width) {
        return hg__fail(err, HG_ERR_MODEL,
                        "%s: '%s': expected 1 to %d numbers and as many axes, got %lld and %lld",
                        where, axis_name, HG_MAX_VECTOR, (long long)width, (long long)dims);
    }
    HG_TRY(hg__model_take_numbers(model, mean_name, width, 0, where, &mean, err));
    HG_TRY(hg__model_take_numbers(model, spread_name, dims, 0, where, &spread, err));
    HG_TRY(hg__model_take_numbers(model, scale_name, width, 0, where, &scale, err));
    HG_TRY(hg__principal_from(&f->axes, (int32_t)width, (int32_t)dims, mean->data, axis->data,
                              spread->data, err));
    f->scale = hg__alloc((size_t)width, sizeof *f->scale, err);
    if (f->scale) {
        memcpy(f->scale, scale->data, (size_t)width * sizeof *f->scale);
        return HG_OK;
    }
    hg__feature_error_clear(f);
    return HG_ERR_MEMORY;
}

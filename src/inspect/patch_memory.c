// SPDX-License-Identifier: Apache-2.0
// patch_memory.c - gathers vectors of good pictures, keeps a few that stand for all, measures distances to those.
#include "inspect/patch_memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/real.h"
#include "base/rng.h"
#include "detect/neighbours.h"
#include "inspect/coreset.h"

enum { MOST_GATHERED = 1 << 20, WEIGHED = 9 };
static const char vector_format[] = "detector.%s.vector", picture_format[] = "detector.%s.picture";

struct hg__patch_memory {
    int32_t count, width;
    float *vector;    // owned, (count, width), in the order of pictures
    int32_t *picture; // owned, (count): where each comes from, ascending
    hg__neighbours *in;
};

hg__patch_memory_options hg__patch_memory_defaults(uint64_t seed, size_t max_bytes) {
    return (hg__patch_memory_options){
        .max_bytes = max_bytes, .share = 0.1, .most = 2048, .seed = seed};
}

static size_t vectors_bytes(int64_t count, int32_t width) {
    return ((size_t)count * (size_t)width + HG_LANES) * sizeof(float) +
           (size_t)count * sizeof(int32_t);
}

static int32_t kept_of(const hg__patch_memory_options *o, int64_t gathered) {
    const double share = o->share * (double)gathered;
    const int64_t kept = share < 1 ? 1 : (int64_t)share;
    return (int32_t)hg__min_64(hg__min_64(kept, o->most < 1 ? 1 : o->most), gathered);
}

// Boxes of panels, and what neighbours are kept in, are counted as one more copy and a half.
static void size_for(const hg__patch_memory_options *o, int32_t pictures, int32_t each,
                     int32_t width, hg__patch_memory_size *size) {
    const int64_t gathered = (int64_t)pictures * each;
    size->each = each;
    size->kept = kept_of(o, gathered);
    size->bytes = vectors_bytes(size->kept, width) + hg__neighbours_panels(size->kept, width) +
                  vectors_bytes(size->kept, width) / 16 + (size_t)size->kept * 24 + 4096;
    size->making = vectors_bytes(gathered, width) + size->bytes +
                   hg__coreset_bytes((int32_t)gathered, width, size->kept);
}

int hg__patch_memory_size_of(const hg__patch_memory_options *o, int32_t pictures, int64_t places,
                             int32_t width, hg__patch_memory_size *size, hg_error *err) {
    int64_t low = 0, high = hg__min_64(places, MOST_GATHERED / hg__max(pictures, 1));
    while (low < high) { // the most a picture that fit
        const int64_t middle = low + (high - low + 1) / 2;
        size_for(o, pictures, (int32_t)middle, width, size);
        if (size->making <= o->max_bytes) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    if (pictures >= 1 && low >= 1) {
        size_for(o, pictures, (int32_t)low, width, size);
        return HG_OK;
    }
    size_for(o, pictures, 1, width, size);
    return hg__fail(err, HG_ERR_MEMORY,
                    "patch memory: expected room for 1 vector of %d numbers a picture, %zu bytes "
                    "for %d pictures, got max_mem of %zu",
                    width, size->making, pictures, o->max_bytes);
}

void hg__patch_memory_free(hg__patch_memory *m) {
    if (!m) return;
    hg__neighbours_free(m->in);
    hg__free(m->vector);
    hg__free(m->picture);
    hg__free(m);
}

int32_t hg__patch_memory_count(const hg__patch_memory *m) {
    return m->count;
}

int32_t hg__patch_memory_width(const hg__patch_memory *m) {
    return m->width;
}

static hg__patch_memory *memory_of(int32_t count, int32_t width, hg_error *err) {
    hg__patch_memory *m = hg__alloc(1, sizeof *m, err);
    if (!m) return NULL;
    *m = (hg__patch_memory){.count = count, .width = width};
    m->vector = hg__numbers((size_t)count, (size_t)width, err);
    m->picture = m->vector ? hg__alloc((size_t)count, sizeof *m->picture, err) : NULL;
    if (m->picture) return m;
    hg__patch_memory_free(m);
    return NULL;
}

// From its vectors on it can be asked. m, or NULL and m is freed.
static hg__patch_memory *opened(hg__patch_memory *m, hg_error *err) {
    m->in = hg__neighbours_new(m->vector, m->count, m->width, err);
    if (m->in) return m;
    hg__patch_memory_free(m);
    return NULL;
}

// ---- making one ---------------------------------------------------------------------------------

typedef struct gathering {
    const hg__raster_source *maps;
    const hg__patch_memory_options *o;
    hg__patch_memory_size size;
    hg__patch_memory *all; // what is gathered; count: room for
    int32_t count;         // so far
} gathering;

static void take_places(gathering *g, const hg__raster *map, int32_t picture) {
    const size_t width = (size_t)map->channels;
    const int64_t places = (int64_t)map->height * map->width;
    const hg__shuffle s =
        hg__shuffle_init(g->o->seed, HG_STREAM_SAMPLE, (uint32_t)picture, (uint64_t)places);
    for (int64_t i = 0; i < places && i < g->size.each; i++) {
        const size_t at = (size_t)hg__shuffle_at(&s, (uint64_t)i) * width;
        memcpy(g->all->vector + (size_t)g->count * width, map->at + at, width * sizeof(float));
        g->all->picture[g->count++] = picture;
    }
}

static int take_picture(gathering *g, int32_t i, hg_error *err) {
    hg__raster map = {0};
    HG_TRY(g->maps->read(g->maps->context, i, &map, err));
    const int64_t places = (int64_t)map.height * map.width;
    int code = HG_OK;
    if (!g->all) {
        code = hg__patch_memory_size_of(g->o, g->maps->count, places, map.channels, &g->size, err);
        if (code == HG_OK) g->all = memory_of(g->maps->count * g->size.each, map.channels, err);
        if (code == HG_OK && !g->all) code = HG_ERR_MEMORY;
    }
    if (code == HG_OK && g->all && map.channels != g->all->width) {
        code = hg__fail(err, HG_ERR_DATA, "%s: picture %d: expected maps of %d channels, got %d",
                        g->maps->name, i + 1, g->all->width, map.channels);
    }
    if (code == HG_OK) take_places(g, &map, i);
    hg__raster_clear(&map);
    return code;
}

static int ascending(const void *a, const void *b) {
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

// A memory of the few that stand for all.
static hg__patch_memory *condense(const gathering *g, hg__pool *pool, hg_error *err) {
    const hg__patch_memory *all = g->all;
    const int32_t kept = kept_of(g->o, g->count);
    const size_t width = (size_t)all->width;
    hg__patch_memory *m = memory_of(kept, all->width, err);
    int32_t *picked = m ? hg__alloc((size_t)kept, sizeof *picked, err) : NULL;
    const bool is_picked = picked && hg__coreset_pick(all->vector, g->count, all->width, kept,
                                                      g->o->seed, picked, pool, err) == HG_OK;
    if (is_picked) {
        qsort(picked, (size_t)kept, sizeof *picked, ascending);
        for (int32_t i = 0; i < kept; i++) {
            memcpy(m->vector + (size_t)i * width, all->vector + (size_t)picked[i] * width,
                   width * sizeof(float));
            m->picture[i] = all->picture[picked[i]];
        }
    }
    hg__free(picked);
    if (is_picked) return m;
    hg__patch_memory_free(m);
    return NULL;
}

hg__patch_memory *hg__patch_memory_fit(const hg__raster_source *maps,
                                       const hg__patch_memory_options *o, hg__pool *pool,
                                       hg_error *err) {
    gathering g = {.maps = maps, .o = o};
    int code = HG_OK;
    if (maps->count < 1) {
        code = hg__fail(err, HG_ERR_DATA, "%s: expected 1 good picture at least, got none",
                        maps->name);
    }
    for (int32_t i = 0; code == HG_OK && i < maps->count; i++) code = take_picture(&g, i, err);
    hg__patch_memory *m = code == HG_OK && g.all ? condense(&g, pool, err) : NULL;
    hg__patch_memory_free(g.all);
    return m ? opened(m, err) : NULL;
}

hg__patch_memory *hg__patch_memory_without(const hg__patch_memory *m, int32_t picture,
                                           hg_error *err) {
    const size_t width = (size_t)m->width;
    int32_t left = 0, at = 0;
    for (int32_t i = 0; i < m->count; i++) left += m->picture[i] != picture;
    if (left < 1) {
        hg__fail(err, HG_ERR_DATA,
                 "patch memory: expected vectors of another picture than %d, got none",
                 picture + 1);
        return NULL;
    }
    hg__patch_memory *rest = memory_of(left, m->width, err);
    if (!rest) return NULL;
    for (int32_t i = 0; i < m->count; i++) {
        if (m->picture[i] == picture) continue;
        memcpy(rest->vector + (size_t)at * width, m->vector + (size_t)i * width,
               width * sizeof(float));
        rest->picture[at++] = m->picture[i];
    }
    return opened(rest, err);
}

// ---- asking it ----------------------------------------------------------------------------------

static int check_width(const hg__patch_memory *m, const hg__raster *map, hg_error *err) {
    if (map->channels == m->width) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "patch memory: expected a map of %d channels, got %d",
                    m->width, map->channels);
}

int hg__patch_memory_run(const hg__patch_memory *m, const hg__raster *map, hg__raster *distance,
                         hg__blocks *b, hg_error *err) {
    *distance = (hg__raster){0};
    HG_TRY(check_width(m, map, err));
    HG_TRY(hg__raster_init(distance, map->height, map->width, 1, err));
    const int64_t places = (int64_t)map->height * map->width;
    const int code = hg__neighbours_find(m->in, map->at, places, 1, distance->at, NULL, b, err);
    for (int64_t i = 0; i < places; i++) distance->at[i] = sqrtf(distance->at[i]);
    if (code < 0) hg__raster_clear(distance);
    return code;
}

static double distance_of(const float *a, const float *b, int32_t width) {
    double sum = 0;
    for (int32_t j = 0; j < width; j++) {
        sum += ((double)a[j] - (double)b[j]) * ((double)a[j] - (double)b[j]);
    }
    return sqrt(sum);
}

int hg__patch_memory_score(const hg__patch_memory *m, const hg__raster *map,
                           const hg__raster *distance, double *score, hg__blocks *b,
                           hg_error *err) {
    const size_t places = (size_t)map->height * (size_t)map->width, width = (size_t)m->width;
    const int32_t k = hg__min(WEIGHED, m->count);
    float near[WEIGHED];
    int32_t of[WEIGHED];
    size_t top = 0;
    HG_TRY(check_width(m, map, err));
    for (size_t i = 1; i < places; i++) {
        if (distance->at[i] > distance->at[top]) top = i;
    }
    const float *x = map->at + top * width;
    HG_TRY(hg__neighbours_find(m->in, x, 1, 1, near, of, b, err));
    const double d = sqrt((double)near[0]);
    HG_TRY(hg__neighbours_find(m->in, m->vector + (size_t)of[0] * width, 1, k, near, of, b, err));
    double sum = 0; // of exp(|x - n| - d), each 1 at least: m is the nearest to x
    for (int32_t n = 0; n < k; n++) {
        const double farther = distance_of(x, m->vector + (size_t)of[n] * width, m->width) - d;
        sum += 1 + (farther > 0 ? hg__expm1(farther) : 0);
    }
    *score = k > 1 ? d * (1 - 1 / sum) : d;
    return HG_OK;
}

// ---- in a model ---------------------------------------------------------------------------------

static void name_tensors(const char *name, char tensor[2][64]) {
    snprintf(tensor[0], sizeof tensor[0], vector_format, name);
    snprintf(tensor[1], sizeof tensor[1], picture_format, name);
}

int hg__patch_memory_to_parts(const hg__patch_memory *m, const char *name, hg_model *model,
                              hg_error *err) {
    char tensor[2][64];
    name_tensors(name, tensor);
    HG_TRY(hg__model_keep_part(model, tensor[0], HG_F32, m->count, m->width, m->vector, err));
    return hg__model_keep_part(model, tensor[1], HG_I32, m->count, 0, m->picture, err);
}

static int check_tensors(const hg_model *model, const char *name, const char *where,
                         const hg__tensor **vector, const hg__tensor **picture, hg_error *err) {
    char tensor[2][64];
    name_tensors(name, tensor);
    HG_TRY(hg__model_take_numbers(model, tensor[0], -1, -1, where, vector, err));
    const int64_t count = (*vector)->shape.dim[0], width = (*vector)->shape.dim[1];
    if (count < 1 || width < 1 || count > INT32_MAX || width > INT32_MAX) {
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected 1 vector of 1 number at least",
                        where, tensor[0]);
    }
    return hg__model_take_part(model, tensor[1], HG_I32, count, 0, where, picture, err);
}

hg__patch_memory *hg__patch_memory_from_parts(const hg_model *model, const char *name,
                                              const char *where, hg_error *err) {
    const hg__tensor *vector = NULL, *picture = NULL;
    if (check_tensors(model, name, where, &vector, &picture, err) < 0) return NULL;
    if (!vector || !picture) return NULL;
    const int32_t count = (int32_t)vector->shape.dim[0], width = (int32_t)vector->shape.dim[1];
    hg__patch_memory *m = memory_of(count, width, err);
    if (!m) return NULL;
    memcpy(m->vector, vector->data, (size_t)count * (size_t)width * sizeof(float));
    memcpy(m->picture, picture->data, (size_t)count * sizeof(int32_t));
    return opened(m, err);
}

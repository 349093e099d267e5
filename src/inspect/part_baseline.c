// SPDX-License-Identifier: Apache-2.0
// part_baseline.c - the list of baselines for parts, and the two that are made of patches.
#include "inspect/part_baseline.h"

#include <string.h>

#include "base/mem.h"
#include "inspect/feature_error.h"
#include "inspect/inspector_internal.h"
#include "inspect/patch_memory.h"
#include "inspect/patches.h"
#include "parts/resize.h"

#define PART_BASELINE(name) extern const hg__part_baseline hg__part_baseline_##name;
#include "inspect/part_baselines.def"
#undef PART_BASELINE

static const hg__part_baseline *const list[] = {
#define PART_BASELINE(name) &hg__part_baseline_##name,
#include "inspect/part_baselines.def"
#undef PART_BASELINE
};
enum {
#define PART_BASELINE(name) AT_##name,
#include "inspect/part_baselines.def"
#undef PART_BASELINE
    COUNT
};

const hg__part_baseline *const *hg__part_baselines(size_t *count) {
    *count = COUNT;
    return list;
}

const hg__part_baseline *hg__part_baseline_find(const char *name) {
    for (size_t i = 0; i < COUNT; i++) {
        if (strcmp(list[i]->name, name) == 0) return list[i];
    }
    return NULL;
}

int hg__part_baseline_judge(const hg__part_baseline *b, const void *state, const hg__inspected *of,
                            hg__raster *map, float *score, hg__blocks *blocks, hg_error *err) {
    hg__raster whole;
    float peak;
    *map = (hg__raster){0};
    if (of->picture.height / HG_MAP_CELL != of->map.height ||
        of->picture.width / HG_MAP_CELL != of->map.width) {
        return hg__fail(err, HG_ERR_DATA,
                        "a picture of %d x %d cells: expected one that max_mem= has room for at "
                        "once, got one that was judged piece by piece",
                        of->map.width, of->map.height);
    }
    HG_TRY(b->map(state, &of->picture, &whole, blocks, err));
    int code = hg__raster_resize(map, &whole, of->map.height, of->map.width, err);
    hg__raster_clear(&whole);
    if (code == HG_OK) code = hg__map_score(map, &of->seen, b->share, score, &peak, err);
    if (code < 0) hg__raster_clear(map);
    return code;
}

enum { SMOOTH = 2 }; // passes of a map's blur

// Pictures as maps of patches.
typedef struct patched {
    const hg__raster_source *good;
    const hg__patch_options *options; // as they are, where p is NULL
    const hg__patches *p;
    hg__blocks *b;
} patched;

static int read_patches(const void *context, int32_t i, hg__raster *map, hg_error *err) {
    const patched *c = context;
    hg__raster picture = {0};
    HG_TRY(c->good->read(c->good->context, i, &picture, err));
    const int code = c->p ? hg__patches_run(c->p, &picture, map, c->b, err)
                          : hg__patches_raw(c->options, &picture, map, c->b->pool, err);
    hg__raster_clear(&picture);
    return code;
}

// A map over places, which goes, as one over the picture's pixels.
static int smooth_over(hg__raster *places, int32_t stride, const hg__raster *picture,
                       hg__raster *map, hg__blocks *b, hg_error *err) {
    const int code = hg__patch_map_smooth(places, stride, picture->height, picture->width, SMOOTH,
                                          map, b ? b->pool : NULL, err);
    hg__raster_clear(places);
    return code;
}

// ---- PCA on patches -----------------------------------------------------------------------------

typedef struct patch_pca {
    hg__patch_options options;
    hg__feature_error error;
} patch_pca;

static void free_pca(void *state) {
    patch_pca *s = state;
    if (!s) return;
    hg__feature_error_clear(&s->error);
    hg__free(s);
}

static void *fit_pca(const hg__raster_source *good, uint64_t seed, size_t max_bytes, hg__pool *pool,
                     hg_error *err) {
    hg__blocks b = {.pool = pool};
    patch_pca *s = hg__alloc(1, sizeof *s, err);
    (void)max_bytes; // a few megabytes
    if (!s) return NULL;
    s->options = hg__patch_squares();
    hg__feature_error_options o = hg__feature_error_defaults();
    o.seed = seed;
    const patched c = {good, &s->options, NULL, &b};
    const hg__raster_source maps = {good->name, &c, good->count, read_patches};
    const int code = hg__feature_error_fit(&s->error, &maps, &o, pool, err);
    hg__blocks_clear(&b);
    if (code == HG_OK) return s;
    free_pca(s);
    return NULL;
}

static int map_pca(const void *state, const hg__raster *picture, hg__raster *map, hg__blocks *b,
                   hg_error *err) {
    const patch_pca *s = state;
    hg__raster raw, error;
    *map = (hg__raster){0};
    HG_TRY(hg__patches_raw(&s->options, picture, &raw, b ? b->pool : NULL, err));
    const int code = hg__feature_error_run(&s->error, &raw, &error, b, err);
    hg__raster_clear(&raw);
    return code < 0 ? code : smooth_over(&error, s->options.stride, picture, map, b, err);
}

const hg__part_baseline hg__part_baseline_patch_pca = {
    "patch_pca", "what the principal components of 16 x 16 patches leave over (Pearson 1901)",
    fit_pca,     map_pca,
    free_pca,    0.001};

// ---- the nearest patch --------------------------------------------------------------------------

typedef struct nearest_patch {
    hg__patches patches;
    hg__patch_memory *memory;
} nearest_patch;

static void free_nearest(void *state) {
    nearest_patch *s = state;
    if (!s) return;
    hg__patches_clear(&s->patches);
    hg__patch_memory_free(s->memory);
    hg__free(s);
}

static void *fit_nearest(const hg__raster_source *good, uint64_t seed, size_t max_bytes,
                         hg__pool *pool, hg_error *err) {
    hg__blocks b = {.pool = pool};
    nearest_patch *s = hg__alloc(1, sizeof *s, err);
    if (!s) return NULL;
    hg__patch_options o = hg__patch_defaults(HG_PATCH_PIXELS);
    const hg__patch_memory_options memory = hg__patch_memory_defaults(seed, max_bytes);
    o.seed = seed;
    if (hg__patches_learn(&s->patches, &o, good, pool, err) == HG_OK) {
        const patched c = {good, NULL, &s->patches, &b};
        const hg__raster_source maps = {good->name, &c, good->count, read_patches};
        s->memory = hg__patch_memory_fit(&maps, &memory, pool, err);
    }
    hg__blocks_clear(&b);
    if (s->memory) return s;
    free_nearest(s);
    return NULL;
}

static int map_nearest(const void *state, const hg__raster *picture, hg__raster *map, hg__blocks *b,
                       hg_error *err) {
    const nearest_patch *s = state;
    hg__raster patches, distance;
    *map = (hg__raster){0};
    HG_TRY(hg__patches_run(&s->patches, picture, &patches, b, err));
    const int code = hg__patch_memory_run(s->memory, &patches, &distance, b, err);
    hg__raster_clear(&patches);
    return code < 0 ? code
                    : smooth_over(&distance, s->patches.options.stride, picture, map, b, err);
}

const hg__part_baseline hg__part_baseline_nearest_patch = {
    "nearest_patch",
    "the nearest patch of good pictures, 20 and 40 pixels wide (as Roth et al., PatchCore, "
    "2022)",
    fit_nearest,
    map_nearest,
    free_nearest,
    0.001};

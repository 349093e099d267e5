// SPDX-License-Identifier: Apache-2.0
// clue_feature.c - how unusual a backbone's features are at each place, by one of several means; and models that have it, before they
// are fitted.
#include <string.h>

#include "base/mem.h"
#include "detect/table_model.h"
#include "inspect/inspector_internal.h"
#include "parts/resize.h"

enum {
    SMOOTH = 4
}; // passes of a binomial filter over cells: a deviation of 4 pixels, as PatchCore and PaDiM have it

static const char memory_name[] = "features"; // of its tensors in a model

// A way to tell what is unusual of a map of features.
struct hg__feature_type {
    const char *name; // "memory"
    // each place is judged by itself
    bool needs_places;
    int (*fit)(hg__inspector *s, const hg__raster_source *maps, const hg__inspector_data *d,
               hg_error *err);
    int (*run)(hg__inspector *s, const hg__raster *map, hg__raster *distance, hg_error *err);
    int (*to_parts)(const hg__inspector *s, hg_model *m, hg_error *err);
    int (*from_parts)(hg__inspector *s, const hg_model *m, hg_error *err);
    // bytes beside the maps themselves, of maps (height, width, channels) of so many pictures
    size_t (*fitting)(const hg__feature_options *o, int32_t height, int32_t width,
                      int32_t channels);
};

// ---- memory -------------------------------------------------------------------------------------

static int fit_memory(hg__inspector *s, const hg__raster_source *maps, const hg__inspector_data *d,
                      hg_error *err) {
    const hg__patch_memory_options o = hg__patch_memory_defaults(d->seed, d->max_bytes);
    s->features.memory = hg__patch_memory_fit(maps, &o, s->pool, err);
    return s->features.memory ? HG_OK : (int)err->code;
}

static int run_memory(hg__inspector *s, const hg__raster *map, hg__raster *distance,
                      hg_error *err) {
    return hg__patch_memory_run(s->features.memory, map, distance, &s->blocks, err);
}

static int memory_to_parts(const hg__inspector *s, hg_model *m, hg_error *err) {
    return hg__patch_memory_to_parts(s->features.memory, memory_name, m, err);
}

static int check_width(const hg__inspector *s, int32_t width, hg_error *err) {
    const int32_t channels = hg__backbone_channels(s->features.backbone);
    if (width == channels) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL, "%s: expected %d numbers a place of the features, got %d",
                    s->where, channels, width);
}

static int memory_from_parts(hg__inspector *s, const hg_model *m, hg_error *err) {
    s->features.memory = hg__patch_memory_from_parts(m, memory_name, s->where, err);
    if (!s->features.memory) return (int)err->code;
    return check_width(s, hg__patch_memory_width(s->features.memory), err);
}

// As many places as fit are gathered.
static size_t memory_fitting(const hg__feature_options *o, int32_t height, int32_t width,
                             int32_t channels) {
    const hg__patch_memory_options own = hg__patch_memory_defaults(0, o->max_mem);
    hg__patch_memory_size size;
    (void)hg__patch_memory_size_of(&own, o->pictures, (int64_t)height * width, channels, &size,
                                   NULL); // where not even one fits: what that takes
    return size.making;
}

// ---- Gaussian -----------------------------------------------------------------------------------

static int fit_gaussian(hg__inspector *s, const hg__raster_source *maps,
                        const hg__inspector_data *d, hg_error *err) {
    s->features.gaussian =
        hg__patch_gaussian_fit(maps, HG_GAUSSIAN_DIMS, d->seed, d->max_bytes, s->pool, err);
    return s->features.gaussian ? HG_OK : (int)err->code;
}

static int run_gaussian(hg__inspector *s, const hg__raster *map, hg__raster *distance,
                        hg_error *err) {
    return hg__patch_gaussian_run(s->features.gaussian, map, distance, s->pool, err);
}

static int gaussian_to_parts(const hg__inspector *s, hg_model *m, hg_error *err) {
    return hg__patch_gaussian_to_parts(s->features.gaussian, m, err);
}

static int gaussian_from_parts(hg__inspector *s, const hg_model *m, hg_error *err) {
    s->features.gaussian = hg__patch_gaussian_from_parts(m, s->where, err);
    return s->features.gaussian ? HG_OK : (int)err->code;
}

static size_t gaussian_fitting(const hg__feature_options *o, int32_t height, int32_t width,
                               int32_t channels) {
    (void)o;
    return hg__patch_gaussian_bytes(height, width, channels, HG_GAUSSIAN_DIMS);
}

// ---- what principal axes leave over -------------------------------------------------------------

static int fit_error(hg__inspector *s, const hg__raster_source *maps, const hg__inspector_data *d,
                     hg_error *err) {
    hg__feature_error_options o = hg__feature_error_defaults();
    o.seed = d->seed;
    return hg__feature_error_fit(&s->features.error, maps, &o, s->pool, err);
}

static int run_error(hg__inspector *s, const hg__raster *map, hg__raster *distance, hg_error *err) {
    return hg__feature_error_run(&s->features.error, map, distance, &s->blocks, err);
}

static int error_to_parts(const hg__inspector *s, hg_model *m, hg_error *err) {
    return hg__feature_error_to_parts(&s->features.error, m, err);
}

static int error_from_parts(hg__inspector *s, const hg_model *m, hg_error *err) {
    HG_TRY(hg__feature_error_from_parts(&s->features.error, m, s->where, err));
    return check_width(s, s->features.error.axes.width, err);
}

// Moments, and in their eigenvectors' place a copy.
static size_t error_fitting(const hg__feature_options *o, int32_t height, int32_t width,
                            int32_t channels) {
    (void)o, (void)height, (void)width;
    return 2 * hg__moments_bytes(channels);
}

// clang-format off
static const hg__feature_type types[] = {
    {"memory", false, fit_memory, run_memory, memory_to_parts, memory_from_parts, memory_fitting},
    {"gaussian", true, fit_gaussian, run_gaussian, gaussian_to_parts, gaussian_from_parts, gaussian_fitting},
    {"error", false, fit_error, run_error, error_to_parts, error_from_parts, error_fitting},
};
// clang-format on

static const hg__feature_type *find_type(const char *name) {
    for (size_t i = 0; name && i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i].name, name) == 0) return &types[i];
    }
    return NULL;
}

// ---- the clue -----------------------------------------------------------------------------------

// Features, distances and what finds them: half as much again as the features.
static size_t bytes_of(const hg__backbone *b, int32_t height, int32_t width) {
    int32_t rows, columns;
    const size_t plan = hg__backbone_bytes(b, height, width);
    if (!plan) return 0;
    hg__backbone_size(b, height, width, &rows, &columns);
    return plan +
           (size_t)rows * (size_t)columns * (size_t)hg__backbone_channels(b) / 2 * sizeof(float);
}

static size_t bytes(const hg__inspector *s, int32_t height, int32_t width) {
    return bytes_of(s->features.backbone, height, width);
}

static int read_map(const void *context, int32_t i, hg__raster *map, hg_error *err) {
    const hg__clue_work *w = context;
    hg__raster picture = {0};
    HG_TRY(hg__clue_work_take(w, i, &picture, err));
    int code = hg__clue_check(w->s, &hg__clue_feature, &picture, err);
    if (code == HG_OK) code = hg__backbone_maps(w->s->features.backbone, &picture, map, err);
    hg__raster_clear(&picture);
    return code;
}

static int fit(const hg__clue_work *w, hg_error *err) {
    const hg__raster_source maps = {
        .name = "pictures", .context = w, .count = w->d->trained, .read = read_map};
    return w->s->features.type->fit(w->s, &maps, w->d, err);
}

static int run(hg__inspector *s, const hg__inspected *r, hg__raster *clue,
               hg__raster *reconstruction, hg_error *err) {
    (void)reconstruction;
    hg__raster distance = {0}, cells = {0};
    const int32_t h = r->picture.height / HG_MAP_CELL, w = r->picture.width / HG_MAP_CELL;
    int code = hg__backbone_maps(s->features.backbone, &r->picture, &s->features.map, err);
    if (code == HG_OK) code = s->features.type->run(s, &s->features.map, &distance, err);
    if (code == HG_OK) code = hg__raster_resize(&cells, &distance, h, w, err);
    if (code == HG_OK) {
        code = hg__patch_map_smooth(&cells, 1, h, w, SMOOTH, clue, s->pool, err);
    }
    hg__raster_clear(&distance);
    hg__raster_clear(&cells);
    return code;
}

static int to_parts(const hg__inspector *s, hg_model *m, hg_error *err) {
    return s->features.type->to_parts(s, m, err);
}

static int from_parts(hg__inspector *s, const hg_model *m, hg_error *err) {
    return s->features.type->from_parts(s, m, err);
}

const hg__clue_type hg__clue_feature = {.name = "feature",
                                        .bytes = bytes,
                                        .fit = fit,
                                        .run = run,
                                        .to_parts = to_parts,
                                        .from_parts = from_parts};

// ---- what a model says --------------------------------------------------------------------------

int hg__features_begin(hg__inspector *s, const hg_model *m, hg_error *err) {
    const hg__json *o = hg__json_object_get(hg__model_detector(m), "parts");
    const char *name = hg__json_string_value(hg__json_object_get(o, "features"));
    const char *stages = hg__json_string_value(hg__json_object_get(o, "stages"));
    hg__raster_clear(&s->expected); // features are compared with features
    s->features.type = find_type(name);
    if (!s->features.type || !stages) {
        return hg__fail(err, HG_ERR_MODEL,
                        "%s: parts: expected 'stages', and 'features' memory, gaussian or error",
                        s->where);
    }
    s->features.backbone =
        hg__backbone_new(&m->net, hg__json_string_value(hg__json_object_get(o, "backbone")), stages,
                         s->pool, s->where, err);
    return s->features.backbone ? HG_OK : (int)err->code;
}

static int set_texts(hg__json *o, const char *backbone, const char *stages, const char *features,
                     hg_error *err) {
    const char *const text[][2] = {
        {"backbone", backbone},
        {"stages",   stages  },
        {"features", features}
    };
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        if (hg__json_set(o, text[i][0], hg__json_string(text[i][1], NULL)) == 0) continue;
        return hg__fail(err, HG_ERR_MEMORY, "out of memory while keeping a model of parts");
    }
    return HG_OK;
}

int hg__features_to_json(const hg__inspector *s, hg__json *o, hg_error *err) {
    const hg__backbone *b = s->features.backbone;
    return set_texts(o, hg__backbone_name(b), hg__backbone_stages(b), s->features.type->name, err);
}

void hg__features_clear(hg__inspector *s) {
    hg__backbone_close(s->features.backbone);
    hg__patch_memory_free(s->features.memory);
    hg__patch_gaussian_free(s->features.gaussian);
    hg__feature_error_clear(&s->features.error);
    hg__raster_clear(&s->features.map);
}

// ---- making one ---------------------------------------------------------------------------------

static int check_needs(const hg__feature_options *o, const hg__feature_type *type,
                       const hg__backbone *b, hg__feature_needs *needs, hg_error *err) {
    const int32_t least = hg__backbone_least(b);
    int32_t rows, columns;
    needs->picture = bytes_of(b, o->height, o->width);
    if (!needs->picture) {
        return hg__fail(
            err, HG_ERR_DATA,
            "%s: expected pictures of at least %d x %d pixels at working size, got %d x "
            "%d; a larger imgsz= may help",
            o->weights, least, least, o->width, o->height);
    }
    hg__backbone_size(b, o->height, o->width, &rows, &columns);
    needs->fitting = needs->picture + type->fitting(o, rows, columns, hg__backbone_channels(b));
    const size_t most = needs->picture > needs->fitting - needs->picture
                            ? needs->picture
                            : needs->fitting - needs->picture;
    if (most <= o->max_mem) return HG_OK;
    return hg__fail(err, HG_ERR_MEMORY,
                    "%s: a picture of %d x %d pixels takes about %zu MB, expected at most the %zu "
                    "MB of max_mem=; a smaller imgsz= takes less",
                    o->weights, o->width, o->height, (most >> 20) + 1, o->max_mem >> 20);
}

// What the model says of itself before it is fitted.
static int describe(hg_model *m, const hg__backbone_file *f, const hg__feature_type *type,
                    hg_error *err) {
    hg__json *detector = hg__json_object(), *parts = hg__json_object();
    int code = HG_OK;
    if (!detector || !parts ||
        hg__json_set(parts, "kind", hg__json_string(hg__part_kind_feature.name, NULL)) < 0) {
        code = hg__fail(err, HG_ERR_MEMORY, "out of memory while keeping a model of parts");
    }
    if (code == HG_OK) code = set_texts(parts, f->name, f->stages, type->name, err);
    if (code == HG_OK) {
        if (hg__json_set(detector, "parts", parts) < 0) {
            code = hg__fail(err, HG_ERR_MEMORY, "out of memory while keeping a model of parts");
        }
        parts = NULL;
    }
    hg__json_free(parts);
    if (code < 0) {
        hg__json_free(detector);
    } else {
        hg__model_set_detector(m, detector);
    }
    return code;
}

hg_model *hg__inspector_new_features(const hg__feature_options *o, hg__pool *pool,
                                     hg__feature_needs *needs, hg_error *err) {
    const hg__feature_type *type = o->features && *o->features ? find_type(o->features) : &types[0];
    *needs = (hg__feature_needs){0};
    if (!type) {
        hg__fail(err, HG_ERR_USAGE, "features: expected memory, gaussian or error, got '%.40s'",
                 o->features);
        return NULL;
    }
    if (type->needs_places && !o->has_places) {
        hg__fail(err, HG_ERR_DATA,
                 "features: expected memory or error where parts do not lie in their place, got "
                 "%s, which judges each place by itself",
                 type->name);
        return NULL;
    }
    hg__backbone_file *f = hg__alloc(1, sizeof *f, err);
    int code = f ? hg__backbone_read(f, o->weights, o->stages, err) : HG_ERR_MEMORY;
    hg_model *m = code == HG_OK ? hg__model_from_features(&f->net, err) : NULL;
    hg__backbone *b =
        m ? hg__backbone_new(&m->net, f->name, f->stages, pool, o->weights, err) : NULL;
    code = b ? check_needs(o, type, b, needs, err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = describe(m, f, type, err);
    hg__backbone_close(b);
    hg__free(f);
    if (code == HG_OK) return m;
    hg_model_free(m);
    return NULL;
}

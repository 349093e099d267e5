// SPDX-License-Identifier: Apache-2.0
// patch_gaussian.c - a Gaussian at each place: its sums, its Cholesky factor, the distance from it.
//
//   C = L L^T;   (x - mean)^T C^-1 (x - mean) = |z|^2 with L z = x - mean, solved from the first line down
#include "inspect/patch_gaussian.h"

#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/rng.h"

static const char mean_name[] = "detector.gaussian.mean",
                  factor_name[] = "detector.gaussian.factor",
                  channel_name[] = "detector.gaussian.channel",
                  shape_name[] = "detector.gaussian.shape";

struct hg__patch_gaussian {
    int32_t height, width, channels, dims;
    int32_t *channel; // owned, (dims), ascending: which are looked at
    float *mean;      // owned, (places, dims)
    float *factor;    // owned, (places, packed(dims)): lines of L, its diagonal inverted
};

static size_t packed(int32_t dims) {
    return (size_t)dims * ((size_t)dims + 1) / 2;
}

static size_t places_of(const hg__patch_gaussian *g) {
    return (size_t)g->height * (size_t)g->width;
}

static size_t kept_bytes(size_t places, int32_t dims) {
    return places * ((size_t)dims + packed(dims)) * sizeof(float) + (size_t)dims * sizeof(int32_t);
}

size_t hg__patch_gaussian_bytes(int32_t height, int32_t width, int32_t channels, int32_t dims) {
    const size_t places = (size_t)height * (size_t)width;
    const int32_t d = hg__min(dims, channels);
    const size_t sums = places * ((size_t)d + packed(d)) * sizeof(double);
    return sums + kept_bytes(places, d) + places * (size_t)channels * sizeof(float) +
           places * sizeof(double);
}

void hg__patch_gaussian_free(hg__patch_gaussian *g) {
    if (!g) return;
    hg__free(g->channel);
    hg__free(g->mean);
    hg__free(g->factor);
    hg__free(g);
}

static hg__patch_gaussian *gaussian_of(int32_t height, int32_t width, int32_t channels,
                                       int32_t dims, hg_error *err) {
    hg__patch_gaussian *g = hg__alloc(1, sizeof *g, err);
    if (!g) return NULL;
    *g = (hg__patch_gaussian){height, width, channels, dims, NULL, NULL, NULL};
    const size_t places = places_of(g);
    g->channel = hg__alloc((size_t)dims, sizeof *g->channel, err);
    g->mean = g->channel ? hg__alloc(places * (size_t)dims, sizeof *g->mean, err) : NULL;
    g->factor = g->mean ? hg__alloc(places * packed(dims), sizeof *g->factor, err) : NULL;
    if (g->factor) return g;
    hg__patch_gaussian_free(g);
    return NULL;
}

// ---- making one ---------------------------------------------------------------------------------

typedef struct fitting {
    hg__patch_gaussian *g;
    double *sum, *product; // owned, (places, dims) and (places, packed): of x - the first picture's
    double *variance;      // owned, (places): mean over channels
    const hg__raster *map;
    int32_t pictures;
    double added; // to each variance
} fitting;

// Those of the first dims of a permutation, ascending.
static void draw_channels(hg__patch_gaussian *g, uint64_t seed) {
    const hg__shuffle s = hg__shuffle_init(seed, HG_STREAM_SAMPLE, 0, (uint64_t)g->channels);
    for (int32_t i = 0; i < g->dims; i++) {
        const int32_t channel = (int32_t)hg__shuffle_at(&s, (uint64_t)i);
        int32_t at = i;
        for (; at > 0 && g->channel[at - 1] > channel; at--) g->channel[at] = g->channel[at - 1];
        g->channel[at] = channel;
    }
}

// A line of places meets the next picture. mean: the first picture's, until all have been met.
static void meet_line(void *context, int32_t y, int32_t thread) {
    const fitting *w = context;
    const hg__patch_gaussian *g = w->g;
    const int32_t d = g->dims;
    (void)thread;
    for (int32_t x = 0; x < g->width; x++) {
        const size_t place = (size_t)y * (size_t)g->width + (size_t)x;
        const float *from = hg__raster_pixel(w->map, y, x);
        float *first = g->mean + place * (size_t)d;
        double *sum = w->sum + place * (size_t)d, *product = w->product + place * packed(d);
        double off[HG_MAX_GAUSSIAN_DIMS];
        for (int32_t i = 0; i < d; i++) {
            if (w->pictures == 0) first[i] = from[g->channel[i]];
            off[i] = (double)from[g->channel[i]] - (double)first[i];
            sum[i] += off[i];
            for (int32_t j = 0; j <= i; j++) *product++ += off[i] * off[j];
        }
    }
}

// product becomes the covariance, mean the mean, variance the mean of the diagonal.
static void finish_line(void *context, int32_t y, int32_t thread) {
    const fitting *w = context;
    const hg__patch_gaussian *g = w->g;
    const int32_t d = g->dims;
    const double n = w->pictures;
    (void)thread;
    for (int32_t x = 0; x < g->width; x++) {
        const size_t place = (size_t)y * (size_t)g->width + (size_t)x;
        double *sum = w->sum + place * (size_t)d, *c = w->product + place * packed(d), trace = 0;
        for (int32_t i = 0; i < d; i++) {
            for (int32_t j = 0; j <= i; j++, c++) {
                *c = (*c - sum[i] * sum[j] / n) / (n - 1);
                if (i == j && *c < 0) *c = 0;
                if (i == j) trace += *c;
            }
        }
        for (int32_t i = 0; i < d; i++) {
            float *mean = g->mean + place * (size_t)d + i;
            *mean = (float)((double)*mean + sum[i] / n);
        }
        w->variance[place] = trace / d;
    }
}

// Cholesky's factor in place of the packed lines of c.
static void factorise(double *c, int32_t d) {
    for (int32_t i = 0; i < d; i++) {
        double *line = c + packed(i);
        for (int32_t j = 0; j <= i; j++) {
            const double *other = c + packed(j);
            double sum = line[j];
            for (int32_t k = 0; k < j; k++) sum -= line[k] * other[k];
            line[j] = i == j ? sqrt(sum > 0 ? sum : 0) : sum / other[j];
        }
    }
}

static void factorise_line(void *context, int32_t y, int32_t thread) {
    const fitting *w = context;
    const hg__patch_gaussian *g = w->g;
    (void)thread;
    for (int32_t x = 0; x < g->width; x++) {
        const size_t place = (size_t)y * (size_t)g->width + (size_t)x;
        double *c = w->product + place * packed(g->dims);
        float *factor = g->factor + place * packed(g->dims);
        for (int32_t i = 0; i < g->dims; i++) c[packed(i) + (size_t)i] += w->added;
        factorise(c, g->dims);
        for (size_t k = 0; k < packed(g->dims); k++) factor[k] = (float)c[k];
        for (int32_t i = 0; i < g->dims; i++) {
            const size_t at = packed(i) + (size_t)i;
            factor[at] = c[at] > 0 ? (float)(1 / c[at]) : 0;
        }
    }
}

static void run_lines(hg__pool *pool, hg__task *task, void *context, int32_t lines) {
    if (pool) {
        hg__pool_run(pool, task, context, lines);
        return;
    }
    for (int32_t y = 0; y < lines; y++) task(context, y, 0);
}

static int begin(fitting *w, const hg__raster *map, int32_t dims, uint64_t seed, size_t max_bytes,
                 hg_error *err) {
    const int32_t d = hg__min(hg__min(dims, HG_MAX_GAUSSIAN_DIMS), map->channels);
    const size_t places = (size_t)map->height * (size_t)map->width;
    const size_t bytes = hg__patch_gaussian_bytes(map->height, map->width, map->channels, d);
    if (bytes > max_bytes) {
        return hg__fail(
            err, HG_ERR_MEMORY,
            "a Gaussian at each place: expected %zu bytes for maps of %d x %d places and "
            "%d channels, got max_mem of %zu",
            bytes, map->height, map->width, d, max_bytes);
    }
    w->g = gaussian_of(map->height, map->width, map->channels, d, err);
    if (!w->g) return HG_ERR_MEMORY;
    draw_channels(w->g, seed);
    w->sum = hg__alloc(places * (size_t)d, sizeof *w->sum, err);
    w->product = w->sum ? hg__alloc(places * packed(d), sizeof *w->product, err) : NULL;
    w->variance = w->product ? hg__alloc(places, sizeof *w->variance, err) : NULL;
    return w->variance ? HG_OK : HG_ERR_MEMORY;
}

static int check_shape(const hg__patch_gaussian *g, const hg__raster *map, const char *name,
                       hg_error *err) {
    if (map->height == g->height && map->width == g->width && map->channels == g->channels) {
        return HG_OK;
    }
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected maps all of %d x %d places and %d channels, got %d x %d and %d",
                    name, g->height, g->width, g->channels, map->height, map->width, map->channels);
}

static int meet_all(fitting *w, const hg__raster_source *maps, int32_t dims, uint64_t seed,
                    size_t max_bytes, hg__pool *pool, hg_error *err) {
    for (int32_t i = 0; i < maps->count; i++) {
        hg__raster map = {0};
        HG_TRY(maps->read(maps->context, i, &map, err));
        int code = i == 0 ? begin(w, &map, dims, seed, max_bytes, err) : HG_OK;
        if (code == HG_OK && w->g) code = check_shape(w->g, &map, maps->name, err);
        if (code == HG_OK) {
            w->map = &map;
            run_lines(pool, meet_line, w, map.height);
            w->pictures++;
        }
        hg__raster_clear(&map);
        HG_TRY(code);
    }
    return HG_OK;
}

hg__patch_gaussian *hg__patch_gaussian_fit(const hg__raster_source *maps, int32_t dims,
                                           uint64_t seed, size_t max_bytes, hg__pool *pool,
                                           hg_error *err) {
    fitting w = {0};
    int code = HG_OK;
    if (maps->count < 2) {
        code = hg__fail(err, HG_ERR_DATA, "%s: expected 2 good pictures at least, got %d",
                        maps->name, maps->count);
    }
    if (code == HG_OK) code = meet_all(&w, maps, dims, seed, max_bytes, pool, err);
    if (code == HG_OK && w.g) {
        double sum = 0;
        run_lines(pool, finish_line, &w, w.g->height);
        for (size_t i = 0; i < places_of(w.g); i++) sum += w.variance[i];
        w.added = 0.01 * sum / (double)places_of(w.g) + 1e-12;
        run_lines(pool, factorise_line, &w, w.g->height);
    }
    hg__free(w.sum);
    hg__free(w.product);
    hg__free(w.variance);
    if (code == HG_OK) return w.g;
    hg__patch_gaussian_free(w.g);
    return NULL;
}

// ---- asking it ----------------------------------------------------------------------------------

typedef struct asking {
    const hg__patch_gaussian *g;
    const hg__raster *map;
    hg__raster *distance;
} asking;

static void ask_line(void *context, int32_t y, int32_t thread) {
    const asking *w = context;
    const hg__patch_gaussian *g = w->g;
    (void)thread;
    for (int32_t x = 0; x < g->width; x++) {
        const size_t place = (size_t)y * (size_t)g->width + (size_t)x;
        const float *from = hg__raster_pixel(w->map, y, x);
        const float *mean = g->mean + place * (size_t)g->dims;
        const float *line = g->factor + place * packed(g->dims);
        double z[HG_MAX_GAUSSIAN_DIMS], square = 0;
        for (int32_t i = 0; i < g->dims; i++) {
            double sum = (double)from[g->channel[i]] - (double)mean[i];
            for (int32_t k = 0; k < i; k++) sum -= (double)line[k] * z[k];
            z[i] = sum * (double)line[i];
            square += z[i] * z[i];
            line += i + 1;
        }
        *hg__raster_pixel(w->distance, y, x) = (float)sqrt(square);
    }
}

int hg__patch_gaussian_run(const hg__patch_gaussian *g, const hg__raster *map, hg__raster *distance,
                           hg__pool *pool, hg_error *err) {
    *distance = (hg__raster){0};
    HG_TRY(check_shape(g, map, "a Gaussian at each place", err));
    HG_TRY(hg__raster_init(distance, map->height, map->width, 1, err));
    asking w = {g, map, distance};
    run_lines(pool, ask_line, &w, map->height);
    return HG_OK;
}

// ---- in a model ---------------------------------------------------------------------------------

int hg__patch_gaussian_to_parts(const hg__patch_gaussian *g, hg_model *model, hg_error *err) {
    const int64_t places = (int64_t)places_of(g);
    const int32_t shape[] = {g->height, g->width, g->channels};
    HG_TRY(hg__model_keep_part(model, shape_name, HG_I32, 3, 0, shape, err));
    HG_TRY(hg__model_keep_part(model, channel_name, HG_I32, g->dims, 0, g->channel, err));
    HG_TRY(hg__model_keep_part(model, mean_name, HG_F32, places, g->dims, g->mean, err));
    return hg__model_keep_part(model, factor_name, HG_F32, places, (int64_t)packed(g->dims),
                               g->factor, err);
}

// shape (3) and channel (dims), checked against each other.
static int take_shape(const hg_model *model, const char *where, const int32_t **shape,
                      const hg__tensor **channel, hg_error *err) {
    const hg__tensor *t = NULL;
    HG_TRY(hg__model_take_part(model, shape_name, HG_I32, 3, 0, where, &t, err));
    HG_TRY(hg__model_take_part(model, channel_name, HG_I32, -1, 0, where, channel, err));
    const int32_t *s = t->data, *c = (*channel)->data;
    const int64_t dims = (*channel)->shape.dim[0];
    bool fits = s[0] >= 1 && s[1] >= 1 && s[2] >= 1 && dims >= 1 && dims <= HG_MAX_GAUSSIAN_DIMS;
    for (int64_t i = 0; fits && i < dims; i++) fits = c[i] >= 0 && c[i] < s[2];
    *shape = s;
    if (fits) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL,
                    "%s: '%s': expected sizes of 1 at least, and '%s' within them", where,
                    shape_name, channel_name);
}

hg__patch_gaussian *hg__patch_gaussian_from_parts(const hg_model *model, const char *where,
                                                  hg_error *err) {
    const int32_t *s = NULL;
    const hg__tensor *channel = NULL, *mean = NULL, *factor = NULL;
    if (take_shape(model, where, &s, &channel, err) < 0) return NULL;
    const int32_t dims = (int32_t)channel->shape.dim[0];
    const int64_t places = (int64_t)s[0] * s[1], lower = (int64_t)packed(dims);
    if (hg__model_take_numbers(model, mean_name, places, dims, where, &mean, err) < 0 ||
        hg__model_take_numbers(model, factor_name, places, lower, where, &factor, err) < 0) {
        return NULL;
    }
    hg__patch_gaussian *g = gaussian_of(s[0], s[1], s[2], dims, err);
    if (!g) return NULL;
    memcpy(g->channel, channel->data, (size_t)dims * sizeof *g->channel);
    memcpy(g->mean, mean->data, (size_t)places * (size_t)dims * sizeof *g->mean);
    memcpy(g->factor, factor->data, (size_t)places * (size_t)lower * sizeof *g->factor);
    return g;
}

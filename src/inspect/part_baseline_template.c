// SPDX-License-Identifier: Apache-2.0
// part_baseline_template.c - the mean good picture: how many standard deviations each pixel is from it.
//
//   z^2 = mean over channels of (x - mean)^2 / max(std, floor)^2,   floor: a quarter of the mean std, 1/255 at least
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "inspect/part_baseline.h"
#include "inspect/patches.h"

typedef struct template {
    hg__raster mean, inverse; // (height, width, channels); inverse: 1 / standard deviation
}
template;

static void free_template(void *state) {
    template *t = state;
    if (!t) return;
    hg__raster_clear(&t->mean);
    hg__raster_clear(&t->inverse);
    hg__free(t);
}

static int check_shape(const template *t, const hg__raster *r, const char *name, hg_error *err) {
    const hg__raster *m = &t->mean;
    if (m->height == r->height && m->width == r->width && m->channels == r->channels) return HG_OK;
    return hg__fail(
        err, HG_ERR_DATA,
        "%s: expected pictures all of %d x %d pixels and %d channels, got %d x %d and %d", name,
        m->width, m->height, m->channels, r->width, r->height, r->channels);
}

static int begin(template *t, const hg__raster *first, double **sums, hg_error *err) {
    const size_t n = hg__raster_count(first);
    HG_TRY(hg__raster_init(&t->mean, first->height, first->width, first->channels, err));
    HG_TRY(hg__raster_init(&t->inverse, first->height, first->width, first->channels, err));
    memcpy(t->mean.at, first->at, n * sizeof(float));
    *sums = hg__alloc(n, 2 * sizeof **sums, err);
    return *sums ? HG_OK : HG_ERR_MEMORY;
}

// sums (n, 2): of x - the first picture, which mean is until all have been met, and of its square.
static void finish(template *t, const double *sums, int32_t pictures) {
    const size_t n = hg__raster_count(&t->mean);
    double all = 0;
    for (size_t i = 0; i < n; i++) {
        const double off = sums[2 * i] / pictures;
        const double variance = sums[2 * i + 1] / pictures - off * off;
        t->mean.at[i] = (float)((double)t->mean.at[i] + off);
        t->inverse.at[i] = variance > 0 ? (float)sqrt(variance) : 0;
        all += (double)t->inverse.at[i];
    }
    const float quarter = (float)(all / (double)n / 4);
    const float floor = quarter > 1 / 255.F ? quarter : 1 / 255.F;
    for (size_t i = 0; i < n; i++) {
        t->inverse.at[i] = 1 / (t->inverse.at[i] > floor ? t->inverse.at[i] : floor);
    }
}

static int meet_all(template *t, const hg__raster_source *good, double **sums, hg_error *err) {
    for (int32_t i = 0; i < good->count; i++) {
        hg__raster picture = {0};
        HG_TRY(good->read(good->context, i, &picture, err));
        int code = i == 0 ? begin(t, &picture, sums, err) : HG_OK;
        if (code == HG_OK) code = check_shape(t, &picture, good->name, err);
        for (size_t j = 0; code == HG_OK && j < hg__raster_count(&picture); j++) {
            const double off = (double)picture.at[j] - (double)t->mean.at[j];
            (*sums)[2 * j] += off;
            (*sums)[2 * j + 1] += off * off;
        }
        hg__raster_clear(&picture);
        HG_TRY(code);
    }
    return HG_OK;
}

static void *fit_template(const hg__raster_source *good, uint64_t seed, size_t max_bytes,
                          hg__pool *pool, hg_error *err) {
    (void)seed;
    (void)max_bytes; // six pictures of floats
    (void)pool;
    template *t = hg__alloc(1, sizeof *t, err);
    double *sums = NULL;
    if (!t) return NULL;
    int code = HG_OK;
    if (good->count < 2) {
        code = hg__fail(err, HG_ERR_DATA, "%s: expected 2 good pictures at least, got %d",
                        good->name, good->count);
    }
    if (code == HG_OK) code = meet_all(t, good, &sums, err);
    if (code == HG_OK && sums) finish(t, sums, good->count);
    hg__free(sums);
    if (code == HG_OK) return t;
    free_template(t);
    return NULL;
}

static int map_template(const void *state, const hg__raster *picture, hg__raster *map,
                        hg__blocks *b, hg_error *err) {
    enum { SMOOTH = 2 };
    const template *t = state;
    const size_t channels = (size_t)picture->channels;
    hg__raster z;
    *map = (hg__raster){0};
    HG_TRY(check_shape(t, picture, "template", err));
    HG_TRY(hg__raster_init(&z, picture->height, picture->width, 1, err));
    for (size_t i = 0; i < hg__raster_count(&z); i++) {
        float sum = 0;
        for (size_t j = i * channels; j < (i + 1) * channels; j++) {
            const float off = (picture->at[j] - t->mean.at[j]) * t->inverse.at[j];
            sum += off * off;
        }
        z.at[i] = sqrtf(sum / (float)channels);
    }
    const int code = hg__patch_map_smooth(&z, 1, picture->height, picture->width, SMOOTH, map,
                                          b ? b->pool : NULL, err);
    hg__raster_clear(&z);
    return code;
}

const hg__part_baseline hg__part_baseline_template = {
    "template",    "standard deviations from the mean good picture, pixel by pixel",
    fit_template,  map_template,
    free_template, 0.001};

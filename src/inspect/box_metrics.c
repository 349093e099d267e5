// SPDX-License-Identifier: Apache-2.0
// box_metrics.c - regions beside defects: overlaps of boxes and of pixels, hits, false regions, intervals over pictures.
#include "inspect/box_metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/rng.h"

// One picture while it is compared.
typedef struct scene {
    const int32_t *label; // (height, width)
    int32_t height, width, regions, defects;
    hg__mask_region *region; // owned (regions)
    hg__mask_region *defect; // owned (defects)
    int32_t *defect_label;   // owned (height, width), or NULL: boxes, whose pixels are all theirs
    int64_t *shared; // owned (regions + 1): pixels that a defect has in common with each region
    bool *met;       // owned (regions)
} scene;

static void scene_clear(scene *s) {
    hg__free(s->region);
    hg__free(s->defect);
    hg__free(s->defect_label);
    hg__free(s->shared);
    hg__free(s->met);
}

static int add_boxes(scene *s, const hg__defects *d, hg_error *err) {
    s->defects = d->count;
    s->defect = hg__alloc((size_t)d->count, sizeof *s->defect, err);
    if (!s->defect) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < d->count; i++) {
        const hg__box b = d->box[i];
        if (b.left < 0 || b.top < 0 || b.width < 1 || b.height < 1 || b.left > s->width - b.width ||
            b.top > s->height - b.height) {
            return hg__fail(err, HG_ERR_DATA,
                            "box %d: expected it within %d x %d pixels, got %d x %d at %d, %d",
                            i + 1, s->width, s->height, b.width, b.height, b.left, b.top);
        }
        s->defect[i] = (hg__mask_region){b, (int64_t)b.width * b.height};
    }
    return HG_OK;
}

static int add_mask(scene *s, const hg__raster *mask, hg_error *err) {
    if (mask->height != s->height || mask->width != s->width || mask->channels != 1) {
        return hg__fail(err, HG_ERR_DATA,
                        "mask: expected %d x %d pixels of 1 channel, got %d x %d of %d", s->height,
                        s->width, mask->height, mask->width, mask->channels);
    }
    s->defect_label = hg__alloc(hg__raster_count(mask), sizeof *s->defect_label, err);
    if (!s->defect_label) return HG_ERR_MEMORY;
    s->defects = hg__mask_regions(mask, s->defect_label);
    s->defect = hg__alloc((size_t)s->defects, sizeof *s->defect, err);
    if (!s->defect) return HG_ERR_MEMORY;
    hg__mask_region_sizes(s->defect_label, s->height, s->width, s->defects, s->defect);
    return HG_OK;
}

static int scene_init(scene *s, const hg__defects *d, hg_error *err) {
    const int64_t pixels = (int64_t)s->height * s->width;
    for (int64_t i = 0; i < pixels; i++) {
        if (s->label[i] < 0 || s->label[i] > s->regions) {
            hg__fail(err, HG_ERR_DATA, "label of pixel %lld: expected 0 to %d, got %d",
                     (long long)i + 1, s->regions, s->label[i]);
            return HG_ERR_DATA;
        }
    }
    s->region = hg__alloc((size_t)s->regions, sizeof *s->region, err);
    s->shared = hg__alloc((size_t)s->regions + 1, sizeof *s->shared, err);
    s->met = hg__alloc((size_t)s->regions, sizeof *s->met, err);
    if (!s->region || !s->shared || !s->met) return HG_ERR_MEMORY;
    hg__mask_region_sizes(s->label, s->height, s->width, s->regions, s->region);
    if (!d) return HG_OK;
    return d->mask ? add_mask(s, d->mask, err) : add_boxes(s, d, err);
}

// ---- overlaps -----------------------------------------------------------------------------------

static double box_overlap(const hg__box *a, const hg__box *b) {
    const int32_t width =
        hg__min(a->left + a->width, b->left + b->width) - hg__max(a->left, b->left);
    const int32_t height =
        hg__min(a->top + a->height, b->top + b->height) - hg__max(a->top, b->top);
    if (width <= 0 || height <= 0) return 0;
    const int64_t both = (int64_t)width * height;
    const int64_t any = (int64_t)a->width * a->height + (int64_t)b->width * b->height - both;
    return (double)both / (double)any;
}

static void count_shared(scene *s, int32_t defect) {
    const hg__box *b = &s->defect[defect].box;
    memset(s->shared, 0, ((size_t)s->regions + 1) * sizeof *s->shared);
    for (int32_t y = b->top; y < b->top + b->height; y++) {
        for (int32_t x = b->left; x < b->left + b->width; x++) {
            const int64_t i = (int64_t)y * s->width + x;
            if (!s->defect_label || s->defect_label[i] == defect + 1) s->shared[s->label[i]]++;
        }
    }
}

static void compare(scene *s, double least, hg__box_counts *c) {
    *c = (hg__box_counts){.defects = s->defects};
    for (int32_t d = 0; d < s->defects; d++) {
        count_shared(s, d);
        bool hit = false;
        for (int32_t r = 0; r < s->regions; r++) {
            if (s->region[r].area == 0) continue;
            const int64_t both = s->shared[r + 1];
            const int64_t any = s->defect[d].area + s->region[r].area - both;
            const bool same = (double)both >= least * (double)any ||
                              box_overlap(&s->defect[d].box, &s->region[r].box) >= least;
            if (same) hit = s->met[r] = true;
        }
        c->hits += hit;
    }
    for (int32_t r = 0; r < s->regions; r++) {
        c->regions += s->region[r].area > 0;
        c->false_regions += s->region[r].area > 0 && !s->met[r];
    }
}

// ---- pictures -----------------------------------------------------------------------------------

void hg__box_tally_init(hg__box_tally *t, double least_overlap) {
    *t = (hg__box_tally){.least_overlap = least_overlap};
}

void hg__box_tally_clear(hg__box_tally *t) {
    hg__free(t->counts);
    *t = (hg__box_tally){0};
}

static int reserve(hg__box_tally *t, hg_error *err) {
    if (t->pictures < t->room) return HG_OK;
    const size_t room = t->room ? 2 * t->room : 64;
    hg__box_counts *more = hg__grow(t->counts, room, sizeof *more, err);
    if (!more) return HG_ERR_MEMORY;
    t->counts = more;
    t->room = room;
    return HG_OK;
}

int hg__box_tally_add(hg__box_tally *t, const int32_t *label, int32_t height, int32_t width,
                      int32_t regions, const hg__defects *defects, hg__box_counts *counts,
                      hg_error *err) {
    HG_TRY(reserve(t, err));
    scene s = {.label = label, .height = height, .width = width, .regions = regions};
    const int code = scene_init(&s, defects, err);
    if (code == HG_OK) {
        hg__box_counts *c = t->counts + t->pictures++;
        compare(&s, t->least_overlap, c);
        if (counts) *counts = *c;
    }
    scene_clear(&s);
    return code;
}

// ---- results ------------------------------------------------------------------------------------

static int by_counts(const void *a, const void *b) {
    const hg__box_counts *x = a, *y = b;
    const int32_t first[] = {x->defects, x->hits, x->regions, x->false_regions};
    const int32_t other[] = {y->defects, y->hits, y->regions, y->false_regions};
    for (int32_t i = 0; i < 4; i++) {
        if (first[i] != other[i]) return first[i] < other[i] ? -1 : 1;
    }
    return 0;
}

static int resample(const hg__box_tally *t, double level, int32_t resamples, uint64_t seed,
                    hg__box_metrics *m, hg_error *err) {
    double *value = hg__alloc((size_t)resamples, 2 * sizeof *value, err); // (2, resamples)
    if (!value) return HG_ERR_MEMORY;
    const uint64_t n = t->pictures;
    for (int32_t r = 0; r < resamples; r++) {
        int64_t defects = 0, hits = 0, false_regions = 0;
        for (uint64_t i = 0; i < n; i++) {
            const hg__philox p =
                hg__philox_run(seed, HG_STREAM_BOOTSTRAP, (uint32_t)r, (uint32_t)(i / 4), 0);
            const hg__box_counts *c = t->counts + (p.word[i % 4] * n >> 32);
            defects += c->defects;
            hits += c->hits;
            false_regions += c->false_regions;
        }
        value[r] = defects > 0 ? (double)hits / (double)defects : (double)NAN;
        value[resamples + r] = (double)false_regions / (double)n;
    }
    (void)hg__percentile_interval(value, resamples, level, &m->hit);
    (void)hg__percentile_interval(value + resamples, resamples, level, &m->false_ones);
    hg__free(value);
    return HG_OK;
}

int hg__box_tally_finish(hg__box_tally *t, double level, int32_t resamples, uint64_t seed,
                         hg__box_metrics *m, hg_error *err) {
    const double none = (double)NAN;
    *m = (hg__box_metrics){.pictures = (int64_t)t->pictures};
    if (t->pictures > 0) qsort(t->counts, t->pictures, sizeof *t->counts, by_counts);
    int64_t good = 0, alarmed = 0;
    for (size_t i = 0; i < t->pictures; i++) {
        const hg__box_counts *c = t->counts + i;
        m->defects += c->defects;
        m->hits += c->hits;
        m->regions += c->regions;
        m->false_regions += c->false_regions;
        good += c->defects == 0;
        alarmed += c->defects == 0 && c->regions > 0;
    }
    m->hit.value = m->defects > 0 ? (double)m->hits / (double)m->defects : none;
    m->false_ones.value = t->pictures > 0 ? (double)m->false_regions / (double)t->pictures : none;
    m->hit.low = m->hit.high = m->false_ones.low = m->false_ones.high = none;
    m->good_alarms = hg__proportion(alarmed, good, level);
    return resamples > 0 && t->pictures > 0 ? resample(t, level, resamples, seed, m, err) : HG_OK;
}

bool hg__box_metrics_at(const hg__box_metrics *m, int32_t i, const char **name, hg__interval *to) {
    const struct {
        const char *name;
        const hg__interval *interval;
    } row[] = {
        {"defects_hit",                &m->hit        },
        {"false_regions_per_picture",  &m->false_ones },
        {"good_pictures_with_regions", &m->good_alarms},
    };
    if (i < 0 || i >= (int32_t)(sizeof row / sizeof *row)) return false;
    *name = row[i].name;
    *to = *row[i].interval;
    return true;
}

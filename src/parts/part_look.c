// SPDX-License-Identifier: Apache-2.0
// part_look.c - training pictures looked at, one after the other: what view they are to have.
#include <math.h>
#include <stdlib.h>

#include "base/int.h"
#include "base/mem.h"
#include "parts/part_internal.h"

struct hg__part_look {
    hg__part_view_options options;
    int32_t *side; // owned, (room): the long sides of what is seen of each
    int64_t count, room;
    int32_t channels;
    int32_t height, width;    // of the first
    int32_t tallest, widest;  // sides of what is seen of the one of most pixels
    bool has_sizes;           // several
    hg__range_finder *finder; // owned; NULL until one is needed
    hg__dtype dtype;          // of the first, and its white
    float white;
    bool has_others, has_kinds; // some not of 8 bits; several kinds
    double least, most;         // of the samples of all that are not of 8 bits
};

hg__part_look *hg__part_look_new(const hg__part_view_options *o, hg_error *err) {
    hg__part_look *l = hg__alloc(1, sizeof *l, err);
    if (!l) return NULL;
    l->options = *o;
    l->channels = 1;
    l->least = (double)INFINITY;
    l->most = -(double)INFINITY;
    return l;
}

void hg__part_look_free(hg__part_look *l) {
    if (!l) return;
    hg__range_finder_free(l->finder);
    hg__free(l->side);
    hg__free(l);
}

static int read_samples(hg__part_look *l, hg__image_reader *r, hg__page_samples *page,
                        hg_error *err) {
    const hg__image_info *info = hg__image_info_of(r);
    *page = (hg__page_samples){0};
    if (!hg__range_is_open(info)) {
        return l->options.decodes ? hg__part_read_page(r, NULL, err) : HG_OK;
    }
    if (!l->finder) l->finder = hg__range_finder_new(err);
    if (!l->finder) return HG_ERR_MEMORY;
    HG_TRY(hg__part_read_page(r, l->finder, err));
    hg__range_end(l->finder, page);
    return HG_OK;
}

static int make_room(hg__part_look *l, hg_error *err) {
    if (l->count < l->room) return HG_OK;
    const int64_t room = l->room ? 2 * l->room : 256;
    int32_t *side = hg__grow(l->side, (size_t)room, sizeof *side, err);
    if (!side) return HG_ERR_MEMORY;
    l->side = side;
    l->room = room;
    return HG_OK;
}

static void count_in(hg__part_look *l, const hg__image_info *info, int32_t height, int32_t width,
                     const hg__page_samples *page) {
    const hg__crop *c = &l->options.crop;
    if (l->count == 0) {
        l->height = height;
        l->width = width;
        l->dtype = info->dtype;
        l->white = info->white;
    }
    l->has_sizes = l->has_sizes || height != l->height || width != l->width;
    l->has_others = l->has_others || info->dtype != HG_U8;
    l->has_kinds = l->has_kinds || info->dtype != l->dtype || info->white != l->white;
    l->channels = hg__max(l->channels, info->channels);
    const int32_t tall = c->width ? c->height : height, wide = c->width ? c->width : width;
    if ((int64_t)tall * wide > (int64_t)l->tallest * l->widest) {
        l->tallest = tall;
        l->widest = wide;
    }
    l->side[l->count++] = hg__max(tall, wide);
    if (!(page->own.low < page->own.high)) return; // no number in it, or of 8 bits
    l->least = fmin(l->least, page->least);
    l->most = fmax(l->most, page->most);
}

static int look_at(hg__part_look *l, const char *path, hg__image_reader *r, hg_error *err) {
    const hg__image_info *info = hg__image_info_of(r);
    const bool is_turned = info->orientation >= 5;
    const int32_t height = is_turned ? info->width : info->height;
    const int32_t width = is_turned ? info->height : info->width;
    hg__page_samples page;
    HG_TRY(hg__part_check_crop(&l->options.crop, path, height, width, err));
    HG_TRY(read_samples(l, r, &page, err));
    HG_TRY(make_room(l, err));
    count_in(l, info, height, width, &page);
    return HG_OK;
}

int hg__part_look_add(hg__part_look *l, const char *path, hg_error *err) {
    hg_error own = {0};
    if (!err) err = &own;
    hg__image_reader *r = hg__image_open(path, err);
    if (!r) return (int)err->code;
    const int code = look_at(l, path, r, err);
    hg__image_close(r);
    return code;
}

// All of one kind, and not of 8 bits: one range for all, in the model's life.
static hg__range_rule find_rule(const hg__part_look *l) {
    hg__range_rule rule = {.kind = l->has_others ? HG_RANGE_PAGE : HG_RANGE_UNKNOWN};
    if (!l->has_others || l->has_kinds || !(l->least <= l->most)) return rule;
    const hg__image_info info = {.dtype = l->dtype, .white = l->white};
    rule = (hg__range_rule){.kind = HG_RANGE_FIXED, .dtype = l->dtype, .white = l->white};
    hg__range_of(&info, l->least, l->most, &rule.low, &rule.high);
    return rule;
}

static int compare_sides(const void *a, const void *b) {
    const int32_t one = *(const int32_t *)a, two = *(const int32_t *)b;
    return (one > two) - (one < two);
}

// The median long side, the smaller one of two.
static int find_median(const hg__part_look *l, int32_t *median, hg_error *err) {
    int32_t *side = hg__alloc((size_t)l->count, sizeof *side, err);
    if (!side) return HG_ERR_MEMORY;
    for (int64_t i = 0; i < l->count; i++) side[i] = l->side[i];
    qsort(side, (size_t)l->count, sizeof *side, compare_sides);
    *median = side[(l->count - 1) / 2];
    hg__free(side);
    return HG_OK;
}

int hg__part_look_end(const hg__part_look *l, hg__part_view *v, hg_error *err) {
    const hg__part_view_options *o = &l->options;
    int32_t median;
    *v = (hg__part_view){0};
    HG_TRY(find_median(l, &median, err));
    v->channels = o->channels ? o->channels : l->channels;
    v->factor = o->imgsz > 0 && o->imgsz < median ? (double)o->imgsz / median : 1;
    v->crop = o->crop;
    if (!l->has_sizes) {
        v->height = l->height;
        v->width = l->width;
    }
    v->range = find_rule(l);
    return HG_OK;
}

void hg__part_look_largest(const hg__part_look *l, const hg__part_view *v, int32_t *height,
                           int32_t *width) {
    *height = hg__part_scaled(l->tallest, v->factor);
    *width = hg__part_scaled(l->widest, v->factor);
}

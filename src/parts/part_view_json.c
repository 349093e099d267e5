// SPDX-License-Identifier: Apache-2.0
// part_view_json.c - a view as it stands in a model file, and back from one that nobody vouches for.
//
//   {"channels": 1, "factor": 0.25, "size": [600, 800], "crop": [left, top, width, height],
//    "range": {"samples": "U16", "white": 65535, "low": 100, "high": 9000} or {"samples": "mixed"},
//    "region": [run, run, ...],
//    "alignment": {"frame": [150, 200], "small": [96, 128], "mean": [65536ths, ...],
//                  "before": 0.3, "after": 0.9, "turn": 0.2, "shift": 8.5}}
//
// Only what there is. Sizes are height, width.
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "parts/align_internal.h"
#include "parts/part_view.h"

enum { MOST_MEAN = 1 << 24 }; // of a number of the mean, in 65536ths

// ---- out ----------------------------------------------------------------------------------------

static hg__json *write_integers(const int32_t *x, int32_t count) {
    hg__json *list = hg__json_array();
    for (int32_t i = 0; list && i < count; i++) {
        if (hg__json_append(list, hg__json_integer(x[i])) == 0) continue;
        hg__json_free(list);
        return NULL;
    }
    return list;
}

static hg__json *write_mean(const hg__raster *m) {
    const size_t count = hg__raster_count(m);
    hg__json *list = hg__json_array();
    for (size_t i = 0; list && i < count; i++) {
        if (hg__json_append(list, hg__json_integer((int64_t)(m->at[i] * 65536))) == 0) continue;
        hg__json_free(list);
        return NULL;
    }
    return list;
}

static hg__json *write_range(const hg__range_rule *r) {
    if (r->kind == HG_RANGE_PAGE) return hg__json_pack("{s:s}", "samples", "mixed");
    return hg__json_pack("{s:s, s:f, s:f, s:f}", "samples", hg__dtype_name(r->dtype), "white",
                         (double)r->white, "low", r->low, "high", r->high);
}

static hg__json *write_alignment(const hg__alignment *a) {
    const int32_t frame[] = {a->height, a->width}, small[] = {a->mean.height, a->mean.width};
    return hg__json_pack("{s:o, s:o, s:o, s:f, s:f, s:f, s:f}", "frame", write_integers(frame, 2),
                         "small", write_integers(small, 2), "mean", write_mean(&a->mean), "before",
                         a->before, "after", a->after, "turn", a->turn, "shift", a->shift);
}

hg__json *hg__part_view_json(const hg__part_view *v, hg_error *err) {
    const int32_t size[] = {v->height, v->width};
    const int32_t crop[] = {v->crop.left, v->crop.top, v->crop.width, v->crop.height};
    hg__json *o = hg__json_pack("{s:i, s:f}", "channels", (int)v->channels, "factor", v->factor);
    int bad = o ? 0 : -1;
    if (v->height) bad |= hg__json_set(o, "size", write_integers(size, 2));
    if (v->crop.width) bad |= hg__json_set(o, "crop", write_integers(crop, 4));
    if (v->range.kind != HG_RANGE_UNKNOWN) {
        bad |= hg__json_set(o, "range", write_range(&v->range));
    }
    if (v->region.run) {
        bad |= hg__json_set(o, "region", write_integers(v->region.run, v->region.count));
    }
    if (hg__alignment_has(&v->alignment)) {
        bad |= hg__json_set(o, "alignment", write_alignment(&v->alignment));
    }
    if (bad == 0) return o;
    hg__json_free(o);
    hg__fail(err, HG_ERR_MEMORY, "out of memory while writing how pictures are seen");
    return NULL;
}

// ---- back ---------------------------------------------------------------------------------------

static int refuse(const char *where, const char *field, const char *expected, hg_error *err) {
    return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected %s", where, field, expected);
}

// A list of `count` whole numbers in least .. most.
static bool read_integers(const hg__json *list, size_t count, int64_t least, int64_t most,
                          int32_t *x) {
    if (!hg__json_is_array(list) || hg__json_array_size(list) != count) return false;
    for (size_t i = 0; i < count; i++) {
        const hg__json *one = hg__json_array_get(list, i);
        const int64_t value = hg__json_integer_value(one);
        if (!hg__json_is_integer(one) || value < least || value > most) return false;
        x[i] = (int32_t)value;
    }
    return true;
}

static bool read_size(const hg__json *list, int32_t *height, int32_t *width) {
    int32_t size[2];
    if (!read_integers(list, 2, 1, hg__image_limit.side, size)) return false;
    *height = size[0];
    *width = size[1];
    return (uint64_t)size[0] * (uint64_t)size[1] <= hg__image_limit.pixels;
}

static bool read_number(const hg__json *o, const char *key, double least, double most, double *x) {
    const hg__json *one = hg__json_object_get(o, key);
    *x = hg__json_number_value(one);
    return hg__json_is_number(one) && *x >= least && *x <= most;
}

static int read_crop(hg__part_view *v, const hg__json *list, const char *where, hg_error *err) {
    int32_t c[4];
    if (!list) return HG_OK;
    if (!read_integers(list, 4, 0, hg__image_limit.side, c) || c[2] < 1 || c[3] < 1 ||
        (int64_t)c[0] + c[2] > hg__image_limit.side ||
        (int64_t)c[1] + c[3] > hg__image_limit.side) {
        return refuse(where, "crop", "left, top, width and height", err);
    }
    v->crop = (hg__crop){c[0], c[1], c[2], c[3]};
    if (v->height && (c[0] + c[2] > v->width || c[1] + c[3] > v->height)) {
        return refuse(where, "crop", "a part of the pictures", err);
    }
    return HG_OK;
}

static int read_range(hg__part_view *v, const hg__json *o, const char *where, hg_error *err) {
    const char *samples = hg__json_string_value(hg__json_object_get(o, "samples"));
    const double most = 1.7e308;
    double white;
    hg__range_rule *r = &v->range;
    if (!o) return HG_OK;
    r->kind = HG_RANGE_PAGE;
    if (samples && strcmp(samples, "mixed") == 0) return HG_OK;
    r->kind = HG_RANGE_FIXED;
    if (!samples || !hg__dtype_find(samples, &r->dtype) ||
        !read_number(o, "white", 1e-30, 1e30, &white) ||
        !read_number(o, "low", -most, most, &r->low) ||
        !read_number(o, "high", -most, most, &r->high) || !(r->low < r->high)) {
        return refuse(where, "range", "samples (a type, or mixed), white, low and high", err);
    }
    r->white = (float)white;
    return HG_OK;
}

// Runs of the whole picture: none but the first of length 0.
static bool is_whole(const hg__part_view *v) {
    int64_t sum = 0;
    for (int32_t i = 0; i < v->region.count; i++) {
        if (i > 0 && v->region.run[i] == 0) return false;
        sum += v->region.run[i];
    }
    return sum == (int64_t)v->height * v->width;
}

static int read_region(hg__part_view *v, const hg__json *list, const char *where, hg_error *err) {
    const size_t count = hg__json_array_size(list);
    if (!list) return HG_OK;
    if (v->height && count >= 2 && count <= HG_MAX_REGION_RUNS) {
        v->region.run = hg__alloc(count, sizeof *v->region.run, err);
        if (!v->region.run) return HG_ERR_MEMORY;
        v->region.count = (int32_t)count;
        if (read_integers(list, count, 0, INT32_MAX, v->region.run) && is_whole(v)) return HG_OK;
    }
    return refuse(where, "region", "lengths of runs that cover a picture of the size given", err);
}

static bool read_mean(const hg__json *list, hg__raster *mean) {
    const size_t count = hg__raster_count(mean);
    if (!hg__json_is_array(list) || hg__json_array_size(list) != count) return false;
    for (size_t i = 0; i < count; i++) {
        const hg__json *one = hg__json_array_get(list, i);
        const int64_t value = hg__json_integer_value(one);
        if (!hg__json_is_integer(one) || value < -MOST_MEAN || value > MOST_MEAN) return false;
        mean->at[i] = (float)value / 65536;
    }
    return true;
}

static bool read_frame(const hg__json *o, hg__alignment *a, int32_t small[2]) {
    const hg__json *list = hg__json_object_get(o, "small");
    if (!read_size(hg__json_object_get(o, "frame"), &a->height, &a->width) ||
        !read_integers(list, 2, 1, HG_ALIGN_SIDE, small)) {
        return false;
    }
    const double factor = hg__align_factor(a->height, a->width);
    return small[0] == hg__align_small_side(a->height, factor) &&
           small[1] == hg__align_small_side(a->width, factor);
}

static int read_alignment(hg__part_view *v, const hg__json *o, const char *where, hg_error *err) {
    hg__alignment *a = &v->alignment;
    int32_t small[2];
    if (!o) return HG_OK;
    if (!read_frame(o, a, small) ||
        (int64_t)a->height * a->width * v->channels > HG_MAX_PART_NUMBERS ||
        !read_number(o, "before", 0, 1, &a->before) || !read_number(o, "after", 0, 1, &a->after) ||
        !read_number(o, "turn", 0, 1, &a->turn) || !read_number(o, "shift", 0, 1e6, &a->shift)) {
        return refuse(where, "alignment", "frame, small, before, after, turn and shift", err);
    }
    HG_TRY(hg__raster_init(&a->mean, small[0], small[1], 1, err));
    if (!read_mean(hg__json_object_get(o, "mean"), &a->mean)) {
        return refuse(where, "alignment", "a mean of the small size", err);
    }
    return hg__alignment_prepare(a, err);
}

static int read_all(hg__part_view *v, const hg__json *o, const char *where, hg_error *err) {
    const hg__json *channels = hg__json_object_get(o, "channels");
    const hg__json *size = hg__json_object_get(o, "size");
    const int64_t count = hg__json_integer_value(channels);
    if (!hg__json_is_object(o)) return refuse(where, "view", "an object", err);
    if (!hg__json_is_integer(channels) || (count != 1 && count != 3)) {
        return refuse(where, "channels", "1 or 3", err);
    }
    v->channels = (int32_t)count;
    if (!read_number(o, "factor", 1e-6, 1, &v->factor)) {
        return refuse(where, "factor", "a number in 1e-6 .. 1", err);
    }
    if (size && !read_size(size, &v->height, &v->width)) {
        return refuse(where, "size", "height and width", err);
    }
    HG_TRY(read_crop(v, hg__json_object_get(o, "crop"), where, err));
    HG_TRY(read_range(v, hg__json_object_get(o, "range"), where, err));
    HG_TRY(read_region(v, hg__json_object_get(o, "region"), where, err));
    return read_alignment(v, hg__json_object_get(o, "alignment"), where, err);
}

int hg__part_view_parse(hg__part_view *v, const hg__json *o, const char *where, hg_error *err) {
    *v = (hg__part_view){0};
    const int code = read_all(v, o, where, err);
    if (code < 0) hg__part_view_clear(v);
    return code;
}

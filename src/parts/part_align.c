// SPDX-License-Identifier: Apache-2.0
// part_align.c - whether the parts of training pictures are to be aligned, from their files.
//
// No more pictures are read than the mean is made of, a few at a time by all threads, and made small line by line; they are added in
// their order.
#include <math.h>

#include "base/int.h"
#include "base/mem.h"
#include "parts/part_view.h"
#include "parts/resize.h"

typedef struct loaded {
    hg__raster small;
    int32_t height, width; // of the picture as a raster
    int code;
    hg_error why;
} loaded;

typedef struct batch {
    const hg__part_view *view;
    const char *const *path;
    int32_t count, picked,
        first; // of `count` paths `picked` are read; of those, this batch begins at `first`
    int32_t height, width; // of the frame: the first picture's
    loaded *item;          // owned, (threads)
} batch;

static void add_line(void *context, const float *line) {
    hg__resizer_add(context, line);
}

static int load_small(const batch *b, const char *path, loaded *l) {
    hg__part_geometry g;
    int32_t height, width;
    HG_TRY(hg__part_measure(b->view, path, &g, &l->why));
    l->height = g.frame_height;
    l->width = g.frame_width;
    hg__aligner_size(b->height, b->width, l->height, l->width, &height, &width);
    HG_TRY(hg__raster_init(&l->small, height, width, b->view->channels, &l->why));
    hg__resizer *r = hg__resizer_new(l->height, l->width, &l->small, &l->why);
    if (!r) return HG_ERR_MEMORY;
    const int code = hg__part_load_lines(b->view, path, add_line, r, &g, &l->why);
    hg__resizer_free(r);
    return code;
}

static void load_one(void *context, int32_t task, int32_t thread) {
    batch *b = context;
    loaded *l = &b->item[task];
    const int64_t file = (int64_t)(b->first + task) * b->count / b->picked;
    (void)thread;
    l->small = (hg__raster){0};
    l->code = load_small(b, b->path[file], l);
}

// Adds what was loaded and gives its memory back; the first failure in their order.
static int add_batch(batch *b, int32_t size, hg__aligner *a, hg_error *err) {
    int code = HG_OK;
    for (int32_t i = 0; i < size; i++) {
        loaded *l = &b->item[i];
        if (code == HG_OK && l->code < 0) {
            code = l->code;
            if (err) *err = l->why;
        }
        if (code == HG_OK) code = hg__aligner_add_small(a, l->height, l->width, &l->small, err);
        hg__raster_clear(&l->small);
    }
    return code;
}

static int add_files(batch *b, hg__aligner *a, hg__pool *pool, hg_error *err) {
    const int32_t threads = hg__pool_threads(pool);
    b->item = hg__alloc((size_t)threads, sizeof *b->item, err);
    if (!b->item) return HG_ERR_MEMORY;
    hg__part_geometry g;
    HG_TRY(hg__part_measure(b->view, b->path[0], &g, err));
    b->height = g.frame_height;
    b->width = g.frame_width;
    for (; b->first < b->picked; b->first += threads) {
        const int32_t size = hg__min(threads, b->picked - b->first);
        hg__pool_run(pool, load_one, b, size);
        HG_TRY(add_batch(b, size, a, err));
    }
    return HG_OK;
}

static int check_asked(const hg__alignment *found, hg_error *err) {
    if (hg__alignment_holds(found)) return HG_OK;
    return hg__fail(err, HG_ERR_DATA,
                    "align=true: expected parts with a shape in common, got pictures of which the "
                    "mean part explains %.0f %%",
                    100 * fmax(found->after, 0));
}

int hg__part_view_align(hg__part_view *v, const char *const *path, int32_t count, bool is_asked,
                        hg__pool *pool, hg__align_use *use, hg_error *err) {
    batch b = {.view = v, .path = path, .count = count, .picked = hg__min(count, HG_ALIGN_KEPT)};
    hg__alignment found = {0};
    hg__aligner *a = hg__aligner_new(err);
    int code = a ? add_files(&b, a, pool, err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = hg__aligner_run(a, pool, &found, err);
    hg__aligner_free(a);
    hg__free(b.item);
    if (code == HG_OK && is_asked) code = check_asked(&found, err);
    if (code < 0) {
        hg__alignment_clear(&found);
        return code;
    }
    *use = is_asked ? HG_ALIGN_NEEDED : hg__align_use_of(&found);
    hg__alignment_clear(&v->alignment);
    if (*use == HG_ALIGN_NEEDED) {
        v->alignment = found;
    } else {
        hg__alignment_clear(&found);
    }
    return HG_OK;
}

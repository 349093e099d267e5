// SPDX-License-Identifier: Apache-2.0
// part_maps.c - the files of maps=: for each picture an overlay, a mask and its map, each in a place of its own.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/text.h"
#include "jobs/predict_parts.h"

enum {
    MOST_SHOWN = 2048,   // pixels of an overlay's longer side
    WHITE_THRESHOLDS = 2 // that white of a map is, times the highest colour
};

static const struct {
    const char *word;
    hg__map_file file;
} kinds[] = {
    {"overlay", HG_FILE_OVERLAY},
    {"mask",    HG_FILE_MASK   },
    {"map",     HG_FILE_MAP    },
    {"npy",     HG_FILE_NPY    }
};
enum { KINDS = sizeof kinds / sizeof *kinds };

int hg__map_files_parse(const char *words, hg_error *err) {
    int files = 0;
    while (*words) {
        const size_t length = strcspn(words, ",");
        int k = 0;
        for (; k < KINDS; k++) {
            const bool is =
                strlen(kinds[k].word) == length && strncmp(words, kinds[k].word, length) == 0;
            if (is) break;
        }
        if (k == KINDS) {
            return hg__fail(err, HG_ERR_USAGE,
                            "maps_as: expected overlay, mask, map or npy, with commas, got "
                            "'%.*s'",
                            (int)length, words);
        }
        files |= (int)kinds[k].file;
        words += length + (words[length] == ',');
    }
    return files ? files
                 : hg__fail(err, HG_ERR_USAGE,
                            "maps_as: expected overlay, mask, map or npy, got nothing");
}

// ---- names --------------------------------------------------------------------------------------

typedef struct name {
    const char *path;
    size_t stem; // bytes without the extension
    int32_t part;
} name;

static size_t stem_of(const char *path) {
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    const char *first = slash ? slash + 1 : path;
    return dot && dot > first ? (size_t)(dot - path) : strlen(path);
}

static int by_stem(const void *a, const void *b) {
    const name *x = a, *y = b;
    const int order = memcmp(x->path, y->path, x->stem < y->stem ? x->stem : y->stem);
    if (order) return order;
    if (x->stem != y->stem) return x->stem < y->stem ? -1 : 1;
    return x->part < y->part ? -1 : 1;
}

static bool is_alike(const name *a, const name *b) {
    return a->stem == b->stem && memcmp(a->path, b->path, a->stem) == 0;
}

// All pointers, and behind them the names.
static char **lay_names(const name *sorted, int32_t count, hg_error *err) {
    size_t bytes = 0;
    for (int32_t i = 0; i < count; i++) bytes += strlen(sorted[i].path) + 1;
    char **at = hg__alloc((size_t)count * sizeof *at + bytes, 1, err);
    if (!at) return NULL;
    char *to = (char *)(at + count);
    for (int32_t i = 0; i < count; i++) {
        const name *n = &sorted[i];
        const bool is_double =
            (i > 0 && is_alike(n, n - 1)) || (i + 1 < count && is_alike(n, n + 1));
        const size_t length = is_double ? strlen(n->path) : n->stem;
        memcpy(to, n->path, length);
        to[length] = '\0';
        at[n->part] = to;
        to += length + 1;
    }
    return at;
}

char **hg__map_names(const hg__part_set *set, hg_error *err) {
    name *all = hg__alloc((size_t)set->count, sizeof *all, err);
    if (!all) return NULL;
    for (int32_t i = 0; i < set->count; i++) {
        const char *path = set->part[i].path;
        all[i] = (name){path, stem_of(path), i};
    }
    qsort(all, (size_t)set->count, sizeof *all, by_stem);
    char **names = lay_names(all, set->count, err);
    hg__free(all);
    return names;
}

// ---- the files ----------------------------------------------------------------------------------

// Whether what was judged shows all of the picture as it is.
static bool is_whole(const hg__inspected *r) {
    const hg__part_geometry *g = &r->where;
    return !g->is_aligned && r->picture.height == g->height && r->picture.width == g->width &&
           hg__max(g->height, g->width) <= MOST_SHOWN;
}

// All of the picture as it is, or reduced where it is large.
static int load_shown(const hg__inspection *j, const hg__inspected *r, const char *path,
                      hg__raster *to, hg_error *err) {
    const hg__part_view *view = hg__inspector_view(j->inspector);
    const int32_t side = hg__max(r->where.height, r->where.width);
    const hg__part_view all = {.channels = view->channels,
                               .factor = side > MOST_SHOWN ? (double)MOST_SHOWN / side : 1,
                               .range = view->range};
    return hg__part_load_unaligned(&all, path, to, NULL, err);
}

static hg__map_frame frame_on(const hg__map_frame *f, const hg__raster *picture) {
    const double x = (double)picture->width / f->width, y = (double)picture->height / f->height;
    return (hg__map_frame){f->left * x, f->top * y,     f->across * x,
                           f->down * y, picture->width, picture->height};
}

static int write_overlay(const hg__inspection *j, const hg__inspected *r, const hg__found *f,
                         const char *path, const char *to, hg_error *err) {
    hg__raster own = {0};
    if (!is_whole(r)) HG_TRY(load_shown(j, r, path, &own, err));
    const hg__raster *picture = own.at ? &own : &r->picture;
    const hg__judged judged = {.file = path,
                               .kind = "",
                               .picture = picture,
                               .map = r->where.is_aligned ? &f->map : &r->map,
                               .regions = &f->regions,
                               .frame = frame_on(&f->frame, picture)};
    const int code = hg__overlay_save(to, &judged, &j->heat, err);
    hg__raster_clear(&own);
    return code;
}

int hg__map_files_write(const hg__inspection *j, const hg__inspected *r, const hg__found *f,
                        int files, const char *path, const char *stem, hg_error *err) {
    char to[1100];
    int code = HG_OK;
    if (files & HG_FILE_OVERLAY) {
        snprintf(to, sizeof to, "%s_overlay.jpg", stem);
        code = write_overlay(j, r, f, path, to, err);
    }
    if (code == HG_OK && (files & HG_FILE_MASK)) {
        snprintf(to, sizeof to, "%s_mask.png", stem);
        code = hg__mask_save(to, &f->regions, &f->frame, err);
    }
    if (code == HG_OK && (files & HG_FILE_MAP)) {
        snprintf(to, sizeof to, "%s_map.png", stem);
        code = hg__map_save_grey(to, &f->map, WHITE_THRESHOLDS * j->heat.high, err);
    }
    if (code == HG_OK && (files & HG_FILE_NPY)) {
        snprintf(to, sizeof to, "%s_map.npy", stem);
        code = hg__map_save_npy(to, &f->map, err);
    }
    return code;
}

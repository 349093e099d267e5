// SPDX-License-Identifier: Apache-2.0
// dataset.c - from a path to rows: of which kind they are, and what is learned of them.
#include "rows/dataset.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "array/reader.h"
#include "base/file.h"
#include "base/mem.h"
#include "image/image.h"

bool hg__dataset_is_pictures(const char *path) {
    return !hg__data_is_built_in(path) && hg__is_pictures(path);
}

// An image with the name of a table: one of the two is a slip.
static int check_name(const char *path, hg_error *err) {
    uint8_t head[HG_SOURCE_HEAD];
    char what[64];
    if (!hg__is_named_table(path) || !hg__is_file(path)) return HG_OK;
    const int fd = hg__open_read(path, err);
    if (fd < 0) return fd;
    const ssize_t got = read(fd, head, sizeof head);
    close(fd);
    if (got <= 0 || !hg__image_sniff(head, (size_t)got)) return HG_OK;
    hg__magic_describe(head, (size_t)got, what);
    if (strcmp(what, "text") == 0) snprintf(what, sizeof what, "an image (PGM or PPM)");
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected a table, as its name says, got %s; an image needs a name of its "
                    "kind (.png, .jpg, .tif)",
                    path, what);
}

static hg__dataset *open_pictures(const char *path, const hg__data_options *o,
                                  const hg__picture_options *own, hg_error *err) {
    if (strcmp(path, "-") == 0) {
        hg__fail(err, HG_ERR_DATA, "%s: expected rows, got images, which are read from files",
                 hg__input_name(path));
        return NULL;
    }
    if (check_name(path, err) < 0) return NULL;
    hg__pictures *p = hg__pictures_open(path, o, own, err);
    if (!p) return NULL;
    hg__dataset *d = hg__alloc(1, sizeof *d, err);
    if (!d) {
        hg__pictures_free(p);
        return NULL;
    }
    const hg__picture_facts facts = hg__pictures_facts(p);
    *d = (hg__dataset){.pictures = p,
                       .source = hg__pictures_source(p),
                       .format = "images",
                       .skipped = facts.skipped,
                       .first_skipped = facts.first_skipped,
                       .note = "",
                       .fingerprint = facts.fingerprint};
    d->path = d->source.name;
    d->learned = hg__pictures_has_pairs(p) ? hg__pictures_pairs(p) : d->source;
    return d;
}

hg__dataset *hg__dataset_of_source(const hg__row_source *s, const char *format, void *own,
                                   void (*free_own)(void *own), hg_error *err) {
    hg__dataset *d = hg__alloc(1, sizeof *d, err);
    if (!d) {
        if (own) free_own(own);
        return NULL;
    }
    *d = (hg__dataset){.source = *s,
                       .learned = *s,
                       .own = own,
                       .free_own = free_own,
                       .path = s->name,
                       .format = format,
                       .first_skipped = "",
                       .note = ""};
    return d;
}

hg__dataset *hg__dataset_of(hg__data *array, hg_error *err) {
    hg__dataset *d = array ? hg__alloc(1, sizeof *d, err) : NULL;
    if (!d) {
        hg__data_close(array);
        return NULL;
    }
    *d = (hg__dataset){.array = array,
                       .source = hg__array_source(array),
                       .path = array->path,
                       .format = array->format,
                       .column = array->column,
                       .skipped = array->skipped,
                       .first_skipped = "",
                       .note = array->note,
                       .fingerprint = array->fingerprint};
    d->learned = d->source;
    return d;
}

static bool is_any(const char *path) {
    (void)path;
    return true;
}

static hg__dataset *open_array(const char *path, const hg__data_options *o,
                               const hg__picture_options *pictures, hg_error *err) {
    (void)pictures;
    return hg__dataset_of(hg__data_open(path, o, err), err);
}

const hg__dataset_type hg__dataset_pictures = {hg__dataset_is_pictures, open_pictures};
const hg__dataset_type hg__dataset_array = {is_any, open_array};

static const hg__dataset_type *const types[] = {
#define DATASET(name) &hg__dataset_##name,
#include "rows/datasets.def"
#undef DATASET
};

enum {
#define DATASET(name) INDEX_##name,
#include "rows/datasets.def"
#undef DATASET
    TYPES
};

hg__dataset *hg__dataset_open(const char *path, const hg__data_options *o,
                              const hg__picture_options *pictures, hg_error *err) {
    if (hg__data_check_path(path, err) < 0) return NULL;
    size_t i = 0;
    while (i < TYPES - 1 && !types[i]->is(path)) i++; // the last takes any
    return types[i]->open(path, o, pictures, err);
}

void hg__dataset_close(hg__dataset *d) {
    if (!d) return;
    hg__data_close(d->array);
    hg__pictures_free(d->pictures);
    if (d->own) d->free_own(d->own);
    hg__free(d);
}

static int make_pair(const void *context, const hg__row_place *at, hg__row_room *to,
                     hg_error *err) {
    const hg__dataset *d = context;
    const size_t width = (size_t)d->source.width;
    HG_TRY(hg__row_source_make(&d->source, at, to, err));
    memcpy(to->target, d->pair + (size_t)at->row * width, width * sizeof *to->target);
    return HG_OK;
}

void hg__dataset_pair(hg__dataset *d, const float *y) {
    d->pair = y;
    d->learned = d->source;
    d->learned.context = d;
    d->learned.dtype = HG_F32;
    d->learned.scale = 1;
    d->learned.base = NULL;
    d->learned.read = NULL;
    d->learned.make = make_pair;
    d->learned.has_target = true;
}

int hg__dataset_corrupt(hg__dataset *d, const hg__corruption *how, hg_error *err) {
    const bool is_blind = d->pictures && how->noise.blind;
    const hg__row_source from = is_blind ? hg__pictures_doubled(d->pictures) : d->learned;
    if (is_blind) {
        hg__part_blindly(&d->corrupted, &from, how, &d->learned);
        return HG_OK;
    }
    if (!how->noise.steps && !how->noise.blind) return HG_OK;
    return hg__corrupt(&d->corrupted, &from, how, &d->learned, err);
}

int hg__dataset_tell_levels(hg__dataset *d, double share, uint64_t seed, hg_error *err) {
    const bool is_blind = d->learned.context == &d->corrupted && d->corrupted.how.noise.blind;
    if (!d->pictures || !d->learned.has_target || is_blind) {
        return hg__fail(err, HG_ERR_USAGE,
                        "level: expected images whose noise is known, of noise= or target=, got %s",
                        is_blind      ? "noise=blind"
                        : d->pictures ? "neither"
                                      : d->format);
    }
    const hg__row_source from = d->learned;
    hg__tell_levels(&d->levelled, &from, share, seed, &d->learned);
    return HG_OK;
}

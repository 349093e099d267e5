// SPDX-License-Identifier: Apache-2.0
// coco_read.c - COCO's annotations as boxes of images.
#include "parts/coco_read.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "parts/part_set_internal.h"

typedef struct reading {
    hg__coco *c;
    const char *where;
    const hg__json *images, *annotations, *categories; // borrowed
    hg__coco_image **by_id;                            // owned, (count)
    int32_t *owner;                                    // owned, (annotations): its image
} reading;

static int get_list(const hg__json *all, const char *key, const hg__json **list, const char *where,
                    hg_error *err) {
    *list = hg__json_object_get(all, key);
    if (hg__json_is_array(*list)) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected a list '%s' as COCO has it, got %s", where, key,
                    *list ? "something else" : "none");
}

static bool get_integer(const hg__json *of, const char *key, int64_t *x) {
    const hg__json *value = hg__json_object_get(of, key);
    *x = hg__json_integer_value(value);
    return hg__json_is_integer(value);
}

// ---- images -------------------------------------------------------------------------------------

static int compare_names(const void *a, const void *b) {
    return strcmp(((const hg__coco_image *)a)->name, ((const hg__coco_image *)b)->name);
}

static int compare_ids(const void *a, const void *b) {
    const int64_t one = (*(hg__coco_image *const *)a)->id, two = (*(hg__coco_image *const *)b)->id;
    return (one > two) - (one < two);
}

static int read_image(reading *r, int32_t i, hg_error *err) {
    const hg__json *from = hg__json_array_get(r->images, (size_t)i);
    const hg__json *name = hg__json_object_get(from, "file_name");
    hg__coco_image *image = &r->c->image[i];
    const char *text = hg__json_string_value(name);
    if (!get_integer(from, "id", &image->id) || !text || !text[0] ||
        strlen(text) != hg__json_string_size(name)) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: images[%d]: expected an \"id\" and a \"file_name\", got none",
                        r->where, i);
    }
    if (strlen(text) >= HG_MAX_PART_PATH) {
        return hg__fail(err, HG_ERR_DATA, "%s: images[%d]: expected a name of at most %d bytes",
                        r->where, i, HG_MAX_PART_PATH - 1);
    }
    image->name = hg__copy_text(text, err);
    if (!image->name) return HG_ERR_MEMORY;
    r->c->count++;
    return HG_OK;
}

static int read_images(reading *r, hg_error *err) {
    hg__coco *c = r->c;
    const size_t count = hg__json_array_size(r->images);
    if (count > HG_MAX_PARTS) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected at most %d images, got %zu", r->where,
                        HG_MAX_PARTS, count);
    }
    c->image = hg__alloc(count, sizeof *c->image, err);
    r->by_id = hg__alloc(count, sizeof(hg__coco_image *), err);
    if (!c->image || !r->by_id) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < (int32_t)count; i++) HG_TRY(read_image(r, i, err));
    if (count) qsort(c->image, count, sizeof *c->image, compare_names);
    for (size_t i = 0; i < count; i++) r->by_id[i] = &c->image[i];
    if (count) qsort(r->by_id, count, sizeof(hg__coco_image *), compare_ids);
    for (size_t i = 1; i < count; i++) {
        if (compare_names(c->image + i - 1, c->image + i) == 0) {
            return hg__fail(err, HG_ERR_DATA, "%s: expected each image once, got \"%.200s\" twice",
                            r->where, c->image[i].name);
        }
        if (compare_ids(r->by_id + i - 1, r->by_id + i) == 0) {
            return hg__fail(err, HG_ERR_DATA,
                            "%s: expected each id of an image once, got %lld twice", r->where,
                            (long long)r->by_id[i]->id);
        }
    }
    return HG_OK;
}

// ---- outlines -----------------------------------------------------------------------------------

enum { MOST_PLACE = 1 << 24 };

// Numbers that a segmentation takes; 0: it is none of polygons of three corners at least.
static size_t outline_size(const hg__json *segmentation) {
    const size_t polygons = hg__json_array_size(segmentation);
    size_t size = 0;
    if (!hg__json_is_array(segmentation)) return 0;
    for (size_t k = 0; k < polygons; k++) {
        const hg__json *polygon = hg__json_array_get(segmentation, k);
        const size_t numbers = hg__json_array_size(polygon);
        if (!hg__json_is_array(polygon) || numbers < 6 || numbers % 2) return 0;
        for (size_t i = 0; i < numbers; i++) {
            const hg__json *x = hg__json_array_get(polygon, i);
            const double value = hg__json_number_value(x);
            if (!hg__json_is_number(x) || !(value >= -MOST_PLACE && value <= MOST_PLACE)) return 0;
        }
        size += 1 + numbers;
    }
    return size;
}

static double *put_outline(double *to, const hg__json *segmentation) {
    for (size_t k = 0; k < hg__json_array_size(segmentation); k++) {
        const hg__json *polygon = hg__json_array_get(segmentation, k);
        const size_t numbers = hg__json_array_size(polygon);
        const size_t corners = numbers / 2;
        *to++ = (double)corners;
        for (size_t i = 0; i < numbers; i++) {
            *to++ = hg__json_number_value(hg__json_array_get(polygon, i));
        }
    }
    return to;
}

static const hg__json *segmentation_of(const reading *r, size_t i) {
    return hg__json_object_get(hg__json_array_get(r->annotations, i), "segmentation");
}

// How much each image's take; 0 where one of its annotations has none. lacks (count): for its use.
static size_t size_outlines(const reading *r, size_t count, bool *lacks) {
    size_t all = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t size = outline_size(segmentation_of(r, i));
        r->c->image[r->owner[i]].outlines += size;
        if (size == 0) lacks[r->owner[i]] = true;
    }
    for (int32_t k = 0; k < r->c->count; k++) {
        hg__coco_image *image = &r->c->image[k];
        if (lacks[k]) image->outlines = 0;
        all += image->outlines;
    }
    return all;
}

// Outlines of one image stand together, in the order of the file. end (count): for its use.
static void place_outlines(const reading *r, size_t count, double **end) {
    double *next = r->c->outline;
    for (int32_t k = 0; k < r->c->count; k++) {
        hg__coco_image *image = &r->c->image[k];
        image->outline = image->outlines ? next : NULL;
        end[k] = next;
        next += image->outlines;
    }
    for (size_t i = 0; i < count; i++) {
        const int32_t k = r->owner[i];
        if (r->c->image[k].outline) end[k] = put_outline(end[k], segmentation_of(r, i));
    }
}

static int read_outlines(reading *r, size_t count, hg_error *err) {
    hg__coco *c = r->c;
    bool *lacks = hg__alloc((size_t)c->count, sizeof *lacks, err);
    double **end = hg__alloc((size_t)c->count, sizeof(double *), err);
    if (lacks && end) {
        c->outline = hg__alloc(size_outlines(r, count, lacks), sizeof *c->outline, err);
        if (c->outline) place_outlines(r, count, end);
    }
    hg__free(end);
    hg__free(lacks);
    return c->outline ? HG_OK : HG_ERR_MEMORY;
}

// ---- annotations --------------------------------------------------------------------------------

static const char *category_of(const reading *r, int64_t id) {
    for (size_t i = 0; i < hg__json_array_size(r->categories); i++) {
        const hg__json *category = hg__json_array_get(r->categories, i);
        const hg__json *name = hg__json_object_get(category, "name");
        const char *text = hg__json_string_value(name);
        int64_t own;
        if (!get_integer(category, "id", &own) || own != id) continue;
        return text && text[0] && strlen(text) == hg__json_string_size(name) ? text : "defect";
    }
    return "defect";
}

// What one image's annotations are called, all together.
static int set_kind(const reading *r, hg__coco_image *image, const hg__json *annotation,
                    hg_error *err) {
    int64_t id = 0;
    const bool has = get_integer(annotation, "category_id", &id);
    const char *kind = has ? category_of(r, id) : "defect";
    if (image->kind && strcmp(image->kind, kind) == 0) return HG_OK;
    char *copy = hg__copy_text(image->kind ? "defect" : kind, err);
    if (!copy) return HG_ERR_MEMORY;
    hg__free(image->kind);
    image->kind = copy;
    return HG_OK;
}

static bool read_box(const hg__json *list, hg__part_box *box) {
    double x[4];
    if (!hg__json_is_array(list) || hg__json_array_size(list) != 4) return false;
    for (size_t i = 0; i < 4; i++) {
        const hg__json *value = hg__json_array_get(list, i);
        x[i] = hg__json_number_value(value);
        if (!hg__json_is_number(value) || !(x[i] >= -MOST_PLACE && x[i] <= MOST_PLACE)) {
            return false;
        }
    }
    *box = (hg__part_box){x[0], x[1], x[2], x[3]};
    return x[2] > 0 && x[3] > 0;
}

static int read_annotation(reading *r, size_t i, hg__part_box *box, hg_error *err) {
    const hg__json *from = hg__json_array_get(r->annotations, i);
    hg__coco_image key, *pointer = &key, **found = NULL;
    if (get_integer(from, "image_id", &key.id) && r->by_id) {
        found =
            bsearch(&pointer, r->by_id, (size_t)r->c->count, sizeof(hg__coco_image *), compare_ids);
    }
    if (!found) {
        return hg__fail(
            err, HG_ERR_DATA,
            "%s: annotations[%zu]: expected an \"image_id\" that is an image's, got none", r->where,
            i);
    }
    if (!read_box(hg__json_object_get(from, "bbox"), box)) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: annotations[%zu]: expected \"bbox\": [x, y, width, height] with sides "
                        "above 0, got something else",
                        r->where, i);
    }
    if ((*found)->boxes == HG_MAX_PART_BOXES) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected at most %d boxes for \"%.200s\"", r->where,
                        HG_MAX_PART_BOXES, (*found)->name);
    }
    (*found)->boxes++;
    r->owner[i] = (int32_t)(*found - r->c->image);
    return set_kind(r, *found, from, err);
}

// Boxes of one image stand together, in the order of the file.
static int place_boxes(reading *r, const hg__part_box *read, size_t count, hg_error *err) {
    hg__coco *c = r->c;
    hg__part_box *next;
    hg__part_box **end = hg__alloc((size_t)c->count, sizeof(hg__part_box *), err);
    if (!end) return HG_ERR_MEMORY;
    next = c->box;
    for (int32_t i = 0; i < c->count; i++) {
        c->image[i].box = end[i] = next;
        next += c->image[i].boxes;
    }
    for (size_t i = 0; i < count; i++) *end[r->owner[i]]++ = read[i];
    hg__free(end);
    return HG_OK;
}

static int read_annotations(reading *r, hg_error *err) {
    const size_t count = hg__json_array_size(r->annotations);
    hg__part_box *read = hg__alloc(count, sizeof *read, err);
    r->c->box = hg__alloc(count, sizeof *r->c->box, err);
    r->owner = hg__alloc(count, sizeof *r->owner, err);
    int code = read && r->c->box && r->owner ? HG_OK : HG_ERR_MEMORY;
    for (size_t i = 0; i < count && code == HG_OK; i++) {
        code = read_annotation(r, i, read + i, err);
    }
    if (code == HG_OK) code = place_boxes(r, read, count, err);
    if (code == HG_OK) code = read_outlines(r, count, err);
    for (int32_t i = 0; i < r->c->count && code == HG_OK; i++) {
        hg__coco_image *image = &r->c->image[i];
        if (!image->kind && !(image->kind = hg__copy_text("", err))) code = HG_ERR_MEMORY;
    }
    hg__free(read);
    return code;
}

// ---- the whole ----------------------------------------------------------------------------------

static int read_all(reading *r, const hg__json *all, hg_error *err) {
    enum { MOST_CATEGORIES = 4096 };
    if (!hg__json_is_object(all)) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected COCO's annotations, an object, got another value", r->where);
    }
    HG_TRY(get_list(all, "images", &r->images, r->where, err));
    HG_TRY(get_list(all, "annotations", &r->annotations, r->where, err));
    r->categories = hg__json_object_get(all, "categories");
    if (hg__json_array_size(r->categories) > MOST_CATEGORIES) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected at most %d categories, got %zu", r->where,
                        MOST_CATEGORIES, hg__json_array_size(r->categories));
    }
    HG_TRY(read_images(r, err));
    return read_annotations(r, err);
}

int hg__coco_read(hg__coco *c, const char *text, size_t size, const char *where, hg_error *err) {
    reading r = {.c = c, .where = where};
    *c = (hg__coco){0};
    hg__json *all = hg__json_read(text, size, where, err);
    if (!all) { // the reader's sentence stands; its code is for models
        if (!err) return HG_ERR_DATA;
        if (err->code == HG_ERR_MODEL) err->code = HG_ERR_DATA;
        return (int)err->code;
    }
    const int code = read_all(&r, all, err);
    hg__json_free(all);
    hg__free(r.by_id);
    hg__free(r.owner);
    if (code < 0) hg__coco_clear(c);
    return code;
}

void hg__coco_clear(hg__coco *c) {
    for (int32_t i = 0; i < c->count; i++) {
        hg__free(c->image[i].name);
        hg__free(c->image[i].kind);
    }
    hg__free(c->image);
    hg__free(c->box);
    hg__free(c->outline);
    *c = (hg__coco){0};
}

static int compare_name(const void *image, const void *name) {
    return strcmp(((const hg__coco_image *)image)->name, name);
}

const hg__coco_image *hg__coco_find(const hg__coco *c, const char *name) {
    const int32_t i = hg__parts_first(c->image, sizeof *c->image, c->count, name, compare_name);
    return i < c->count && compare_name(c->image + i, name) == 0 ? c->image + i : NULL;
}

// SPDX-License-Identifier: Apache-2.0
// part_pairs.c - what is given beside the pictures of parts: a folder of templates, and annotations with boxes.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "parts/coco_read.h"
#include "parts/part_set_internal.h"

int32_t hg__parts_first(const void *all, size_t each, int32_t count, const void *wanted,
                        int (*compare)(const void *thing, const void *wanted)) {
    int32_t low = 0, high = count;
    while (low < high) {
        const int32_t middle = low + (high - low) / 2;
        if (compare((const char *)all + (size_t)middle * each, wanted) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

// What give() returns for each part: 1, it stays; 0, it goes, which was said; or negative.
static int keep_given(hg__part_builder *b, const void *given,
                      int (*give)(hg__part_builder *b, hg__part *p, const void *given,
                                  hg_error *err),
                      hg_error *err) {
    hg__part_set *s = b->set;
    int32_t kept = 0;
    int code = 1;
    for (int32_t i = 0; i < s->count; i++) {
        if (code >= 0) code = give(b, &s->part[i], given, err);
        if (code == 0) {
            hg__part_clear(&s->part[i]);
            code = 1;
        } else {
            s->part[kept++] = s->part[i]; // after a failure too: all are to be freed
        }
    }
    s->count = kept;
    return code < 0 ? code : HG_OK;
}

// ---- templates ----------------------------------------------------------------------------------

// What is compared: a name without its folders, where those differ on both sides, or with them.
typedef struct stem {
    const char *text; // borrowed, (size)
    size_t size;
    const char *name; // borrowed: the whole
} stem;

static stem stem_of(const char *name, bool is_flat) {
    const char *slash = strrchr(name, '/'), *text = is_flat && slash ? slash + 1 : name;
    return (stem){.text = text, .size = hg__parts_stem(name) - (size_t)(text - name), .name = name};
}

static int compare_texts(const void *one, const void *other) {
    const stem *a = one, *b = other;
    const int order = memcmp(a->text, b->text, a->size < b->size ? a->size : b->size);
    return order ? order : (a->size > b->size) - (a->size < b->size);
}

static int compare_stems(const void *a, const void *b) {
    const int order = compare_texts(a, b);
    return order ? order : strcmp(((const stem *)a)->name, ((const stem *)b)->name);
}

// Among `count` sorted ones: of several, the one with the extension too, else the first.
static const stem *find_stem(const stem *all, int32_t count, const stem *wanted) {
    const int32_t first = hg__parts_first(all, sizeof *all, count, wanted, compare_texts);
    if (first == count || compare_texts(all + first, wanted) != 0) return NULL;
    for (int32_t i = first; i < count && compare_texts(all + i, wanted) == 0; i++) {
        if (strcmp(all[i].text + all[i].size, wanted->text + wanted->size) == 0) return all + i;
    }
    return all + first;
}

typedef struct templates {
    const hg__image_list *list; // borrowed
    const stem *by[2];          // borrowed, (list->count) each, sorted: whole paths, names alone
} templates;

// Of each part: by its whole path, then by its name alone.
static int give_pair(hg__part_builder *b, hg__part *p, const void *given, hg_error *err) {
    const templates *t = given;
    char path[HG_MAX_PLACE];
    const stem *found = NULL;
    for (int k = 0; k < 2 && !found; k++) {
        const stem wanted = stem_of(p->path, k == 1);
        found = find_stem(t->by[k], t->list->count, &wanted);
    }
    if (!found) {
        return hg__parts_bad(b, err, "%s/%s: expected a template %s/%.*s.*, found none",
                             b->set->folder, p->path, t->list->folder, (int)hg__parts_stem(p->path),
                             p->path);
    }
    HG_TRY(hg__join_path(path, sizeof path, t->list->folder, found->name, err));
    hg__free(p->pair);
    p->pair = hg__copy_text(path, err);
    return p->pair ? 1 : HG_ERR_MEMORY;
}

int hg__parts_find_pairs(hg__part_builder *b, hg_error *err) {
    hg__image_list list;
    const char *target = b->o->target;
    if (!target || !*target) return HG_OK;
    HG_TRY(hg__image_list_open(&list, target, err));
    const size_t count = (size_t)list.count;
    stem *all = hg__alloc(2 * count, sizeof *all, err);
    int code = all ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK) {
        const templates t = {
            &list, {all, all + count}
        };
        for (size_t i = 0; i < count; i++) {
            all[i] = stem_of(list.name[i], false);
            all[count + i] = stem_of(list.name[i], true);
        }
        qsort(all, count, sizeof *all, compare_stems);
        qsort(all + count, count, sizeof *all, compare_stems);
        code = keep_given(b, &t, give_pair, err);
    }
    hg__free(all);
    hg__image_list_clear(&list);
    return code;
}

// ---- boxes --------------------------------------------------------------------------------------

typedef struct annotations {
    const hg__coco *coco;           // borrowed
    const hg__coco_image **by_name; // owned, (count): by their names without folders
    bool *is_used;                  // owned, (count): of coco->image
} annotations;

static const char *name_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int compare_images(const void *a, const void *b) {
    const hg__coco_image *one = *(const hg__coco_image *const *)a,
                         *two = *(const hg__coco_image *const *)b;
    return strcmp(name_of(one->name), name_of(two->name));
}

static int compare_name(const void *image, const void *name) {
    return strcmp(name_of((*(const hg__coco_image *const *)image)->name), name);
}

// By the part's path, or the end of it behind a slash, or its name where one image has it: annotations are often relative to
// another folder.
static const hg__coco_image *find_image(const annotations *a, const char *path) {
    const hg__coco_image *found = hg__coco_find(a->coco, path);
    for (const char *slash = strchr(path, '/'); slash && !found; slash = strchr(slash + 1, '/')) {
        found = hg__coco_find(a->coco, slash + 1);
    }
    if (found) return found;
    const hg__coco_image *const *all = a->by_name;
    const int32_t count = a->coco->count;
    const int32_t i =
        hg__parts_first(all, sizeof(const hg__coco_image *), count, name_of(path), compare_name);
    if (i == count || compare_name(all + i, name_of(path)) != 0) return NULL;
    return i + 1 < count && compare_name(all + i + 1, name_of(path)) == 0 ? NULL : all[i];
}

static int give_outline(hg__part *p, const hg__coco_image *image, hg_error *err) {
    if (!image->outline) return HG_OK;
    p->outline = hg__alloc(image->outlines, sizeof *p->outline, err);
    if (!p->outline) return HG_ERR_MEMORY;
    memcpy(p->outline, image->outline, image->outlines * sizeof *p->outline);
    p->outlines = image->outlines;
    return HG_OK;
}

// Where one defect has boxes and no outline, boxes are what all are known by.
static void keep_outlines(hg__part_set *s) {
    bool lacks = false;
    for (int32_t i = 0; i < s->count; i++) {
        lacks = lacks || (s->part[i].boxes && !s->part[i].outline && !s->part[i].mask);
    }
    for (int32_t i = 0; lacks && i < s->count; i++) {
        hg__free(s->part[i].outline);
        s->part[i].outline = NULL;
        s->part[i].outlines = 0;
    }
}

// 1: it stays.
static int give_boxes(hg__part_builder *b, hg__part *p, const void *given, hg_error *err) {
    const annotations *a = given;
    const hg__coco_image *image = find_image(a, p->path);
    const char *folder = b->set->folder, *labels = b->o->labels;
    if (!image && p->has_label) return 1; // its folder says what it is
    if (!image) {
        return hg__parts_bad(b, err, "%s/%s: expected an image of that name in %.150s, found none",
                             folder, p->path, labels);
    }
    if (a->is_used[image - a->coco->image]) {
        return hg__parts_bad(b, err, "%s: expected one picture of \"%.100s\", got %s/%s too",
                             labels, image->name, folder, p->path);
    }
    a->is_used[image - a->coco->image] = true;
    if (image->boxes && p->has_label && !p->is_defect) {
        return hg__parts_bad(b, err, "%s/%s: expected no defect in a good part, got %d in %.150s",
                             folder, p->path, image->boxes, labels);
    }
    p->boxes = 0;
    for (int32_t i = 0; i < image->boxes; i++) HG_TRY(hg__part_add_box(p, image->box[i], err));
    HG_TRY(give_outline(p, image, err));
    if (p->has_label) return 1;
    HG_TRY(hg__parts_set_kind(p, image->boxes ? image->kind : "good", image->boxes > 0, err));
    return 1;
}

// Every image of the annotations is to be a part, or a file.
static int check_images(hg__part_builder *b, const annotations *a, hg_error *err) {
    char path[HG_MAX_PLACE];
    for (int32_t i = 0; i < a->coco->count; i++) {
        const char *name = a->coco->image[i].name;
        if (a->is_used[i]) continue;
        const int code = hg__join_path(path, sizeof path, b->set->folder, name, NULL);
        if (code == HG_OK && hg__is_file(path)) continue;
        HG_TRY(hg__parts_bad(b, err, "%s: expected a picture %s/%s as it says, found none",
                             b->o->labels, b->set->folder, name));
    }
    return HG_OK;
}

static int use_annotations(hg__part_builder *b, const hg__coco *c, hg_error *err) {
    const size_t count = (size_t)c->count;
    annotations a = {.coco = c};
    a.by_name = hg__alloc(count, sizeof(const hg__coco_image *), err);
    a.is_used = hg__alloc(count, sizeof *a.is_used, err);
    int code = a.by_name && a.is_used ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK) {
        for (size_t i = 0; i < count; i++) a.by_name[i] = &c->image[i];
        if (count) qsort(a.by_name, count, sizeof(const hg__coco_image *), compare_images);
        code = keep_given(b, &a, give_boxes, err);
        keep_outlines(b->set);
        if (code == HG_OK) code = check_images(b, &a, err);
    }
    hg__free(a.by_name);
    hg__free(a.is_used);
    return code;
}

int hg__parts_find_boxes(hg__part_builder *b, hg_error *err) {
    hg__content text;
    hg__coco c;
    const char *labels = b->o->labels;
    if (!labels || !*labels) return HG_OK;
    HG_TRY(hg__parts_read_text(&text, labels, HG_MAX_LIST_BYTES, err));
    int code = hg__coco_read(&c, (const char *)text.data, text.size, labels, err);
    hg__content_free(&text);
    HG_TRY(code);
    code = use_annotations(b, &c, err);
    hg__coco_clear(&c);
    return code;
}

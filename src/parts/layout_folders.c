// SPDX-License-Identifier: Apache-2.0
// layout_folders.c - folders whose names say what is in them: MVTec's layout, normal/ abnormal/ masks/, and a plain folder.
//
//   mvtec    train/good/000.png   test/good/000.png   test/crack/000.png   ground_truth/crack/000_mask.png
//            (Bergmann et al., MVTec AD, CVPR 2019); a folder within train/ or test/ is known for what it is
//   normal   normal/000.png   abnormal/000.png   masks/000.png or masks/abnormal/000.png; good ok bad ng defect ... are names
//            too, with good pictures any other folder is a kind of defect; Data/Images/ and Data/Masks/ of VisA's objects
//   plain    all that lies in it and below
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/mem.h"
#include "parts/part_set_internal.h"

// A name from its beginning to a slash: its length, or 0 where there is no slash.
static size_t first_folder(const char *name) {
    const char *slash = strchr(name, '/');
    return slash ? (size_t)(slash - name) : 0;
}

static bool begins(const char *name, const char *with) {
    return strncasecmp(name, with, strlen(with)) == 0;
}

static bool is_good_folder(const char *name) {
    return hg__parts_is_good(name, first_folder(name));
}

// ---- masks --------------------------------------------------------------------------------------

typedef struct mask {
    char *stem;       // owned: its name without prefix, "_mask" and extension, "crack/000"
    const char *name; // borrowed
    bool is_used;
} mask;

typedef struct masks {
    const hg__image_list *list; // borrowed
    const char *folder;         // borrowed: what the list's names are relative to
    mask *mask;                 // owned, (count), by stem
    int32_t count;
} masks;

static int compare_masks(const void *a, const void *b) {
    const mask *one = a, *two = b;
    const int order = strcmp(one->stem, two->stem);
    return order ? order : strcmp(one->name, two->name);
}

static void clear_masks(masks *m) {
    for (int32_t i = 0; i < m->count; i++) hg__free(m->mask[i].stem);
    hg__free(m->mask);
    m->mask = NULL;
    m->count = 0;
}

// All images whose names begin with `prefix`.
static int find_masks(masks *m, const char *prefix, hg_error *err) {
    const hg__image_list *all = m->list;
    const size_t skip = strlen(prefix);
    m->mask = hg__alloc((size_t)all->count, sizeof *m->mask, err);
    if (!m->mask) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < all->count; i++) {
        const char *name = all->name[i];
        if (!begins(name, prefix)) continue;
        char *stem = hg__copy_text(name + skip, err);
        if (!stem) return HG_ERR_MEMORY;
        size_t size = hg__parts_stem(stem);
        if (size > 5 && strncasecmp(stem + size - 5, "_mask", 5) == 0) size -= 5;
        stem[size] = '\0';
        m->mask[m->count++] = (mask){.stem = stem, .name = name};
    }
    if (m->count) qsort(m->mask, (size_t)m->count, sizeof *m->mask, compare_masks);
    return HG_OK;
}

typedef struct beginning {
    const char *text;
    size_t size; // bytes of it
} beginning;

static int compare_beginning(const void *one, const void *wanted) {
    const beginning *w = wanted;
    return strncmp(((const mask *)one)->stem, w->text, w->size);
}

// All masks of the first `size` bytes of `stem` are used; the first of them, or NULL.
static const mask *use_mask(masks *m, const char *stem, size_t size, bool *was_used) {
    const beginning wanted = {stem, size};
    const int32_t first =
        hg__parts_first(m->mask, sizeof *m->mask, m->count, &wanted, compare_beginning);
    // Of all that begin so, it itself is the first.
    mask *found = m->mask + first, *end = m->mask + m->count;
    if (found == end || strncmp(found->stem, stem, size) != 0 || found->stem[size]) return NULL;
    *was_used = found->is_used;
    for (mask *k = found; k < end && strcmp(k->stem, found->stem) == 0; k++) k->is_used = true;
    return found;
}

// name: of a picture behind train/ or test/, "crack/000.png". Its mask lies in a folder of that kind; of a defect, perhaps in
// none.
static int give_mask(hg__part_builder *b, masks *m, hg__part *p, const char *name, hg_error *err) {
    char path[HG_MAX_PLACE];
    bool was_used = false;
    const size_t size = hg__parts_stem(name), kind = first_folder(name);
    const mask *found = use_mask(m, name, size, &was_used);
    if (!found && p->is_defect && kind) {
        found = use_mask(m, name + kind + 1, size - kind - 1, &was_used);
    }
    if (found && was_used) {
        return hg__parts_bad(b, err,
                             "%s/%s: expected the mask of one picture, got that of \"%.200s\" too",
                             m->folder, found->name, p->path);
    }
    if (found) {
        HG_TRY(hg__join_path(path, sizeof path, m->folder, found->name, err));
        p->mask = hg__copy_text(path, err);
        return p->mask ? 1 : HG_ERR_MEMORY;
    }
    if (!p->is_defect || m->count == 0 || b->o->purpose != HG_PARTS_TEST) return 1;
    return hg__parts_bad(b, err, "%s/%s: expected a mask %.*s_mask.* as others have, found none",
                         b->set->folder, p->path, (int)size, name);
}

// Only of those that begin with `kind`, the folder that was looked into.
static int check_all_used(hg__part_builder *b, const masks *m, const char *kind, hg_error *err) {
    if (b->o->purpose != HG_PARTS_TEST) return HG_OK;
    for (int32_t i = 0; i < m->count; i++) {
        if (m->mask[i].is_used || strncmp(m->mask[i].stem, kind, strlen(kind)) != 0) continue;
        HG_TRY(hg__parts_bad(b, err, "%s/%s: expected a picture of this mask, %.200s.*, found none",
                             m->folder, m->mask[i].name, m->mask[i].stem));
    }
    return HG_OK;
}

// A picture, within: behind what has the folders of kinds, "crack/000.png". With its mask, where it has one.
static int add_picture(hg__part_builder *b, masks *m, const char *path, const char *within,
                       hg__part_split split, hg_error *err) {
    char kind[256];
    const size_t size = first_folder(within);
    const bool is_good = hg__parts_is_good(within, size) || (!size && split == HG_SPLIT_TRAIN);
    snprintf(kind, sizeof kind, "%.*s", is_good ? 4 : (int)size, is_good ? "good" : within);
    hg__part *p = hg__parts_add(b, path, kind[0] ? kind : NULL, !is_good, err);
    if (!p) return (int)err->code;
    p->split = split;
    if (split == HG_SPLIT_TRAIN) return HG_OK;
    const int code = give_mask(b, m, p, within, err);
    if (code == 0) hg__parts_drop(b);
    return code < 0 ? code : HG_OK;
}

// ---- mvtec --------------------------------------------------------------------------------------

// Where a picture is in the layout: "test/crack/000.png".
static const char *place_of(const hg__part_builder *b, const char *name,
                            char buffer[HG_MAX_PLACE]) {
    snprintf(buffer, HG_MAX_PLACE, "%s%s", b->inside, name);
    return buffer;
}

static int is_mvtec(const hg__part_builder *b, hg_error *err) {
    bool has_train = false, has_test = false, has_masks = false;
    (void)err;
    if (b->root[0]) return 1;
    for (int32_t i = 0; i < b->images.count; i++) {
        const char *name = b->images.name[i];
        has_masks = has_masks || strncmp(name, "ground_truth/", 13) == 0;
        if (strncmp(name, "train/", 6) == 0) {
            has_train = true;
            if (is_good_folder(name + 6)) return 1;
        }
        if (strncmp(name, "test/", 5) == 0) {
            has_test = true;
            if (is_good_folder(name + 5)) return 1;
        }
    }
    return has_test && (has_train || has_masks);
}

static int add_split_pictures(hg__part_builder *b, masks *m, hg_error *err) {
    char buffer[HG_MAX_PLACE];
    bool has_good = false;
    for (int32_t i = 0; i < b->images.count; i++) {
        const char *place = place_of(b, b->images.name[i], buffer);
        has_good = has_good || (strncmp(place, "train/", 6) == 0 && is_good_folder(place + 6));
    }
    for (int32_t i = 0; i < b->images.count; i++) {
        const char *name = b->images.name[i], *place = place_of(b, name, buffer);
        if (strncmp(place, "train/", 6) == 0) {
            // Without train/good all of train/ is good, whatever its folders.
            const char *rest = has_good ? place + 6 : strrchr(place, '/') + 1;
            HG_TRY(add_picture(b, m, name, rest, HG_SPLIT_TRAIN, err));
        } else if (strncmp(place, "test/", 5) == 0) {
            HG_TRY(add_picture(b, m, name, place + 5, HG_SPLIT_TEST, err));
        }
    }
    return HG_OK;
}

// The masks beside the folder that was given.
static int list_masks(const hg__part_builder *b, hg__image_list *list, hg_error *err) {
    char folder[HG_MAX_PLACE];
    HG_TRY(hg__join_path(folder, sizeof folder, b->root, "ground_truth", err));
    if (strncmp(b->inside, "test/", 5) != 0 || !hg__is_folder(folder)) return HG_OK;
    hg_error none = {0};
    const int code = hg__image_list_open(list, folder, &none);
    if (code >= 0 || code == HG_ERR_DATA) return HG_OK; // an empty folder has no masks
    if (err) *err = none;
    return code;
}

static int read_mvtec(hg__part_builder *b, hg_error *err) {
    hg__image_list beside = {0};
    masks m = {.list = &b->images, .folder = b->set->folder};
    if (b->root[0]) {
        HG_TRY(list_masks(b, &beside, err));
        m.list = &beside;
        m.folder = beside.folder;
    }
    int code = find_masks(&m, b->root[0] ? "" : "ground_truth/", err);
    if (code == HG_OK) code = add_split_pictures(b, &m, err);
    const char *kind = strncmp(b->inside, "test/", 5) == 0 ? b->inside + 5 : "";
    if (code == HG_OK) code = check_all_used(b, &m, kind, err);
    clear_masks(&m);
    hg__image_list_clear(&beside);
    return code;
}

// ---- normal -------------------------------------------------------------------------------------

// Behind what the folders of kinds lie in.
static size_t base_of(const char *name) {
    static const char *const bases[] = {"Data/Images/", "Images/"};
    for (int i = 0; i < 2; i++) {
        if (begins(name, bases[i])) return strlen(bases[i]);
    }
    return 0;
}

static const char *masks_of(const hg__part_builder *b) {
    static const char *const folders[] = {"masks/", "mask/", "ground_truth/", "Data/Masks/"};
    for (size_t k = 0; k < sizeof folders / sizeof *folders; k++) {
        for (int32_t i = 0; i < b->images.count; i++) {
            if (begins(b->images.name[i], folders[k])) return folders[k];
        }
    }
    return NULL;
}

static int is_normal(const hg__part_builder *b, hg_error *err) {
    (void)err;
    for (int32_t i = 0; i < b->images.count; i++) {
        const char *name = b->images.name[i] + base_of(b->images.name[i]);
        if (is_good_folder(name) || hg__parts_is_defect(name, first_folder(name))) return 1;
    }
    return 0;
}

static int read_normal(hg__part_builder *b, hg_error *err) {
    const char *prefix = masks_of(b);
    masks m = {.list = &b->images, .folder = b->set->folder};
    bool has_good = false;
    int code = prefix ? find_masks(&m, prefix, err) : HG_OK;
    for (int32_t i = 0; i < b->images.count && code == HG_OK; i++) {
        const char *name = b->images.name[i];
        has_good = has_good || is_good_folder(name + base_of(name));
    }
    for (int32_t i = 0; i < b->images.count && code == HG_OK; i++) {
        const char *name = b->images.name[i], *rest = name + base_of(name);
        if (prefix && begins(name, prefix)) continue;
        const bool is_known = has_good || hg__parts_is_defect(rest, first_folder(rest));
        if (!is_known) rest = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
        code = add_picture(b, &m, name, rest, HG_SPLIT_NONE, err);
    }
    if (code == HG_OK) code = check_all_used(b, &m, "", err);
    clear_masks(&m);
    return code;
}

// ---- plain --------------------------------------------------------------------------------------

static int is_plain(const hg__part_builder *b, hg_error *err) {
    (void)err;
    return b->images.count > 0;
}

// Several kinds of parts, each in a folder of its own that is laid out, are not one.
static int refuse_several(const hg__part_builder *b, hg_error *err) {
    for (int32_t i = 0; i < b->images.count; i++) {
        const char *name = b->images.name[i], *train = name + first_folder(name);
        if (strncmp(train, "/train/", 7) != 0 || !is_good_folder(train + 7)) continue;
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected pictures of one kind of part, got a folder for each kind; "
                        "give one of them, such as %s/%.*s",
                        b->path, b->set->folder, (int)(train - name), name);
    }
    return HG_OK;
}

static int read_plain(hg__part_builder *b, hg_error *err) {
    HG_TRY(refuse_several(b, err));
    for (int32_t i = 0; i < b->images.count; i++) {
        if (!hg__parts_add(b, b->images.name[i], NULL, false, err)) {
            return (int)err->code;
        }
    }
    return HG_OK;
}

const hg__layout hg__layout_mvtec = {"mvtec", is_mvtec, read_mvtec};
const hg__layout hg__layout_normal = {"normal", is_normal, read_normal};
const hg__layout hg__layout_plain = {"plain", is_plain, read_plain};

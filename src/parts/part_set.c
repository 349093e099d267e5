// SPDX-License-Identifier: Apache-2.0
// part_set.c - a path becomes a set of parts: its layout is found, its parts are counted, chosen and checked.
#include "parts/part_set.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "parts/part_set_internal.h"
#include "parts/split_csv.h"

#define LAYOUT(x) extern const hg__layout hg__layout_##x;
#include "parts/layouts.def"
#undef LAYOUT

static const hg__layout *const layouts[] = {
#define LAYOUT(x) &hg__layout_##x,
#include "parts/layouts.def"
#undef LAYOUT
};

// ---- adding -------------------------------------------------------------------------------------

int hg__parts_set_kind(hg__part *p, const char *kind, bool is_defect, hg_error *err) {
    char *copy = hg__copy_text(kind ? kind : "", err);
    if (!copy) return HG_ERR_MEMORY;
    hg__free(p->kind);
    p->kind = copy;
    p->has_label = kind != NULL;
    p->is_defect = kind && is_defect;
    return HG_OK;
}

void hg__part_clear(hg__part *p) {
    hg__free(p->path);
    hg__free(p->kind);
    hg__free(p->mask);
    hg__free(p->pair);
    hg__free(p->box);
    hg__free(p->outline);
    *p = (hg__part){0};
}

hg__part *hg__parts_add(hg__part_builder *b, const char *path, const char *kind, bool is_defect,
                        hg_error *err) {
    hg__part_set *s = b->set;
    const size_t count = (size_t)s->count;
    if (s->count == HG_MAX_PARTS) {
        hg__fail(err, HG_ERR_DATA, "%s: expected at most %d pictures", b->path, HG_MAX_PARTS);
        return NULL;
    }
    if ((count & (count - 1)) == 0) { // full: 1, 2, 4 ...
        hg__part *grown = hg__grow(s->part, count ? 2 * count : 1, sizeof *grown, err);
        if (!grown) return NULL;
        s->part = grown;
    }
    hg__part *p = &s->part[count];
    *p = (hg__part){.path = hg__copy_text(path, err)};
    if (p->path && hg__parts_set_kind(p, kind, is_defect, err) == HG_OK) {
        s->count++;
        return p;
    }
    hg__part_clear(p);
    return NULL;
}

hg__part *hg__parts_add_listed(hg__part_builder *b, const char *path, const char *kind,
                               bool is_defect, hg_error *err) {
    const bool is_absolute = path[0] == '/';
    if (b->set->count == 0 && is_absolute) b->set->folder[0] = '\0';
    if (is_absolute == !b->set->folder[0]) {
        return hg__parts_add(b, path + is_absolute, kind, is_defect, err);
    }
    hg__fail(err, HG_ERR_DATA,
             "%s: expected paths that are all relative or all absolute, got \"%.100s\"", b->path,
             path);
    return NULL;
}

void hg__parts_drop(hg__part_builder *b) {
    hg__part_clear(&b->set->part[--b->set->count]);
}

int hg__parts_bad(hg__part_builder *b, hg_error *err, const char *format, ...) {
    char text[sizeof err->message];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (!b->skips) return hg__fail(err, HG_ERR_DATA, "%s", text);
    if (b->set->skipped++ == 0) {
        hg_error shown = {0};
        hg__fail(&shown, HG_ERR_DATA, "%s", text); // what came from outside is made fit to be shown
        snprintf(b->set->first_skipped, sizeof b->set->first_skipped, "%s", shown.message);
    }
    return HG_OK;
}

int hg__part_add_box(hg__part *p, hg__part_box box, hg_error *err) {
    const size_t count = (size_t)p->boxes;
    if (p->boxes == HG_MAX_PART_BOXES) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected at most %d boxes", p->path,
                        HG_MAX_PART_BOXES);
    }
    if ((count & (count - 1)) == 0) {
        hg__part_box *grown = hg__grow(p->box, count ? 2 * count : 1, sizeof *grown, err);
        if (!grown) return HG_ERR_MEMORY;
        p->box = grown;
    }
    p->box[p->boxes++] = box;
    return HG_OK;
}

int hg__parts_read_text(hg__content *c, const char *path, size_t most, hg_error *err) {
    HG_TRY(hg__content_read_head(c, path, most + 1, err));
    if (c->size <= most) return HG_OK;
    hg__content_free(c);
    *c = (hg__content){0};
    return hg__fail(err, HG_ERR_DATA, "%s: expected at most %zu bytes of text, got more", path,
                    most);
}

// ---- words --------------------------------------------------------------------------------------

static bool is_among(const char *word, size_t size, const char *const *words) {
    for (; *words; words++) {
        if (strlen(*words) == size && strncasecmp(word, *words, size) == 0) return true;
    }
    return false;
}

bool hg__parts_is_good(const char *word, size_t size) {
    static const char *const words[] = {"good", "normal", "ok", NULL};
    return is_among(word, size, words);
}

bool hg__parts_is_defect(const char *word, size_t size) {
    static const char *const words[] = {"abnormal", "anomaly", "bad", "defect", "defective",
                                        "defects",  "ko",      "ng",  NULL};
    return is_among(word, size, words);
}

size_t hg__parts_stem(const char *name) {
    const char *slash = strrchr(name, '/'), *dot = strrchr(slash ? slash : name, '.');
    const bool is_number = dot && strspn(dot + 1, "0123456789") == strlen(dot + 1);
    return dot && !is_number ? (size_t)(dot - name) : strlen(name);
}

// ---- links --------------------------------------------------------------------------------------

// Links to folders among the entries of set->folder/inside (size).
static int32_t count_links(const hg__part_set *s, const char *inside, size_t size) {
    char path[HG_MAX_PLACE];
    int32_t links = 0;
    snprintf(path, sizeof path, "%s/%.*s", s->folder, (int)size, inside);
    DIR *folder = opendir(path);
    if (!folder) return 0;
    for (const struct dirent *e = readdir(folder); e; e = readdir(folder)) {
        char entry[HG_MAX_PLACE + 260];
        struct stat link;
        if (e->d_name[0] == '.') continue;
        snprintf(entry, sizeof entry, "%s/%s", path, e->d_name);
        links += lstat(entry, &link) == 0 && S_ISLNK(link.st_mode) && hg__is_folder(entry);
    }
    closedir(folder);
    return links;
}

// In the folder itself and in each that has images.
static int32_t count_all_links(const hg__part_builder *b) {
    int32_t links = count_links(b->set, "", 0);
    const char *last = "";
    size_t last_size = 0;
    for (int32_t i = 0; i < b->images.count; i++) {
        const char *name = b->images.name[i], *slash = strrchr(name, '/');
        const size_t size = slash ? (size_t)(slash - name) : 0;
        if (size == last_size && memcmp(name, last, size) == 0) continue;
        last = name;
        last_size = size;
        if (size && size < HG_MAX_PART_PATH) links += count_links(b->set, name, size);
    }
    return links;
}

// ---- what lies there ----------------------------------------------------------------------------

static int set_folder(hg__part_set *s, const char *path, size_t length, hg_error *err) {
    while (length > 1 && path[length - 1] == '/') length--;
    if (length >= sizeof s->folder) {
        return hg__fail(err, HG_ERR_USAGE, "%.60s...: expected a path of at most %zu bytes", path,
                        sizeof s->folder - 1);
    }
    memcpy(s->folder, path, length);
    s->folder[length] = '\0';
    return HG_OK;
}

// Whether the folder place (size) has two of train/, test/ and ground_truth/.
static bool is_split_folder(const char *place, size_t size) {
    static const char *const wanted[] = {"train", "test", "ground_truth"};
    int found = 0;
    for (int i = 0; i < 3; i++) {
        char path[HG_MAX_PLACE];
        snprintf(path, sizeof path, "%.*s/%s", (int)size, place, wanted[i]);
        found += hg__is_folder(path);
    }
    return found >= 2;
}

// A folder in train/ or test/ of the MVTec layout, or one of those: where in it.
static int find_inside(hg__part_builder *b, hg_error *err) {
    char *place = hg__resolve_both(b->path, b->path);
    if (!place) return hg__fail(err, HG_ERR_IO, "%s: cannot find out where it lies", b->path);
    size_t at = strlen(place);
    for (int level = 1; level <= 2 && at > 0; level++) {
        do {
            at--;
        } while (at > 0 && place[at] != '/');
        const char *rest = place + at + 1;
        const size_t first = strcspn(rest, "/"), size = strlen(rest);
        const bool is_train = first == 5 && memcmp(rest, "train", 5) == 0;
        const bool is_test = first == 4 && memcmp(rest, "test", 4) == 0;
        if ((!is_train && !is_test) || !is_split_folder(place, at)) continue;
        if (size + 2 > sizeof b->inside || at >= sizeof b->root) continue;
        snprintf(b->inside, sizeof b->inside, "%s/", rest);
        memcpy(b->root, place, at);
        b->root[at] = '\0';
        break;
    }
    hg__free(place);
    return HG_OK;
}

static int list_images(hg__part_builder *b, hg_error *err) {
    hg_error why = {0};
    HG_TRY(set_folder(b->set, b->path, strlen(b->path), err));
    const int code = hg__image_list_open(&b->images, b->path, &why);
    const int32_t links = count_all_links(b);
    if (code < 0 && links > 0 && code == HG_ERR_DATA) {
        return hg__fail(err, code,
                        "%s: expected pictures of parts, got none but %d link%s to folders, which "
                        "are not followed; give the folder itself",
                        b->path, links, links == 1 ? "" : "s");
    }
    if (code < 0) {
        if (err) *err = why;
        return code;
    }
    if (links > 0) {
        snprintf(b->set->note, sizeof b->set->note, "%d link%s to folders %s not followed", links,
                 links == 1 ? "" : "s", links == 1 ? "was" : "were");
    }
    return find_inside(b, err);
}

static int set_folder_of(hg__part_builder *b, hg_error *err) {
    const char *slash = strrchr(b->path, '/');
    if (!slash) return set_folder(b->set, ".", 1, err);
    return set_folder(b->set, b->path, slash == b->path ? 1 : (size_t)(slash - b->path), err);
}

static int read_layout(hg__part_builder *b, hg_error *err) {
    if (hg__is_folder(b->path)) {
        HG_TRY(list_images(b, err));
    } else {
        HG_TRY(set_folder_of(b, err));
    }
    const size_t count = sizeof layouts / sizeof(const hg__layout *);
    for (size_t i = 0; i < count; i++) {
        const int is = layouts[i]->is(b, err);
        if (is < 0) return is;
        if (is == 0) continue;
        b->set->layout = layouts[i]->name;
        return layouts[i]->read(b, err);
    }
    return hg__fail(err, HG_ERR_DATA, "%s: expected pictures of parts, got none", b->path);
}

// ---- choosing -----------------------------------------------------------------------------------

// Of one path by their places in the set.
static int compare_paths(const void *a, const void *b) {
    const hg__part *one = *(const hg__part *const *)a, *two = *(const hg__part *const *)b;
    const int order = strcmp(one->path, two->path);
    return order ? order : (one > two) - (one < two);
}

// Marks each part whose path another before it has. by_path is (count), for its use.
static int find_repeats(hg__part_builder *b, const hg__part **by_path, bool *is_repeat,
                        hg_error *err) {
    const hg__part_set *s = b->set;
    for (int32_t i = 0; i < s->count; i++) by_path[i] = &s->part[i];
    if (s->count) qsort(by_path, (size_t)s->count, sizeof(const hg__part *), compare_paths);
    for (int32_t i = 1; i < s->count; i++) {
        if (strcmp(by_path[i - 1]->path, by_path[i]->path) != 0) continue;
        is_repeat[by_path[i] - s->part] = true;
        HG_TRY(hg__parts_bad(b, err, "%s: expected each picture once, got \"%.200s\" twice",
                             b->path, by_path[i]->path));
    }
    return HG_OK;
}

// A path that was there before is left out.
static int drop_repeats(hg__part_builder *b, hg_error *err) {
    hg__part_set *s = b->set;
    int32_t kept = 0;
    bool *is_repeat = hg__alloc((size_t)s->count, sizeof *is_repeat, err);
    const hg__part **by_path = hg__alloc((size_t)s->count, sizeof(const hg__part *), err);
    int code = HG_ERR_MEMORY;
    if (is_repeat && by_path) code = find_repeats(b, by_path, is_repeat, err);
    for (int32_t i = 0; i < s->count && code == HG_OK; i++) {
        hg__part part = s->part[i];
        if (is_repeat[i]) {
            hg__part_clear(&part);
        } else {
            s->part[kept++] = part;
        }
    }
    if (code == HG_OK) s->count = kept;
    hg__free(is_repeat);
    hg__free(by_path);
    return code;
}

static void count_labels(hg__part_set *s) {
    s->good = s->defects = s->unlabelled = 0;
    for (int32_t i = 0; i < s->count; i++) {
        const hg__part *p = &s->part[i];
        if (!p->has_label) s->unlabelled++;
        if (p->has_label && p->is_defect) s->defects++;
        if (p->has_label && !p->is_defect) s->good++;
    }
}

// Of parts without any label all are good; where some have one, those without are not known to be. Nothing of a test split
// is trained on.
static void choose(hg__part_builder *b) {
    hg__part_set *s = b->set;
    const hg__parts_purpose purpose = b->o->purpose;
    const hg__part_split wanted = purpose == HG_PARTS_TRAIN ? HG_SPLIT_TRAIN : HG_SPLIT_TEST;
    bool has_split = false, has_labels = false;
    for (int32_t i = 0; i < s->count; i++) {
        has_split = has_split || s->part[i].split == wanted;
        has_labels = has_labels || s->part[i].has_label;
    }
    int32_t kept = 0;
    for (int32_t i = 0; i < s->count; i++) {
        hg__part part = s->part[i];
        const bool is_of_split = has_split                   ? part.split == wanted
                                 : purpose == HG_PARTS_TRAIN ? part.split != HG_SPLIT_TEST
                                                             : true;
        const bool is_good = !part.is_defect && (part.has_label || !has_labels);
        const bool is_wanted =
            purpose == HG_PARTS_ALL || (is_of_split && (purpose == HG_PARTS_TEST || is_good));
        if (is_wanted) {
            s->part[kept++] = part;
        } else {
            hg__part_clear(&part);
        }
    }
    s->count = kept;
}

static int check_count(const hg__part_builder *b, int32_t before, hg_error *err) {
    const hg__part_set *s = b->set;
    const char *why = s->skipped ? "; the first that was left out: " : "";
    if (b->o->purpose == HG_PARTS_TRAIN && s->count < 2) {
        return hg__fail(
            err, HG_ERR_DATA,
            "%s: expected at least 2 good pictures to train on, got %d among %d%s%.200s", b->path,
            s->count, before, why, s->first_skipped);
    }
    if (s->count > 0) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected pictures of parts, got none%s%.200s", b->path,
                    why, s->first_skipped);
}

// A test split that is given to train on, where a training split is beside it, is a slip.
static int check_purpose(const hg__part_builder *b, hg_error *err) {
    if (b->o->purpose != HG_PARTS_TRAIN || strncmp(b->inside, "test/", 5) != 0) return HG_OK;
    return hg__fail(
        err, HG_ERR_DATA,
        "%s: expected good pictures to train on, got those of a test split; give %.200s", b->path,
        b->root);
}

static int build(hg__part_builder *b, hg_error *err) {
    HG_TRY(read_layout(b, err));
    HG_TRY(check_purpose(b, err));
    HG_TRY(drop_repeats(b, err));
    HG_TRY(hg__parts_find_boxes(b, err));
    const int32_t before = b->set->count;
    choose(b);
    HG_TRY(hg__parts_find_pairs(b, err));
    HG_TRY(check_count(b, before, err));
    count_labels(b->set);
    return HG_OK;
}

int hg__part_set_open(hg__part_set *s, const char *path, const hg__part_options *o, hg_error *err) {
    static const hg__part_options none = {0};
    hg_error own = {0};
    *s = (hg__part_set){0};
    if (!err) err = &own; // so that its code can be looked at
    hg__part_builder *b = hg__alloc(1, sizeof *b, err);
    if (!b) return HG_ERR_MEMORY;
    b->path = path;
    b->o = o ? o : &none;
    b->skips = b->o->on_bad && strcmp(b->o->on_bad, "skip") == 0;
    b->set = s;
    const int code = build(b, err);
    hg__image_list_clear(&b->images);
    hg__free(b);
    if (code < 0) hg__part_set_clear(s);
    return code;
}

void hg__part_set_clear(hg__part_set *s) {
    for (int32_t i = 0; i < s->count; i++) hg__part_clear(&s->part[i]);
    hg__free(s->part);
    *s = (hg__part_set){0};
}

int hg__part_path(const hg__part_set *s, int32_t i, char *buffer, size_t size, hg_error *err) {
    return hg__join_path(buffer, size, s->folder, s->part[i].path, err);
}

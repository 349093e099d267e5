// SPDX-License-Identifier: Apache-2.0
// pictures.c - a folder of images is opened: names, headers, partners, and what a row of it looks like.
//
// The fingerprint is over the names in order, the sizes, and of each file its size and its bytes: all of them up to
// 1 MiB, the first and the last 512 KiB of larger files. Files are read once for it and for their headers.
#include "rows/pictures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/host.h"
#include "base/mem.h"
#include "corrupt/noise.h"
#include "image/image.h"
#include "rows/pictures_internal.h"

enum { HASHED = 512 << 10 }; // bytes at each end of a file

static uint64_t mix(uint64_t h, uint64_t word) {
    return ((h << 29 | h >> 35) ^ word) * 0x9FB21C651E98DF25ULL;
}

static uint64_t hash_bytes(uint64_t h, const uint8_t *bytes, size_t size) {
    uint64_t word;
    for (; size >= sizeof word; bytes += sizeof word, size -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        h = mix(h, word);
    }
    word = 0;
    memcpy(&word, bytes, size);
    return mix(h, word ^ (uint64_t)size << 56);
}

static int hash_piece(uint64_t *h, hg__image_reader *r, size_t at, size_t size, hg_error *err) {
    const uint8_t *bytes = hg__image_peek(r, at, size, err);
    if (!bytes) return HG_ERR_IO;
    *h = hash_bytes(*h, bytes, size);
    return HG_OK;
}

static int hash_file(uint64_t *h, const char *name, hg__image_reader *r, hg_error *err) {
    const size_t size = hg__image_size(r);
    *h = hash_bytes(*h, (const uint8_t *)name, strlen(name));
    *h = mix(*h, size);
    if (size <= 2 * (size_t)HASHED) return hash_piece(h, r, 0, size, err);
    HG_TRY(hash_piece(h, r, 0, HASHED, err));
    return hash_piece(h, r, size - HASHED, HASHED, err);
}

// ---- headers ------------------------------------------------------------------------------------

typedef struct header {
    int32_t height, width, channels; // upright
    size_t bytes;                    // decoded
    hg__picture_samples samples;
} header;

// Every line of the first page: for its range where `f` is not NULL, else for nothing but whether it can be decoded.
static int read_lines(hg__image_reader *r, hg__range_finder *f, hg_error *err) {
    const hg__image_info *info = hg__image_info_of(r);
    uint8_t *line = hg__alloc(hg__image_line_bytes(info), 1, err);
    int code = line ? HG_OK : HG_ERR_MEMORY;
    for (int32_t y = 0; y < info->height && code == HG_OK; y++) {
        code = hg__image_read_lines(r, line, 1, err);
        if (code == HG_OK && f) hg__range_add(f, line);
    }
    hg__free(line);
    return code;
}

// Reads all pixels of what is not of 8 bits, where its range is wanted, and of everything where what is damaged is left out.
static int read_samples(hg__pictures *p, hg__image_reader *r, hg__picture_samples *s,
                        hg_error *err) {
    const hg__image_info *info = hg__image_info_of(r);
    *s = (hg__picture_samples){.dtype = info->dtype, .white = info->white};
    if (!p->has_rule || !hg__range_is_open(info)) {
        return p->skips ? read_lines(r, NULL, err) : HG_OK;
    }
    if (!p->finder) p->finder = hg__range_finder_new(err);
    if (!p->finder) return HG_ERR_MEMORY;
    HG_TRY(hg__range_begin(p->finder, info, err));
    HG_TRY(read_lines(r, p->finder, err));
    hg__range_end(p->finder, &s->page);
    s->range = s->page.own;
    if (!p->finds_range && hg__range_suits(&p->range, info, p->finder)) {
        s->range = hg__range_within(&s->page, p->range.low, p->range.high);
    }
    return HG_OK;
}

static int read_header(hg__pictures *p, const char *folder, const char *name, header *h,
                       uint64_t *hash, hg_error *err) {
    char path[1024];
    int code = HG_OK;
    HG_TRY(hg__join_path(path, sizeof path, folder, name, err));
    hg__image_reader *r = hg__image_open(path, err);
    if (r) {
        const hg__image_info *info = hg__image_info_of(r);
        const bool turned = info->orientation >= 5;
        *h = (header){.height = turned ? info->width : info->height,
                      .width = turned ? info->height : info->width,
                      .channels = info->channels,
                      .bytes = hg__image_line_bytes(info) * (size_t)info->height};
        code = hash_file(hash, name, r, err);
    }
    if (code == HG_OK) code = r ? read_samples(p, r, &h->samples, err) : (int)err->code;
    hg__image_close(r);
    return code;
}

static int check_size(const hg__pictures *p, const char *name, const header *h, hg_error *err) {
    const char *folder = p->list.folder;
    const int32_t least = p->cell * (p->crop > 0 ? p->crop : 1);
    if (h->height < least || h->width < least) {
        const char *why = p->cell == 1  ? "crop"
                          : p->crop > 0 ? "twice crop, as noise=blind halves images"
                                        : "noise=blind halves images";
        return hg__fail(err, HG_ERR_DATA,
                        "%s/%s: expected at least %d x %d pixels (%s), got %d x %d", folder, name,
                        least, least, why, h->width, h->height);
    }
    if (p->crop > 0 || p->count == 0) return HG_OK;
    const hg__picture *first = &p->picture[0];
    if (h->height == first->height && h->width == first->width) return HG_OK;
    return hg__fail(
        err, HG_ERR_DATA,
        "%s/%s: expected %d x %d pixels as %s has (crop=0 takes whole images), got %d x %d", folder,
        name, first->width, first->height, first->name, h->width, h->height);
}

// ---- pairs --------------------------------------------------------------------------------------

// How much of a name is without its extension. What has no letter is none: 1.2.840.113619.7 is a name.
static size_t stem(const char *name) {
    const char *slash = strrchr(name, '/'), *dot = strrchr(slash ? slash : name, '.');
    const bool is_number = dot && strspn(dot + 1, "0123456789") == strlen(dot + 1);
    return dot && !is_number ? (size_t)(dot - name) : strlen(name);
}

static int compare_stems(const void *a, const void *b) {
    const char *one = *(const char *const *)a, *two = *(const char *const *)b;
    const size_t n = stem(one), m = stem(two);
    const int order = memcmp(one, two, n < m ? n : m);
    return order ? order : (n > m) - (n < m);
}

// Of one stem by their whole names: qsort() keeps no order.
static int compare_partners(const void *a, const void *b) {
    const int order = compare_stems(a, b);
    return order ? order : strcmp(*(const char *const *)a, *(const char *const *)b);
}

// The partner of `name` among the sorted partners: of those with its path, the one with its extension too.
static const char *const *find_name(const hg__pictures *p, const char *name) {
    const char *const *first = (const char *const *)p->partners.name, *const *end =
                                                                          first + p->partners.count;
    const char *const *found =
        bsearch(&name, first, (size_t)p->partners.count, sizeof *first, compare_stems);
    if (!found) return NULL;
    while (found > first && compare_stems(found - 1, &name) == 0) found--;
    for (const char *const *at = found; at < end && compare_stems(at, &name) == 0; at++) {
        if (strcmp(*at, name) == 0) return at;
    }
    return found;
}

// It must be of the same size.
static int find_partner(hg__pictures *p, hg__picture *picture, uint64_t *hash, hg_error *err) {
    header h = {0};
    const char *const *found = find_name(p, picture->name);
    if (!found) {
        return hg__fail(err, HG_ERR_DATA, "%s/%s: expected a partner %s/%.*s.*, found none",
                        p->list.folder, picture->name, p->partners.folder, (int)stem(picture->name),
                        picture->name);
    }
    picture->partner_name = *found;
    HG_TRY(read_header(p, p->partners.folder, *found, &h, hash, err));
    picture->partner_samples = h.samples;
    if (h.height == picture->height && h.width == picture->width) return HG_OK;
    return hg__fail(err, HG_ERR_DATA,
                    "%s/%s: expected %d x %d pixels as its partner %s/%s, got %d x %d",
                    p->list.folder, picture->name, h.width, h.height, p->partners.folder, *found,
                    picture->width, picture->height);
}

// ---- opening ------------------------------------------------------------------------------------

static int add_picture(hg__pictures *p, const char *name, int32_t *channels, uint64_t *hash,
                       hg_error *err) {
    header h = {0};
    uint64_t own = *hash;
    HG_TRY(read_header(p, p->list.folder, name, &h, &own, err));
    HG_TRY(check_size(p, name, &h, err));
    hg__picture picture = {.name = name,
                           .height = h.height,
                           .width = h.width,
                           .is_grey = h.channels == 1,
                           .samples = h.samples};
    if (p->has_pairs) HG_TRY(find_partner(p, &picture, &own, err));
    if (h.channels > *channels) *channels = h.channels;
    *hash = own;
    p->bytes += p->has_pairs ? 2 * h.bytes : h.bytes;
    p->picture[p->count++] = picture;
    return HG_OK;
}

// ---- the range ----------------------------------------------------------------------------------

static bool is_alike(const hg__picture_samples *a, const hg__picture_samples *b) {
    return a->dtype == b->dtype && a->white == b->white;
}

// File i: the pictures, then their partners.
static hg__picture_samples *samples_at(const hg__pictures *p, int64_t i) {
    return i < p->count ? &p->picture[i].samples : &p->picture[i - p->count].partner_samples;
}

// All files of one kind, and not of 8 bits, have one range: from the smallest to the largest sample of them all, outliers
// of each left out. It is then 0 .. 1 in the model's life.
static void find_range(hg__pictures *p) {
    const int64_t files = p->has_pairs ? 2 * p->count : p->count;
    bool has_others = false, is_one_kind = true;
    const hg__picture_samples *first = samples_at(p, 0);
    double least = (double)INFINITY, most = -least;
    for (int64_t i = 0; i < files; i++) {
        const hg__picture_samples *s = samples_at(p, i);
        has_others = has_others || s->dtype != HG_U8;
        is_one_kind = is_one_kind && is_alike(s, first);
        if (!(s->page.own.low < s->page.own.high)) continue; // no number in it
        if (s->page.least < least) least = s->page.least;
        if (s->page.most > most) most = s->page.most;
    }
    p->range = (hg__range_rule){.kind = has_others ? HG_RANGE_PAGE : HG_RANGE_UNKNOWN};
    if (!has_others || !is_one_kind || !(least <= most)) return;
    const hg__image_info info = {.dtype = first->dtype, .white = first->white};
    p->range = (hg__range_rule){.kind = HG_RANGE_FIXED, .dtype = info.dtype, .white = info.white};
    hg__range_of(&info, least, most, &p->range.low, &p->range.high);
    for (int64_t i = 0; i < files; i++) {
        hg__picture_samples *s = samples_at(p, i);
        s->range = hg__range_within(&s->page, p->range.low, p->range.high);
    }
}

static bool is_in_one_unit(const hg__picture_samples *from, const hg__picture_samples *to) {
    return is_alike(from, to) || hg__range_is_shared(&from->page, &to->page);
}

static void share_pictures(hg__pictures *p) {
    for (int64_t i = 0; i < p->count; i++) {
        const hg__picture_samples *from = &p->picture[i].samples;
        hg__picture_samples *to = &p->picture[i].partner_samples;
        if (is_in_one_unit(from, to)) hg__range_join(&from->page, &to->page);
    }
}

// What is 0 and 1 of a picture is so of its partner.
static void share_ranges(hg__pictures *p) {
    for (int64_t i = 0; i < p->count; i++) {
        const hg__picture_samples *from = &p->picture[i].samples;
        hg__picture_samples *to = &p->picture[i].partner_samples;
        if (to->dtype == HG_U8 || !is_in_one_unit(from, to)) continue;
        to->range = hg__range_within(&to->page, from->range.low, from->range.high);
    }
}

// What is left out with on_bad=skip is decided here, once and by decoding each image whole: no thread and no resumed run
// can come to another set.
static int read_headers(hg__pictures *p, uint64_t *hash, const hg_listener *l, hg_error *err) {
    int32_t channels = 1;
    hg__meter meter;
    hg_error why = {0};
    p->picture = hg__alloc((size_t)p->list.count, sizeof *p->picture, err);
    if (!p->picture) return HG_ERR_MEMORY;
    hg__meter_start(&meter, l, "looking at", "images", p->list.count);
    for (int32_t i = 0; i < p->list.count; i++) {
        if (hg__meter_is_stopped(&meter)) {
            return hg__fail(err, HG_ERR_STOPPED, "%s: stopped on request", p->path);
        }
        const int code = add_picture(p, p->list.name[i], &channels, hash, &why);
        hg__meter_add(&meter, 1);
        if (code < 0 && (!p->skips || code == HG_ERR_MEMORY)) {
            if (err) *err = why;
            return hg__pictures_advise(code, err);
        }
        if (code < 0 && p->skipped++ == 0) {
            snprintf(p->first_skipped, sizeof p->first_skipped, "%s", why.message);
        }
    }
    hg__meter_end(&meter);
    if (p->channels == 0) p->channels = channels;
    hg__range_finder_free(p->finder);
    p->finder = NULL;
    if (p->count == 0) {
        return hg__fail(err, HG_ERR_DATA, "%s: none of the %d images can be used; the last: %.300s",
                        p->list.folder, p->list.count, why.message);
    }
    if (p->has_pairs) share_pictures(p);
    if (p->finds_range) find_range(p);
    if (p->has_pairs) share_ranges(p);
    return HG_OK;
}

// About as many crops as cover the mean picture once.
static int32_t count_crops(const hg__pictures *p) {
    if (p->crop == 0) return 1;
    double pixels = 0;
    for (int64_t i = 0; i < p->count; i++) {
        pixels += (double)p->picture[i].height * p->picture[i].width;
    }
    const double side = (double)p->cell * p->crop;
    const double crops = pixels / ((double)p->count * side * side) + 0.5;
    return crops < 1 ? 1 : crops < 1e6 ? (int32_t)crops : 1000000;
}

static int find_shape(hg__pictures *p, hg_error *err) {
    p->height = p->crop ? p->crop : p->picture[0].height / p->cell;
    p->width = p->crop ? p->crop : p->picture[0].width / p->cell;
    if (p->crops == 0) p->crops = count_crops(p);
    const int64_t width = (int64_t)p->height * p->width * p->channels;
    if (width > HG_MAX_WIDTH) {
        return hg__fail(err, HG_ERR_USAGE,
                        "crop: expected at most %d numbers a row, got %d x %d x %d", HG_MAX_WIDTH,
                        p->width, p->height, p->channels);
    }
    return HG_OK;
}

static int open_lists(hg__pictures *p, const char *path, const hg__picture_options *o,
                      hg_error *err) {
    const bool is_folder = hg__is_folder(path);
    const int code = hg__image_list_open(&p->list, path, err);
    if (is_folder && (code == HG_OK || code == HG_ERR_DATA)) {
        HG_TRY(hg__folder_check(path, p->list.count, err));
    }
    HG_TRY(code);
    p->has_pairs = *o->target != '\0';
    if (!p->has_pairs) return HG_OK;
    if (o->is_blind) {
        return hg__fail(err, HG_ERR_USAGE,
                        "noise=blind: expected noisy images alone, got target=%s", o->target);
    }
    HG_TRY(hg__image_list_open(&p->partners, o->target, err));
    qsort(p->partners.name, (size_t)p->partners.count, sizeof *p->partners.name, compare_partners);
    return HG_OK;
}

static int open_all(hg__pictures *p, const hg__data_options *o, const hg__picture_options *own,
                    hg_error *err) {
    uint64_t hash = 1;
    HG_TRY(open_lists(p, p->path, own, err));
    HG_TRY(read_headers(p, &hash, o->listener, err));
    HG_TRY(find_shape(p, err));
    p->fingerprint = hash ^ hash >> 32;
    p->memory = o->memory;
    p->cache = hg__picture_cache_new(p->has_pairs ? 2 * p->count : p->count, o->memory, err);
    return p->cache ? HG_OK : HG_ERR_MEMORY;
}

hg__pictures *hg__pictures_open(const char *path, const hg__data_options *o,
                                const hg__picture_options *own, hg_error *err) {
    static const hg__picture_options whole = {.target = ""};
    if (!own) own = &whole;
    hg__pictures *p = hg__alloc(1, sizeof *p, err);
    if (!p) return NULL;
    snprintf(p->path, sizeof p->path, "%s", path);
    p->seed = own->seed;
    p->flip = own->flip;
    p->grey = own->grey;
    p->cell = own->is_blind ? HG_BLIND_CELL : 1;
    p->crop = own->crop;
    p->crops = own->crops;
    p->channels = own->channels;
    p->finds_range = own->find_range;
    p->range = own->range;
    p->has_rule = p->finds_range || p->range.kind != HG_RANGE_UNKNOWN;
    p->skips = o->on_bad && strcmp(o->on_bad, "skip") == 0;
    if (open_all(p, o, own, err) == HG_OK) return p;
    hg__pictures_free(p);
    return NULL;
}

void hg__pictures_free(hg__pictures *p) {
    if (!p) return;
    hg__range_finder_free(p->finder);
    hg__picture_cache_free(p->cache);
    hg__image_list_clear(&p->list);
    hg__image_list_clear(&p->partners);
    hg__free(p->picture);
    hg__free(p);
}

// Half of what may be kept: while one block ends, the next one begins.
int64_t hg__pictures_block(const hg__pictures *p) {
    if (p->bytes <= p->memory) return p->count;
    const int64_t fit = (int64_t)((double)p->memory / 2 / ((double)p->bytes / (double)p->count));
    return fit < 4 ? 4 : fit < p->count ? fit : p->count;
}

hg__picture_files hg__pictures_files(const hg__pictures *p, int64_t image) {
    const hg__picture *of = &p->picture[image];
    hg__picture_files files = {
        .folder = p->list.folder, .name = of->name, .height = of->height, .width = of->width};
    if (p->has_pairs) files.target_folder = p->partners.folder;
    files.target = of->partner_name;
    return files;
}

hg__range_rule hg__pictures_range(const hg__pictures *p) {
    return p->range;
}

hg__picture_facts hg__pictures_facts(const hg__pictures *p) {
    return (hg__picture_facts){
        .skipped = p->skipped, .first_skipped = p->first_skipped, .fingerprint = p->fingerprint};
}

bool hg__pictures_has_pairs(const hg__pictures *p) {
    return p->has_pairs;
}

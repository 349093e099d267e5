// SPDX-License-Identifier: Apache-2.0
// picture_cache.c - decoded pictures, kept while there is room. The lock is never held while a file is decoded.
//
// Where room is needed a hand goes round the files and throws out what is not in use and was not used since it
// last came by (the "clock" of page replacement: Corbato, "A paging experiment with the Multics system", 1968).
#include <pthread.h>

#include "base/mem.h"
#include "rows/pictures_internal.h"

typedef struct place {
    hg__image *image; // owned; NULL: not kept
    int32_t users;
    bool recent;
} place;

struct hg__picture_cache {
    place *place; // owned, (count)
    int64_t count, hand;
    size_t memory, used; // bytes
    pthread_mutex_t lock;
};

static size_t bytes_of(const hg__image *image) {
    return hg__image_line_bytes(&image->info) * (size_t)image->info.height;
}

static void free_image(hg__image *image) {
    if (!image) return;
    hg__image_clear(image);
    hg__free(image);
}

hg__picture_cache *hg__picture_cache_new(int64_t count, size_t memory, hg_error *err) {
    hg__picture_cache *c = hg__alloc(1, sizeof *c, err);
    if (!c) return NULL;
    c->place = hg__alloc((size_t)count, sizeof *c->place, err);
    if (!c->place) {
        hg__free(c);
        return NULL;
    }
    c->count = count;
    c->memory = memory;
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

void hg__picture_cache_free(hg__picture_cache *c) {
    if (!c) return;
    for (int64_t i = 0; i < c->count; i++) free_image(c->place[i].image);
    pthread_mutex_destroy(&c->lock);
    hg__free(c->place);
    hg__free(c);
}

// Makes room for `bytes`; false if what is in use leaves too little.
static bool make_room(hg__picture_cache *c, size_t bytes) {
    if (bytes > c->memory) return false;
    for (int64_t looked = 0; c->used > c->memory - bytes && looked < 2 * c->count; looked++) {
        place *p = &c->place[c->hand];
        c->hand = (c->hand + 1) % c->count;
        if (!p->image || p->users > 0) continue;
        if (p->recent) {
            p->recent = false;
            continue;
        }
        c->used -= bytes_of(p->image);
        free_image(p->image);
        p->image = NULL;
    }
    return c->used <= c->memory - bytes;
}

// The picture if it is kept, marked as in use.
static hg__image *take_kept(hg__picture_cache *c, int64_t number) {
    place *p = &c->place[number];
    if (!p->image) return NULL;
    p->users++;
    p->recent = true;
    return p->image;
}

// Keeps a picture just decoded if nobody was faster and there is room. Who asked gets what is in use now.
static hg__image *keep(hg__picture_cache *c, int64_t number, hg__image *fresh) {
    pthread_mutex_lock(&c->lock);
    hg__image *kept = take_kept(c, number);
    if (!kept && make_room(c, bytes_of(fresh))) {
        c->place[number].image = fresh;
        c->used += bytes_of(fresh);
        take_kept(c, number);
    }
    pthread_mutex_unlock(&c->lock);
    if (kept) free_image(fresh);
    return kept ? kept : fresh;
}

static int decode(const hg__picture_file *file, hg__image *image, hg_error *err) {
    int64_t outside;
    HG_TRY(hg__image_load(image, file->path, true, err));
    if (!file->range) return HG_OK;
    image->info.range = *file->range;
    if (!hg__outside_is_open(&image->info)) return HG_OK;
    const int code = hg__outside_fill_image(image, NULL, &outside, err);
    if (code < 0) hg__image_clear(image);
    return code;
}

int hg__picture_cache_take(hg__picture_cache *c, const hg__picture_file *file, hg__image **image,
                           hg_error *err) {
    pthread_mutex_lock(&c->lock);
    *image = take_kept(c, file->number);
    pthread_mutex_unlock(&c->lock);
    if (*image) return HG_OK;
    hg__image *fresh = hg__alloc(1, sizeof *fresh, err);
    if (!fresh) return HG_ERR_MEMORY;
    const int code = decode(file, fresh, err);
    if (code < 0) {
        hg__free(fresh);
        return code;
    }
    *image = keep(c, file->number, fresh);
    return HG_OK;
}

void hg__picture_cache_give_back(hg__picture_cache *c, int64_t number, hg__image *image) {
    place *p = &c->place[number];
    pthread_mutex_lock(&c->lock);
    const bool is_kept = p->image == image;
    if (is_kept) p->users--;
    pthread_mutex_unlock(&c->lock);
    if (!is_kept) free_image(image);
}

// SPDX-License-Identifier: Apache-2.0
// part_store.c - pictures in 16 bits: in memory, or in a mapped file without a name.
#include "inspect/part_store.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

typedef struct place {
    int32_t height, width; // 0: not put yet
    uint16_t *sample;      // (height, width, channels)
    size_t mapped;         // bytes, where it lies in the file; else owned
} place;

struct hg__part_store {
    place *place; // owned, (count)
    int32_t count, channels;
    size_t memory, held; // bytes that may be held, and are
    int file;            // of what is more; -1: there is none
    uint64_t end;        // of the file
    uint64_t fingerprint;
};

hg__part_store *hg__part_store_new(int32_t count, int32_t channels, size_t memory, hg_error *err) {
    hg__part_store *s = hg__alloc(1, sizeof *s, err);
    if (!s) return NULL;
    *s = (hg__part_store){.count = count, .channels = channels, .memory = memory, .file = -1};
    s->place = hg__alloc((size_t)count, sizeof *s->place, err);
    if (s->place) return s;
    hg__part_store_free(s);
    return NULL;
}

void hg__part_store_free(hg__part_store *s) {
    if (!s) return;
    for (int32_t i = 0; s->place && i < s->count; i++) {
        place *p = &s->place[i];
        if (p->mapped) {
            munmap(p->sample, p->mapped);
        } else {
            hg__free(p->sample);
        }
    }
    if (s->file >= 0) close(s->file);
    hg__free(s->place);
    hg__free(s);
}

static uint16_t sample_of(float v) {
    const float share = (v - HG_STORE_LOW) / (HG_STORE_HIGH - HG_STORE_LOW);
    const float level = share * 65535 + 0.5F;
    return share <= 0 ? 0 : share >= 1 ? 65535 : (uint16_t)level;
}

// Written behind what is there, on pages of its own, and mapped.
static int put_in_file(hg__part_store *s, place *p, const uint16_t *sample, size_t bytes,
                       hg_error *err) {
    static const uint8_t zeros[4096];
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), rest = (size_t)(s->end % page);
    if (s->file < 0) s->file = hg__open_spill(err);
    if (s->file < 0) return s->file;
    for (size_t left = rest ? page - rest : 0; left > 0;) {
        const size_t some = left < sizeof zeros ? left : sizeof zeros;
        HG_TRY(hg__spill(s->file, zeros, some, err));
        s->end += some;
        left -= some;
    }
    HG_TRY(hg__spill(s->file, sample, bytes, err));
    void *at = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, s->file, (off_t)s->end);
    if (at == MAP_FAILED) {
        return hg__fail(err, HG_ERR_MEMORY, "pictures in a temporary file: cannot be mapped: %s",
                        strerror(errno));
    }
    s->end += bytes;
    p->sample = at;
    p->mapped = bytes;
    return HG_OK;
}

// Whatever the order in which pictures are put.
static uint64_t hash_of(int32_t i, const place *p, size_t count) {
    uint64_t h = ((uint64_t)i << 40 ^ (uint64_t)p->height << 20 ^ (uint64_t)p->width) + 1;
    for (size_t k = 0; k < count; k++) {
        h = ((h << 29 | h >> 35) ^ p->sample[k]) * 0x9FB21C651E98DF25ULL;
    }
    return h;
}

int hg__part_store_put(hg__part_store *s, int32_t i, const hg__raster *picture, hg_error *err) {
    place *p = &s->place[i];
    const size_t count = hg__raster_count(picture), bytes = count * sizeof *p->sample;
    uint16_t *sample = hg__alloc(count, sizeof *sample, err);
    if (!sample) return HG_ERR_MEMORY;
    for (size_t k = 0; k < count; k++) sample[k] = sample_of(picture->at[k]);
    if (bytes <= s->memory - s->held) {
        p->sample = sample;
        s->held += bytes;
    } else {
        const int code = put_in_file(s, p, sample, bytes, err);
        hg__free(sample);
        if (code < 0) return code;
    }
    p->height = picture->height;
    p->width = picture->width;
    s->fingerprint += hash_of(i, p, count);
    return HG_OK;
}

void hg__part_store_size(const hg__part_store *s, int32_t i, int32_t *height, int32_t *width) {
    *height = s->place[i].height;
    *width = s->place[i].width;
}

int32_t hg__part_store_channels(const hg__part_store *s) {
    return s->channels;
}

uint64_t hg__part_store_fingerprint(const hg__part_store *s) {
    return s->fingerprint;
}

static float number_of(uint16_t sample) {
    return HG_STORE_LOW + (float)sample * ((HG_STORE_HIGH - HG_STORE_LOW) / 65535);
}

void hg__part_store_read(const hg__part_store *s, int32_t i, int32_t y, int32_t x, int32_t count,
                         float *to) {
    const place *p = &s->place[i];
    const size_t channels = (size_t)s->channels, numbers = (size_t)count * channels;
    const uint16_t *from = p->sample + ((size_t)y * (size_t)p->width + (size_t)x) * channels;
    for (size_t k = 0; k < numbers; k++) to[k] = number_of(from[k]);
}

void hg__part_store_walk(const hg__part_store *s, int32_t i, const hg__part_way *way, int32_t count,
                         int32_t stride, float *to) {
    const place *p = &s->place[i];
    const ptrdiff_t channels = s->channels;
    const ptrdiff_t step = ((ptrdiff_t)way->down * p->width + way->along) * channels;
    const uint16_t *from = p->sample + ((ptrdiff_t)way->y * p->width + way->x) * channels;
    for (int32_t j = 0; j < count; j++) {
        const uint16_t *pixel = from + j * step;
        float *own = to + (ptrdiff_t)j * stride;
        for (ptrdiff_t c = 0; c < channels; c++) own[c] = number_of(pixel[c]);
    }
}

int hg__part_store_take(const hg__part_store *s, int32_t i, hg__raster *to, hg_error *err) {
    const place *p = &s->place[i];
    HG_TRY(hg__raster_init(to, p->height, p->width, s->channels, err));
    for (int32_t y = 0; y < p->height; y++) {
        hg__part_store_read(s, i, y, 0, p->width, hg__raster_pixel(to, y, 0));
    }
    return HG_OK;
}

static int read_some(const void *context, int32_t i, hg__raster *r, hg_error *err) {
    const hg__part_store_some *some = context;
    return hg__part_store_take(some->store, some->number[i], r, err);
}

hg__raster_source hg__part_store_source(const hg__part_store_some *some, int32_t count) {
    return (hg__raster_source){
        .name = "pictures", .context = some, .count = count, .read = read_some};
}

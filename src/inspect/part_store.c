// SPDX-License-Identifier: Apache-2.0
// part_store.c - pictures in 16 bits: in memory, or in a temporary file without a name.
#include "inspect/part_store.h"

#include <unistd.h>

#include "base/file.h"
#include "base/int.h"
#include "base/mem.h"

enum { PIECE = 2048 }; // samples that are read from the file at once

typedef struct place {
    int32_t height, width; // 0: not put yet
    uint16_t *sample;      // owned, (height, width, channels); NULL: in the file
    uint64_t first;        // byte there
} place;

struct hg__part_store {
    place *place; // owned, (count)
    int32_t count, channels;
    size_t memory, held; // bytes that may be held, and are
    int file;            // of what is more; -1: there is none
    uint64_t end;        // of the file
    uint64_t fingerprint;
    // of the picture that is being put
    int32_t line;
    uint16_t *written; // owned, (width, channels): a line on its way to the file
    uint64_t hash;
    int code;
    hg_error why;
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
    for (int32_t i = 0; s->place && i < s->count; i++) hg__free(s->place[i].sample);
    hg__free(s->written);
    if (s->file >= 0) close(s->file);
    hg__free(s->place);
    hg__free(s);
}

static uint16_t sample_of(float v) {
    const float share = (v - HG_STORE_LOW) / (HG_STORE_HIGH - HG_STORE_LOW);
    const float level = share * 65535 + 0.5F;
    return share <= 0 ? 0 : share >= 1 ? 65535 : (uint16_t)level;
}

// Of the picture's place in the store, whatever the order in which pictures are put.
static uint64_t first_hash(int32_t i, int32_t height, int32_t width) {
    return ((uint64_t)i << 40 ^ (uint64_t)height << 20 ^ (uint64_t)width) + 1;
}

int hg__part_store_begin(hg__part_store *s, int32_t i, int32_t height, int32_t width,
                         hg_error *err) {
    place *p = &s->place[i];
    const size_t line = (size_t)width * (size_t)s->channels, bytes = line * (size_t)height;
    s->line = 0;
    s->code = HG_OK;
    s->hash = first_hash(i, height, width);
    if (bytes <= (s->memory - s->held) / sizeof *p->sample) {
        p->sample = hg__alloc(line * (size_t)height, sizeof *p->sample, err);
        if (!p->sample) return HG_ERR_MEMORY;
        s->held += bytes * sizeof *p->sample;
    } else {
        if (s->file < 0) s->file = hg__open_spill(err);
        if (s->file < 0) return s->file;
        hg__free(s->written);
        s->written = hg__alloc(line, sizeof *s->written, err);
        if (!s->written) return HG_ERR_MEMORY;
        p->first = s->end;
    }
    p->height = height;
    p->width = width;
    return HG_OK;
}

void hg__part_store_add(hg__part_store *s, int32_t i, const float *line) {
    const place *p = &s->place[i];
    const size_t count = (size_t)p->width * (size_t)s->channels;
    if (s->code < 0 || s->line == p->height) return;
    uint16_t *to = p->sample ? p->sample + (size_t)s->line * count : s->written;
    for (size_t k = 0; k < count; k++) {
        to[k] = sample_of(line[k]);
        s->hash = ((s->hash << 29 | s->hash >> 35) ^ to[k]) * 0x9FB21C651E98DF25ULL;
    }
    s->line++;
    if (p->sample) return;
    s->code = hg__spill(s->file, to, count * sizeof *to, &s->why);
    s->end += count * sizeof *to;
}

int hg__part_store_end(hg__part_store *s, int32_t i, hg_error *err) {
    const place *p = &s->place[i];
    if (s->code < 0) {
        if (err) *err = s->why;
        return s->code;
    }
    if (s->line < p->height) {
        return hg__fail(err, HG_ERR_DATA, "pictures: expected %d lines, got %d", p->height,
                        s->line);
    }
    s->fingerprint += s->hash;
    return HG_OK;
}

int hg__part_store_put(hg__part_store *s, int32_t i, const hg__raster *picture, hg_error *err) {
    HG_TRY(hg__part_store_begin(s, i, picture->height, picture->width, err));
    for (int32_t y = 0; y < picture->height; y++) {
        hg__part_store_add(s, i, hg__raster_pixel(picture, y, 0));
    }
    return hg__part_store_end(s, i, err);
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

static void spread(const uint16_t *from, int32_t count, int32_t channels, ptrdiff_t step,
                   float *to) {
    for (int32_t j = 0; j < count; j++, from += channels, to += step) {
        for (int32_t c = 0; c < channels; c++) to[c] = number_of(from[c]);
    }
}

int hg__part_store_read(const hg__part_store *s, int32_t i, const hg__part_line *line,
                        ptrdiff_t step, float *to, hg_error *err) {
    const place *p = &s->place[i];
    const size_t channels = (size_t)s->channels;
    const size_t first = ((size_t)line->y * (size_t)p->width + (size_t)line->x) * channels;
    uint16_t piece[PIECE];
    if (p->sample) {
        spread(p->sample + first, line->count, s->channels, step, to);
        return HG_OK;
    }
    for (int32_t done = 0; done < line->count;) {
        const int32_t some = hg__min(line->count - done, PIECE / s->channels);
        const uint64_t at = p->first + (first + (size_t)done * channels) * sizeof *piece;
        HG_TRY(hg__read_at(s->file, piece, (size_t)some * channels * sizeof *piece, at,
                           "pictures: the temporary file (TMPDIR)", err));
        spread(piece, some, s->channels, step, to + done * step);
        done += some;
    }
    return HG_OK;
}

int hg__part_store_cut(const hg__part_store *s, int32_t i, int32_t top, int32_t left,
                       int32_t height, int32_t width, hg__raster *to, hg_error *err) {
    int code = hg__raster_init(to, height, width, s->channels, err);
    for (int32_t y = 0; code == HG_OK && y < height; y++) {
        const hg__part_line line = {top + y, left, width};
        code = hg__part_store_read(s, i, &line, s->channels, hg__raster_pixel(to, y, 0), err);
    }
    if (code < 0) hg__raster_clear(to);
    return code;
}

int hg__part_store_take(const hg__part_store *s, int32_t i, hg__raster *to, hg_error *err) {
    return hg__part_store_cut(s, i, 0, 0, s->place[i].height, s->place[i].width, to, err);
}

static int read_some(const void *context, int32_t i, hg__raster *r, hg_error *err) {
    const hg__part_store_some *some = context;
    return hg__part_store_take(some->store, some->number[i], r, err);
}

hg__raster_source hg__part_store_source(const hg__part_store_some *some, int32_t count) {
    return (hg__raster_source){
        .name = "pictures", .context = some, .count = count, .read = read_some};
}

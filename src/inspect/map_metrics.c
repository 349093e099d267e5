// SPDX-License-Identifier: Apache-2.0
// map_metrics.c - a histogram a picture, over bins that all pictures share and that widen when memory is short.
//
//   key of a float      0x3f8ccccd 0x3f8cccce 0x3f8ccccf 0x3f8cccd1      orders as the floats do
//   shift 0                  1          1          2          1          a bin a value
//   shift 1              1 (..66)   3 (......67)          1 (..68)       the last bit dropped: half as many bins
#include "inspect/map_metrics.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "inspect/map_tally.h"
#include "inspect/mask_regions.h"

enum {
    MAX_PIXELS = 1 << 26,
    BAND = 1 << 20, // pixels sorted at a time
    MAX_SHIFT = 20,
    DEFAULT_BYTES = 128 << 20
};

// ---- keys ---------------------------------------------------------------------------------------

uint32_t hg__map_key(float value) {
    const float x = value + 0.0F; // -0 is 0
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits ^ (bits >> 31 ? UINT32_MAX : UINT32_C(1) << 31);
}

float hg__map_key_value(uint64_t key) {
    const uint32_t least = UINT32_C(0x00800000), most = UINT32_C(0xff7fffff);
    uint32_t bits = key < least ? least : key > most ? most : (uint32_t)key;
    bits ^= bits >> 31 ? UINT32_C(1) << 31 : UINT32_MAX;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

// ---- histograms ---------------------------------------------------------------------------------

static size_t bytes_of(const hg__map_histogram *h) {
    return h->count * (sizeof *h->cell + (h->overlap ? sizeof *h->overlap : 0));
}

static void histogram_clear(hg__map_histogram *h) {
    hg__free(h->cell);
    hg__free(h->overlap);
    *h = (hg__map_histogram){0};
}

static int histogram_reserve(hg__map_histogram *h, size_t count, bool overlap, hg_error *err) {
    hg__map_cell *cell = hg__grow(h->cell, count + 1, sizeof *cell, err);
    if (!cell) return HG_ERR_MEMORY;
    h->cell = cell;
    if (overlap) {
        uint64_t *sums = hg__grow(h->overlap, count + 1, sizeof *sums, err);
        if (!sums) return HG_ERR_MEMORY;
        h->overlap = sums;
    }
    h->room = count;
    return HG_OK;
}

// Gives back what it does not need; it is as good where that fails.
static void histogram_trim(hg__map_histogram *h) {
    if (h->room > h->count) histogram_reserve(h, h->count, h->overlap != NULL, NULL);
}

// h keeps its order: cells that are the same one bit shorter become one.
static void histogram_widen(hg__map_histogram *h) {
    size_t n = 0;
    for (size_t i = 0; i < h->count; i++) {
        const hg__map_cell c = {h->cell[i].bin >> 1, h->cell[i].pixels};
        const bool same = n > 0 && h->cell[n - 1].bin == c.bin;
        if (same) {
            h->cell[n - 1].pixels += c.pixels;
        } else {
            h->cell[n] = c;
        }
        if (h->overlap) h->overlap[n - same] = (same ? h->overlap[n - 1] : 0) + h->overlap[i];
        n += !same;
    }
    h->count = n;
    histogram_trim(h);
}

// pixel (n): bin << 32 | region, sorted by bin. share (regions + 1): 2^bits / area.
static int histogram_add(hg__map_histogram *h, const uint64_t *pixel, size_t n, uint32_t shift,
                         const uint64_t *share, hg_error *err) {
    hg__map_histogram sum = {0};
    size_t distinct = 0;
    for (size_t i = 0; i < n; i++) {
        distinct += i == 0 || pixel[i] >> 32 >> shift != pixel[i - 1] >> 32 >> shift;
    }
    const int code = histogram_reserve(&sum, h->count + distinct, share != NULL, err);
    if (code != HG_OK) {
        histogram_clear(&sum);
        return code;
    }
    for (size_t i = 0, k = 0; i < n || k < h->count;) {
        const uint64_t next = i < n ? pixel[i] >> 32 >> shift : UINT64_MAX;
        const bool old = k < h->count && h->cell[k].bin <= next;
        hg__map_cell c = old ? h->cell[k] : (hg__map_cell){(uint32_t)next, 0};
        uint64_t overlap = old && share ? h->overlap[k] : 0;
        for (k += old; i < n && pixel[i] >> 32 >> shift == c.bin; i++) {
            c.pixels++;
            if (share) overlap += share[(uint32_t)pixel[i]];
        }
        if (share) sum.overlap[sum.count] = overlap;
        sum.cell[sum.count++] = c;
    }
    histogram_clear(h);
    *h = sum;
    histogram_trim(h);
    return HG_OK;
}

// ---- one picture --------------------------------------------------------------------------------

// What is needed while a picture is added.
typedef struct work {
    const hg__raster *map, *seen; // seen: NULL: all
    int32_t *label;               // (H, W), or NULL: no defect
    uint64_t *share;              // (regions + 1)
    uint64_t *band, *other_band;  // (BAND)
} work;

static void work_clear(work *w) {
    hg__free(w->label);
    hg__free(w->share);
    hg__free(w->band);
    hg__free(w->other_band);
}

static int check_mask(const hg__raster *map, const hg__raster *mask, int64_t *defects,
                      hg_error *err) {
    if (mask->height != map->height || mask->width != map->width || mask->channels != 1) {
        return hg__fail(
            err, HG_ERR_DATA,
            "mask: expected %d x %d pixels as the map has, of 1 channel, got %d x %d of %d",
            map->height, map->width, mask->height, mask->width, mask->channels);
    }
    for (size_t i = 0; i < hg__raster_count(mask); i++) {
        const float x = mask->at[i];
        if (x == 1) {
            ++*defects;
        } else if (x != 0) {
            return hg__fail(err, HG_ERR_DATA, "mask: line %zu, column %zu: expected 0 or 1, got %g",
                            i / (size_t)map->width + 1, i % (size_t)map->width + 1, (double)x);
        }
    }
    return HG_OK;
}

static int check(const hg__raster *map, const hg__raster *mask, int64_t *defects, hg_error *err) {
    const int64_t pixels = (int64_t)map->height * map->width;
    if (map->height < 1 || map->width < 1 || map->channels != 1 || pixels > MAX_PIXELS) {
        return hg__fail(err, HG_ERR_DATA,
                        "map: expected 1 to %d pixels of 1 channel, got %d x %d of %d", MAX_PIXELS,
                        map->height, map->width, map->channels);
    }
    for (size_t i = 0; i < (size_t)pixels; i++) {
        if (!isfinite(map->at[i])) {
            return hg__fail(
                err, HG_ERR_DATA, "map: line %zu, column %zu: expected a finite number, got %g",
                i / (size_t)map->width + 1, i % (size_t)map->width + 1, (double)map->at[i]);
        }
    }
    return mask ? check_mask(map, mask, defects, err) : HG_OK;
}

// As large as the map; with a pixel at least that counts, and no defect outside of those.
static int check_seen(const hg__raster *map, const hg__raster *mask, const hg__raster *seen,
                      hg_error *err) {
    bool has_any = false;
    if (seen->height != map->height || seen->width != map->width || seen->channels != 1) {
        return hg__fail(err, HG_ERR_DATA,
                        "seen: expected %d x %d pixels as the map has, got %d x %d of %d",
                        map->height, map->width, seen->height, seen->width, seen->channels);
    }
    for (size_t i = 0; i < hg__raster_count(seen); i++) {
        const bool is_seen = seen->at[i] > 0;
        has_any = has_any || is_seen;
        if (is_seen || !mask || !(mask->at[i] > 0)) continue;
        return hg__fail(err, HG_ERR_DATA,
                        "seen: line %zu, column %zu: expected a defect where pixels count, got one "
                        "outside",
                        i / (size_t)map->width + 1, i % (size_t)map->width + 1);
    }
    return has_any ? HG_OK
                   : hg__fail(err, HG_ERR_DATA, "seen: expected a pixel that counts, got none");
}

static int find_regions(work *w, const hg__raster *mask, hg__map_picture *p, hg_error *err) {
    w->label = hg__alloc(hg__raster_count(mask), sizeof *w->label, err);
    if (!w->label) return HG_ERR_MEMORY;
    p->regions = hg__mask_regions(mask, w->label);
    w->share = hg__alloc((size_t)p->regions + 1, sizeof *w->share, err);
    if (!w->share) return HG_ERR_MEMORY;
    for (size_t i = 0; i < hg__raster_count(mask); i++) w->share[w->label[i]]++;
    uint32_t bits = 62; // so many that all regions together fit
    while (p->regions >> (62 - bits) > 0) bits--;
    p->unit = 1 / (double)(UINT64_C(1) << bits);
    for (int32_t r = 1; r <= p->regions; r++) {
        const uint64_t area = w->share[r];
        w->share[r] = ((UINT64_C(1) << bits) + area / 2) / area;
        p->overlap += (double)(w->share[r] * area) * p->unit;
    }
    return HG_OK;
}

// pixel (n) sorted by their upper 32 bits, in three passes over 11 of them; `other` (n) is overwritten. Returns where they are.
static uint64_t *sort_band(uint64_t *pixel, uint64_t *other, size_t n) {
    enum { BITS = 11, DIGITS = 1 << BITS };
    for (uint32_t bit = 32; bit < 64; bit += BITS) {
        uint32_t start[DIGITS + 1] = {0};
        for (size_t i = 0; i < n; i++) start[(pixel[i] >> bit & (DIGITS - 1)) + 1]++;
        for (size_t d = 1; d <= DIGITS; d++) start[d] += start[d - 1];
        for (size_t i = 0; i < n; i++) other[start[pixel[i] >> bit & (DIGITS - 1)]++] = pixel[i];
        uint64_t *const sorted = other;
        other = pixel;
        pixel = sorted;
    }
    return pixel;
}

static int add_band(const hg__map_tally *t, work *w, hg__map_picture *p, size_t first, size_t end,
                    hg_error *err) {
    for (int32_t kind = HG_GOOD; kind < HG_PIXEL_KINDS; kind++) {
        size_t n = 0;
        for (size_t i = first; i < end; i++) {
            const uint32_t region = w->label ? (uint32_t)w->label[i] : 0;
            if ((region > 0) != (kind == HG_DEFECT)) continue;
            if (w->seen && !(w->seen->at[i] > 0)) continue;
            const float x = w->map->at[i];
            w->band[n++] = (uint64_t)hg__map_key(x) << 32 | region;
            p->alarms[kind] += (double)x > t->threshold;
        }
        if (n == 0) continue;
        const uint64_t *sorted = sort_band(w->band, w->other_band, n);
        p->pixels[kind] += (int64_t)n;
        HG_TRY(histogram_add(p->of + kind, sorted, n, t->shift, kind == HG_DEFECT ? w->share : NULL,
                             err));
    }
    return HG_OK;
}

// FNV-1a by words instead of bytes, with the high half folded in.
static uint64_t hash_of(const work *w) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    const size_t pixels = hg__raster_count(w->map);
    const uint64_t size = (uint64_t)w->map->height << 32 | (uint32_t)w->map->width;
    for (size_t i = 0; i <= pixels; i++) {
        if (i < pixels && w->seen && !(w->seen->at[i] > 0)) continue;
        const uint64_t word =
            i == pixels ? size
                        : (uint64_t)hg__map_key(w->map->at[i]) << 1 | (w->label && w->label[i]);
        hash = (hash ^ word) * UINT64_C(0x100000001b3);
        hash ^= hash >> 32;
    }
    return hash;
}

static void widen_while_large(hg__map_tally *t) {
    for (;;) {
        t->bytes = 0;
        for (size_t i = 0; i <= t->pictures; i++) {
            for (int32_t k = 0; k < HG_PIXEL_KINDS; k++) t->bytes += bytes_of(t->picture[i].of + k);
        }
        if (t->bytes <= t->most_bytes || t->shift == MAX_SHIFT) return;
        t->shift++;
        for (size_t i = 0; i <= t->pictures; i++) {
            for (int32_t k = 0; k < HG_PIXEL_KINDS; k++) histogram_widen(t->picture[i].of + k);
        }
    }
}

// Into the place behind the pictures there are.
static int add_pixels(hg__map_tally *t, work *w, hg_error *err) {
    const size_t pixels = hg__raster_count(w->map), most = pixels < BAND ? pixels : BAND;
    hg__map_picture *p = t->picture + t->pictures;
    w->band = hg__alloc(most, sizeof *w->band, err);
    if (w->band) w->other_band = hg__alloc(most, sizeof *w->other_band, err);
    if (!w->other_band) return HG_ERR_MEMORY;
    for (size_t i = 0; i < pixels; i += BAND) {
        HG_TRY(add_band(t, w, p, i, pixels - i < BAND ? pixels : i + BAND, err));
        widen_while_large(t);
    }
    p->hash = hash_of(w);
    return HG_OK;
}

static int reserve_picture(hg__map_tally *t, hg_error *err) {
    if (t->pictures + 1 > t->room) {
        const size_t room = t->room ? 2 * t->room : 16;
        hg__map_picture *more = hg__grow(t->picture, room, sizeof *more, err);
        if (!more) return HG_ERR_MEMORY;
        t->picture = more;
        t->room = room;
    }
    t->picture[t->pictures] = (hg__map_picture){0};
    return HG_OK;
}

int hg__map_tally_add(hg__map_tally *t, const hg__raster *map, const hg__raster *mask,
                      const hg__raster *seen, hg_error *err) {
    int64_t defects = 0;
    HG_TRY(check(map, mask, &defects, err));
    if (seen && seen->at) HG_TRY(check_seen(map, mask, seen, err));
    HG_TRY(reserve_picture(t, err));
    hg__map_picture *p = t->picture + t->pictures;
    work w = {.map = map, .seen = seen && seen->at ? seen : NULL};
    int code = defects > 0 ? find_regions(&w, mask, p, err) : HG_OK;
    if (code == HG_OK) code = add_pixels(t, &w, err);
    work_clear(&w);
    if (code == HG_OK) {
        t->pictures++;
    } else {
        for (int32_t k = 0; k < HG_PIXEL_KINDS; k++) histogram_clear(p->of + k);
    }
    return code;
}

hg__map_tally *hg__map_tally_new(double threshold, size_t most_bytes, hg_error *err) {
    hg__map_tally *t = hg__alloc(1, sizeof *t, err);
    if (!t) return NULL;
    t->threshold = threshold;
    t->most_bytes = most_bytes ? most_bytes : DEFAULT_BYTES;
    return t;
}

void hg__map_tally_free(hg__map_tally *t) {
    if (!t) return;
    for (size_t i = 0; i < t->pictures; i++) {
        for (int32_t k = 0; k < HG_PIXEL_KINDS; k++) histogram_clear(t->picture[i].of + k);
    }
    hg__free(t->picture);
    hg__free(t);
}

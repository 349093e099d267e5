// SPDX-License-Identifier: Apache-2.0
// dicom_samples.c - DICOM's stored values as samples (PS3.3, C.7.6.3.1).
//
// A sample is the stored value on 0 .. white, 2^stored - 1: signed ones are moved up by half the range, and in
// MONOCHROME1 (white is zero) turned round. Colour is red, green, blue, whatever it is in the file.
#include <string.h>

#include "image/dicom.h"

uint64_t hg__dicom_frame_bytes(const hg__dicom_info *i) {
    const uint64_t pixels = (uint64_t)i->width * (uint64_t)i->height;
    const uint64_t samples = i->colours == HG_DICOM_YBR_422 ? 2 : (uint64_t)i->samples;
    return pixels * samples * (uint64_t)i->allocated / 8;
}

uint32_t hg__dicom_sample(const hg__dicom_samples *s, uint32_t stored) {
    uint32_t v = stored >> s->shift & s->white;
    if (s->is_signed) v ^= s->half; // two's complement moved up by half
    return s->is_white_zero ? s->white - v : v;
}

// Bits above those in use repeat the sign.
static uint32_t to_stored(const hg__dicom_samples *s, uint32_t sample) {
    uint32_t v = sample < s->white ? sample : s->white;
    if (s->is_white_zero) v = s->white - v;
    if (!s->is_signed) return v << s->shift;
    v ^= s->half;
    if (v & s->half) v |= ~s->white;
    return v << s->shift;
}

static uint32_t load(size_t bytes, const void *from, size_t at) {
    uint16_t word;
    uint32_t two;
    switch (bytes) {
    case 1: return ((const uint8_t *)from)[at];
    case 2: memcpy(&word, (const uint8_t *)from + 2 * at, 2); return word;
    default: memcpy(&two, (const uint8_t *)from + 4 * at, 4); return two;
    }
}

static uint32_t fetch(const hg__dicom_layout *l, const uint8_t *frame, size_t at) {
    return hg__dicom_sample(&l->samples, load(l->samples.bytes, frame, at));
}

static void store(size_t bytes, void *to, size_t at, uint32_t sample) {
    switch (bytes) {
    case 1: ((uint8_t *)to)[at] = (uint8_t)sample; break;
    case 2: ((uint16_t *)to)[at] = (uint16_t)sample; break;
    default: ((uint32_t *)to)[at] = sample;
    }
}

// Of three samples, in the order of the file.
static size_t place(const hg__dicom_layout *l, size_t pixel, size_t colour) {
    if (l->colours == HG_DICOM_YBR_422) { // two of Y, one of each difference
        return 4 * (pixel / 2) + (colour == 0 ? pixel % 2 : colour + 1);
    }
    return l->is_planar ? colour * l->pixels + pixel : 3 * pixel + colour;
}

// n / 65536 rounded, on 0 .. white.
static uint32_t clip(int64_t n, uint32_t white) {
    n += 1 << 15;
    return n < 0 ? 0 : n >> 16 < white ? (uint32_t)(n >> 16) : white;
}

// ITU-R BT.601 as in JPEG (JFIF), in 65536ths.
static void to_rgb(uint32_t c[3], const hg__dicom_samples *s) {
    const int64_t y = (int64_t)c[0] << 16, half = s->half;
    const int64_t blue = (int64_t)c[1] - half, red = (int64_t)c[2] - half;
    c[0] = clip(y + 91881 * red, s->white);
    c[1] = clip(y - 22554 * blue - 46802 * red, s->white);
    c[2] = clip(y + 116130 * blue, s->white);
}

static void get_palette(const hg__dicom_layout *l, const uint8_t *frame, size_t pixel,
                        uint8_t *to) {
    int32_t at = (int32_t)fetch(l, frame, pixel);
    if (l->samples.is_signed) at -= (int32_t)l->samples.half;
    at -= l->palette_first;
    if (at < 0) at = 0; // PS3.3, C.7.6.3.1.5: below the first is the first
    if (at >= l->entries) at = l->entries - 1;
    memcpy(to, l->palette + 3 * (size_t)at, 3);
}

void hg__dicom_get(const hg__dicom_layout *l, const uint8_t *frame, size_t first, size_t count,
                   void *to) {
    const size_t bytes = l->samples.bytes;
    const bool is_ybr = l->colours == HG_DICOM_YBR || l->colours == HG_DICOM_YBR_422;
    for (size_t i = 0; i < count; i++) {
        if (l->colours == HG_DICOM_GREY) {
            store(bytes, to, i, fetch(l, frame, first + i));
            continue;
        }
        if (l->colours == HG_DICOM_PALETTE) {
            get_palette(l, frame, first + i, (uint8_t *)to + 3 * i);
            continue;
        }
        uint32_t colour[3];
        for (size_t c = 0; c < 3; c++) colour[c] = fetch(l, frame, place(l, first + i, c));
        if (is_ybr) to_rgb(colour, &l->samples);
        for (size_t c = 0; c < 3; c++) store(bytes, to, 3 * i + c, colour[c]);
    }
}

void hg__dicom_put(const hg__dicom_samples *s, const void *from, size_t count, void *to) {
    for (size_t i = 0; i < count; i++) {
        store(s->bytes, to, i, to_stored(s, load(s->bytes, from, i)));
    }
}

// SPDX-License-Identifier: Apache-2.0
// dicom_rle.c - DICOM's run lengths (PS3.5, annex G). Ours, because DCMTK 3.6.7 believes the places of segments.
//
// A fragment is 16 numbers of 32 bits, little endian: how many segments, and where each begins. A segment holds one byte
// of every sample, the highest byte's first: n < 128, then n + 1 bytes as they are; n > 128, then one byte 257 - n times.
#include "image/dicom_rle.h"

enum { HEADER = 64 };

static size_t get_number(const uint8_t *at) {
    return (size_t)at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16 | (size_t)at[3] << 24;
}

// One byte of each of `count` samples, `step` apart in `to`.
static bool unpack_segment(const uint8_t *from, size_t size, size_t count, size_t step,
                           uint8_t *to) {
    size_t at = 0, filled = 0;
    while (filled < count) {
        if (at == size) return false;
        const uint8_t n = from[at++];
        if (n == 128) continue; // nothing
        const bool is_run = n > 128;
        const size_t length = is_run ? 257U - n : n + 1U, bytes = is_run ? 1 : length;
        if (bytes > size - at) return false;
        for (size_t i = 0; i < length && filled < count; i++) {
            to[filled++ * step] = from[is_run ? at : at + i];
        }
        at += bytes;
    }
    return true;
}

bool hg__dicom_unpack_rle(const uint8_t *from, size_t size, size_t count, size_t samples,
                          size_t width, uint8_t *to) {
    const size_t segments = samples * width;
    if (size < HEADER || get_number(from) != segments) return false;
    const uint16_t one = 1;
    const bool is_little = *(const uint8_t *)&one == 1;
    for (size_t s = 0; s < segments; s++) {
        const size_t start = get_number(from + 4 + 4 * s);
        const size_t end = s + 1 < segments ? get_number(from + 8 + 4 * s) : size;
        if (start < HEADER || start > end || end > size) return false;
        const size_t byte = s % width, place = is_little ? width - 1 - byte : byte;
        uint8_t *first = to + s / width * width + place;
        if (!unpack_segment(from + start, end - start, count, segments, first)) return false;
    }
    return true;
}

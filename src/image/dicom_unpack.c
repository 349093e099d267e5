// SPDX-License-Identifier: Apache-2.0
// dicom_unpack.c - DICOM's two packings of its own: the deflated transfer syntax (PS3.5, A.5) and run lengths (annex G).
//
// The header stays, with the name of the syntax that then holds: it is shorter, and zeros fill it up.
#include <string.h>

#include "image/dicom.h"

#define ZLIB_CONST // inflate() only reads
#include <zlib.h>

#include "base/mem.h"
#include "image/image.h"

enum { FIRST = 1 << 16 };

// More than pixels of this size and what may stand beside them are not taken.
static size_t most_bytes(void) {
    return (size_t)hg__image_limit.pixels * 8 + (1 << 24);
}

static int grow(uint8_t **held, size_t *room, const char *name, hg_error *err) {
    *room = 2 * *room < FIRST ? FIRST : 2 * *room;
    if (*room > most_bytes()) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected at most %zu bytes of DICOM, got more", name,
                        most_bytes());
    }
    uint8_t *grown = hg__grow(*held, *room, 1, err);
    if (!grown) return HG_ERR_MEMORY;
    *held = grown;
    return HG_OK;
}

static int unpack(z_stream *z, uint8_t **held, size_t *used, const char *name, hg_error *err) {
    size_t room = *used;
    int code = Z_OK;
    while (code == Z_OK) {
        if (room == *used) HG_TRY(grow(held, &room, name, err));
        const size_t left = room - *used, step = left < 1 << 30 ? left : 1 << 30;
        z->next_out = *held + *used;
        z->avail_out = (uInt)step;
        code = inflate(z, Z_NO_FLUSH);
        *used += step - z->avail_out;
    }
    if (code == Z_STREAM_END) return HG_OK;
    if (code == Z_MEM_ERROR) {
        return hg__fail(err, HG_ERR_MEMORY, "out of memory: could not unpack %s", name);
    }
    return hg__fail(
        err, HG_ERR_DATA,
        "%s: expected a whole deflated DICOM file, got a damaged one or one that is cut off", name);
}

// Up to the data set, as if that were explicit little endian.
static int copy_header(const hg__dicom_span *s, size_t at, uint8_t **held, hg_error *err) {
    static const char deflated[] = "1.2.840.10008.1.2.1.99";
    *held = hg__grow(NULL, at, 1, err);
    if (!*held) return HG_ERR_MEMORY;
    memcpy(*held, s->bytes, at);
    uint8_t *name = memmem(*held, at, deflated, sizeof deflated - 1);
    if (name) memset(name + sizeof deflated - 4, 0, 3); // ".99"
    return HG_OK;
}

int hg__dicom_inflate(hg__dicom_span *s, uint8_t **held, const char *name, hg_error *err) {
    const size_t at = hg__dicom_deflated_at(s->bytes, s->size);
    if (at == 0) return HG_OK;
    if (s->size - at > UINT32_MAX) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected less than 4 GB of deflated DICOM", name);
    }
    HG_TRY(copy_header(s, at, held, err));
    z_stream z = {.zalloc = hg__zlib_alloc, .zfree = hg__zlib_free};
    z.next_in = s->bytes + at;
    z.avail_in = (uInt)(s->size - at);
    size_t used = at;
    int code = inflateInit2(&z, -MAX_WBITS) == Z_OK
                   ? unpack(&z, held, &used, name, err)
                   : hg__fail(err, HG_ERR_MEMORY, "out of memory: could not unpack %s", name);
    inflateEnd(&z);
    *s = (hg__dicom_span){*held, used};
    return code;
}

// DICOM's run lengths (PS3.5, annex G). Ours, because DCMTK 3.6.7 believes the places of segments.
//
// A fragment is 16 numbers of 32 bits, little endian: how many segments, and where each begins. A segment holds one byte
// of every sample, the highest byte's first: n < 128, then n + 1 bytes as they are; n > 128, then one byte 257 - n times.

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

// SPDX-License-Identifier: Apache-2.0
// dicom_inflate.c - a deflated DICOM file unpacked, so that its elements can be looked at before DCMTK sees them.
//
// Behind the header, which only has to name the new syntax: writing makes another anyway.
#include "image/dicom_inflate.h"

#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "image/image.h"

enum { PREAMBLE = 128, FIRST = 1 << 16 };

static const uint8_t header[] = "DICM\x02\x00\x10\x00UI\x14\x00"
                                "1.2.840.10008.1.2.1"; // its end is the value's twentieth byte

static void *zlib_alloc(void *context, unsigned count, unsigned size) {
    (void)context;
    size_t bytes;
    return hg__multiply(count, size, &bytes) ? hg__lib_malloc(bytes) : NULL;
}

static void zlib_free(void *context, void *block) {
    (void)context;
    hg__lib_free(block);
}

// More than pixels of this size and what may stand beside them are not taken.
static size_t most_bytes(void) {
    return (size_t)hg__image_limit.pixels * 8 + (1 << 24);
}

static int unpack(z_stream *z, uint8_t **held, size_t *used, const char *name, hg_error *err) {
    size_t room = 0;
    int code = Z_OK;
    while (code == Z_OK) {
        if (room == *used) {
            room = room ? 2 * room : FIRST;
            if (room > most_bytes()) {
                return hg__fail(err, HG_ERR_DATA,
                                "%s: expected at most %zu bytes of DICOM, got more", name,
                                most_bytes());
            }
            uint8_t *grown = hg__grow(*held, room, 1, err);
            if (!grown) return HG_ERR_MEMORY;
            *held = grown;
            if (*used == 0) {
                memset(grown, 0, PREAMBLE);
                memcpy(grown + PREAMBLE, header, sizeof header);
                *used = PREAMBLE + sizeof header;
            }
        }
        const size_t left = room - *used, step = left < 1 << 30 ? left : 1 << 30;
        z->next_out = *held + *used;
        z->avail_out = (uInt)step;
        code = inflate(z, Z_NO_FLUSH);
        *used += step - z->avail_out;
    }
    if (code == Z_STREAM_END) return HG_OK;
    if (code == Z_MEM_ERROR)
        return hg__fail(err, HG_ERR_MEMORY, "out of memory: could not unpack %s", name);
    return hg__fail(
        err, HG_ERR_DATA,
        "%s: expected a whole deflated DICOM file, got a damaged one or one that is cut off", name);
}

int hg__dicom_inflate(hg__dicom_span *s, uint8_t **held, const char *name, hg_error *err) {
    const size_t at = hg__dicom_deflated_at(s->bytes, s->size);
    if (at == 0) return HG_OK;
    if (s->size - at > UINT32_MAX) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected less than 4 GB of deflated DICOM", name);
    }
    z_stream z = {.zalloc = zlib_alloc, .zfree = zlib_free};
    z.next_in = (z_const Bytef *)(uintptr_t)(s->bytes + at);
    z.avail_in = (uInt)(s->size - at);
    size_t used = 0;
    int code = inflateInit2(&z, -MAX_WBITS) == Z_OK
                   ? HG_OK
                   : hg__fail(err, HG_ERR_MEMORY, "out of memory: could not unpack %s", name);
    if (code == HG_OK) code = unpack(&z, held, &used, name, err);
    inflateEnd(&z);
    *s = (hg__dicom_span){*held, used};
    return code;
}

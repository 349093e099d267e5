// SPDX-License-Identifier: Apache-2.0
// dicom_inflate.c - a deflated DICOM file unpacked, so that its elements can be looked at before DCMTK sees them.
//
// The header stays, with the name of the syntax that then holds: it is shorter, and zeros fill it up.
#include "image/dicom_inflate.h"

#include <string.h>
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

// SPDX-License-Identifier: Apache-2.0
// read_idx.c - IDX, the format of MNIST: 0 0 type rank, the dimensions, the data, all big-endian.
// (LeCun, Cortes and Burges, "The MNIST database of handwritten digits", the section on file formats.)
#include "array/reader.h"

static bool type_of(uint8_t code, hg__dtype *t) {
    static const struct {
        uint8_t code;
        hg__dtype dtype;
    } types[] = {
        {8,  HG_U8 },
        {9,  HG_I8 },
        {11, HG_I16},
        {12, HG_I32},
        {13, HG_F32},
        {14, HG_F64}
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].code != code) continue;
        *t = types[i].dtype;
        return true;
    }
    return false;
}

static bool sniff(const uint8_t *head, size_t size) {
    hg__dtype t;
    return size >= 4 && head[0] == 0 && head[1] == 0 && type_of(head[2], &t) && head[3] >= 1;
}

static int open_idx(hg__data *d, hg__source *s, const hg__data_options *o, hg_error *err) {
    uint8_t magic[4], dims[4 * HG_MAX_RANK];
    HG_TRY(hg__source_need(s, magic, sizeof magic, "the 4 bytes an IDX file begins with", err));
    hg__array a = {.big_endian = true};
    if (magic[0] != 0 || magic[1] != 0 || !type_of(magic[2], &a.dtype)) {
        return hg__fail(
            err, HG_ERR_DATA,
            "%s: expected an IDX file (0, 0, a type from 8 to 14, the rank), got %d, %d, %d, %d",
            d->path, magic[0], magic[1], magic[2], magic[3]);
    }
    if (magic[3] < 1 || magic[3] > HG_MAX_RANK) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected an array of 1 to %d dimensions, got %d",
                        d->path, HG_MAX_RANK, magic[3]);
    }
    a.shape.rank = magic[3];
    HG_TRY(hg__source_need(s, dims, 4 * (size_t)magic[3], "the dimensions of an IDX file", err));
    for (int i = 0; i < magic[3]; i++) {
        const uint8_t *p = dims + 4 * (size_t)i;
        a.shape.dim[i] =
            (int64_t)p[0] << 24 | (int64_t)p[1] << 16 | (int64_t)p[2] << 8 | (int64_t)p[3];
    }
    return hg__array_open(&a, d, s, o, err);
}

const hg__reader hg__reader_idx = {"idx", ".idx.ubyte.", sniff, open_idx};

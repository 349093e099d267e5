// SPDX-License-Identifier: Apache-2.0
// scan.c - one pass over all rows when they are opened: the fingerprint, and is every number finite.
//
// The fingerprint is four independent chains h = (rotate(h) ^ word) * odd over the 8-byte words of the
// contents, begun from the shape, so that it does not depend on where the rows live. It tells apart files
// that differ by accident; it is no defence against someone who wants two to be alike.
#include <math.h>
#include <string.h>

#include "array/sink.h"
#include "base/file.h"
#include "base/mem.h"

enum { BLOCK = 1 << 18, STRIPE = 32 };

static uint64_t mix(uint64_t h, uint64_t word) {
    return ((h << 29 | h >> 35) ^ word) * 0x9FB21C651E98DF25ULL;
}

// Takes in whole stripes of `size` bytes. Returns bits that are set if a float among them may be NaN or
// infinite: its 8 exponent bits all ones, plus one at their low end, carry into the sign.
static uint64_t hash_stripes(uint64_t lane[4], const uint8_t *bytes, size_t size) {
    const uint64_t exponents = 0x7f8000007f800000ULL, ones = 0x0080000000800000ULL;
    uint64_t carry = 0;
    for (size_t i = 0; i < size; i += STRIPE) {
        uint64_t w[4];
        memcpy(w, bytes + i, STRIPE);
        for (int k = 0; k < 4; k++) {
            lane[k] = mix(lane[k], w[k]);
            carry |= (w[k] & exponents) + ones;
        }
    }
    return carry & 0x8000000080000000ULL;
}

static uint64_t hash_block(uint64_t lane[4], const uint8_t *bytes, size_t size) {
    size_t whole = size / STRIPE * STRIPE;
    uint64_t carry = hash_stripes(lane, bytes, whole);
    if (whole == size) return carry;
    uint8_t tail[STRIPE] = {0};
    memcpy(tail, bytes + whole, size - whole);
    return carry | hash_stripes(lane, tail, STRIPE);
}

static size_t row_bytes(const hg__data *d) {
    return (size_t)d->width * hg__dtype_size(d->dtype);
}

// The number that is not finite at `offset` bytes from the first row, in a sentence.
static int refuse(const hg__data *d, const uint8_t *bytes, size_t size, uint64_t offset,
                  hg_error *err) {
    for (size_t i = 0; i < size; i += sizeof(float)) {
        float x;
        memcpy(&x, bytes + i, sizeof x);
        if (isfinite(x)) continue;
        uint64_t element = (offset + i) / sizeof x;
        return hg__fail(
            err, HG_ERR_DATA,
            "%s: expected finite numbers, got %s in row %llu, column %llu (counted from 0)",
            d->path,
            isnan(x) ? "nan"
            : x > 0  ? "inf"
                     : "-inf",
            (unsigned long long)(element / (uint64_t)d->width),
            (unsigned long long)(element % (uint64_t)d->width));
    }
    return HG_OK;
}

// One pass; stops with the sentence at the first block that holds a bad number.
static int scan(hg__data *d, hg_error *err) {
    uint64_t lane[4] = {1, (uint64_t)d->rows, (uint64_t)d->width, (uint64_t)d->dtype};
    for (int32_t i = 0; i < d->shape.rank; i++) lane[0] = mix(lane[0], (uint64_t)d->shape.dim[i]);
    uint64_t total = (uint64_t)d->rows * row_bytes(d);
    uint8_t *block = NULL;
    if (!d->base && !(block = hg__alloc(BLOCK, 1, err))) return HG_ERR_MEMORY;
    int code = HG_OK;
    for (uint64_t at = 0; at < total && code == HG_OK; at += BLOCK) {
        size_t n = total - at < BLOCK ? (size_t)(total - at) : BLOCK;
        const uint8_t *bytes = block;
        if (block) code = hg__read_at(d->fd, block, n, d->offset + at, d->path, err);
        if (code < 0) break;
        if (!block) bytes = (const uint8_t *)d->base + at;
        uint64_t carry = hash_block(lane, bytes, n);
        if (d->dtype == HG_F32 && carry) code = refuse(d, bytes, n, at, err);
    }
    hg__free(block);
    uint64_t h = mix(mix(mix(lane[0], lane[1]), lane[2]), lane[3]);
    d->fingerprint = h ^ h >> 32;
    return code;
}

int hg__data_read(const hg__data *d, int64_t first, int64_t rows, void *to, hg_error *err) {
    size_t bytes = (size_t)rows * row_bytes(d);
    uint64_t at = (uint64_t)first * row_bytes(d);
    if (!d->base) return hg__read_at(d->fd, to, bytes, d->offset + at, d->path, err);
    memcpy(to, (const uint8_t *)d->base + at, bytes);
    return HG_OK;
}

static bool is_finite_row(const float *x, int32_t width) {
    for (int32_t i = 0; i < width; i++) {
        if (!isfinite(x[i])) return false;
    }
    return true;
}

static int copy_good_rows(const hg__data *d, hg__sink *sink, hg_error *err) {
    for (int64_t i = 0; i < d->rows; i++) {
        void *to;
        size_t space;
        HG_TRY(hg__sink_reserve(sink, &to, &space, err));
        HG_TRY(hg__data_read(d, i, 1, to, err));
        if (is_finite_row(to, d->width)) hg__sink_commit(sink, 1);
    }
    return HG_OK;
}

static int drop_bad_rows(hg__data *d, size_t memory, hg_error *err) {
    hg__sink sink;
    HG_TRY(hg__sink_init(&sink, row_bytes(d), memory, err));
    int code = copy_good_rows(d, &sink, err);
    int64_t before = d->rows;
    if (code == HG_OK && sink.rows == 0) {
        code = hg__fail(err, HG_ERR_DATA, "%s: none of the %lld rows has only finite numbers",
                        d->path, (long long)before);
    }
    if (code == HG_OK) {
        hg__data_release(d);
        code = hg__sink_finish(&sink, d, err);
        d->skipped += before - d->rows;
    }
    hg__sink_clear(&sink);
    return code;
}

int hg__data_scan(hg__data *d, bool skip, size_t memory, hg_error *err) {
    hg_error why;
    int code = scan(d, &why);
    if (code == HG_ERR_DATA && skip) {
        HG_TRY(drop_bad_rows(d, memory, err));
        code = scan(d, &why);
    }
    if (code < 0 && err) *err = why;
    return code;
}

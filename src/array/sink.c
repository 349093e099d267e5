// SPDX-License-Identifier: Apache-2.0
// sink.c - rows on their way from a reader to where they will live: memory, or a temporary file.
#include "array/sink.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/int.h"
#include "base/mem.h"

enum { FIRST = 1 << 16, DISK_BLOCK = 1 << 20 };

int hg__sink_init(hg__sink *s, size_t row_bytes, size_t memory, hg_error *err) {
    *s = (hg__sink){.row_bytes = row_bytes, .memory = memory, .fd = -1};
    s->capacity = row_bytes > FIRST ? row_bytes : FIRST / row_bytes * row_bytes;
    s->block = hg__grow(NULL, s->capacity, 1, err);
    return s->block ? HG_OK : HG_ERR_MEMORY;
}

void hg__sink_clear(hg__sink *s) {
    hg__free(s->block);
    if (s->row_bytes && s->fd >= 0) close(s->fd);
    *s = (hg__sink){.fd = -1};
}

static int resize(hg__sink *s, size_t capacity, hg_error *err) {
    uint8_t *grown = hg__grow(s->block, capacity, 1, err);
    if (!grown) return HG_ERR_MEMORY;
    s->block = grown;
    s->capacity = capacity;
    return HG_OK;
}

// Writes the block out; from the first time on the rows live on disk.
static int flush(hg__sink *s, hg_error *err) {
    if (s->fd < 0) {
        int fd = hg__open_spill(err);
        if (fd < 0) return fd;
        s->fd = fd;
    }
    HG_TRY(hg__spill(s->fd, s->block, s->used, err));
    s->used = 0;
    size_t small =
        s->row_bytes > DISK_BLOCK ? s->row_bytes : DISK_BLOCK / s->row_bytes * s->row_bytes;
    return s->capacity > small ? resize(s, small, err) : HG_OK;
}

int hg__sink_reserve(hg__sink *s, void **to, size_t *rows, hg_error *err) {
    if (s->capacity - s->used < s->row_bytes) {
        size_t most = s->memory / s->row_bytes * s->row_bytes; // whole rows
        bool full = s->fd >= 0 || s->capacity >= most;
        size_t twice = s->capacity <= most / 2 ? s->capacity * 2 : most;
        HG_TRY(full ? flush(s, err) : resize(s, twice, err));
    }
    *rows = (s->capacity - s->used) / s->row_bytes;
    *to = s->block + s->used;
    return HG_OK;
}

void hg__sink_commit(hg__sink *s, size_t rows) {
    s->used += rows * s->row_bytes;
    s->rows += rows;
}

int hg__sink_finish(hg__sink *s, hg__data *d, hg_error *err) {
    if (s->fd >= 0 || s->used > s->memory) { // the first block may be larger than what was allowed
        HG_TRY(flush(s, err));
        d->fd = s->fd;
        d->offset = 0;
        s->fd = -1;
    } else {
        HG_TRY(resize(s, s->used ? s->used : 1, err)); // gives back what growing took too much
        d->base = d->owned = s->block;
        s->block = NULL;
    }
    d->rows = (int64_t)s->rows;
    hg__sink_clear(s);
    return HG_OK;
}

int hg__npy_add_header(hg__writer *w, hg__dtype dtype, const hg__shape *shape, hg_error *err) {
    enum { MAGIC = 10, MAX = 512 };
    char header[MAX] = "\x93NUMPY\x01", dims[160] = "";
    size_t used = 0;
    for (int32_t i = 0; i < shape->rank; i++) {
        used += (size_t)snprintf(dims + used, sizeof dims - used, "%lld,%s",
                                 (long long)shape->dim[i], i + 1 < shape->rank ? " " : "");
    }
    if (shape->rank > 1) dims[used - 1] = '\0'; // a tuple of one keeps its comma
    const int text = snprintf(header + MAGIC, MAX - MAGIC,
                              "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }",
                              dtype == HG_U8 ? "|u1" : "<f4", dims);
    const size_t whole = hg__round_up_size(MAGIC + (size_t)text + 1, 64);
    memset(header + MAGIC + text, ' ', whole - MAGIC - (size_t)text);
    header[whole - 1] = '\n';
    header[8] = (char)(unsigned char)((whole - MAGIC) & 255);
    header[9] = (char)(unsigned char)((whole - MAGIC) >> 8);
    return hg__writer_add(w, header, whole, err);
}

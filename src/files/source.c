// SPDX-License-Identifier: Apache-2.0
// source.c - the bytes of a file, unpacked if it is gzipped, read once from front to back.
//
// Nothing here grows with the data: a gzip bomb costs the time to unpack it and no memory.
#include "files/source.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/file.h"
#include "base/mem.h"

enum { PACKED_BLOCK = 1 << 16, SPILL_BLOCK = 1 << 18 };

typedef struct hg__inflate {
    z_stream z;
    bool open;      // inflateEnd is due
    bool between;   // a member just ended (or none began)
    int failed;     // what inflate() failed with behind bytes that were good; else 0
    uint64_t total; // bytes unpacked
    uint8_t block[PACKED_BLOCK];
} hg__inflate;

// The next bytes of the file or stream itself; fewer than `size` at its end, of a stream already where no more came yet.
static int64_t read_file(hg__source *s, uint8_t *to, size_t size, hg_error *err) {
    size_t n = 0;
    if (s->is_stream) {
        const hg__source_waiting *w = &s->waiting;
        if (w->wait) HG_TRY(w->wait(w->context, err));
        HG_TRY(hg__read_some(s->fd, to, size, &n, w->listener, s->path, err));
    } else {
        const uint64_t left = s->size - s->at;
        n = left < size ? (size_t)left : size;
        if (n) HG_TRY(hg__read_at(s->fd, to, n, s->at, s->path, err));
    }
    s->at += n;
    return (int64_t)n;
}

// The next block of packed bytes; 0 at the end of the file.
static int64_t fetch(hg__source *s, hg_error *err) {
    hg__inflate *g = s->inflate;
    const int64_t n = read_file(s, g->block, PACKED_BLOCK, err);
    if (n < 0) return n;
    g->z.next_in = g->block;
    g->z.avail_in = (uInt)n;
    return n;
}

// Between two members: true if another begins, false at the end (padding zeros are passed over).
static int next_member(hg__source *s, bool *more, hg_error *err) {
    hg__inflate *g = s->inflate;
    *more = false;
    for (bool padding = false;;) {
        if (g->z.avail_in == 0) {
            int64_t n = fetch(s, err);
            if (n < 0) return (int)n;
            if (n == 0) return HG_OK;
        }
        uint8_t byte = *g->z.next_in;
        if (byte == 0x1f && !padding) break;
        if (byte != 0) {
            uint64_t where = s->at - g->z.avail_in;
            return hg__fail(err, HG_ERR_DATA,
                            "%s: expected the end of the gzip file at byte %llu, got byte 0x%02x",
                            s->path, (unsigned long long)where, byte);
        }
        padding = true;
        g->z.next_in++;
        g->z.avail_in--;
    }
    *more = true;
    return inflateReset(&g->z) == Z_OK
               ? HG_OK
               : hg__fail(err, HG_ERR_DATA, "%s: gzip: cannot go on", s->path);
}

static int check_inflate(const hg__source *s, int code, uint64_t unpacked, hg_error *err) {
    if (code == Z_OK || code == Z_BUF_ERROR || code == Z_STREAM_END) return HG_OK;
    if (code == Z_MEM_ERROR) {
        return hg__fail(err, HG_ERR_MEMORY, "out of memory: could not unpack %s", s->path);
    }
    const char *why = s->inflate->z.msg ? s->inflate->z.msg : "no reason given";
    return hg__fail(err, HG_ERR_DATA,
                    "%s: the gzip stream is damaged after %llu unpacked bytes (%s)", s->path,
                    (unsigned long long)unpacked, why);
}

// Sees to it that there are packed bytes to go on with; *more is false at the end of the last member.
static int feed(hg__source *s, bool *more, hg_error *err) {
    hg__inflate *g = s->inflate;
    *more = true;
    if (g->between) {
        HG_TRY(next_member(s, more, err));
        g->between = !*more;
    }
    if (!*more || g->z.avail_in > 0) return HG_OK;
    int64_t n = fetch(s, err);
    if (n != 0) return n < 0 ? (int)n : HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: the gzip stream is cut off after %llu unpacked bytes",
                    s->path, (unsigned long long)g->total);
}

// What can be unpacked now, a byte at least; 0 at the end. Damage behind good bytes is met by the call after them.
static int64_t unpack_some(hg__source *s, uint8_t *to, size_t size, hg_error *err) {
    hg__inflate *g = s->inflate;
    const size_t most = size < (1U << 30) ? size : 1U << 30;
    for (;;) {
        bool more;
        if (g->failed) return check_inflate(s, g->failed, g->total, err);
        HG_TRY(feed(s, &more, err));
        if (!more) return 0;
        g->z.next_out = to;
        g->z.avail_out = (uInt)most;
        const int code = inflate(&g->z, Z_NO_FLUSH);
        const size_t done = most - g->z.avail_out;
        g->total += done;
        g->between = code == Z_STREAM_END;
        const bool is_good = code == Z_OK || code == Z_BUF_ERROR || code == Z_STREAM_END;
        g->failed = is_good ? 0 : code;
        if (done) return (int64_t)done;
    }
}

static int64_t read_some(hg__source *s, uint8_t *to, size_t size, hg_error *err) {
    if (s->pull) return s->pull(s->context, to, size, err);
    return s->inflate ? unpack_some(s, to, size, err) : read_file(s, to, size, err);
}

static int64_t read_any(hg__source *s, uint8_t *to, size_t size, hg_error *err) {
    if (s->pull) return s->pull(s->context, to, size, err);
    size_t done = 0;
    while (done < size) {
        const int64_t n = read_some(s, to + done, size - done, err);
        if (n < 0) return n;
        if (n == 0) break;
        done += (size_t)n;
    }
    return (int64_t)done;
}

static int open_gzip(hg__source *s, hg_error *err) {
    s->inflate = hg__alloc(1, sizeof *s->inflate, err);
    if (!s->inflate) return HG_ERR_MEMORY;
    s->inflate->z.zalloc = hg__zlib_alloc;
    s->inflate->z.zfree = hg__zlib_free;
    if (inflateInit2(&s->inflate->z, 15 + 16) != Z_OK) { // 16: gzip frames only
        return hg__fail(err, HG_ERR_MEMORY, "out of memory: could not unpack %s", s->path);
    }
    s->inflate->open = true;
    s->packed = true;
    return HG_OK;
}

// Damage behind good bytes is met when they have been read. A stream may have no more for hours: so many that it is known are enough.
static int fill_head(hg__source *s, hg_error *err) {
    enum { KNOWN = 24 };
    const size_t least = s->is_stream ? KNOWN : sizeof s->head;
    int64_t n = 1;
    while (n > 0 && s->head_size < least) {
        n = read_some(s, s->head + s->head_size, sizeof s->head - s->head_size, err);
        if (n > 0) s->head_size += (size_t)n;
    }
    const bool is_later = n == HG_ERR_DATA && s->head_size && !s->pull;
    return n < 0 && !is_later ? (int)n : HG_OK;
}

int hg__source_open(hg__source *s, int fd, const char *path, hg_error *err) {
    *s = (hg__source){.path = path, .fd = fd};
    struct stat st;
    if (fstat(fd, &st) != 0) return hg__fail_errno(err, HG_ERR_IO, "%s: cannot stat", path);
    if (!S_ISREG(st.st_mode)) {
        return hg__fail(err, HG_ERR_IO, "%s: expected a file, got %s", path,
                        S_ISDIR(st.st_mode) ? "a folder" : "a device");
    }
    s->size = (uint64_t)st.st_size;
    uint8_t magic[2] = {0};
    if (s->size >= 2) HG_TRY(hg__read_at(fd, magic, 2, 0, path, err));
    if (magic[0] == 0x1f && magic[1] == 0x8b) HG_TRY(open_gzip(s, err));
    return fill_head(s, err);
}

int hg__source_open_stream(hg__source *s, int fd, const char *path, const hg__source_waiting *w,
                           hg_error *err) {
    *s = (hg__source){.path = path, .fd = fd, .is_stream = true};
    if (w) s->waiting = *w;
    HG_TRY(fill_head(s, err));
    if (s->head_size < 2 || s->head[0] != 0x1f || s->head[1] != 0x8b) return HG_OK;
    HG_TRY(open_gzip(s, err));
    memcpy(s->inflate->block, s->head, s->head_size); // what was read are packed bytes
    s->inflate->z.next_in = s->inflate->block;
    s->inflate->z.avail_in = (uInt)s->head_size;
    s->head_size = 0;
    return fill_head(s, err);
}

int hg__source_open_entry(hg__source *s, const char *path, uint64_t size, hg_error *err) {
    s->path = path;
    s->fd = -1;
    s->size = size;
    s->packed = true;
    return fill_head(s, err);
}

void hg__source_close(hg__source *s) {
    if (s->inflate) {
        if (s->inflate->open) (void)inflateEnd(&s->inflate->z);
        hg__free(s->inflate);
        s->inflate = NULL;
    }
    if (s->fd >= 0) close(s->fd);
    s->fd = -1;
}

int64_t hg__source_read(hg__source *s, void *buffer, size_t size, hg_error *err) {
    size_t held = s->head_size - s->head_used;
    size_t first = held < size ? held : size;
    if (first) memcpy(buffer, s->head + s->head_used, first);
    s->head_used += first;
    int64_t more = 0;
    if (first < size) more = read_any(s, (uint8_t *)buffer + first, size - first, err);
    if (more < 0) return more;
    s->position += first + (uint64_t)more;
    return (int64_t)first + more;
}

int64_t hg__source_read_some(hg__source *s, void *buffer, size_t size, hg_error *err) {
    const size_t held = s->head_size - s->head_used;
    const size_t first = held < size ? held : size;
    if (first) return hg__source_read(s, buffer, first, err);
    const int64_t n = read_some(s, buffer, size, err);
    if (n > 0) s->position += (uint64_t)n;
    return n;
}

int hg__source_need(hg__source *s, void *buffer, size_t size, const char *what, hg_error *err) {
    int64_t n = hg__source_read(s, buffer, size, err);
    if (n < 0) return (int)n;
    if ((size_t)n == size) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected %s, got the end of the file after %llu bytes",
                    s->path, what, (unsigned long long)s->position);
}

int hg__source_finish(hg__source *s, const char *what, hg_error *err) {
    uint8_t byte;
    uint64_t end = s->position;
    int64_t n = hg__source_read(s, &byte, 1, err);
    if (n < 0) return (int)n;
    if (n == 0) return HG_OK;
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected the end of the file after %s (%llu bytes), got more", s->path,
                    what, (unsigned long long)end);
}

int hg__source_spill(hg__source *s, uint64_t *size, hg_error *err) {
    uint8_t *block = hg__alloc(SPILL_BLOCK, 1, err);
    if (!block) return HG_ERR_MEMORY;
    int fd = hg__open_spill(err);
    int64_t n = fd;
    *size = 0;
    while (n >= 0) {
        n = hg__source_read(s, block, SPILL_BLOCK, err);
        if (n <= 0) break;
        int code = hg__spill(fd, block, (size_t)n, err);
        if (code < 0) n = code;
        *size += (uint64_t)n;
    }
    hg__free(block);
    if (n >= 0) return fd;
    if (fd >= 0) close(fd);
    return (int)n;
}

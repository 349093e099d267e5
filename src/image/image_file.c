// SPDX-License-Identifier: Apache-2.0
// image_file.c - the bytes of an image file: small ones in memory at once, of others a window at a time.
//
// Nothing is mapped: a file that somebody cuts off while it is read is an error, where a mapped one would be the end of the process.
#include <assert.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "image/codec.h"

enum { WINDOW = 1 << 16 };

int hg__image_file_open(hg__image_file *f, const char *path, hg_error *err) {
    struct stat s;
    *f = (hg__image_file){.name = path, .fd = -1};
    f->fd = hg__open_read(path, err);
    if (f->fd < 0) return f->fd;
    if (fstat(f->fd, &s) != 0) return hg__fail_errno(err, HG_ERR_IO, "%s: cannot stat", path);
    if (!S_ISREG(s.st_mode)) {
        return hg__fail(err, HG_ERR_IO, "%s: expected a file, got %s", path,
                        S_ISDIR(s.st_mode) ? "a folder" : "a device");
    }
    f->size = (size_t)s.st_size;
    return f->size <= hg__image_limit.whole ? hg__image_file_hold(f, err) : HG_OK;
}

int hg__image_file_hold(hg__image_file *f, hg_error *err) {
    static const uint8_t none[1] = {0};
    if (f->bytes) return HG_OK;
    f->bytes = none;
    if (f->size == 0) return HG_OK;
    f->bytes = NULL;
    f->own = hg__grow(NULL, f->size, 1, err);
    if (!f->own) return HG_ERR_MEMORY;
    HG_TRY(hg__read_at(f->fd, f->own, f->size, 0, f->name, err));
    f->bytes = f->own;
    return HG_OK;
}

void hg__image_file_drop(hg__image_file *f) {
    if (!f->own) return;
    hg__free(f->own);
    f->own = NULL;
    f->bytes = NULL;
}

void hg__image_file_close(hg__image_file *f) {
    if (f->fd >= 0) close(f->fd);
    hg__free(f->own);
    hg__free(f->window);
    *f = (hg__image_file){.fd = -1};
}

// Reads at least [at, at + size) into the window.
static int fill(hg__image_file *f, uint64_t at, size_t size) {
    const size_t left = f->size - (size_t)at, least = size > WINDOW ? size : WINDOW;
    const size_t wanted = least < left ? least : left;
    if (least > f->room) {
        uint8_t *grown = hg__grow(f->window, least, 1, &f->why);
        if (!grown) return HG_ERR_MEMORY;
        f->window = grown;
        f->room = least;
    }
    f->held = 0;
    HG_TRY(hg__read_at(f->fd, f->window, wanted, at, f->name, &f->why));
    f->held = wanted;
    f->first = at;
    return HG_OK;
}

const uint8_t *hg__image_file_at(hg__image_file *f, uint64_t at, size_t size) {
    assert(at <= f->size && size <= f->size - at);
    if (f->bytes) return f->bytes + at;
    const bool is_held = at >= f->first && at + size <= f->first + f->held;
    if (!is_held && (f->why.code || fill(f, at, size) < 0)) return NULL;
    return f->window + (at - f->first);
}

bool hg__image_file_copy(hg__image_file *f, uint64_t at, void *to, size_t size) {
    if (f->bytes || size < WINDOW) {
        const uint8_t *from = hg__image_file_at(f, at, size);
        if (from && size) memcpy(to, from, size);
        return from != NULL;
    }
    assert(at <= f->size && size <= f->size - at);
    return !f->why.code && hg__read_at(f->fd, to, size, at, f->name, &f->why) == HG_OK;
}

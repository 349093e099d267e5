// SPDX-License-Identifier: Apache-2.0
// capture_list.c - which files are captures: those that were named, and those of a folder in the order of their names.
#include "packets/capture_list.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "files/source.h"
#include "packets/capture.h"
#include "packets/cursor.h"

// Of pcap, in micro- and nanoseconds, and two kinds that libpcap knows beside it (sf-pcap.c): Kuznetzov's with more in each
// packet's header, and Navtel's. Of pcapng the block's type and, behind its length, the mark of the byte order.
bool hg__capture_sniff(const uint8_t *head, size_t size) {
    static const uint32_t numbers[] = {0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34, 0xa1b234cd};
    enum { SECTION = 0x0a0d0d0a, ORDER = 0x1a2b3c4d };
    if (size < 4) return false;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (hg__big_32(head) == numbers[i] || hg__little_32(head) == numbers[i]) return true;
    }
    return size >= 12 && hg__big_32(head) == SECTION &&
           (hg__big_32(head + 8) == ORDER || hg__little_32(head + 8) == ORDER);
}

// Standard input that is a file of which nothing was read (`< x.pcap`) is that file.
static bool is_once(const char *path) {
    struct stat s;
    if (!hg__is_stream(path)) return false;
    const bool is_file = strcmp(path, "-") == 0 && fstat(STDIN_FILENO, &s) == 0 &&
                         S_ISREG(s.st_mode) && lseek(STDIN_FILENO, 0, SEEK_CUR) == 0;
    return !is_file;
}

// 1: a capture by its first bytes; 0: none, or not to be read by us.
static int is_capture_file(const char *path, hg_error *err) {
    hg__source s;
    if (is_once(path)) return 0;
    if (!hg__is_stream(path) && (!hg__is_file(path) || access(path, R_OK) != 0)) return 0;
    const int fd = hg__open_read(path, err);
    if (fd < 0) return fd;
    const int code = hg__source_open(&s, fd, path, err);
    const bool is_it = code == HG_OK && hg__capture_sniff(s.head, s.head_size);
    hg__source_close(&s);
    return code < 0 && code != HG_ERR_DATA ? code : is_it;
}

// ---- a pipe ------------------------------------------------------------------------------------

// What the first bytes unpack to.
static bool is_packed_capture(const uint8_t *head, size_t size) {
    int ends[2];
    hg__source s;
    if (hg__io_is_refused(EIO) || pipe2(ends, O_CLOEXEC) != 0) return false;
    const bool is_written = write(ends[1], head, size) == (ssize_t)size;
    close(ends[1]);
    const int code = hg__source_open_stream(&s, ends[0], "", NULL, NULL);
    const bool is_it = is_written && code == HG_OK && hg__capture_sniff(s.head, s.head_size);
    hg__source_close(&s);
    return is_it;
}

bool hg__is_capture_stream(const char *path, const hg_listener *listener) {
    enum { PLAIN = 12, PACKED = HG_SOURCE_HEAD };
    uint8_t head[PACKED];
    if (!is_once(path)) return false;
    int64_t size = hg__stream_peek(path, head, sizeof head, 4, listener);
    if (size < 4) return false;
    if (head[0] == 0x1f && head[1] == 0x8b) {
        size = hg__stream_peek(path, head, sizeof head, PACKED, listener);
        return size > 0 && is_packed_capture(head, (size_t)size);
    }
    const bool is_section = hg__big_32(head) == 0x0a0d0d0a;
    if (is_section) size = hg__stream_peek(path, head, sizeof head, PLAIN, listener);
    return size > 0 && hg__capture_sniff(head, (size_t)size);
}

// ---- a folder -----------------------------------------------------------------------------------

static int is_wanted(void *context, const char *path, const void **kind, hg_error *err) {
    (void)context;
    (void)kind;
    return is_capture_file(path, err);
}

// most: how many are wanted.
static int read_folder(hg__capture_list *l, const char *folder, int32_t most, hg_error *err) {
    return hg__file_list_read_folder(&l->files, folder, is_wanted, NULL, most, err);
}

// Bytes of all that are files.
static void measure(hg__capture_list *l) {
    for (int32_t i = 0; i < l->files.count; i++) {
        struct stat s;
        const bool is_file = stat(l->files.file[i].path, &s) == 0 && S_ISREG(s.st_mode);
        if (is_file) l->size += (uint64_t)s.st_size;
    }
}

static bool is_capture(const char *path) {
    hg__capture_list l = {0};
    if (!hg__is_folder(path)) return is_capture_file(path, NULL) > 0;
    const bool is_it = read_folder(&l, path, 1, NULL) == HG_OK && l.files.count > 0;
    hg__capture_list_clear(&l);
    return is_it;
}

bool hg__is_capture(const char *paths) {
    char path[HG_LISTED_PATH];
    while (hg__path_list_next(&paths, path, sizeof path)) {
        if (is_capture(path)) return true;
    }
    return false;
}

// ---- a path -------------------------------------------------------------------------------------

static int add_folder(hg__capture_list *l, const char *path, hg_error *err) {
    const int32_t before = l->files.count;
    HG_TRY(read_folder(l, path, INT32_MAX, err));
    if (l->files.count > before) return HG_OK;
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected captures (pcap or pcapng) in the folder, found none", path);
}

static int add_any(hg__capture_list *l, const char *path, hg_error *err) {
    if (hg__is_folder(path)) return add_folder(l, path, err);
    if (is_once(path)) {
        return hg__fail(err, HG_ERR_USAGE, "%s: expected a file or a folder in a list, got a pipe",
                        hg__input_name(path));
    }
    if (hg__is_interface(path)) {
        return hg__fail(
            err, HG_ERR_USAGE,
            "%s: expected a capture or a folder of them, got a network interface, which "
            "`train` and `watch` take where it stands alone",
            path);
    }
    return hg__file_list_add(&l->files, path, NULL, false, err);
}

int hg__capture_list_read(hg__capture_list *l, const char *paths, hg_error *err) {
    char path[HG_LISTED_PATH];
    if (is_once(paths)) return hg__capture_list_one(l, paths, err);
    *l = (hg__capture_list){0};
    for (const char *at = paths; hg__path_list_next(&at, path, sizeof path);) {
        HG_TRY(add_any(l, path, err));
    }
    measure(l);
    if (l->files.count) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "%s: expected a capture, got none", paths);
}

int hg__capture_list_one(hg__capture_list *l, const char *name, hg_error *err) {
    *l = (hg__capture_list){.is_stream = true};
    HG_TRY(hg__file_list_add(&l->files, name, NULL, false, err));
    measure(l);
    return HG_OK;
}

void hg__capture_list_clear(hg__capture_list *l) {
    hg__file_list_clear(&l->files);
    *l = (hg__capture_list){0};
}

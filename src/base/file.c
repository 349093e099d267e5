// SPDX-License-Identifier: Apache-2.0
// file.c - files: whole or not at all.
#include "base/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/address.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/stream.h"

enum { WRITER_BUFFER = 1 << 16 };

static atomic_uint_least64_t calls;
static uint64_t fail_at; // 0: never
static bool fail_after;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void read_environment(void) {
    const char *wish = getenv("HG_FAIL_IO");
    if (!wish) return;
    char *end;
    fail_at = strtoull(wish, &end, 10);
    fail_after = *end == '+';
}

// True where the injected fault strikes; errno says which.
static bool is_refused(int number) {
    pthread_once(&once, read_environment);
    if (!fail_at) return false;
    uint64_t n = atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed) + 1;
    errno = number;
    return n == fail_at || (fail_after && n > fail_at);
}

int hg__open_read(const char *path, hg_error *err) {
    if (hg__is_database(path)) { // its password must not get into a message
        return hg__fail(err, HG_ERR_USAGE, "odbc: expected a file, got a database");
    }
    if (hg__is_stream(path)) return hg__stream_open(path, err);
    HG_TRY(hg__refuse_address("file", path, err));
    int fd = is_refused(EIO) ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return hg__fail_errno(err, HG_ERR_IO, "%s: cannot open", path);
    return fd;
}

static int map_descriptor(hg__map *m, int fd, const char *path, hg_error *err) {
    struct stat s;
    if (fstat(fd, &s) != 0) return hg__fail_errno(err, HG_ERR_IO, "%s: cannot stat", path);
    if (!S_ISREG(s.st_mode)) {
        return hg__fail(err, HG_ERR_IO, "%s: expected a file, got %s", path,
                        S_ISDIR(s.st_mode) ? "a folder" : "a device");
    }
    *m = (hg__map){(const uint8_t *)"", (size_t)s.st_size};
    if (s.st_size == 0) return HG_OK;
    void *data = is_refused(EIO) ? MAP_FAILED : mmap(NULL, m->size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
        *m = (hg__map){0};
        return hg__fail_errno(err, HG_ERR_IO, "%s: cannot map", path);
    }
    m->data = data;
    return HG_OK;
}

int hg__map_open(hg__map *m, const char *path, hg_error *err) {
    *m = (hg__map){0};
    int fd = hg__open_read(path, err);
    if (fd < 0) return fd;
    int code = map_descriptor(m, fd, path, err);
    close(fd);
    return code;
}

void hg__map_forget(const hg__map *m) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): only to drop the const
    if (m->size) (void)madvise((void *)(uintptr_t)m->data, m->size, MADV_DONTNEED);
}

void hg__map_close(hg__map *m) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): only to drop the const
    if (m->size) munmap((void *)(uintptr_t)m->data, m->size);
    *m = (hg__map){0};
}

int hg__read_at(int fd, void *buffer, size_t size, uint64_t offset, const char *path,
                hg_error *err) {
    char *to = buffer;
    while (size) {
        ssize_t n = is_refused(EIO) ? -1 : pread(fd, to, size, (off_t)offset);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return hg__fail_errno(err, HG_ERR_IO, "%s: cannot read", path);
        if (n == 0) {
            return hg__fail(err, HG_ERR_IO, "%s: expected %zu more bytes, got the end of the file",
                            path, size);
        }
        to += n;
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
    return HG_OK;
}

int hg__read_stream(int fd, void *buffer, size_t size, size_t *got,
                    const volatile sig_atomic_t *stop, const char *name, hg_error *err) {
    enum { WAIT_MS = 200 }; // a signal may come between the question and the wait
    char *to = buffer;
    *got = 0;
    while (*got < size) {
        if (stop && *stop) return hg__fail(err, HG_ERR_STOPPED, "%s: stopped on request", name);
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (stop && poll(&wait, 1, WAIT_MS) <= 0) continue; // nothing yet, or a signal
        ssize_t n = is_refused(EIO) ? -1 : read(fd, to + *got, size - *got);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return hg__fail_errno(err, HG_ERR_IO, "%s: cannot read", name);
        if (n == 0) return HG_OK;
        *got += (size_t)n;
    }
    return HG_OK;
}

int hg__write_all(int fd, const void *bytes, size_t size, const char *path, hg_error *err) {
    const char *from = bytes;
    while (size) {
        ssize_t n = is_refused(ENOSPC) ? -1 : write(fd, from, size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return hg__fail_errno(err, HG_ERR_IO, "%s: cannot write", path);
        from += n;
        size -= (size_t)n;
    }
    return HG_OK;
}

static bool is_stdout(const hg__writer *w) {
    return w->path[0] == '-' && !w->path[1];
}

static bool is_device(const char *path) {
    struct stat s;
    return stat(path, &s) == 0 && !S_ISREG(s.st_mode) && !S_ISDIR(s.st_mode);
}

// The descriptor of what is not replaced but written into: a pipe, /dev/full, "/dev/stdout" whatever that is. -1 where it
// cannot be opened; NOT_DIRECT where `path` is to be a file.
enum { NOT_DIRECT = -2 };

static int open_direct(const char *path) {
    const int named = hg__named_descriptor(path);
    if (named < 0 && !is_device(path)) return NOT_DIRECT;
    if (is_refused(EIO)) return -1;
    return named >= 0 ? fcntl(named, F_DUPFD_CLOEXEC, 3) : open(path, O_WRONLY | O_CLOEXEC);
}

// A name of its own for every writer: a killed process with our number may have left one (in a container
// numbers come back), and two writers may be at the same file. Of a name that leaves no room for more (255 bytes) the end is
// dropped. -1 and errno where it cannot be made.
static int create_temporary(hg__writer *w) {
    enum { ATTEMPTS = 1000, KEPT = 220 };
    int fd = -1;
    if (is_refused(EIO)) return -1;
    const char *slash = strrchr(w->path, '/');
    const size_t folder = slash ? (size_t)(slash + 1 - w->path) : 0, length = strlen(w->path);
    const bool long_name = length - folder > KEPT && length - folder <= NAME_MAX;
    const int kept = (int)(long_name ? folder + KEPT : length);
    for (int i = 0; i < ATTEMPTS; i++) {
        char number[16] = "";
        if (i) snprintf(number, sizeof number, ".%d", i);
        snprintf(w->temporary, sizeof w->temporary, "%.*s.%ld%s.tmp", kept, w->path, (long)getpid(),
                 number);
        fd = open(w->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST) break;
    }
    return fd;
}

int hg__writer_open(hg__writer *w, const char *path, hg_error *err) {
    *w = (hg__writer){.fd = -1};
    if (hg__is_database(path)) {
        return hg__fail(err, HG_ERR_USAGE, "odbc: expected a file to write, got a database");
    }
    HG_TRY(hg__refuse_address("out", path, err));
    if (!*path) {
        return hg__fail(err, HG_ERR_USAGE, "out: expected the name of a file to write, got none");
    }
    if (strlen(path) >= sizeof w->path) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%.60s...: expected a path of at most %zu bytes, got %zu", path,
                        sizeof w->path - 1, strlen(path));
    }
    snprintf(w->path, sizeof w->path, "%s", path);
    if (!is_stdout(w) && hg__is_folder(path)) {
        return hg__fail(err, HG_ERR_IO, "%s: expected a file to write, got a folder", path);
    }
    w->buffer = hg__alloc(WRITER_BUFFER, 1, err);
    if (!w->buffer) return HG_ERR_MEMORY;
    if (is_stdout(w)) {
        w->fd = STDOUT_FILENO;
        return HG_OK;
    }
    w->fd = open_direct(path);
    if (w->fd == NOT_DIRECT) w->fd = create_temporary(w);
    if (w->fd < 0) {
        int code = hg__fail_errno(err, HG_ERR_IO, "%s: cannot create", path);
        hg__free(w->buffer);
        *w = (hg__writer){.fd = -1};
        return code;
    }
    return HG_OK;
}

int hg__writer_flush(hg__writer *w, hg_error *err) {
    size_t used = w->used;
    w->used = 0;
    return hg__write_all(w->fd, w->buffer, used, w->path, err);
}

int hg__writer_add(hg__writer *w, const void *bytes, size_t size, hg_error *err) {
    assert(w->buffer); // open
    if (size >= WRITER_BUFFER) {
        HG_TRY(hg__writer_flush(w, err));
        return hg__write_all(w->fd, bytes, size, w->path, err);
    }
    if (w->used + size > WRITER_BUFFER) HG_TRY(hg__writer_flush(w, err));
    if (size) memcpy(w->buffer + w->used, bytes, size);
    w->used += size;
    return HG_OK;
}

void hg__writer_abort(hg__writer *w) {
    if (!w->buffer) return;
    if (!is_stdout(w)) {
        if (w->fd >= 0) close(w->fd);
        if (w->temporary[0]) unlink(w->temporary);
    }
    hg__free(w->buffer);
    *w = (hg__writer){.fd = -1};
}

// Makes the rename itself durable. A folder that cannot be opened for reading is no error.
static void sync_folder_of(const char *path) {
    char folder[1024];
    const char *slash = strrchr(path, '/');
    int length = slash ? (int)(slash - path) : 1;
    snprintf(folder, sizeof folder, "%.*s", length ? length : 1, slash ? path : ".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    (void)fsync(fd);
    close(fd);
}

static int finish(hg__writer *w, hg_error *err) {
    HG_TRY(hg__writer_flush(w, err));
    if (is_stdout(w)) return HG_OK;
    bool device = !w->temporary[0];
    if (!device && (is_refused(EIO) || fsync(w->fd) != 0)) {
        return hg__fail_errno(err, HG_ERR_IO, "%s: cannot sync", w->path);
    }
    int closed = close(w->fd);
    w->fd = -1;
    if (device && closed == 0) return HG_OK;
    if (closed != 0 || is_refused(EIO) || rename(w->temporary, w->path) != 0) {
        return hg__fail_errno(err, HG_ERR_IO, "%s: cannot rename into place", w->path);
    }
    sync_folder_of(w->path);
    return HG_OK;
}

int hg__writer_commit(hg__writer *w, hg_error *err) {
    int code = finish(w, err);
    if (code < 0) {
        hg__writer_abort(w);
        return code;
    }
    hg__free(w->buffer);
    *w = (hg__writer){.fd = -1};
    return HG_OK;
}

int hg__write_file(const char *path, const void *bytes, size_t size, hg_error *err) {
    hg__writer w;
    HG_TRY(hg__writer_open(&w, path, err));
    int code = hg__writer_add(&w, bytes, size, err);
    if (code < 0) {
        hg__writer_abort(&w);
        return code;
    }
    return hg__writer_commit(&w, err);
}

int hg__append_line(const char *path, const char *line, hg_error *err) {
    int fd = is_refused(EIO) ? -1 : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) return hg__fail_errno(err, HG_ERR_IO, "%s: cannot open for writing", path);
    int code = hg__write_all(fd, line, strlen(line), path, err);
    close(fd);
    return code;
}

bool hg__is_folder(const char *path) {
    struct stat s;
    return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

bool hg__is_file(const char *path) {
    struct stat s;
    return stat(path, &s) == 0 && S_ISREG(s.st_mode);
}

// As stat(), "-" being the descriptor `standard`.
static bool look(const char *path, int standard, struct stat *s) {
    return (strcmp(path, "-") == 0 ? fstat(standard, s) : stat(path, s)) == 0;
}

bool hg__is_same_file(const char *in, const char *out) {
    struct stat a, b;
    return look(in, STDIN_FILENO, &a) && look(out, STDOUT_FILENO, &b) && S_ISREG(a.st_mode) &&
           a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

// What stands where a folder was wanted, or why there is none.
static int fail_folder(const char *path, int number, hg_error *err) {
    struct stat s;
    if (number == EEXIST && lstat(path, &s) == 0) {
        return hg__fail(err, HG_ERR_IO, "%s: expected a folder, got %s", path,
                        S_ISREG(s.st_mode)   ? "a file"
                        : S_ISLNK(s.st_mode) ? "a link that leads to none"
                                             : "a device or pipe");
    }
    errno = number;
    return hg__fail_errno(err, HG_ERR_IO, "%s: cannot make the folder", path);
}

int hg__make_folder(const char *path, hg_error *err) {
    char part[1024];
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof part) {
        return hg__fail(err, HG_ERR_USAGE, "'%.60s': expected a path of 1 to %zu bytes, got %zu",
                        path, sizeof part - 1, length);
    }
    memcpy(part, path, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (part[i] != '/' && part[i] != '\0') continue;
        char kept = part[i];
        part[i] = '\0';
        const int number = mkdir(part, 0777) == 0 ? 0 : errno;
        if (number && !hg__is_folder(part)) return fail_folder(part, number, err);
        part[i] = kept;
    }
    return HG_OK;
}

int hg__join_path(char *buffer, size_t size, const char *folder, const char *name, hg_error *err) {
    int length = snprintf(buffer, size, "%s/%s", folder, name);
    if (length >= 0 && (size_t)length < size) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "%.60s...: the path is longer than %zu bytes", folder,
                    size - 1);
}

static const char *spill_folder(void) {
    const char *folder = getenv("TMPDIR");
    return folder && *folder ? folder : "/tmp";
}

int hg__open_spill(hg_error *err) {
    char path[1024];
    HG_TRY(hg__join_path(path, sizeof path, spill_folder(), "hourglass-XXXXXX", err));
    int fd = is_refused(EIO) ? -1 : mkostemp(path, O_CLOEXEC);
    if (fd < 0) {
        return hg__fail_errno(err, HG_ERR_IO, "%s: cannot make a temporary file (TMPDIR)",
                              spill_folder());
    }
    unlink(path);
    return fd;
}

int hg__spill(int fd, const void *bytes, size_t size, hg_error *err) {
    char name[1100];
    snprintf(name, sizeof name, "%.1000s: the temporary file (TMPDIR)", spill_folder());
    return hg__write_all(fd, bytes, size, name, err);
}

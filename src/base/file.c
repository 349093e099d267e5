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
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "base/mem.h"
#include "base/show.h"

static atomic_uint_least64_t calls;
static uint64_t fail_at; // 0: never
static bool fail_after;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void read_environment(void) {
    const char *text = getenv("HG_FAIL_IO");
    if (!text) return;
    char *end;
    fail_at = strtoull(text, &end, 10);
    fail_after = *end == '+';
}

bool hg__io_is_refused(int number) {
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
    int fd = hg__io_is_refused(EIO) ? -1 : hg__off_standard(open(path, O_RDONLY | O_CLOEXEC));
    return fd < 0 ? hg__fail_open(path, errno, err) : fd;
}

static int measure(int fd, const char *path, size_t *size, hg_error *err) {
    struct stat s;
    if (fstat(fd, &s) != 0) return hg__fail_errno(err, HG_ERR_IO, "%s: cannot stat", path);
    if (!S_ISREG(s.st_mode)) {
        return hg__fail(err, HG_ERR_IO, "%s: expected a file, got %s", path,
                        S_ISDIR(s.st_mode) ? "a folder" : "a device");
    }
    *size = (size_t)s.st_size;
    return HG_OK;
}

int hg__content_read_descriptor(hg__content *c, int fd, const char *path, size_t most,
                                hg_error *err) {
    *c = (hg__content){0};
    static const uint8_t none[1] = {0};
    size_t size = 0;
    HG_TRY(measure(fd, path, &size, err));
    if (size > most) size = most;
    *c = (hg__content){none, 0};
    if (size == 0) return HG_OK;
    uint8_t *bytes = hg__grow(NULL, size, 1, err);
    const int code = bytes ? hg__read_at(fd, bytes, size, 0, path, err) : HG_ERR_MEMORY;
    *c = (hg__content){bytes, size};
    if (code < 0) hg__content_free(c);
    return code;
}

int hg__content_read_head(hg__content *c, const char *path, size_t most, hg_error *err) {
    *c = (hg__content){0};
    int fd = hg__open_read(path, err);
    if (fd < 0) return fd;
    int code = hg__content_read_descriptor(c, fd, path, most, err);
    close(fd);
    return code;
}

int hg__content_read(hg__content *c, const char *path, hg_error *err) {
    return hg__content_read_head(c, path, SIZE_MAX, err);
}

void hg__content_free(hg__content *c) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): only to drop the const
    void *bytes = (void *)(uintptr_t)c->data;
    if (c->size) hg__free(bytes);
    *c = (hg__content){0};
}

int hg__read_at(int fd, void *buffer, size_t size, uint64_t offset, const char *path,
                hg_error *err) {
    char *to = buffer;
    while (size) {
        ssize_t n = hg__io_is_refused(EIO) ? -1 : pread(fd, to, size, (off_t)offset);
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

int hg__read_some(int fd, void *buffer, size_t size, size_t *got, const hg_listener *listener,
                  const char *name, hg_error *err) {
    enum { WAIT_MS = 200 }; // a signal may come between the question and the wait
    const bool asks = listener && (listener->stop || listener->abort);
    *got = 0;
    for (;;) {
        if (hg__is_stopped(listener)) {
            return hg__fail(err, HG_ERR_STOPPED, "%s: stopped on request", name);
        }
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (asks && poll(&wait, 1, WAIT_MS) <= 0) continue; // nothing yet, or a signal
        ssize_t n = hg__io_is_refused(EIO) ? -1 : read(fd, buffer, size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return hg__fail_errno(err, HG_ERR_IO, "%s: cannot read", name);
        *got = (size_t)n;
        return HG_OK;
    }
}

int hg__read_stream(int fd, void *buffer, size_t size, size_t *got, const hg_listener *listener,
                    const char *name, hg_error *err) {
    char *to = buffer;
    size_t more = 1;
    *got = 0;
    while (*got < size && more) {
        HG_TRY(hg__read_some(fd, to + *got, size - *got, &more, listener, name, err));
        *got += more;
    }
    return HG_OK;
}

int hg__write_all(int fd, const void *bytes, size_t size, const char *path, hg_error *err) {
    const char *from = bytes;
    while (size) {
        ssize_t n = hg__io_is_refused(ENOSPC) ? -1 : write(fd, from, size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return hg__fail_errno(err, HG_ERR_IO, "%s: cannot write", path);
        from += n;
        size -= (size_t)n;
    }
    return HG_OK;
}

int hg__append_line(const char *path, const char *line, hg_error *err) {
    int fd =
        hg__io_is_refused(EIO) ? -1 : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) return hg__fail_create(path, errno, err);
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

// How long the next path is: as far as there is something of that name, with commas in it or not; else up to the first comma.
static size_t next_length(const char *from, char *path, size_t size) {
    struct stat s;
    for (size_t length = strlen(from); length > 0; length--) {
        if (length >= size || (from[length] != ',' && from[length])) continue;
        snprintf(path, size, "%.*s", (int)length, from);
        if (stat(path, &s) == 0) return length;
    }
    return strcspn(from, ",");
}

bool hg__path_list_next(const char **at, char *path, size_t size) {
    const char *from = *at;
    size_t length = next_length(from, path, size);
    if (length == 0) {
        from += strspn(from, ",");
        length = next_length(from, path, size);
    }
    if (length == 0) return false;
    snprintf(path, size, "%.*s", (int)length, from);
    *at = from + length + (from[length] == ',');
    return true;
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
    return hg__fail_create(path, number, err);
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

int hg__off_standard(int fd) {
    if (fd < 0 || fd > STDERR_FILENO) return fd;
    const int other = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1), number = errno;
    close(fd);
    errno = number;
    return other;
}

static const char *spill_folder(void) {
    const char *folder = getenv("TMPDIR");
    return folder && *folder ? folder : "/tmp";
}

int hg__open_spill(hg_error *err) {
    char path[1024];
    HG_TRY(hg__join_path(path, sizeof path, spill_folder(), "hourglass-XXXXXX", err));
    const int made = hg__io_is_refused(EIO) ? -1 : mkostemp(path, O_CLOEXEC);
    if (made >= 0) unlink(path);
    const int fd = hg__off_standard(made);
    if (fd < 0) {
        return hg__fail_errno(err, HG_ERR_IO, "%s: cannot make a temporary file (TMPDIR)",
                              spill_folder());
    }
    return fd;
}

int hg__spill(int fd, const void *bytes, size_t size, hg_error *err) {
    char name[1100];
    snprintf(name, sizeof name, "%.1000s: the temporary file (TMPDIR)", spill_folder());
    return hg__write_all(fd, bytes, size, name, err);
}

// SPDX-License-Identifier: Apache-2.0
// writer.c - a file being written: nobody sees it until it is whole.
//
//   open    a file without a name where the file system has such (O_TMPFILE): a killed process leaves nothing behind.
//           Elsewhere "<path>.<pid>.tmp", locked while its process lives, which is how sweep.c knows a dead one's.
//   commit  sync, a name, rename over what was there, sync the folder
//
// What is replaced passes on its mode, its group and owner as far as that is allowed, its access list and its user attributes;
// a link stays one to the file that is replaced.
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/show.h"
#include "base/system.h"

enum { WRITER_BUFFER = 1 << 16, PRIVATE = 0600, PUBLIC = 0666 };
enum { NUMBERS = 64 }; // bytes that a temporary name has more than its file's

static bool is_stdout(const hg__writer *w) {
    return !w->memory && w->path[0] == '-' && !w->path[1];
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
    if (hg__io_is_refused(EIO)) return -1;
    return named >= 0 ? fcntl(named, F_DUPFD_CLOEXEC, 3)
                      : hg__off_standard(open(path, O_WRONLY | O_CLOEXEC));
}

// ---- where it goes ------------------------------------------------------------------------------

// "folder" of "folder/name", "." of "name", "/" of "/name".
static void folder_of(const char *path, char *folder, size_t size) {
    const char *slash = strrchr(path, '/');
    const int length = slash ? (int)(slash - path) : 1;
    snprintf(folder, size, "%.*s", length ? length : 1, slash ? path : ".");
}

// A link that somebody else laid in a folder where anybody may (/tmp) is not followed, as the kernel does not
// (protected_symlinks): it is replaced.
static bool is_trusted(const char *link) {
    char folder[HG_PLACE];
    struct stat own, around;
    folder_of(link, folder, sizeof folder);
    if (lstat(link, &own) != 0 || stat(folder, &around) != 0) return true;
    const bool is_open = around.st_mode & S_ISVTX && around.st_mode & S_IWOTH;
    return !is_open || own.st_uid == geteuid() || own.st_uid == around.st_uid;
}

// The file a link leads to, over more links; it need not be there. -1 and errno.
static int follow(const char *path, char place[HG_PLACE]) {
    enum { MOST_LINKS = 40 };
    snprintf(place, HG_PLACE, "%s", path);
    for (int i = 0; i < MOST_LINKS; i++) {
        char next[HG_PLACE], folder[HG_PLACE];
        const ssize_t n = readlink(place, next, sizeof next - 1);
        if (n < 0 || !is_trusted(place)) return 0;
        next[n] = '\0';
        folder_of(place, folder, sizeof folder);
        const bool is_whole = next[0] == '/' || !strchr(place, '/');
        const int length = is_whole ? snprintf(place, HG_PLACE, "%s", next)
                                    : snprintf(place, HG_PLACE, "%s/%s", folder, next);
        if (length >= HG_PLACE - NUMBERS) {
            errno = ENAMETOOLONG;
            return -1;
        }
    }
    errno = ELOOP;
    return -1;
}

// ---- names --------------------------------------------------------------------------------------

// The i-th name for what is not whole yet: a killed process with our number may have left one (in a container numbers come
// back), and two writers may be at the same file. Of a name that leaves no room for more (255 bytes) the end is dropped.
static void name_temporary(hg__writer *w, int i) {
    enum { KEPT = 220 };
    const char *slash = strrchr(w->place, '/');
    const size_t folder = slash ? (size_t)(slash + 1 - w->place) : 0, length = strlen(w->place);
    const bool long_name = length - folder > KEPT && length - folder <= NAME_MAX;
    const int kept = (int)(long_name ? folder + KEPT : length);
    char number[16] = "";
    if (i) snprintf(number, sizeof number, ".%d", i);
    snprintf(w->temporary, HG_PLACE, "%.*s.%ld%s.tmp", kept, w->place, (long)getpid(), number);
}

enum { ATTEMPTS = 1000 };

static int create_named(hg__writer *w, mode_t mode) {
    int fd = -1;
    for (int i = 0; i < ATTEMPTS; i++) {
        name_temporary(w, i);
        fd = hg__off_standard(open(w->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode));
        if (fd >= 0 || errno != EEXIST) break;
    }
    return fd;
}

// Without /proc a file without a name could never get one.
static int create_nameless(const hg__writer *w, mode_t mode) {
    char folder[HG_PLACE];
    if (access("/proc/self/fd", X_OK) != 0) return -1;
    folder_of(w->place, folder, sizeof folder);
    return hg__off_standard(open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, mode));
}

// The descriptor; -1 and errno.
static int create_temporary(hg__writer *w, mode_t mode) {
    struct stat s;
    if (hg__io_is_refused(EIO)) return -1;
    if (lstat(w->place, &s) != 0 && errno != ENOENT) return -1; // no name of a file can be so long
    int fd = create_nameless(w, mode);
    if (fd < 0) fd = create_named(w, mode);
    if (fd >= 0) (void)hg__lock_descriptor(fd); // a file system without locks goes without
    return fd;
}

static int give_name(hg__writer *w) {
    char own[32];
    int code = -1;
    snprintf(own, sizeof own, "/proc/self/fd/%d", w->fd);
    for (int i = 0; i < ATTEMPTS; i++) {
        name_temporary(w, i);
        code = linkat(AT_FDCWD, own, AT_FDCWD, w->temporary, AT_SYMLINK_FOLLOW);
        if (code == 0 || errno != EEXIST) break;
    }
    if (code != 0) w->temporary[0] = '\0'; // not ours to remove
    return code;
}

// ---- who may read it ----------------------------------------------------------------------------

static bool is_passed_on(const char *name) {
    return strncmp(name, "user.", 5) == 0 || strcmp(name, "system.posix_acl_access") == 0;
}

// Attributes and the access list. False: there is a list which the new file does not have.
static bool pass_on_attributes(const char *from, int to) {
    char names[2048], value[2048];
    bool all = true;
    const ssize_t size = listxattr(from, names, sizeof names);
    for (const char *name = names; size > 0 && name < names + size; name += strlen(name) + 1) {
        if (!is_passed_on(name)) continue;
        const ssize_t n = getxattr(from, name, value, sizeof value);
        const bool done = n >= 0 && fsetxattr(to, name, value, (size_t)n, 0) == 0;
        if (!done && name[0] == 's') all = false;
    }
    return all;
}

// What cannot be passed on takes nobody's rights away from `old`, and gives nobody more.
static void pass_on(const hg__writer *w, const struct stat *old) {
    struct stat now;
    mode_t mode = old->st_mode & 0777;
    if (fstat(w->fd, &now) != 0) return;
    if (now.st_gid != old->st_gid && fchown(w->fd, (uid_t)-1, old->st_gid) != 0) {
        mode = (mode & ~(mode_t)070) | (mode & 07) << 3; // another group: as any other's
    }
    (void)fchmod(w->fd, mode);
    if (!pass_on_attributes(w->place, w->fd)) (void)fchmod(w->fd, mode & ~(mode_t)070);
    if (now.st_uid != old->st_uid && fchown(w->fd, old->st_uid, (gid_t)-1) != 0) {
        return; // it is ours now
    }
}

static int create(hg__writer *w, hg__file_mode mode) {
    struct stat old;
    const bool keeps = mode == HG_MODE_KEEP && stat(w->place, &old) == 0 && S_ISREG(old.st_mode);
    const int fd = create_temporary(w, keeps || mode == HG_MODE_PRIVATE ? PRIVATE : PUBLIC);
    w->fd = fd;
    if (fd >= 0 && keeps) pass_on(w, &old);
    return fd;
}

// ---- from open to commit ------------------------------------------------------------------------

static int check_path(const char *path, hg_error *err) {
    enum { MOST = sizeof((hg__writer *)0)->path };
    if (hg__is_database(path)) {
        return hg__fail(err, HG_ERR_USAGE, "odbc: expected a file to write, got a database");
    }
    HG_TRY(hg__refuse_address("out", path, err));
    if (!*path) {
        return hg__fail(err, HG_ERR_USAGE, "out: expected the name of a file to write, got none");
    }
    if (strlen(path) >= MOST) {
        return hg__fail(err, HG_ERR_USAGE, "%.60s...: expected a path of at most %d bytes, got %zu",
                        path, MOST - 1, strlen(path));
    }
    if (strcmp(path, "-") != 0 && hg__is_folder(path)) {
        return hg__fail(err, HG_ERR_IO, "%s: expected a file to write, got a folder", path);
    }
    return HG_OK;
}

int hg__writer_open_mode(hg__writer *w, const char *path, hg__file_mode mode, hg_error *err) {
    *w = (hg__writer){.fd = -1};
    HG_TRY(check_path(path, err));
    snprintf(w->path, sizeof w->path, "%s", path);
    w->buffer = hg__alloc(WRITER_BUFFER + 2 * HG_PLACE, 1, err);
    if (!w->buffer) return HG_ERR_MEMORY;
    w->place = w->buffer + WRITER_BUFFER;
    w->temporary = w->place + HG_PLACE;
    if (is_stdout(w)) {
        w->fd = STDOUT_FILENO;
        return HG_OK;
    }
    w->fd = open_direct(path);
    w->is_direct = w->fd != NOT_DIRECT;
    if (!w->is_direct) w->fd = follow(path, w->place) == 0 ? create(w, mode) : -1;
    if (w->fd < 0) {
        int code = hg__fail_create(path, errno, err);
        hg__free(w->buffer);
        *w = (hg__writer){.fd = -1};
        return code;
    }
    return HG_OK;
}

int hg__writer_open(hg__writer *w, const char *path, hg_error *err) {
    return hg__writer_open_mode(w, path, HG_MODE_KEEP, err);
}

int hg__writer_open_memory(hg__writer *w, const char *name, hg__text *to, hg_error *err) {
    *w = (hg__writer){.fd = -1, .is_direct = true, .memory = to};
    snprintf(w->path, sizeof w->path, "%s", name);
    w->buffer = hg__alloc(WRITER_BUFFER + 2 * HG_PLACE, 1, err);
    if (!w->buffer) return HG_ERR_MEMORY;
    w->place = w->buffer + WRITER_BUFFER;
    w->temporary = w->place + HG_PLACE;
    return HG_OK;
}

static int put(const hg__writer *w, const void *bytes, size_t size, hg_error *err) {
    if (!w->memory) return hg__write_all(w->fd, bytes, size, w->path, err);
    hg__text_add_bytes(w->memory, bytes, size);
    if (!w->memory->failed) return HG_OK;
    return hg__fail(err, HG_ERR_MEMORY, "%s: out of memory while writing", w->path);
}

int hg__writer_flush(hg__writer *w, hg_error *err) {
    size_t used = w->used;
    w->used = 0;
    return put(w, w->buffer, used, err);
}

int hg__writer_add(hg__writer *w, const void *bytes, size_t size, hg_error *err) {
    assert(w->buffer); // open
    if (size >= WRITER_BUFFER) {
        HG_TRY(hg__writer_flush(w, err));
        return put(w, bytes, size, err);
    }
    if (w->used + size > WRITER_BUFFER) HG_TRY(hg__writer_flush(w, err));
    if (size) memcpy(w->buffer + w->used, bytes, size);
    w->used += size;
    return HG_OK;
}

void hg__writer_abort(hg__writer *w) {
    if (!w->buffer) return;
    if (!is_stdout(w)) {
        if (w->temporary[0]) unlink(w->temporary);
        if (w->fd >= 0) close(w->fd);
    }
    hg__free(w->buffer);
    *w = (hg__writer){.fd = -1};
}

// Makes the rename itself durable. A folder that cannot be opened for reading is no error.
static void sync_folder_of(const char *path) {
    char folder[HG_PLACE];
    folder_of(path, folder, sizeof folder);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    (void)fsync(fd);
    close(fd);
}

static int close_direct(hg__writer *w, hg_error *err) {
    const int closed = close(w->fd);
    w->fd = -1;
    return closed == 0 ? HG_OK : hg__fail_errno(err, HG_ERR_IO, "%s: cannot write", w->path);
}

static int finish(hg__writer *w, hg_error *err) {
    HG_TRY(hg__writer_flush(w, err));
    if (is_stdout(w) || w->memory) return HG_OK;
    if (w->is_direct) return close_direct(w, err);
    if (hg__io_is_refused(EIO) || fsync(w->fd) != 0) {
        return hg__fail_errno(err, HG_ERR_IO, "%s: cannot sync", w->path);
    }
    if (hg__io_is_refused(EIO) || (!w->temporary[0] && give_name(w) != 0) ||
        rename(w->temporary, w->place) != 0) {
        return hg__fail_errno(err, HG_ERR_IO, "%s: cannot rename into place", w->path);
    }
    close(w->fd); // only now: its lock says that the temporary file is somebody's
    w->fd = -1;
    sync_folder_of(w->place);
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

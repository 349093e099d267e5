// SPDX-License-Identifier: Apache-2.0
// stream.c - what can be read but once, kept as a file.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/host.h"
#include "base/mem.h"

enum { BLOCK = 1 << 18 };

// A stream is known by its place in the file system too: /dev/fd/63 is another pipe the next time.
typedef struct stream {
    char *path; // owned
    dev_t device;
    ino_t inode;
    const void *owner;    // who announced it; NULL once it is forgotten
    int32_t users;        // who are just opening it: the last of them frees what is forgotten
    pthread_mutex_t lock; // of those below: reading may take as long as the other end likes
    int fd;               // owned: the copy; -1: not read yet
    int opened;           // owned: the stream itself, where it was looked into; -1
    hg_error why;         // a reading that failed: what is left of the stream is not all of it
    struct stream *next;
} stream;

static stream *first; // owned, a list
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool is_standard(const char *path) {
    return path[0] == '-' && !path[1];
}

const char *hg__input_name(const char *path) {
    return is_standard(path) ? "standard input" : path;
}

static bool look(const char *path, struct stat *s) {
    return (is_standard(path) ? fstat(STDIN_FILENO, s) : stat(path, s)) == 0;
}

bool hg__is_stream(const char *path) {
    struct stat s;
    if (is_standard(path)) return true;
    return look(path, &s) && (S_ISFIFO(s.st_mode) || S_ISCHR(s.st_mode) || S_ISSOCK(s.st_mode));
}

int hg__named_descriptor(const char *path) {
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
    static const char *const names[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(path, names[i]) == 0) return i;
    }
    for (int i = 0; i < 2; i++) {
        const size_t length = strlen(folders[i]);
        if (strncmp(path, folders[i], length) != 0) continue;
        const char *digits = path + length;
        const size_t count = strspn(digits, "0123456789");
        if (count && count < 9 && !digits[count]) return (int)strtol(digits, NULL, 10);
    }
    return -1;
}

// ---- the copy -----------------------------------------------------------------------------------

static int refuse(const char *path, const char *what, hg_error *err) {
    return hg__fail(err, HG_ERR_DATA, "%s: expected a file or a pipe, got %s", hg__input_name(path),
                    what);
}

// Refuses what has no end, or none that could be waited for.
static int check_kind(int fd, const char *path, hg_error *err) {
    struct stat s;
    if (fstat(fd, &s) != 0) {
        return hg__fail_errno(err, HG_ERR_IO, "%s: cannot read", hg__input_name(path));
    }
    if (S_ISDIR(s.st_mode)) return refuse(path, "a folder", err);
    if (S_ISBLK(s.st_mode)) return refuse(path, "a device", err);
    const bool is_null =
        S_ISCHR(s.st_mode) && s.st_rdev == makedev(1, 3); // an empty file to anybody
    return S_ISCHR(s.st_mode) && !is_null && !isatty(fd) ? refuse(path, "a device", err) : HG_OK;
}

static int open_stream(const char *path, hg_error *err) {
    struct stat s;
    if (is_standard(path)) return STDIN_FILENO;
    const int named = hg__named_descriptor(path); // a socket cannot be opened by its name
    const int fd = named >= 0 ? fcntl(named, F_DUPFD_CLOEXEC, 3)
                              : hg__off_standard(open(path, O_RDONLY | O_CLOEXEC));
    if (fd >= 0) return fd;
    const int number = errno;
    if (stat(path, &s) == 0 && S_ISSOCK(s.st_mode)) return refuse(path, "a socket", err);
    errno = number;
    return hg__fail_errno(err, HG_ERR_IO, "%s: cannot open", path);
}

static int copy_bytes(int from, int to, const char *path, hg_error *err) {
    char *block = hg__alloc(BLOCK, 1, err);
    if (!block) return HG_ERR_MEMORY;
    size_t got = BLOCK;
    int code = HG_OK;
    while (code == HG_OK && got == BLOCK) {
        code = hg__read_stream(from, block, BLOCK, &got, NULL, hg__input_name(path), err);
        if (code == HG_OK) code = hg__spill(to, block, got, err);
    }
    hg__free(block);
    return code;
}

static int copy(int from, const char *path, hg_error *err) {
    HG_TRY(check_kind(from, path, err));
    const int to = hg__open_spill(err);
    if (to < 0) return to;
    const int code = copy_bytes(from, to, path, err);
    if (code == HG_OK) return to;
    close(to);
    return code;
}

static int reopen(int fd, const char *path, hg_error *err) {
    char place[32];
    snprintf(place, sizeof place, "/proc/self/fd/%d", fd);
    const int again = hg__off_standard(open(place, O_RDONLY | O_CLOEXEC));
    if (again >= 0) return again;
    return hg__fail_errno(err, HG_ERR_IO, "%s: cannot open again", hg__input_name(path));
}

// opened: the stream, or -1.
static int open_once(const char *path, int opened, hg_error *err) {
    int fd = opened >= 0 ? opened : open_stream(path, err);
    if (fd == STDIN_FILENO) {
        fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        if (fd < 0) fd = hg__fail_errno(err, HG_ERR_IO, "%s: cannot read", hg__input_name(path));
    }
    if (fd < 0) return fd;
    const int code = check_kind(fd, path, err);
    if (code == HG_OK) return fd;
    close(fd);
    return code;
}

// Standard input that is a file of which nothing was read (`< rows.csv`) is that file.
static int open_whole(const char *path) {
    struct stat s;
    const bool whole = is_standard(path) && look(path, &s) && S_ISREG(s.st_mode) &&
                       lseek(STDIN_FILENO, 0, SEEK_CUR) == 0;
    return whole ? reopen(STDIN_FILENO, path, NULL) : -1;
}

static int make_copy(const char *path, int opened, hg_error *err) {
    const int whole = open_whole(path);
    if (whole >= 0) return whole;
    const int from = opened >= 0 ? opened : open_stream(path, err);
    if (from < 0) return from;
    const int to = copy(from, path, err);
    if (from != STDIN_FILENO) close(from);
    if (to < 0) return to;
    if (lseek(to, 0, SEEK_SET) == 0) return to;
    close(to);
    return hg__fail_errno(err, HG_ERR_IO, "%s: cannot open again", hg__input_name(path));
}

// ---- which are kept -----------------------------------------------------------------------------

static stream *find(const char *path) {
    struct stat s;
    if (!look(path, &s)) return NULL;
    for (stream *each = first; each; each = each->next) {
        const bool same = each->inode == s.st_ino && each->device == s.st_dev;
        if (same && each->owner && strcmp(each->path, path) == 0) return each;
    }
    return NULL;
}

static int add(const char *path, const void *owner, hg_error *err) {
    struct stat s;
    if (!look(path, &s)) return HG_OK; // reading it will say why
    stream *new = hg__alloc(1, sizeof *new, err);
    char *name = new ? hg__copy_text(path, err) : NULL;
    if (!name) {
        hg__free(new);
        return HG_ERR_MEMORY;
    }
    *new = (stream){.path = name,
                    .device = s.st_dev,
                    .inode = s.st_ino,
                    .owner = owner,
                    .fd = -1,
                    .opened = -1,
                    .next = first};
    pthread_mutex_init(&new->lock, NULL);
    first = new;
    return HG_OK;
}

int hg__stream_keep(const char *path, const void *owner, hg_error *err) {
    if (!hg__is_stream(path)) return HG_OK;
    pthread_mutex_lock(&lock);
    const int code = find(path) ? HG_OK : add(path, owner, err);
    pthread_mutex_unlock(&lock);
    return code;
}

// Those that nobody owns and nobody uses.
static void drop_forgotten(void) {
    for (stream **link = &first; *link;) {
        stream *each = *link;
        if (each->owner || each->users > 0) {
            link = &each->next;
            continue;
        }
        *link = each->next;
        if (each->fd >= 0) close(each->fd);
        if (each->opened >= 0) close(each->opened);
        pthread_mutex_destroy(&each->lock);
        hg__free(each->path);
        hg__free(each);
    }
}

void hg__stream_forget(const void *owner) {
    pthread_mutex_lock(&lock);
    for (stream *each = first; each; each = each->next) {
        if (each->owner == owner) each->owner = NULL;
    }
    drop_forgotten();
    pthread_mutex_unlock(&lock);
}

static int take_opened(stream *s) {
    const int fd = s->opened;
    s->opened = -1;
    return fd;
}

static int open_kept(stream *s, hg_error *err) {
    int fd;
    pthread_mutex_lock(&s->lock);
    if (s->fd < 0 && !s->why.code) s->fd = make_copy(s->path, take_opened(s), &s->why);
    if (s->fd >= 0) {
        fd = reopen(s->fd, s->path, err);
    } else {
        fd = hg__fail(err, s->why.code, "%s", s->why.message);
    }
    pthread_mutex_unlock(&s->lock);
    return fd;
}

static stream *use(const char *path) {
    pthread_mutex_lock(&lock);
    stream *kept = find(path);
    if (kept) kept->users++;
    pthread_mutex_unlock(&lock);
    return kept;
}

static void leave(stream *kept) {
    pthread_mutex_lock(&lock);
    kept->users--;
    drop_forgotten();
    pthread_mutex_unlock(&lock);
}

int hg__stream_open(const char *path, hg_error *err) {
    stream *kept = use(path);
    if (!kept) return make_copy(path, -1, err);
    const int fd = open_kept(kept, err);
    leave(kept);
    return fd;
}

int hg__stream_open_once(const char *path, hg_error *err) {
    stream *kept = use(path);
    if (!kept) return open_once(path, -1, err);
    pthread_mutex_lock(&kept->lock);
    const bool is_read = kept->fd >= 0 || kept->why.code;
    const int opened = is_read ? -1 : take_opened(kept);
    pthread_mutex_unlock(&kept->lock);
    const int fd = is_read ? open_kept(kept, err) : open_once(path, opened, err);
    leave(kept);
    return fd;
}

// ---- looked into --------------------------------------------------------------------------------

// What a pipe or a socket has now, which stays in it; negative for anything else.
static ssize_t look_into(int fd, void *bytes, size_t size) {
    int ends[2];
    const ssize_t of_socket = recv(fd, bytes, size, MSG_PEEK | MSG_DONTWAIT);
    if (of_socket >= 0 || errno != ENOTSOCK) return of_socket;
    if (hg__io_is_refused(EIO) || pipe2(ends, O_CLOEXEC) != 0) return -1;
    ssize_t n = tee(fd, ends[1], size, SPLICE_F_NONBLOCK);
    if (n > 0) n = read(ends[0], bytes, (size_t)n);
    const int number = errno;
    close(ends[0]);
    close(ends[1]);
    errno = number;
    return n;
}

static int64_t peek(int fd, void *bytes, size_t size, size_t least, const hg_listener *listener) {
    enum { WAIT_MS = 200, SOON_NS = 10000000 };
    const struct timespec soon = {.tv_nsec = SOON_NS};
    for (;;) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        const int ready = poll(&wait, 1, WAIT_MS);
        const ssize_t n = ready > 0 ? look_into(fd, bytes, size) : 0;
        const bool is_wait = n < 0 && (errno == EAGAIN || errno == EINTR);
        const bool is_end = ready > 0 && ((n == 0) || (wait.revents & (POLLHUP | POLLERR)));
        if ((n < 0 && !is_wait) || (ready < 0 && errno != EINTR)) return -1;
        if (n >= (ssize_t)least || is_end) return n < 0 ? 0 : n;
        if (hg__is_stopped(listener)) return -1;
        if (ready > 0) (void)nanosleep(&soon, NULL);
    }
}

int64_t hg__stream_peek(const char *path, void *bytes, size_t size, size_t least,
                        const hg_listener *listener) {
    stream *kept = use(path);
    int64_t n = -1;
    if (!kept) return n; // what is opened to look would be gone
    pthread_mutex_lock(&kept->lock);
    if (kept->fd < 0 && !kept->why.code) {
        if (kept->opened < 0) kept->opened = open_stream(path, NULL);
        const int fd = kept->opened;
        if (fd == STDIN_FILENO) kept->opened = -1;
        if (fd >= 0) n = peek(fd, bytes, size, least, listener);
    }
    pthread_mutex_unlock(&kept->lock);
    leave(kept);
    return n;
}

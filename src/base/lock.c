// SPDX-License-Identifier: Apache-2.0
// lock.c - one process at a time in a folder.
//
// Locks of open file descriptions (F_OFD_SETLK, Linux 3.15): unlike lockf()'s they also part two threads of a process, and unlike
// flock()'s they reach over NFS. They end with the last descriptor of the description; a child that is forked meanwhile and does
// not exec has one too.
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/system.h"

enum { TAKEN = 1, NO_LOCKS = 2 };

// 0, TAKEN, or NO_LOCKS and errno.
static int try_lock(int fd) {
    struct flock f = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_OFD_SETLK, &f) == 0) return 0;
    return errno == EAGAIN || errno == EACCES ? TAKEN : NO_LOCKS;
}

bool hg__lock_descriptor(int fd) {
    return try_lock(fd) == 0;
}

bool hg__lock_is_held(int fd) {
    struct flock f = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_GETLK, &f) == 0 && f.l_type != F_UNLCK;
}

static int name_it(hg__lock *l, const char *folder, hg_error *err) {
    *l = (hg__lock){.fd = -1};
    return hg__join_path(l->path, sizeof l->path, folder, ".lock", err);
}

// "process 4711", and where it is if not here.
static void describe_holder(int fd, char text[320]) {
    char said[300] = "", host[256] = "";
    const ssize_t n = pread(fd, said, sizeof said - 1, 0);
    said[n > 0 ? n : 0] = '\0';
    const size_t digits = strspn(said, "0123456789");
    const char *where = said[digits] == ' ' ? said + digits + 1 : "";
    const size_t length = strcspn(where, "\n");
    (void)gethostname(host, sizeof host - 1);
    bool is_plain = length > 0;
    for (size_t i = 0; i < length; i++) is_plain = is_plain && isgraph((unsigned char)where[i]);
    const bool is_here = strlen(host) == length && strncmp(where, host, length) == 0;
    snprintf(text, 320, "%s%.*s%s%.*s", digits ? "process " : "another process", (int)digits, said,
             is_plain && !is_here ? " on " : "", is_plain && !is_here ? (int)length : 0, where);
}

static int refuse(const char *folder, int fd, hg_error *err) {
    char holder[320];
    describe_holder(fd, holder);
    return hg__fail(err, HG_ERR_IO, "%s: is being trained by %s", folder, holder);
}

// Whether the path still leads to what is open: whoever lets go of a lock removes its file.
static bool is_still_there(const hg__lock *l) {
    struct stat open, there;
    return fstat(l->fd, &open) == 0 && stat(l->path, &there) == 0 && open.st_ino == there.st_ino &&
           open.st_dev == there.st_dev;
}

static int drop(hg__lock *l) {
    close(l->fd);
    l->fd = -1;
    return HG_OK;
}

// HG_OK and fd -1 where there is no lock to be had, and `why` says so.
static int take(hg__lock *l, const char *folder, hg_error *err) {
    enum { MODE = 0666 };
    l->fd = hg__io_is_refused(EIO)
                ? -1
                : hg__off_standard(open(l->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, MODE));
    if (l->fd < 0) {
        l->why = strerror(errno);
        return HG_OK;
    }
    const int code = try_lock(l->fd);
    if (code == 0) return HG_OK;
    if (code == NO_LOCKS) {
        l->why = strerror(errno);
        unlink(l->path);
        return drop(l);
    }
    const int refused = refuse(folder, l->fd, err);
    drop(l);
    return refused;
}

static void sign(const hg__lock *l) {
    char host[256] = "", text[320];
    (void)gethostname(host, sizeof host - 1);
    const int length = snprintf(text, sizeof text, "%ld %s\n", (long)getpid(), host);
    // Who cannot be told the number is told of another process.
    if (ftruncate(l->fd, 0) == 0) (void)!pwrite(l->fd, text, (size_t)length, 0);
}

int hg__lock_folder(hg__lock *l, const char *folder, hg_error *err) {
    HG_TRY(name_it(l, folder, err));
    for (;;) {
        HG_TRY(take(l, folder, err));
        if (l->fd < 0) return HG_OK;
        if (is_still_there(l)) break;
        drop(l);
    }
    sign(l);
    return HG_OK;
}

void hg__lock_release(hg__lock *l) {
    if (l->fd < 0) return;
    unlink(l->path); // while it is held: who opened it meanwhile sees that it is gone
    drop(l);
}

int hg__lock_check(const char *folder, hg_error *err) {
    hg__lock l;
    HG_TRY(name_it(&l, folder, err));
    l.fd = open(l.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (l.fd < 0) return HG_OK;
    const int code = hg__lock_is_held(l.fd) ? refuse(folder, l.fd, err) : HG_OK;
    drop(&l);
    return code;
}

// SPDX-License-Identifier: Apache-2.0
// messages_file.c - lines of a file, which may grow, of a pipe, of standard input.
//
// Followed, a file is looked at again and again at its end: shorter than what was read of it, it was truncated and begins anew; where
// another lies under its name (logrotate), that one is next, once this one is read to its end.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/system.h"
#include "streams/messages_type.h"

enum {
    BLOCK = 1 << 16,
    ROOM = HG_MESSAGE_MOST + 2 * BLOCK,
    PAUSE = 50 // ms between two looks at a file's end
};

typedef struct file_messages {
    char *path; // owned
    int fd;     // owned
    bool is_file, is_named;
    ino_t inode;
    char *buffer; // owned, (ROOM + HG_CSV_PAD + 1)
    size_t start, looked, end;
    int64_t offset;  // in the file, of buffer[0]
    bool is_passing; // a line too long, up to its end
    bool has_ended;
    bool
        is_replaced; // another lies under its name: what is still written to this one is waited for once more
    double received;
} file_messages;

static bool is_ours(const char *source) {
    (void)source;
    return true;
}

static int open_descriptor(file_messages *f, hg_error *err) {
    const int named = strcmp(f->path, "-") == 0 ? STDIN_FILENO : hg__named_descriptor(f->path);
    f->is_named = named < 0;
    if (hg__io_is_refused(EIO)) return hg__fail_open(f->path, EIO, err);
    // Without waiting for somebody who writes into a pipe.
    f->fd = f->is_named
                ? hg__off_standard(open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY))
                : fcntl(named, F_DUPFD_CLOEXEC, 3);
    return f->fd < 0 ? hg__fail_open(f->path, errno, err) : HG_OK;
}

static int look(file_messages *f, hg_error *err) {
    struct stat s;
    if (fstat(f->fd, &s) != 0) {
        return hg__fail_errno(err, HG_ERR_IO, "%s: cannot read", hg__input_name(f->path));
    }
    if (S_ISDIR(s.st_mode) || S_ISBLK(s.st_mode)) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected a file or a pipe, got %s",
                        hg__input_name(f->path), S_ISDIR(s.st_mode) ? "a folder" : "a device");
    }
    f->is_file = S_ISREG(s.st_mode);
    f->inode = s.st_ino;
    if (!f->is_file) return HG_OK;
    const off_t at = lseek(f->fd, 0, SEEK_CUR);
    f->offset = at > 0 ? (int64_t)at : 0;
    return HG_OK;
}

static int open_file(hg__messages *m, const char *source, hg_error *err) {
    file_messages *f = m->own = hg__alloc(1, sizeof *f, err);
    if (!f) return HG_ERR_MEMORY;
    f->fd = -1;
    f->path = hg__copy_text(source, err);
    f->buffer = hg__alloc(ROOM + HG_CSV_PAD + 1, 1, err);
    if (!f->path || !f->buffer) return HG_ERR_MEMORY;
    const char *name = hg__input_name(source);
    const size_t size = strnlen(name, sizeof m->place - 1);
    memcpy(m->place, name, size);
    HG_TRY(open_descriptor(f, err));
    return look(f, err);
}

static void close_file(hg__messages *m) {
    file_messages *f = m->own;
    if (!f) return;
    if (f->fd >= 0) close(f->fd);
    hg__free(f->buffer);
    hg__free(f->path);
    hg__free(f);
}

// ---- where it is --------------------------------------------------------------------------------

static void begin_at(file_messages *f, int64_t offset) {
    f->offset = offset;
    f->start = f->looked = f->end = 0;
    f->is_passing = f->has_ended = f->is_replaced = false;
}

static hg__message_position position_of(const file_messages *f) {
    if (!f->is_file) return (hg__message_position){0};
    return (hg__message_position){.at = f->offset + (int64_t)f->start, .of = (uint64_t)f->inode};
}

static int32_t positions(const hg__messages *m, hg__message_position *to, int32_t most) {
    const file_messages *f = m->own;
    if (most < 1 || !f->is_file) return 0;
    *to = position_of(f);
    return 1;
}

// Whether a line ends before that byte.
static bool is_line(const file_messages *f, int64_t at) {
    char before;
    return at == 0 || (pread(f->fd, &before, 1, (off_t)(at - 1)) == 1 && before == '\n');
}

static int go_on(hg__messages *m, const hg__message_position *p, hg_error *err) {
    file_messages *f = m->own;
    if (!f->is_file || p->at < 0) return HG_OK;
    const bool is_same = (!p->of || p->of == (uint64_t)f->inode) && is_line(f, p->at);
    m->counts.restarts += !is_same;
    const int64_t at = is_same ? p->at : 0;
    if (lseek(f->fd, (off_t)at, SEEK_SET) < 0) {
        return hg__fail_errno(err, HG_ERR_IO, "%s: cannot go on", m->place);
    }
    begin_at(f, at);
    return HG_OK;
}

// ---- more bytes ---------------------------------------------------------------------------------

static void pause_until(double until) {
    const double left = until - hg__seconds(), most = PAUSE * 1e-3, s = left < most ? left : most;
    const struct timespec wait = {0, s > 0 ? (long)(s * 1e9) : 0};
    if (s > 0) (void)nanosleep(&wait, NULL);
}

// Of a followed file at its end: begins anew where it was truncated, or another has taken its place.
static void look_for_another(hg__messages *m) {
    file_messages *f = m->own;
    struct stat s, now;
    if (!f->is_file || fstat(f->fd, &s) != 0) return;
    if ((int64_t)s.st_size < f->offset + (int64_t)f->end) {
        if (lseek(f->fd, 0, SEEK_SET) != 0) return;
        begin_at(f, 0);
        m->counts.restarts++;
        return;
    }
    if (!f->is_named || stat(f->path, &now) != 0 || !S_ISREG(now.st_mode)) return;
    if (now.st_ino == s.st_ino && now.st_dev == s.st_dev) return;
    if (!f->is_replaced) {
        f->is_replaced = true;
        return;
    }
    const int fd = hg__off_standard(open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (fd < 0) return;
    close(f->fd);
    f->fd = fd;
    f->inode = fstat(fd, &now) == 0 ? now.st_ino : 0;
    begin_at(f, 0);
    m->counts.restarts++;
}

static void make_room(file_messages *f) {
    if (f->start == 0 || ROOM - f->end >= BLOCK) return;
    memmove(f->buffer, f->buffer + f->start, f->end - f->start);
    f->offset += (int64_t)f->start;
    f->end -= f->start;
    f->looked -= f->start;
    f->start = 0;
}

// Whether there is something to read, or the end is there, before `until`; 0: not.
static int wait_for(const file_messages *f, double until) {
    if (f->is_file) return 1;
    const double left = (until - hg__seconds()) * 1000;
    struct pollfd p = {.fd = f->fd, .events = POLLIN};
    return poll(&p, 1, left > 0 ? (int)left + 1 : 0);
}

// 1: more; 0: nothing until then; negative.
static int more(hg__messages *m, double until, hg_error *err) {
    file_messages *f = m->own;
    make_room(f);
    if (wait_for(f, until) <= 0) return 0;
    const bool fails = hg__io_is_refused(EIO);
    const ssize_t got = fails ? -1 : read(f->fd, f->buffer + f->end, BLOCK);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return 0;
    if (got < 0) return hg__fail_errno(err, HG_ERR_IO, "%s: cannot read", m->place);
    f->received = hg__wall_seconds();
    f->end += (size_t)got;
    if (got > 0) return 1;
    if (!m->o.follow) {
        f->has_ended = true;
        return 1;
    }
    const int64_t before = m->counts.restarts;
    look_for_another(m);
    if (m->counts.restarts > before) return 1;
    if (hg__seconds() >= until) return 0;
    pause_until(until);
    return 1;
}

// ---- lines --------------------------------------------------------------------------------------

static bool is_blank(const char *text, size_t size) {
    size_t i = 0;
    while (i < size && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r')) i++;
    return i == size;
}

// The line from start to `end`, which is used up. False: it is none.
static bool give(hg__messages *m, size_t end, bool is_cut, hg__message *to) {
    file_messages *f = m->own;
    char *text = f->buffer + f->start;
    size_t size = end - f->start;
    const bool passes = f->is_passing;
    f->start = f->looked = end + !is_cut;
    f->is_passing = false;
    if (size && text[size - 1] == '\r') size--;
    if (passes || is_blank(text, size)) return false;
    if (size > HG_MESSAGE_MOST) {
        m->counts.too_long++;
        return false;
    }
    text[size] = '\n';
    *to = (hg__message){.text = text,
                        .size = size,
                        .position = position_of(f),
                        .received = f->received,
                        .is_cut = is_cut};
    return true;
}

// A line of which HG_MESSAGE_MOST bytes are there and no end: the rest is passed on.
static void pass_long(hg__messages *m) {
    file_messages *f = m->own;
    if (f->end - f->start <= HG_MESSAGE_MOST + 1) return;
    m->counts.too_long += !f->is_passing;
    f->is_passing = true;
    f->start = f->looked = f->end;
}

static int next(hg__messages *m, int timeout_ms, hg__message *to, hg_error *err) {
    file_messages *f = m->own;
    const double until = hg__seconds() + timeout_ms * 1e-3;
    for (;;) {
        char *end = memchr(f->buffer + f->looked, '\n', f->end - f->looked);
        if (end) {
            if (give(m, (size_t)(end - f->buffer), false, to)) return 1;
            continue;
        }
        f->looked = f->end;
        pass_long(m);
        if (f->has_ended) {
            const bool left = f->end > f->start && give(m, f->end, true, to);
            return left ? 1 : HG_MESSAGES_END;
        }
        const int code = more(m, until, err);
        if (code <= 0) return code;
    }
}

const hg__messages_type hg__messages_file = {"file",    is_ours, open_file, next,
                                             positions, go_on,   close_file};

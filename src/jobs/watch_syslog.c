// SPDX-License-Identifier: Apache-2.0
// watch_syslog.c - an alert as a line of this machine's log.
//
// As the C library writes it (RFC 3164): "<84>Nov 15 07:01:07 hourglass[4711]: alert 3: ...". A log that begins anew is found again where it
// takes datagrams, as rsyslog's and journald's do: that socket is connected once more. A stream would need another, which nobody makes
// once the filter is there (watch_filter.c): then lines are lost, and counted.
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "jobs/watch.h"

static const struct sockaddr_un place = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};

static int connect_as(int type) {
    const int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&place, sizeof place) == 0) return fd;
    const int why = errno;
    close(fd);
    errno = why;
    return -1;
}

int hg__watch_syslog_open(int *fd, hg_error *err) {
    *fd = connect_as(SOCK_DGRAM);
    if (*fd < 0 && errno == EPROTOTYPE) *fd = connect_as(SOCK_STREAM);
    if (*fd >= 0) return HG_OK;
    return hg__fail_errno(err, HG_ERR_IO, "syslog: cannot reach the log of this machine at %s",
                          place.sun_path);
}

// What may be in a name does not make a second line.
static void make_plain(hg__text *t) {
    for (size_t i = 0; i < t->length; i++) {
        if ((unsigned char)t->data[i] < ' ' || t->data[i] == 0x7f) t->data[i] = '?';
    }
}

// The end goes too: a stream's lines are told apart by it, and of a datagram it is left out.
static bool send_line(int fd, const hg__text *t) {
    int type = SOCK_DGRAM;
    socklen_t size = sizeof type;
    (void)getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);
    const size_t length = t->length + (type == SOCK_STREAM);
    return send(fd, t->data, length, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)length;
}

bool hg__watch_syslog_send(int fd, const hg__alert *a, int32_t top, hg__text *t) {
    const time_t now = time(NULL);
    const int priority = LOG_AUTHPRIV | (a->is_end ? LOG_INFO : LOG_WARNING);
    struct tm parts;
    char date[32] = "";
    if (localtime_r(&now, &parts)) (void)strftime(date, sizeof date, "%b %e %H:%M:%S", &parts);
    hg__text_add(t, "<%d>%s hourglass[%ld]: ", priority, date, (long)getpid());
    hg__watch_write_plain(a, top, t);
    if (t->failed) return false;
    make_plain(t);
    if (send_line(fd, t)) return true;
    if (errno != ECONNREFUSED && errno != ENOTCONN && errno != ECONNRESET) return false;
    return connect(fd, (const struct sockaddr *)&place, sizeof place) == 0 && send_line(fd, t);
}

// SPDX-License-Identifier: Apache-2.0
// watch_metrics.c - the counters as text, and a server of one page for them.
//
// One connection at a time, 2 s and 2 kB of it at most; whoever is slower is hung up on.
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/host.h"
#include "base/system.h"
#include "jobs/watch.h"

enum { REQUEST = 2048, WAITING = 8 };
static const double patience = 2; // seconds

// ---- text ---------------------------------------------------------------------------------------

int hg__watch_counters_line(const hg__watch_counters *c, hg__text *t) {
    const char *before = "";
#define WORD(name, kind, help)                                           \
 hg__text_add(t, "%s%s %" PRIu64, before, #name, atomic_load(&c->name)); \
 before = ", ";
    HG_WATCH_COUNTERS(WORD)
#undef WORD
    (void)before;
    return t->failed ? HG_ERR_MEMORY : HG_OK;
}

void hg__watch_metric(hg__text *t, const char *name, const char *kind, const char *help,
                      double value) {
    const char *end = strcmp(kind, "counter") == 0 ? "_total" : "";
    hg__text_add(t, "# HELP hourglass_%s%s %s\n# TYPE hourglass_%s%s %s\nhourglass_%s%s %.16g\n",
                 name, end, help, name, end, kind, name, end, value);
}

int hg__watch_counters_metrics(const void *counters, hg__text *t) {
    const hg__watch_counters *c = counters;
#define METRIC(name, kind, help) \
 hg__watch_metric(t, #name, kind, help, (double)atomic_load(&c->name));
    HG_WATCH_COUNTERS(METRIC)
#undef METRIC
    return t->failed ? HG_ERR_MEMORY : HG_OK;
}

// ---- one connection -----------------------------------------------------------------------------

// Waits for the connection; false if it is too late, or the server is to end.
static bool wait_for(const hg__watch_metrics *m, int fd, short events, double until) {
    struct pollfd wait[2] = {
        {.fd = fd,      .events = events},
        {.fd = m->wake, .events = POLLIN}
    };
    const double left = until - hg__seconds();
    if (left <= 0 || poll(wait, 2, (int)(left * 1000) + 1) <= 0) return false;
    return wait[1].revents == 0 && wait[0].revents != 0;
}

// The head of a request, with its end; false where there is none.
static bool read_head(const hg__watch_metrics *m, int fd, char head[REQUEST], double until) {
    size_t used = 0;
    while (used < REQUEST - 1 && wait_for(m, fd, POLLIN, until)) {
        const ssize_t n = recv(fd, head + used, REQUEST - 1 - used, MSG_DONTWAIT);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n <= 0) return false;
        used += (size_t)n;
        head[used] = '\0';
        if (strstr(head, "\r\n\r\n") || strstr(head, "\n\n")) return true;
    }
    return false;
}

static void send_all(const hg__watch_metrics *m, int fd, const hg__text *t, double until) {
    size_t sent = 0;
    while (sent < t->length && wait_for(m, fd, POLLOUT, until)) {
        const ssize_t n = send(fd, t->data + sent, t->length - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n <= 0) return;
        sent += (size_t)n;
    }
}

static void answer(const hg__watch_metrics *m, int fd) {
    static const char page[] = "GET /metrics", none[] = "not here\n";
    const double until = hg__seconds() + patience;
    char head[REQUEST];
    hg__text body = {0}, all = {0};
    if (!read_head(m, fd, head, until)) return;
    const char after = head[sizeof page - 1];
    const bool is_it = strncmp(head, page, sizeof page - 1) == 0 && (after == ' ' || after == '?');
    if (is_it) {
        (void)m->page(m->counters, &body);
    } else {
        hg__text_add(&body, none);
    }
    hg__text_add(&all,
                 "HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
                 "Content-Length: %zu\r\nConnection: close\r\n\r\n",
                 is_it ? "200 OK" : "404 Not Found", body.length);
    if (!body.failed) hg__text_add_bytes(&all, body.data, body.length);
    if (!all.failed && !body.failed) send_all(m, fd, &all, until);
    hg__text_clear(&body);
    hg__text_clear(&all);
}

static void *serve(void *context) {
    const hg__watch_metrics *m = context;
    for (;;) {
        struct pollfd wait[2] = {
            {.fd = m->socket, .events = POLLIN},
            {.fd = m->wake,   .events = POLLIN}
        };
        if (poll(wait, 2, -1) < 0 && errno != EINTR) return NULL;
        if (wait[1].revents) return NULL;
        if (!(wait[0].revents & POLLIN)) continue;
        const int fd = accept4(m->socket, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) continue;
        answer(m, fd);
        close(fd);
    }
}

// ---- open and closed ----------------------------------------------------------------------------

int hg__watch_metrics_open(hg__watch_metrics *m, int32_t port, hg_error *err) {
    const struct sockaddr_in at = {.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int yes = 1;
    *m = (hg__watch_metrics){.socket = -1, .wake = -1};
    if (port == 0) return HG_OK;
    m->wake = eventfd(0, EFD_CLOEXEC);
    m->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (m->socket >= 0) (void)setsockopt(m->socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (m->wake >= 0 && m->socket >= 0 &&
        bind(m->socket, (const struct sockaddr *)&at, sizeof at) == 0 &&
        listen(m->socket, WAITING) == 0) {
        return HG_OK;
    }
    return hg__fail_errno(err, HG_ERR_IO, "metrics: cannot listen at 127.0.0.1:%d", port);
}

int hg__watch_metrics_start(hg__watch_metrics *m, hg__watch_page *page, const void *counters,
                            hg_error *err) {
    if (m->socket < 0) return HG_OK;
    m->counters = counters;
    m->page = page;
    HG_TRY(hg__thread_start(&m->thread, serve, m, err));
    m->runs = true;
    return HG_OK;
}

void hg__watch_metrics_close(hg__watch_metrics *m) {
    if (m->runs && eventfd_write(m->wake, 1) == 0) pthread_join(m->thread, NULL);
    if (m->socket >= 0) close(m->socket);
    if (m->wake >= 0) close(m->wake);
    *m = (hg__watch_metrics){.socket = -1, .wake = -1};
}

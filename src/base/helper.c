// SPDX-License-Identifier: Apache-2.0
// helper.c - a forked child under limits. It answers through a pipe; a pipe that ends without an answer is one that died.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/system.h"

typedef struct answer {
    int code;
    hg_error err;
} answer;

// ---- in the child -------------------------------------------------------------------------------

// Bytes of address space that the process has.
static uint64_t address_space(void) {
    char text[128] = "";
    const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    const bool found = read(fd, text, sizeof text - 1) > 0;
    (void)close(fd);
    return found ? strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static void set_limit(int which, uint64_t value) {
    (void)setrlimit((__rlimit_resource_t)which, &(struct rlimit){value, value});
}

// What the host program does on a crash is not for this one to do; nor is anything for its terminal.
static void leave_the_host(void) {
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTERM, SIGINT};
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) {
        (void)signal(crashes[i], SIG_DFL);
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere < 0) return;
    (void)dup2(nowhere, STDOUT_FILENO);
    (void)dup2(nowhere, STDERR_FILENO);
}

__attribute__((noreturn)) static void be_the_child(const hg__helper *h, int fd, int to) {
    answer a = {0};
    leave_the_host();
    set_limit(RLIMIT_CORE, 0);
    set_limit(RLIMIT_CPU, (uint64_t)h->seconds);
    const uint64_t has = address_space();
    if (has) set_limit(RLIMIT_AS, has + h->memory);
    a.code = h->work(h->context, fd, &a.err);
    const char *at = (const char *)&a;
    for (size_t left = sizeof a; left;) {
        const ssize_t n = write(to, at, left);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        at += n;
        left -= (size_t)n;
    }
    _exit(0);
}

// ---- in the parent ------------------------------------------------------------------------------

// The answer; false where the child ended without one, or outlived its time by much.
static bool hear(const hg__helper *h, int from, answer *a) {
    enum {
        MS = 1000,
        PATIENCE = 20
    }; // a process that has half a processor, or waits for a slow disk
    char *to = (char *)a;
    size_t left = sizeof *a;
    struct pollfd p = {.fd = from, .events = POLLIN};
    while (left) {
        const int ready = poll(&p, 1, h->seconds * MS * PATIENCE);
        if (ready < 0 && errno == EINTR) continue;
        const ssize_t n = ready > 0 ? read(from, to, left) : 0;
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        to += n;
        left -= (size_t)n;
    }
    return true;
}

static int run(const hg__helper *h, int fd, hg_error *err) {
    int ends[2];
    answer a;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return hg__fail_errno(err, HG_ERR_IO, "%s: cannot make a pipe for %s", h->path, h->what);
    }
    ends[0] = hg__off_standard(ends[0]);
    ends[1] = hg__off_standard(ends[1]);
    const pid_t child = fork();
    if (child == 0) {
        (void)close(ends[0]);
        be_the_child(h, fd, ends[1]);
    }
    (void)close(ends[1]);
    const bool heard = child > 0 && hear(h, ends[0], &a);
    (void)close(ends[0]);
    if (child < 0) {
        return hg__fail_errno(err, HG_ERR_MEMORY, "%s: cannot start a process for %s", h->path,
                              h->what);
    }
    if (!heard) (void)kill(child, SIGKILL);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
    if (heard && a.code < 0 && err) *err = a.err;
    if (heard) return a.code;
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected %s to read it within %llu MB and %d s, but it did not: the file "
                    "is damaged, or made to harm",
                    h->path, h->what, (unsigned long long)(h->memory >> 20), (int)h->seconds);
}

int hg__helper_run(const hg__helper *h, int *fd, hg_error *err) {
    *fd = hg__open_spill(err);
    if (*fd < 0) return *fd;
    const int code = run(h, *fd, err);
    if (code >= 0) return code;
    (void)close(*fd);
    *fd = -1;
    return code;
}

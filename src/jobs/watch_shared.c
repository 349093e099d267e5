// SPDX-License-Identifier: Apache-2.0
// watch_shared.c - what watching packets and watching a signal share: where lines go, what is asked by signals, what is given up.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/show.h"
#include "base/system.h"
#include "jobs/watch.h"

static const char standard_output[] = "standard output";

int hg__watch_open_out(const char *path, int *fd, hg_error *err) {
    if (strcmp(path, "-") == 0) {
        *fd = STDOUT_FILENO;
        return HG_OK;
    }
    *fd = hg__io_is_refused(EIO)
              ? -1
              : hg__off_standard(open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
    return *fd >= 0 ? HG_OK : hg__fail_create(path, errno, err);
}

int hg__watch_write_out(int fd, const char *path, const hg__text *t, hg_error *err) {
    const char *place = fd == STDOUT_FILENO ? standard_output : path;
    if (t->failed) return hg__fail(err, HG_ERR_MEMORY, "out of memory: %s", place);
    return t->length ? hg__write_all(fd, t->data, t->length, place, err) : HG_OK;
}

int hg__watch_close_out(int *fd, const char *path, hg_error *err) {
    const int open_one = *fd;
    *fd = -1;
    if (open_one < 0 || open_one == STDOUT_FILENO || close(open_one) == 0) return HG_OK;
    return hg__fail_errno(err, HG_ERR_IO, "%s: cannot write", path);
}

bool hg__watch_is_asked(const volatile sig_atomic_t *count, sig_atomic_t *answered) {
    if (!count || *count == *answered) return false;
    *answered = *count;
    return true;
}

int hg__watch_tell_counters(const hg_listener *l, hg__text *t, hg_error *err) {
    const int code = t->failed ? hg__fail(err, HG_ERR_MEMORY, "out of memory: counters") : HG_OK;
    if (code == HG_OK) hg__tell(l, t->data);
    hg__text_clear(t);
    return code;
}

int hg__watch_give_up(const hg__watch_needs *n, const hg_listener *l, hg_error *err) {
    hg_error why = {0};
    const int code = hg__watch_filter(n, &why);
    if (code == HG_ERR_MISSING) hg__tell(l, why.message);
    return code == HG_OK || code == HG_ERR_MISSING ? HG_OK : hg__fail(err, code, "%s", why.message);
}

// SPDX-License-Identifier: Apache-2.0
// helper.h - work that is not trusted, done in a process of its own with limits on memory and time.
#ifndef HG_BASE_HELPER_H
#define HG_BASE_HELPER_H
#include "base/error.h"

typedef struct hg__helper {
    uint64_t memory;         // bytes it may take beside what the process has
    int32_t seconds;         // of processor time
    const char *path, *what; // for messages: the file, and who reads it
    // The work; what it makes it writes to fd. It may crash, run for ever or take what it likes.
    int (*work)(void *context, int fd, hg_error *err);
    void *context;
} hg__helper;

// Forks; the child is gone when this returns, whether or not the host program waits for children of its own. Code and sentence are
// the work's, or say that it did not come to an end. *fd: the descriptor of what it made, the caller's to close; -1 on failure.
int hg__helper_run(const hg__helper *h, int *fd, hg_error *err);
#endif

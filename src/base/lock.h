// SPDX-License-Identifier: Apache-2.0
// lock.h - one process at a time in a folder. The kernel drops a dead process's lock; two threads of one process hold two.
#ifndef HG_BASE_LOCK_H
#define HG_BASE_LOCK_H
#include "base/error.h"

typedef struct hg__lock {
    int fd;          // -1: not held
    char path[1088]; // FOLDER/.lock, with the number of the process in it while the lock is held
    const char *why; // not held: this file system has none, and why; else NULL
} hg__lock;

// HG_ERR_IO where another has it: "runs/two: is being trained by process 4711". HG_OK and fd -1: there is none to be had.
int hg__lock_folder(hg__lock *l, const char *folder, hg_error *err);
void hg__lock_release(hg__lock *l); // {.fd = -1} is fine

// Fails as hg__lock_folder() where somebody has the folder's lock; takes nothing, leaves nothing.
int hg__lock_check(const char *folder, hg_error *err);

// Marks an open file as written by a living process. False: no locks here.
bool hg__lock_descriptor(int fd);
// Whether a living process has marked it.
bool hg__lock_is_held(int fd);
#endif

// SPDX-License-Identifier: Apache-2.0
// system.h - what the system gives beside files: time, libraries, processes, and where this program lies.
#ifndef HG_BASE_SYSTEM_H
#define HG_BASE_SYSTEM_H
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

// Opens the first of `files` that is there (NULL behind the last) and puts its functions `prefix` + names[i] (count)
// into `table`, a struct of that many pointers to functions in this order. Never closed. False where the library or one
// of the functions is missing.
bool hg__library_open(const char *const *files, const char *prefix, const char *const *names,
                      size_t count, void *table);

// What time it is.

double hg__seconds(void); // monotonic, from an arbitrary start

// The wall clock as "2026-01-31T12:00:00Z".
void hg__format_now(char buffer[32]);

// Where this program lies, for what lies beside it: plug-ins, models that ship.

// The folder of the running command, and that of the file which holds this code: the shared library, or the command.
// False where the system does not say.
bool hg__place_of_command(char folder[1024]);
bool hg__place_of_library(char folder[1024]);

// Work that is not trusted, done in a process of its own with limits on memory and time.

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

// One process at a time in a folder. The kernel drops a dead process's lock; two threads of one process hold two.

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

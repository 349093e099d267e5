// SPDX-License-Identifier: Apache-2.0
// thread.c - threads of ours in a program that is not.
#include "base/thread.h"

#include <signal.h>

#include "base/entry.h"
#include "base/mem.h"

typedef struct start {
    void *(*run)(void *);
    void *context;
} start;

static void *begin(void *argument) {
    const start s = *(start *)argument;
    hg__free(argument);
    HG_ENTRY;
    return s.run(s.context);
}

// All but those that say what this very thread did wrong.
static void fill(sigset_t *set) {
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
    sigfillset(set);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) sigdelset(set, own[i]);
}

int hg__thread_start(pthread_t *thread, void *(*run)(void *), void *context, hg_error *err) {
    start *s = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    *s = (start){run, context};
    sigset_t all, before;
    fill(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before); // a thread inherits its maker's
    const int number = pthread_create(thread, NULL, begin, s);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (number == 0) return HG_OK;
    hg__free(s);
    return hg__fail(err, HG_ERR_MEMORY, "threads: the system gave no more of them");
}

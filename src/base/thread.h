// SPDX-License-Identifier: Apache-2.0
// thread.h - threads of ours in a program that is not.
#ifndef HG_BASE_THREAD_H
#define HG_BASE_THREAD_H
#include <pthread.h>

#include "base/error.h"

// Runs run(context) on a thread to be joined: no signal meant for the host ends up there, and it sees the C locale as the
// caller does. Negative without a thread.
int hg__thread_start(pthread_t *thread, void *(*run)(void *), void *context, hg_error *err);
#endif

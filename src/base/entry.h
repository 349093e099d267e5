// SPDX-License-Identifier: Apache-2.0
// entry.h - what a public function does first: it sets aside what the host's thread has set up, until it returns.
//
//   locale           a point is a point, whatever the host's setlocale() says
//   floating point   rounding to nearest, denormals kept, no traps: the same bits in every host
//   cancellation     a cancelled thread ends after the call, not within it
//
// Callbacks see the host's own locale and floating point again. Threads of ours begin the same way (base/thread.h).
#ifndef HG_BASE_ENTRY_H
#define HG_BASE_ENTRY_H
#include <fenv.h>
#include <locale.h>

#include "base/error.h"

typedef struct hg__entry {
    locale_t plain;  // owned: the C locale, while we are in
    locale_t locale; // borrowed: the host's
    fenv_t floats;
    int cancel;
} hg__entry;

void hg__entry_begin(hg__entry *e);
void hg__entry_end(hg__entry *e);

// A listener of ours that calls the host's.
typedef struct hg__relay {
    hg_listener own;
    // What the host's had, as far as its size goes.
    hg_listener host;
    // Borrowed.
    hg__entry *entry;
    // The host has asked to stop by abort().
    bool is_aborted;
} hg__relay;

// Makes *l ours, which lives as long as r; of a host without one (*l is NULL), one that nobody hears and that never stops.
int hg__relay_init(hg__relay *r, hg__entry *e, const hg_listener **l, hg_error *err);

// Fills a struct of the caller's that begins with its size, as the caller's header has it: writes no more than that, and
// zeros where that is more than `size`, which ours takes. type: its name, for the sentence. HG_ERR_USAGE where the caller
// did not set the size.
int hg__fill(void *to, const void *from, size_t size, const char *type, hg_error *err);

// The first line of a public function: ends by itself where the function does.
#define HG_ENTRY                                             \
 __attribute__((cleanup(hg__entry_end))) hg__entry hg__here; \
 hg__entry_begin(&hg__here)

// The same for a job with the listener l, which is never NULL afterwards. Fails where it has no size.
#define HG_JOB_ENTRY(l, err) \
 HG_ENTRY;                   \
 hg__relay hg__listener;     \
 HG_TRY(hg__relay_init(&hg__listener, &hg__here, &(l), (err)))
#endif

// SPDX-License-Identifier: Apache-2.0
// messages_case.h - what tests of messages share: a listener that keeps notes, a source, and what it should say next.
#ifndef HG_TESTS_MESSAGES_CASE_H
#define HG_TESTS_MESSAGES_CASE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "streams/messages.h"

#include <cmocka.h>

enum { SOON = 20000 }; // ms: far more than anything takes

static char notes[4096];

static inline void keep_note(void *context, const char *sentence) {
    (void)context;
    const size_t used = strlen(notes);
    snprintf(notes + used, sizeof notes - used, "%s\n", sentence);
}

static const hg_listener listener = {.size = sizeof listener, .note = keep_note};

static inline hg__messages *open_with(const char *source, const hg__messages_options *o) {
    hg_error err = {0};
    hg__messages *m = hg__messages_open(source, o, &err);
    if (!m) print_message("%s\n", err.message);
    assert_non_null(m);
    return m;
}

static inline void expect(hg__messages *m, const char *text) {
    hg__message got;
    hg_error err = {0};
    int code = 0;
    for (int i = 0; code == 0 && i < SOON / 100; i++) code = hg__messages_next(m, 100, &got, &err);
    if (code < 0) print_message("%s\n", err.message);
    assert_int_equal(code, 1);
    assert_int_equal(got.size, strlen(text));
    assert_memory_equal(got.text, text, got.size);
    assert_int_equal(got.text[got.size], '\n');
    assert_true(got.received > 1e9);
}

static inline void expect_nothing(hg__messages *m, int timeout_ms) {
    hg__message got;
    assert_int_equal(hg__messages_next(m, timeout_ms, &got, NULL), 0);
}
#endif

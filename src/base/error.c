// SPDX-License-Identifier: Apache-2.0
// error.c - turns a failure into one code and one sentence.
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/show.h"

static void put_sentence(hg_error *err, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static void put_sentence(hg_error *err, const char *format, va_list args) {
    const int length = vsnprintf(err->message, sizeof err->message, format, args);
    if (length >= (int)sizeof err->message) hg__cut_partial(err->message);
}

int hg__fail(hg_error *err, hg_code code, const char *format, ...) {
    if (!err) return code;
    err->code = code;
    va_list args;
    va_start(args, format);
    put_sentence(err, format, args);
    va_end(args);
    hg__clean(err->message);
    return code;
}

int hg__fail_errno(hg_error *err, hg_code code, const char *format, ...) {
    int number = errno;
    if (!err) return code;
    err->code = code;
    va_list args;
    va_start(args, format);
    put_sentence(err, format, args);
    va_end(args);
    char space[128];
    const char *reason = strerror_r(number, space, sizeof space); // GNU's: returns the text
    size_t used = strlen(err->message);
    snprintf(err->message + used, sizeof err->message - used, ": %s", reason);
    hg__clean(err->message);
    return code;
}

const char *hg_version(void) {
    return HG_VERSION;
}

int32_t hg_version_number(void) {
    return HG_VERSION_NUMBER;
}

// SPDX-License-Identifier: Apache-2.0
// error.c - turns a failure into one code and one sentence.
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int hg__fail(hg_error *err, hg_code code, const char *format, ...) {
    if (!err) return code;
    err->code = code;
    va_list args;
    va_start(args, format);
    vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    return code;
}

int hg__fail_errno(hg_error *err, hg_code code, const char *format, ...) {
    int number = errno;
    if (!err) return code;
    err->code = code;
    va_list args;
    va_start(args, format);
    vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    char space[128];
    const char *reason = strerror_r(number, space, sizeof space); // GNU's: returns the text
    size_t used = strlen(err->message);
    snprintf(err->message + used, sizeof err->message - used, ": %s", reason);
    return code;
}

const char *hg_version(void) {
    return HG_VERSION;
}

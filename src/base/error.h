// SPDX-License-Identifier: Apache-2.0
// error.h - one code and one sentence for everything that can go wrong.
#ifndef HG_BASE_ERROR_H
#define HG_BASE_ERROR_H
#include "hourglass.h"

// Writes code and message to err (which may be NULL) and returns code, so that callers can write
// `return hg__fail(err, HG_ERR_DATA, "%s:%d: expected %d columns, got %d", ...)`. What came from outside may stand in it as it
// is: control characters become ?, passwords ***.
int hg__fail(hg_error *err, hg_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// The same with ": <what errno says>" at the end.
int hg__fail_errno(hg_error *err, hg_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define HG_TRY(call)                       \
 do {                                      \
  int hg_try_code = (call);                \
  if (hg_try_code < 0) return hg_try_code; \
 } while (0)
#endif

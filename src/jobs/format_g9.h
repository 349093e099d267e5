// SPDX-License-Identifier: Apache-2.0
// format_g9.h - a float as text, quickly.
#ifndef HG_JOBS_FORMAT_G9_H
#define HG_JOBS_FORMAT_G9_H
#include <stddef.h>
#include <stdint.h>

enum { HG_MAX_G9 = 16 }; // bytes of the longest, "-1.17549435e-38", with a separator

// Writes x exactly as printf's "%.9g" does, without an end, and returns the length. Nine digits bring the same
// float back. Writes up to 32 bytes.
size_t hg__format_g9(char *to, float x);

size_t hg__format_count(char *to, uint64_t n); // decimal, without an end; up to 20 bytes
#endif

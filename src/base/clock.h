// SPDX-License-Identifier: Apache-2.0
// clock.h - what time it is.
#ifndef HG_BASE_CLOCK_H
#define HG_BASE_CLOCK_H

double hg__seconds(void); // monotonic, from an arbitrary start

// The wall clock as "2026-01-31T12:00:00Z".
void hg__format_now(char buffer[32]);
#endif

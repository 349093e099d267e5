// SPDX-License-Identifier: Apache-2.0
// clock.c - what time it is.
#include "base/clock.h"

#include <time.h>

double hg__seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void hg__format_now(char buffer[32]) {
    time_t now = time(NULL);
    struct tm parts;
    if (!gmtime_r(&now, &parts) || strftime(buffer, 32, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
        buffer[0] = '\0';
    }
}

// SPDX-License-Identifier: Apache-2.0
// fuzz_time.c - any bytes as a time: of no format, or of formats that say the same of the same cell again.
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "csv/time_text.h"

// NOLINTNEXTLINE(readability-identifier-naming)
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const hg__cell *cell, const hg__time_reading *r) {
    double seconds;
    for (int f = 0; f < HG_TIME_FORMATS; f++) {
        const int reads = hg__time_read_as(f, cell, &seconds);
        if (reads == 1 && !(fabs(seconds) < 1e12)) abort();
        if (!(r->formats & 1U << f)) continue;
        if (reads != 1 || seconds != r->seconds[f]) abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    hg__time_reading r;
    double x;
    char *text = malloc(size + 1); // what lies behind is nobody's
    if (!text) return 0;
    memcpy(text, data, size);
    const hg__cell cell = {HG_CELL_TEXT, (int32_t)size, 0, text};
    hg__time_read_text(text, size, &r);
    check(&cell, &r);
    if (size == sizeof x) {
        memcpy(&x, data, size);
        if (isfinite(x)) {
            const hg__cell number = {HG_CELL_NUMBER, 0, x, NULL};
            hg__time_read_number(x, HG_SAYS_DATE | HG_SAYS_TIME, &r);
            check(&number, &r);
        }
    }
    free(text);
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
// fuzz_row_lines.c - any bytes as lines of CSV and JSON: rows whose values are finite or missing, or sentences; steps in order.
//
// The first byte says what is known beforehand: of the time, and what becomes of bad lines.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "csv/csv_number.h"
#include "csv/time_text.h"
#include "streams/row_lines.h"

// NOLINTNEXTLINE(readability-identifier-naming)
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = {"a", "b", "flow \"in\"", "d.e"};

enum { CHANNELS = sizeof names / sizeof *names };

static int64_t last;

static void check(const hg__steps *s) {
    if (s->count < 1 || s->count > HG_STEPS) abort();
    for (int32_t i = 0; i < s->count; i++) {
        if (s->row[i] >= 0 && s->row[i] <= last) abort();
        if (s->row[i] >= 0) last = s->row[i];
        if (s->when && strlen(s->when[i]) > 80) abort();
        if (s->time && isinf(s->time[i])) abort();
    }
    for (int32_t i = 0; i < CHANNELS * s->count; i++) {
        if (isinf(s->value[i])) abort();
    }
}

static void take(hg__row_lines *r) {
    hg__steps s;
    while (hg__row_lines_take(r, &s) == 1) check(&s);
}

// Lines lie in memory of their own: what is behind the pad is nobody's.
static void add(hg__row_lines *r, const uint8_t *line, size_t size) {
    hg_error err = {0};
    char *text = malloc(size + 1 + HG_CSV_PAD);
    if (!text) abort();
    memcpy(text, line, size);
    text[size] = '\n';
    memset(text + size + 1, '7', HG_CSV_PAD);
    const int code = hg__row_lines_add(r, text, size, &err);
    if (code < 0 && (code != HG_ERR_DATA || !*err.message)) abort();
    free(text);
    if (hg__row_lines_is_full(r)) take(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const times[] = {"time", "", "none", "d.e.f"};
    static const char *const on_bad[] = {"", "skip", "score_missing", ""};
    static const int formats[] = {HG_ROW_TIME_ANY, HG_ROW_TIME_NUMBER, HG_TIME_ISO, HG_TIME_CLOCK};
    if (size == 0) return 0;
    const uint8_t how = *data++;
    const hg__row_lines_options o = {.name = names,
                                     .channels = CHANNELS,
                                     .time = times[how & 3],
                                     .on_bad = on_bad[how >> 2 & 3],
                                     .format = formats[how >> 4 & 3],
                                     .step = how >> 6 & 1 ? 0.5 : 0,
                                     .is_irregular = how >> 7};
    hg__row_lines *r = hg__row_lines_new(&o, NULL);
    if (!r) abort();
    last = -1;
    const uint8_t *const end = data + size - 1;
    while (data < end) {
        // A carriage return stays within the line, as in a message of a broker.
        const uint8_t *newline = memchr(data, '\n', (size_t)(end - data));
        const uint8_t *behind = newline ? newline : end;
        add(r, data, (size_t)(behind - data));
        data = behind + 1;
    }
    take(r);
    hg__row_lines_free(r);
    return 0;
}

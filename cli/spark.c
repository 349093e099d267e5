// SPDX-License-Identifier: Apache-2.0
// spark.c - losses as a line of blocks: ▇▅▃▂▂▁▁, or %#*+=-_ where there is no UTF-8.
#include <math.h>
#include <string.h>

#include "cli.h"

enum { LEVELS = 8 };

static void halve(cli_spark *s) {
    for (int i = 0; i < s->points / 2; i++) s->loss[i] = (s->loss[2 * i] + s->loss[2 * i + 1]) / 2;
    s->points /= 2;
    s->each *= 2;
}

void cli_spark_add(cli_spark *s, double loss) {
    if (!isfinite(loss)) return;
    if (s->epochs++ == 0) s->first = loss;
    s->last = loss;
    if (s->each == 0) s->each = 1;
    s->sum += loss;
    if (++s->pending < s->each) return;
    s->loss[s->points++] = s->sum / (double)s->each;
    s->sum = 0;
    s->pending = 0;
    if (s->points == 2 * CLI_SPARKS) halve(s);
}

// The mean of the points that are the i-th block of `blocks`.
static double block(const cli_spark *s, int i, int blocks) {
    const int from = i * s->points / blocks, to = (i + 1) * s->points / blocks;
    double sum = 0;
    for (int k = from; k < to; k++) sum += s->loss[k];
    return sum / (to - from);
}

void cli_spark_format(const cli_spark *s, int width, bool unicode, char text[CLI_SPARK_BYTES]) {
    static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const letters[] = {"_", ".", "-", "=", "+", "*", "#", "%"};
    double value[CLI_SPARKS], low = HUGE_VAL, high = -HUGE_VAL;
    const int most = width < CLI_SPARKS ? width : CLI_SPARKS;
    const int count = s->points < most ? s->points : most;
    size_t used = 0;
    text[0] = '\0';
    if (count < 3) return;
    for (int i = 0; i < count; i++) {
        value[i] = block(s, i, count);
        low = fmin(low, value[i]);
    }
    const bool is_log = low > 0;
    low = HUGE_VAL;
    for (int i = 0; i < count; i++) {
        if (is_log) value[i] = log(value[i]);
        low = fmin(low, value[i]);
        high = fmax(high, value[i]);
    }
    for (int i = 0; i < count; i++) {
        const double share = high > low ? (value[i] - low) / (high - low) : 0;
        const char *one = (unicode ? blocks : letters)[(int)fmin(share * LEVELS, LEVELS - 1)];
        const size_t size = strlen(one);
        memcpy(text + used, one, size + 1);
        used += size;
    }
}

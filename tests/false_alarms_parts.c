// SPDX-License-Identifier: Apache-2.0
// false_alarms_parts.c - how many good pictures raise an alarm, against how many may, over random halves of the pictures held out:
//
//   false_alarms_parts NAME SCORES.csv SPLITS FPR ...
//
// SCORES.csv is what `hourglass val out=` writes. Each split calibrates on one half of the good pictures and counts alarms in the
// other, of pictures by their scores and of pixels by their maps' highest cells. Every split draws anew which pictures are held
// out, so with n of them and k = floor(fpr (n + 1)) the alarms among the m others are beta-binomial, Beta(k, n + 1 - k), and given
// the scores the splits are independent. Out goes a line a rate and column:
//
//   name column fpr n m alarms mean variance outside
//
// alarms, and their mean and variance in theory: over all splits. outside: splits whose rate lies below or above the binomial 99 %
// interval of the rate in theory, k / (n + 1).
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "detect/calibration.h"
#include "detect/metrics.h"

enum { MOST = 4096, LINE = 4096, SCORE = 3, PEAK = 4, SEED = 12 };

typedef struct pictures {
    float value[2][MOST]; // of scores, of peaks
    int32_t count;
} pictures;

static int read_scores(pictures *p, const char *path) {
    char line[LINE];
    FILE *f = fopen(path, "r");
    if (!f) return 1;
    while (p->count < MOST && fgets(line, sizeof line, f)) {
        const char *cell[8] = {line};
        int cells = 1;
        for (char *c = line; *c && cells < 8; c++) {
            if (*c == ',') cell[cells++] = c + 1;
        }
        if (cells < 6 || cell[2][0] != '0') continue; // the titles, and defects
        p->value[0][p->count] = strtof(cell[SCORE], NULL);
        p->value[1][p->count++] = strtof(cell[PEAK], NULL);
    }
    fclose(f);
    return p->count < 20;
}

// The same halves for any rate and column.
static void shuffle(int32_t *order, int32_t count, uint32_t split) {
    for (int32_t i = 0; i < count; i++) order[i] = i;
    for (int32_t i = count - 1; i > 0; i--) {
        const hg__philox u = hg__philox_run(SEED, split, (uint32_t)i, 0, 0);
        const int32_t k = (int32_t)((uint64_t)u.word[0] * ((uint64_t)i + 1) >> 32);
        const int32_t other = order[k];
        order[k] = order[i];
        order[i] = other;
    }
}

// Alarms among the pictures that were not calibrated on; -1 on failure.
static int32_t count_alarms(const float *value, int32_t count, int32_t held, uint32_t split,
                            double fpr) {
    static int32_t order[MOST];
    static float own[MOST];
    hg__calibration c;
    hg__threshold at;
    int32_t alarms = 0;
    shuffle(order, count, split);
    for (int32_t i = 0; i < held; i++) own[i] = value[order[i]];
    if (hg__calibration_init(&c, own, held, NULL) < 0) return -1;
    const int code = hg__calibration_threshold(&c, fpr, &at, NULL);
    hg__calibration_clear(&c);
    if (code < 0 || at.method != HG_THRESHOLD_CONFORMAL) return -1;
    for (int32_t i = held; i < count; i++) alarms += (double)value[order[i]] > at.value;
    return alarms;
}

static int measure(const pictures *p, int column, const char *name, int32_t splits, double fpr) {
    const int32_t n = p->count / 2, m = p->count - n;
    const double k = floor(fpr * (n + 1) + 1e-9), all = n + 1, rate = k / all;
    int64_t sum = 0;
    int32_t outside = 0;
    for (int32_t s = 0; s < splits; s++) {
        const int32_t alarms = count_alarms(p->value[column], p->count, n, (uint32_t)s, fpr);
        if (alarms < 0) return 1;
        const hg__interval i = hg__proportion(alarms, m, 0.99);
        sum += alarms;
        outside += rate < i.low || rate > i.high;
    }
    // of Beta(k, all - k) and m pictures
    const double variance = m * rate * (1 - rate) * (all + m) / (all + 1);
    printf("%s %s %g %d %d %lld %.4f %.4f %d\n", name, column ? "peak" : "score", fpr, n, m,
           (long long)sum, splits * m * rate, splits * variance, outside);
    return 0;
}

int main(int count, char **argument) {
    static pictures p;
    if (count < 5 || read_scores(&p, argument[2])) {
        fprintf(stderr, "false_alarms_parts NAME SCORES.csv SPLITS FPR ..., 20 good pictures\n");
        return 2;
    }
    for (int i = 4; i < count; i++) {
        const double fpr = strtod(argument[i], NULL);
        const int32_t splits = (int32_t)strtol(argument[3], NULL, 10);
        for (int column = 0; column < 2; column++) {
            if (measure(&p, column, argument[1], splits, fpr)) return 1;
        }
    }
    return 0;
}

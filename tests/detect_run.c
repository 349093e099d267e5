// SPDX-License-Identifier: Apache-2.0
// detect_run.c - metrics, thresholds and p-values of numbers on standard input, for comparison with SciPy and scikit-learn:
//
//   detect_run metrics THRESHOLD RESAMPLES < scores and labels     value low high, a line a metric
//   detect_run p FPR < held-out scores, then 9 scores               threshold, method, least; tail; p a line
//   detect_run fdr FDR < p-values                                   the limit
//
// IN: an int64 n, n floats (doubles for fdr), for metrics n bytes.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detect/calibration.h"
#include "detect/metrics.h"

enum { SCORES = 9 };

static int64_t read_count(void) {
    int64_t n;
    return fread(&n, sizeof n, 1, stdin) == 1 && n >= 0 && n < INT32_MAX ? n : -1;
}

static void *read_block(int64_t n, size_t size) {
    void *block = malloc((size_t)n * size + 1);
    if (block && fread(block, size, (size_t)n, stdin) == (size_t)n) return block;
    free(block);
    return NULL;
}

static int run_metrics(double threshold, int32_t resamples, hg_error *err) {
    const int64_t n = read_count();
    if (n < 0) return -1;
    float *score = read_block(n, sizeof *score);
    uint8_t *label = read_block(n, 1);
    hg__metrics m;
    int code = -1;
    if (score && label) {
        const hg__metrics_options o = {threshold, 0.95, resamples, 1};
        code = hg__metrics_of(score, label, n, &o, &m, err);
    }
    if (code == HG_OK) {
        const hg__interval all[] = {m.auroc,         m.ap,     m.best_f1,   m.precision_at_n,
                                    m.fpr_at_95_tpr, m.recall, m.precision, m.false_alarm_rate};
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
            printf("%.17g %.17g %.17g\n", all[i].value, all[i].low, all[i].high);
        }
        printf("%.17g %d 0\n", m.best_f1_threshold, m.resamples);
    }
    free(score);
    free(label);
    return code;
}

static int run_p(double fpr, hg_error *err) {
    const int64_t n = read_count();
    if (n < 0) return -1;
    float *held = read_block(n, sizeof *held), *score = read_block(SCORES, sizeof *score);
    hg__calibration c = {0};
    hg__threshold t;
    int code = held && score ? hg__calibration_init(&c, held, n, err) : -1;
    if (code == HG_OK) code = hg__calibration_threshold(&c, fpr, &t, err);
    if (code == HG_OK) {
        printf("%.17g %d %lld\n", t.value, t.method, (long long)t.least);
        printf("%.17g %.17g %.17g %.17g %d\n", c.tail.start, c.tail.shape, c.tail.scale,
               c.tail.rate, c.tail.count);
        for (int i = 0; i < SCORES; i++) {
            printf("%.17g\n", hg__calibration_p(&c, (double)score[i]));
        }
    }
    hg__calibration_clear(&c);
    free(held);
    free(score);
    return code;
}

static int run_fdr(double fdr, hg_error *err) {
    const int64_t n = read_count();
    double *p = n < 0 ? NULL : read_block(n, sizeof *p);
    const double limit = p ? hg__fdr_limit(p, n, fdr, err) : -1;
    if (limit >= 0) printf("%.17g\n", limit);
    free(p);
    return limit < 0 ? -1 : HG_OK;
}

int main(int count, char **word) {
    hg_error err = {.message = "the input is too short, or the arguments are wrong"};
    int code = -1;
    if (count == 4 && !strcmp(word[1], "metrics")) {
        code = run_metrics(strtod(word[2], NULL), (int32_t)strtol(word[3], NULL, 10), &err);
    }
    if (count == 3 && !strcmp(word[1], "p")) code = run_p(strtod(word[2], NULL), &err);
    if (count == 3 && !strcmp(word[1], "fdr")) code = run_fdr(strtod(word[2], NULL), &err);
    if (code < 0) fprintf(stderr, "detect_run: %s\n", err.message);
    return code < 0;
}

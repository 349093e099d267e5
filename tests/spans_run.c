// SPDX-License-Identifier: Apache-2.0
// spans_run.c - the loss by columns of rows, for comparison with PyTorch:
//
//   spans_run DELTA ROWS n1 c5 n2m ... < IN > OUT      number or category, floats, m: the last says it is missing
//
// DELTA 0: squares only. IN: outputs (ROWS, width), targets (the same). OUT, as floats: losses (ROWS), slopes (ROWS, width),
// errors (ROWS, columns), finished outputs (ROWS, width).
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/spans.h"

enum { MOST_COLUMNS = 64, MOST_WIDTH = 512, MOST_ROWS = 64 };

static hg__column_span span[MOST_COLUMNS];
static float y[MOST_ROWS][MOST_WIDTH], t[MOST_ROWS][MOST_WIDTH], dy[MOST_ROWS][MOST_WIDTH];
static float error[MOST_ROWS][MOST_COLUMNS], loss[MOST_ROWS], spare[2 * MOST_WIDTH];

static int read_rows(float rows[][MOST_WIDTH], int32_t count, int32_t width) {
    for (int32_t r = 0; r < count; r++) {
        if (fread(rows[r], sizeof(float), (size_t)width, stdin) != (size_t)width) return 1;
    }
    return 0;
}

static int write_floats(const float *from, int32_t n) {
    return fwrite(from, sizeof *from, (size_t)n, stdout) != (size_t)n;
}

static int32_t read_columns(char **word, int32_t columns) {
    int32_t width = 0;
    for (int32_t i = 0; i < columns; i++) {
        span[i].first = width;
        span[i].width = (int32_t)strtol(word[i] + 1, NULL, 10);
        span[i].kind = word[i][0] == 'c' ? HG_SPAN_CATEGORY : HG_SPAN_NUMBER;
        span[i].may_miss = word[i][strlen(word[i]) - 1] == 'm';
        width += span[i].width;
    }
    return width;
}

int main(int argc, char **argv) {
    if (argc < 4 || argc - 3 > MOST_COLUMNS) return 2;
    const float delta = strtof(argv[1], NULL) > 0 ? strtof(argv[1], NULL) : INFINITY;
    const int32_t rows = (int32_t)strtol(argv[2], NULL, 10), columns = argc - 3;
    const int32_t width = read_columns(argv + 3, columns);
    if (rows > MOST_ROWS || width > MOST_WIDTH - 2 * HG_LANES) return 2;
    hg_error err = {0};
    const hg__kernels *k = hg__kernels_pick();
    hg__spans *s = hg__spans_new(span, columns, width, &err);
    int bad = !s || read_rows(y, rows, width) || read_rows(t, rows, width);
    if (!s) fprintf(stderr, "%s\n", err.message);
    for (int32_t r = 0; r < rows && !bad; r++) {
        const double sum = hg__spans_loss(s, k, dy[r], y[r], t[r], 1 / (float)width, delta, spare);
        loss[r] = (float)(sum / width);
        hg__spans_errors(s, k, y[r], t[r], delta, error[r], spare);
        hg__spans_finish(s, k, y[r]);
    }
    bad = bad || write_floats(loss, rows);
    for (int32_t r = 0; r < rows && !bad; r++) bad = write_floats(dy[r], width);
    for (int32_t r = 0; r < rows && !bad; r++) bad = write_floats(error[r], columns);
    for (int32_t r = 0; r < rows && !bad; r++) bad = write_floats(y[r], width);
    hg__spans_free(s);
    return bad;
}

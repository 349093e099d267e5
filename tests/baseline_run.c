// SPDX-License-Identifier: Apache-2.0
// baseline_run.c - one baseline, for comparison with scikit-learn and NumPy:
//
//   baseline_run NAME WIDTH TRAINING_ROWS OTHER_ROWS SEED < IN > OUT
//
// IN: floats (training + other rows, width). OUT: floats (other rows), the scores.
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "detect/baseline.h"

static int run(const hg__baseline *b, int32_t width, int64_t rows, int64_t others, uint64_t seed) {
    hg_error err = {0};
    const size_t count = (size_t)(rows + others) * (size_t)width;
    float *x = hg__alloc(count, sizeof *x, &err),
          *score = hg__alloc((size_t)others, sizeof *score, &err);
    hg__pool *pool = hg__pool_new(0, &err);
    void *state = NULL;
    int code = x && score && pool && fread(x, sizeof *x, count, stdin) == count ? 0 : 1;
    if (code == 0) state = b->fit(x, rows, width, seed, pool, &err);
    if (state) code = b->score(state, x + (size_t)rows * (size_t)width, others, score, pool, &err);
    const bool done = state && code == 0 &&
                      fwrite(score, sizeof *score, (size_t)others, stdout) == (size_t)others;
    if (!done) {
        fprintf(stderr, "baseline_run: %s\n",
                err.message[0] ? err.message : "the input is too short");
    }
    b->free(state);
    hg__pool_free(pool);
    hg__free(score);
    hg__free(x);
    return done ? 0 : 1;
}

int main(int count, char **word) {
    const hg__baseline *b = count == 6 ? hg__baseline_find(word[1]) : NULL;
    if (!b) {
        fputs("usage: baseline_run NAME WIDTH TRAINING_ROWS OTHER_ROWS SEED < IN > OUT\n", stderr);
        return 2;
    }
    return run(b, (int32_t)strtol(word[2], NULL, 10), strtoll(word[3], NULL, 10),
               strtoll(word[4], NULL, 10), strtoull(word[5], NULL, 10));
}

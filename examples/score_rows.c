// SPDX-License-Identifier: Apache-2.0
// score_rows.c - loads a model and scores rows of numbers from standard input, one row a line:
//
//   score_rows runs/train/weights/best.safetensors < rows.txt
#include <hourglass.h>
#include <stdio.h>
#include <stdlib.h>

// One row of `width` numbers; false at the end of the input.
static bool read_row(float *x, int32_t width) {
    char word[64];
    for (int32_t i = 0; i < width; i++) {
        if (scanf(" %63[^ ,\t\n]%*[ ,\t]", word) != 1) return false;
        x[i] = strtof(word, NULL);
    }
    return true;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        puts("usage: score_rows MODEL < ROWS");
        return argc == 1 ? 0 : 2;
    }
    hg_error err = {0};
    hg_model *model = hg_model_load(argv[1], &err);
    hg_scorer *scorer = model ? hg_scorer_new(model, 1, &err) : NULL;
    float *x = scorer ? malloc((size_t)hg_model_width(model) * sizeof *x) : NULL;
    while (x && read_row(x, hg_model_width(model))) {
        float score;
        hg_score(scorer, x, 1, &score);
        printf("%.9g\n", (double)score);
    }
    if (!scorer) fprintf(stderr, "%s\n", err.message);
    const int status = x ? 0 : 1;
    free(x);
    hg_scorer_free(scorer);
    hg_model_free(model);
    return status;
}

// SPDX-License-Identifier: Apache-2.0
// fit_array.c - trains on an array in memory and scores its rows; ends early once a batch is learned well enough:
//
//   fit_array [name=value ...]      such as: fit_array epochs=200 lr=0.01
#include <hourglass.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = 400, WIDTH = 8 };

static bool is_good_enough(void *context, const hg_step_event *e) {
    *(double *)context = e->loss;
    return e->loss < 1e-4;
}

// Sets an option from "name=value".
static int set(hg_options *o, const char *text, hg_error *err) {
    char name[64];
    const char *equals = strchr(text, '=');
    snprintf(name, sizeof name, "%.*s", equals ? (int)(equals - text) : 60, text);
    return hg_options_set(o, name, equals ? equals + 1 : "", err);
}

int main(int argc, char **argv) {
    static float x[ROWS][WIDTH], score[ROWS];
    for (int i = 0; i < ROWS * WIDTH; i++) { // on a line in space
        const int r = i / WIDTH, column = i % WIDTH;
        x[r][column] = 0.2F + 0.1F * (float)(column + 1) * (float)(r % 40) / 40;
    }
    hg_error err = {0};
    hg_options *o = hg_options_new("train", &err);
    int code = o ? set(o, "model=dense 2 tanh | dense input", &err) : -1;
    for (int i = 1; i < argc && code == HG_OK; i++) code = set(o, argv[i], &err);

    double loss = 0;
    const hg_array rows = {.data = x[0], .rows = ROWS, .shape = {WIDTH}};
    const hg_listener listener = {
        .size = sizeof listener, .context = &loss, .step = is_good_enough};
    hg_result result = {.size = sizeof result};
    hg_model *m = code == HG_OK ? hg_fit(o, &rows, NULL, &listener, &result, &err) : NULL;
    hg_scorer *s = m ? hg_scorer_new(m, 1, &err) : NULL;
    if (s) {
        hg_score(s, x[0], ROWS, score);
        printf("%s after %d epochs; the last batch's loss %.6f, the first row's score %.6f\n",
               result.exit_reason, (int)result.epochs, loss, (double)score[0]);
    } else {
        fprintf(stderr, "%s\n", err.message);
    }
    hg_scorer_free(s);
    hg_model_free(m);
    hg_options_free(o);
    return s ? 0 : 1;
}

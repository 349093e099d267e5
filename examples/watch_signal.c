// SPDX-License-Identifier: Apache-2.0
// watch_signal.c - says of steps of a signal what is unusual as they come: names of channels first, then a step a line, commas between cells.
//
//   hourglass train data=normal.csv window=auto ; tail -n +1 -f new.csv | watch_signal runs/train/weights/best.safetensors
#include <hourglass.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 1024 };

// The next line, cut at its commas; 0 at the end.
static int32_t read_line(char line[65536], char *cell[MOST]) {
    int32_t n = 0;
    if (!fgets(line, 65536, stdin)) return 0;
    line[strcspn(line, "\r\n")] = 0;
    for (char *next = line; next && n < MOST;) cell[n++] = strsep(&next, ",");
    return n;
}

static int watch(hg_monitor *m, hg_error *err) {
    char line[2][65536], *name[MOST], *cell[MOST], *end;
    int32_t from[MOST], channels = hg_monitor_channels(m), names = read_line(line[0], name);
    float x[MOST];
    hg_step_verdict v = {.size = sizeof v};
    for (int32_t c = 0; c < channels; c++) {
        const char *wanted = hg_monitor_channel_at(m, c);
        for (from[c] = 0; from[c] < names && strcmp(name[from[c]], wanted) != 0;) from[c]++;
        if (from[c] < names) continue;
        snprintf(err->message, sizeof err->message, "expected a channel '%s', got none", wanted);
        return HG_ERR_DATA;
    }
    for (int32_t cells; (cells = read_line(line[1], cell)) > 0;) {
        for (int32_t c = 0; c < channels; c++) { // what is no number is missing
            x[c] = from[c] < cells ? strtof(cell[from[c]], &end) : NAN;
            if (from[c] < cells && end == cell[from[c]]) x[c] = NAN;
        }
        if (hg_monitor_push(m, x, 1, &v, err) != HG_OK) return HG_ERR_DATA;
        printf("%.9g,%.9g,%d,%lld,%s", v.score, v.p_value, v.alarm, (long long)v.event, v.reason);
        if (v.alarm) printf(",%.9g,%.9g", v.observed, v.expected);
        putchar('\n');
        fflush(stdout);
    }
    return HG_OK;
}

int main(int argc, char **argv) {
    hg_error err = {0};
    hg_model *model = argc == 2 ? hg_model_load(argv[1], &err) : NULL;
    hg_monitor *monitor = model ? hg_monitor_new(model, 0, 1, &err) : NULL;
    const int code = monitor ? watch(monitor, &err) : HG_ERR_MODEL;
    if (argc != 2) puts("usage: watch_signal MODEL < STEPS.csv");
    if (code != HG_OK && argc == 2) fprintf(stderr, "%s\n", err.message);
    hg_monitor_free(monitor);
    hg_model_free(model);
    return argc == 1 || code == HG_OK ? 0 : 1;
}

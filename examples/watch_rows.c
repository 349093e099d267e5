// SPDX-License-Identifier: Apache-2.0
// watch_rows.c - says of rows what is unusual as they come: names of columns first, then a row a line, commas between cells.
//
//   train_model normal.csv ... ; tail -f readings.csv | watch_rows runs/train/weights/best.safetensors
#include <hourglass.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 1024 };

// Cuts a line at its commas. Cells within quotes are for a CSV reader, not for an example.
static int32_t split(char *line, char *cell[MOST]) {
    int32_t n = 0;
    line[strcspn(line, "\r\n")] = 0;
    for (char *next = line; next && n < MOST;) cell[n++] = strsep(&next, ",");
    return n;
}

static int watch(hg_detector *detector, int32_t columns, hg_error *err) {
    char line[65536], *cell[MOST];
    hg_verdict v = {.size = sizeof v};
    for (long row = 0; fgets(line, sizeof line, stdin); row++) {
        if (split(line, cell) != columns) {
            fprintf(stderr, "row %ld: expected %d cells\n", row, (int)columns);
            continue;
        }
        const int code = hg_detect_text(detector, (const char *const *)cell, &v, err);
        if (code != HG_OK) return code;
        printf("%ld,%.9g,%.9g,%d,%s", row, v.score, v.p_value, v.alarm, v.reason);
        if (v.alarm) printf(",%s,%s", v.column < 0 ? "" : cell[v.column], v.expected);
        putchar('\n');
        fflush(stdout);
    }
    return HG_OK;
}

int main(int argc, char **argv) {
    char line[65536], *name[MOST];
    if (argc != 2) {
        puts("usage: watch_rows MODEL < ROWS.csv");
        return argc == 1 ? 0 : 2;
    }
    if (!fgets(line, sizeof line, stdin)) return 0;
    const int32_t columns = split(line, name);
    hg_error err = {0};
    hg_model *model = hg_model_load(argv[1], &err);
    hg_detector *detector =
        model ? hg_detector_new(model, (const char *const *)name, columns, 0, 1, &err) : NULL;
    const int code = detector ? watch(detector, columns, &err) : HG_ERR_MODEL;
    if (code != HG_OK) fprintf(stderr, "%s\n", err.message);
    hg_detector_free(detector);
    hg_model_free(model);
    return code == HG_OK ? 0 : 1;
}

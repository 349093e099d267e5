// SPDX-License-Identifier: Apache-2.0
// loss_run.c - an objective of images and its slope, for comparison with PyTorch:
//
//   loss_run OBJECTIVE HEIGHT WIDTH CHANNELS < IN > OUT
//
// IN, as floats: outputs (H, W, C), targets (the same). OUT, as floats: the loss, a mean over numbers, and its slopes (H, W, C).
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "nn/loss.h"

static int64_t number(const char *text) {
    return strtol(text, NULL, 10);
}

static int run(const hg__objective *o, const hg__loss_rows *r, hg__real *y, hg__real *t,
               hg__real *dy, hg__real *scratch) {
    const size_t n = (size_t)r->n;
    if (fread(y, sizeof *y, n, stdin) != n || fread(t, sizeof *t, n, stdin) != n) return 1;
    const double sum = hg__objective_row(o, r, false, dy, y, t, 1 / (hg__real)r->n, scratch);
    const float mean = (float)(sum / r->n);
    return fwrite(&mean, sizeof mean, 1, stdout) != 1 || fwrite(dy, sizeof *dy, n, stdout) != n;
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    const hg__shape shape = {
        3, {number(argv[2]), number(argv[3]), number(argv[4])}
    };
    hg_error err = {0};
    hg__objective o;
    size_t n = 0;
    if (!hg__shape_count(&shape, &n) || n > 1 << 24) return 2;
    const hg__loss_rows r = {.k = hg__kernels_pick(), .shape = shape, .n = (int32_t)n};
    int bad = hg__objective_parse(&o, argv[1], 0, &err) < 0 ||
              hg__objective_check(&o, &r, NULL, &err) < 0;
    if (bad) fprintf(stderr, "%s\n", err.message);
    const size_t room = (n / HG_LANES + 2) * HG_LANES; // whole vectors, and one to read on into
    hg__real *block =
        bad ? NULL : hg__alloc(3 * room + hg__objective_scratch(&o, &r), sizeof *block, &err);
    bad = !block || run(&o, &r, block, block + room, block + 2 * room, block + 3 * room);
    hg__free(block);
    return bad;
}

// SPDX-License-Identifier: Apache-2.0
// layer_run.c - one layer, forward and backward in training, for comparison with PyTorch:
//
//   layer_run "conv 8 k=3" H W C [H W C of what was kept] < IN > OUT
//   layer_run                                                             names of all types
//
// IN and OUT are floats. IN: the parameters as a file has them, x, what was kept, dy. OUT: y, dx, its share of
// what was kept, the gradients of the trained parameters, and of types with a penalty what each row is to pay, of which dx
// has 0.3 times the slope. CASE_ROWS rows, images as (H, W, C).
#include <stdio.h>

#include "layer_case.h"

static layer_case one;
static hg__real x[CASE_MOST], y[CASE_MOST], dy[CASE_MOST], dx[CASE_MOST], g[CASE_MOST];

// Rows of n floats, to and from a buffer with rows ld apart.
static int read_rows(hg__real *to, ptrdiff_t ld, int32_t n) {
    for (int32_t r = 0; r < CASE_ROWS; r++) {
        if (fread(to + r * ld, sizeof *to, (size_t)n, stdin) != (size_t)n) return 1;
    }
    return 0;
}

static int write_rows(const hg__real *from, ptrdiff_t ld, int32_t n) {
    for (int32_t r = 0; r < CASE_ROWS; r++) {
        if (fwrite(from + r * ld, sizeof *from, (size_t)n, stdout) != (size_t)n) return 1;
    }
    return 0;
}

static int read_parameters(void) {
    static float values[CASE_MOST];
    for (int32_t i = 0; i < one.l.params; i++) {
        const size_t n = (size_t)case_elements(&one.l.param[i].shape);
        if (fread(values, sizeof *values, n, stdin) != n) return 1;
        hg__param_import(&one.l.param[i], one.param, values);
    }
    case_refresh(&one);
    return 0;
}

static int write_gradients(void) {
    static float values[CASE_MOST];
    const hg__layer_type *t = one.l.type;
    for (int32_t i = 0; t->tile_count && i < t->tile_count(&one.l); i++) {
        hg__tile tile = {0};
        t->tile(&one.l, i, &tile);
        case_gradient(&one, &tile, x, dy, CASE_ROWS, g + tile.offset);
    }
    for (int32_t i = 0; i < one.l.params; i++) {
        const hg__param *p = &one.l.param[i];
        const size_t n = (size_t)case_elements(&p->shape);
        if (p->is_state) continue;
        hg__param_export(p, g, values);
        if (fwrite(values, sizeof *values, n, stdout) != n) return 1;
    }
    return 0;
}

static int write_penalties(void) {
    for (int32_t r = 0; one.l.type->penalty && r < CASE_ROWS; r++) {
        const hg__view row = case_in(&one, x, r);
        one.pass.row = r;
        const float paid = (float)one.l.type->penalty(&one.l, &one.pass, row.at);
        if (fwrite(&paid, sizeof paid, 1, stdout) != 1) return 1;
    }
    return 0;
}

static int run(void) {
    if (read_parameters() || read_rows(x, one.ldx, one.in) ||
        read_rows(one.x2, one.ldx2, one.in2) || read_rows(dy, one.ldy, one.out)) {
        fprintf(stderr, "layer_run: the input is too short\n");
        return 1;
    }
    case_run(&one, case_in(&one, x, 0), case_out(&one, y, 0), case_out(&one, dy, 0),
             case_in(&one, dx, 0), CASE_ROWS);
    return write_rows(y, one.ldy, one.out) || write_rows(dx, one.ldx, one.in) ||
           write_rows(one.dx2, one.ldx2, one.in2) || write_gradients() || write_penalties();
}

int main(int count, char **word) {
    int32_t side[6] = {0};
    char name[32] = {0};
    for (const hg__layer_type *const *t = hg__layer_types(); *t && count == 1; t++) {
        printf("%s\n", (*t)->name);
    }
    if (count < 5 || count > 8) return count != 1;
    for (int i = 2; i < count; i++) side[i - 2] = (int32_t)strtol(word[i], NULL, 10);
    const hg__test_case trial = {
        word[1], {side[0], side[1], side[2]},
         {side[3], side[4], side[5]}
    };
    const size_t length = strcspn(word[1], " ");
    memcpy(name, word[1], length < sizeof name ? length : sizeof name - 1);
    const hg__layer_type *t = hg__layer_type_find(name);
    hg_error err = {0};
    if (!t || case_build(&one, t, &trial, hg__kernels_pick(), &err) != HG_OK) {
        fprintf(stderr, "layer_run: %s\n", t ? err.message : "no such layer");
        return 1;
    }
    return run();
}

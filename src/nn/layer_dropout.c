// SPDX-License-Identifier: Apache-2.0
// layer_dropout.c - in training each element is 0 with probability p, the others grow by 1 / (1 - p)
// (Srivastava et al. 2014, inverted as in PyTorch). The mask is a function of seed, step, layer, row
// and column, so backward makes it again and nothing is kept.
#include <string.h>

#include "nn/layer.h"

static int shape(hg__layer *l, hg_error *err) {
    if (!(l->arg[0] >= 0 && l->arg[0] <= 1)) {
        return hg__fail(err, HG_ERR_USAGE, "dropout: expected p from 0 to 1, got %g", l->arg[0]);
    }
    l->out = l->in;
    l->params = 0;
    return HG_OK;
}

// to (rows, n) = mask of from. to may be from. Bands there are only outside training.
static void drop(const hg__layer *l, const hg__pass *p, hg__view from, hg__view to, int32_t rows) {
    int64_t first, n;
    hg__pass_span(p, &l->out, &first, &n);
    const size_t bytes = hg__whole_vectors((size_t)n) * sizeof *to.at;
    for (int32_t r = 0; r < rows; r++) {
        if (p->training) {
            p->k->dropout(hg__view_row(to, r), hg__view_row(from, r), (hg__real)l->arg[0], p->seed,
                          (uint32_t)l->number, (uint32_t)p->step, (uint32_t)(p->row + r),
                          (int32_t)n);
        } else if (to.at != from.at) {
            memcpy(hg__view_row(to, r) + first, hg__view_row(from, r) + first, bytes);
        }
    }
}

static void backward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                     hg__view dx, int32_t rows) {
    (void)x, (void)y;
    drop(l, p, dy, dx, rows);
}

extern const hg__layer_type hg__layer_dropout;
const hg__layer_type hg__layer_dropout = {
    .name = "dropout",
    .args = "p=0.5",
    .summary = "in training: 0 with probability p, else x / (1 - p)",
    .example = "dropout 0.3",
    .in_place = true,
    .bands = true,
    .keeps_scale = true,
    .is_linear = true,
    .shape = shape,
    .forward = drop,
    .backward = backward,
};

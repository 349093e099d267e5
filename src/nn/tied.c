// SPDX-License-Identifier: Apache-2.0
// tied.c - weights (N, K) of one layer and (K, N) of another, both as panels, as one.
#include "nn/tied.h"

#include "base/int.h"

typedef struct pair {
    hg__real *from, *to; // panels of (K, N) and of (N, K)
    int32_t K, N;
} pair;

static pair pair_of(const hg__layer *from, const hg__layer *to, hg__real *block) {
    const hg__shape *s = &from->param[0].shape;
    return (pair){block + from->param[0].offset, block + to->param[0].offset, (int32_t)s->dim[1],
                  (int32_t)s->dim[0]};
}

static hg__real *in_from(const pair *p, int32_t k, int32_t n) {
    return p->from + hg__panel_index(p->K, p->N, k, n);
}

static hg__real *in_to(const pair *p, int32_t k, int32_t n) {
    return p->to + hg__panel_index(p->N, p->K, n, k);
}

void hg__tied_copy(const hg__layer *from, const hg__layer *to, hg__real *params) {
    const pair p = pair_of(from, to, params);
    for (int32_t k = 0; k < p.K; k++) {
        for (int32_t n = 0; n < p.N; n++) *in_to(&p, k, n) = *in_from(&p, k, n);
    }
}

bool hg__tied_is_equal(const hg__layer *from, const hg__layer *to, const hg__real *params) {
    const pair p = pair_of(from, to, (hg__real *)params);
    for (int32_t k = 0; k < p.K; k++) {
        for (int32_t n = 0; n < p.N; n++) {
            if (!(*in_to(&p, k, n) == *in_from(&p, k, n))) return false;
        }
    }
    return true;
}

void hg__tied_add(const hg__layer *from, const hg__layer *to, const hg__tile *t, hg__real *g) {
    const pair p = pair_of(from, to, g);
    const int32_t last = hg__min(p.N, t->column + HG_PANEL);
    for (int32_t k = t->row; k < t->row + t->x_count; k++) {
        for (int32_t n = t->column; n < last; n++) {
            hg__real *one = in_from(&p, k, n), *other = in_to(&p, k, n);
            *one = *other = *one + *other;
        }
    }
}

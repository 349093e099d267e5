// SPDX-License-Identifier: Apache-2.0
// turns.c - the tables of Fourier transforms, by sines that are the same everywhere.
#include "base/turns.h"

#include "base/mem.h"
#include "base/real.h"

int hg__turns_init(hg__turns *t, int32_t size, hg_error *err) {
    *t = (hg__turns){.size = size};
    t->mirror = hg__alloc((size_t)size, sizeof *t->mirror, err);
    t->turn = hg__alloc((size_t)size, sizeof *t->turn, err);
    if (!t->mirror || !t->turn) {
        hg__turns_clear(t);
        return HG_ERR_MEMORY;
    }
    for (int32_t i = 1; i < size; i++) {
        t->mirror[i] = t->mirror[i / 2] / 2 + (i % 2 ? size / 2 : 0);
    }
    for (int32_t k = 0; k < size / 2; k++) {
        t->turn[2 * k] = hg__cos_turn((double)k / size);
        t->turn[2 * k + 1] = -hg__sin_turn((double)k / size);
    }
    return HG_OK;
}

void hg__turns_clear(hg__turns *t) {
    hg__free(t->mirror);
    hg__free(t->turn);
    *t = (hg__turns){0};
}

// SPDX-License-Identifier: Apache-2.0
// losses.c - the registry of losses, made from losses.def.
#include <strings.h>

#include "nn/layer.h"
#include "nn/loss.h"

#define LOSS(x) extern const hg__loss hg__loss_##x;
#include "nn/losses.def"
#undef LOSS

static const hg__loss *const losses[] = {
#define LOSS(x) &hg__loss_##x,
#include "nn/losses.def"
#undef LOSS
    NULL,
};

const hg__loss *const *hg__losses(void) {
    return losses;
}

const hg__loss *hg__loss_find(const char *name) {
    for (const hg__loss *const *l = losses; *l; l++) {
        if (strcasecmp((*l)->name, name) == 0) return *l;
    }
    return NULL;
}

int hg__loss_images(const hg__loss_rows *r, int32_t least, hg_error *err) {
    const hg__extent e = hg__extent_of(&r->shape);
    if (r->shape.rank < 2) {
        return hg__fail(err, HG_ERR_USAGE, "loss: expected images, got rows of %d numbers",
                        (int)r->n);
    }
    if (e.H >= least && e.W >= least) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "loss: expected images of at least %d x %d pixels, got %d x %d", (int)least,
                    (int)least, (int)e.H, (int)e.W);
}

// SPDX-License-Identifier: Apache-2.0
// map_umap.c - UMAP (McInnes, Healy & Melville, "UMAP: Uniform manifold approximation and projection", 2018).
#include "latent/map_internal.h"

int hg__map_umap(const hg__map_work *w, float *y, hg_error *err) {
    (void)y;
    return hg__fail(err, HG_ERR_MISSING, "a map: UMAP of %d points is not there", w->n);
}

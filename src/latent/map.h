// SPDX-License-Identifier: Apache-2.0
// map.h - points of many numbers placed in the plane so that neighbours stay neighbours: t-SNE, UMAP, PCA.
#ifndef HG_LATENT_MAP_H
#define HG_LATENT_MAP_H
#include "backend/pool.h"
#include "base/error.h"

enum { HG_MAP_LEAST = 4, HG_MAP_MOST = 4000000 }; // points

typedef struct hg__map_options {
    const char *method; // "tsne", "umap", "pca"
    double perplexity;  // t-SNE: how many neighbours count, softly; 30
    int32_t neighbours; // UMAP: 15
    double min_dist;    // UMAP: how close points may come; 0.1
    int32_t iterations; // 0: what suits
    uint64_t seed;
} hg__map_options;

// Places n points of `width` numbers, x (n, width), in the plane: y (n, 2), around 0.
//
// t-SNE: van der Maaten & Hinton 2008; from PCA, exaggerated 12-fold first, at a rate of n / 12 (Kobak & Berens 2019; Belkina
// et al. 2019); what pushes points apart is summed on a grid by Fourier transforms (as Linderman et al. 2019), of few points
// exactly. UMAP: McInnes, Healy & Melville 2018, from PCA; all points move at once, an eighth of an epoch at a time.
// Where there are few points perplexity and neighbours count as what n allows.
//
// The same bits for any number of threads. pool NULL: the caller's thread. l may be NULL. HG_ERR_USAGE: a method that is none;
// HG_ERR_DATA: too few points, too many, a number that is not finite or above 1e15; HG_ERR_STOPPED on request; HG_ERR_MEMORY.
int hg__map(const float *x, int64_t n, int32_t width, const hg__map_options *o, hg__pool *pool,
            const hg_listener *l, float *y, hg_error *err);
#endif

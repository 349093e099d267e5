// SPDX-License-Identifier: Apache-2.0
// map_internal.h - the parts of a map: axes to begin with, a graph of neighbours, what pushes points apart, the methods.
#ifndef HG_LATENT_MAP_INTERNAL_H
#define HG_LATENT_MAP_INTERNAL_H
#include "base/host.h"
#include "latent/map.h"

// What every part is given.
typedef struct hg__map_work {
    const float *x; // borrowed, (n, width), as the caller's, which kernels may not read beyond
    int32_t n, width;
    const hg__map_options *options; // borrowed
    hg__pool *pool;                 // borrowed, or NULL
    const hg_listener *listener;    // borrowed, or NULL
} hg__map_work;

// hg__pool_run(), on the caller's thread without a pool.
void hg__map_run(hg__pool *pool, hg__task *task, void *context, int32_t count);

// y (n, 2): along the two axes of widest spread, around 0. Subspace iteration in double, sums in fixed order.
int hg__map_axes(const hg__map_work *w, float *y, hg_error *err);

// Scales y (n, 2) so that its first column has deviation `size`, and moves each number at random by about a hundredth of that.
void hg__map_start(float *y, int32_t n, double size, uint64_t seed);

// Who is near whom: row i's neighbours are index[start[i]] .. index[start[i + 1] - 1], ascending, each with a weight. Symmetric.
typedef struct hg__map_graph {
    int64_t *start; // owned, (n + 1)
    int32_t *index; // owned, (start[n], and a vector of zeros beyond)
    float *weight;  // owned, likewise
} hg__map_graph;
void hg__map_graph_clear(hg__map_graph *g); // {0} is fine

// Turns the squared distances of a row's k nearest, ascending, into weights, in place. scratch: k numbers padded.
typedef void hg__map_weigh(const void *context, float *distance, int32_t k, float *scratch);

// Each point's k nearest others, weighed; a pair's weight is a + b of both ways, or a + b - a b (`is_union`). Takes 32 n k bytes at most.
int hg__map_graph_make(hg__map_graph *g, const hg__map_work *w, int32_t k, hg__map_weigh *weigh,
                       const void *context, bool is_union, hg_error *err);

// What pushes all points of a map apart: for each i the sums over j of q^2 (y_i - y_j), and over i and j other than i of q.
typedef struct hg__repulsion hg__repulsion;
enum { HG_MAP_EXACT = 2048 }; // points up to which it is summed pair by pair
hg__repulsion *hg__repulsion_new(int32_t n, bool is_exact, hg__pool *pool, hg_error *err);
void hg__repulsion_free(hg__repulsion *r); // NULL is fine
// Points x, y (n, readable a vector beyond). Gives *sum; of points first .. end - 1 hg__repulsion_of() then gives fx and fy (end - first).
int hg__repulsion_run(hg__repulsion *r, const float *x, const float *y, double *sum, hg_error *err);
void hg__repulsion_of(const hg__repulsion *r, int32_t first, int32_t end, float *fx, float *fy);

int hg__map_tsne(const hg__map_work *w, float *y, hg_error *err);
int hg__map_umap(const hg__map_work *w, float *y, hg_error *err);
#endif

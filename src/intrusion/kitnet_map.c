// SPDX-License-Identifier: Apache-2.0
// kitnet_map.c - which features go together: correlations as rows come, then single linkage cut from the top.
//
// With t the difference of a row from the mean so far (itself included), the correlation of i and j is sum t_i t_j over the root of
// sum t_i^2 times that of sum t_j^2, and their distance 1 less it, 0 at least (the code published with Kitsune, NDSS 2018).
#include <math.h>

#include "base/mem.h"
#include "intrusion/kitnet_internal.h"

// Of the dendrogram: the features first, then what was joined, in the order of its height; the root last.
struct hg__kitnet_node {
    int32_t parent; // -1: none yet
    int32_t child[2];
    int32_t count; // features below it
    int32_t mark;  // its cluster, -1: larger than one
    // Of the tree of shortest edges, one a feature but the first: edge i goes from `from` to `to`.
    int32_t from, to;
    double height;
    bool is_done;
};

int hg__kitnet_map_init(hg__kitnet_map *m, int32_t features, hg_error *err) {
    *m = (hg__kitnet_map){.features = features};
    m->sum = hg__alloc((size_t)features, sizeof *m->sum, err);
    m->product = hg__alloc(hg__kitnet_products(features), sizeof *m->product, err);
    m->beside = hg__alloc((size_t)features, sizeof *m->beside, err);
    m->node = hg__alloc(2 * (size_t)features, sizeof *m->node, err);
    if (m->sum && m->product && m->beside && m->node) return HG_OK;
    hg__kitnet_map_clear(m);
    return HG_ERR_MEMORY;
}

void hg__kitnet_map_clear(hg__kitnet_map *m) {
    hg__free(m->sum);
    hg__free(m->product);
    hg__free(m->beside);
    hg__free(m->node);
    *m = (hg__kitnet_map){0};
}

void hg__kitnet_map_add(hg__kitnet_map *m, const float *x) {
    double *beside = m->beside;
    m->rows++;
    for (int32_t i = 0; i < m->features; i++) {
        const double value = fabsf(x[i]) < HG_TIED_MOST ? (double)x[i] : 0;
        m->sum[i] += value;
        beside[i] = value - m->sum[i] / (double)m->rows;
    }
    double *p = m->product;
    for (int32_t i = 0; i < m->features; p += ++i) {
        const double t = beside[i];
        for (int32_t j = 0; j <= i; j++) p[j] += t * beside[j];
    }
}

// root (features): of each one's sum of squares.
static double distance(const hg__kitnet_map *m, const double *root, int32_t i, int32_t j) {
    const int32_t low = hg__min(i, j), high = hg__max(i, j);
    const double both = m->product[hg__kitnet_products(high) + (size_t)low];
    const double scale = root[i] * root[j];
    const double d =
        1 - both / (scale > 0 ? scale : 1e-100); // of a constant feature 1, as both is 0
    return d > 0 ? d : 0;
}

// The tree of shortest edges from feature 0 on (Prim 1957). Cutting at a height parts the same features as single linkage does, also
// with the edges led from each feature to the next one found. Edge i in node i, heights as found.
static void find_edges(hg__kitnet_map *m) {
    hg__kitnet_node *node = m->node,
                    *nearest = m->node + m->features; // nearest: (features), heights
    double *root = m->beside;
    for (int32_t i = 0; i < m->features; i++) {
        root[i] = sqrt(m->product[hg__kitnet_products(i + 1) - 1]);
        nearest[i].height = (double)INFINITY;
        nearest[i].is_done = false;
    }
    int32_t at = 0;
    for (int32_t e = 0; e + 1 < m->features; e++) {
        int32_t next = -1;
        nearest[at].is_done = true;
        for (int32_t i = 0; i < m->features; i++) {
            if (nearest[i].is_done) continue;
            const double d = distance(m, root, at, i);
            if (d < nearest[i].height) nearest[i].height = d;
            if (next < 0 || nearest[i].height < nearest[next].height) next = i;
        }
        node[e].from = at;
        node[e].to = next;
        node[e].height = nearest[next].height;
        at = next;
    }
}

// By height, equal ones as they were found.
static void sort_edges(hg__kitnet_node *node, int32_t edges) {
    for (int32_t i = 1; i < edges; i++) {
        const hg__kitnet_node one = node[i];
        int32_t at = i;
        for (; at > 0 && node[at - 1].height > one.height; at--) node[at] = node[at - 1];
        node[at] = one;
    }
}

static int32_t top_of(const hg__kitnet_node *node, int32_t i) {
    while (node[i].parent >= 0) i = node[i].parent;
    return i;
}

static void join_edges(hg__kitnet_map *m) {
    hg__kitnet_node *node = m->node;
    const int32_t n = m->features;
    for (int32_t i = 0; i < n; i++) node[i].parent = -1, node[i].count = 1;
    for (int32_t e = 0; e + 1 < n; e++) {
        const int32_t a = top_of(node, node[e].from), b = top_of(node, node[e].to);
        hg__kitnet_node *joined = node + n + e;
        joined->parent = -1;
        joined->child[0] = a;
        joined->child[1] = b;
        joined->count = node[a].count + node[b].count;
        node[a].parent = node[b].parent = n + e;
    }
}

// The largest branches of `most` features or fewer, numbered from the root down. How many.
static int32_t mark_branches(hg__kitnet_map *m, int32_t most) {
    hg__kitnet_node *node = m->node;
    int32_t clusters = 0;
    for (int32_t i = 2 * m->features - 2; i >= 0; i--) {
        const int32_t above = node[i].parent < 0 ? -1 : node[node[i].parent].mark;
        node[i].mark = above >= 0 ? above : node[i].count <= most ? clusters++ : -1;
    }
    return clusters;
}

// Numbers the clusters anew: the one of most features first, of equals that with the lowest feature.
static void number_clusters(const hg__kitnet_map *m, int32_t clusters, int32_t *cluster) {
    hg__kitnet_node *own = m->node + m->features; // (features): count, and `to`, the new number
    const int32_t n = m->features;
    for (int32_t c = 0; c < n; c++) own[c].count = 0, own[c].to = -1;
    for (int32_t i = 0; i < n; i++) own[m->node[i].mark].count++;
    for (int32_t number = 0; number < clusters; number++) {
        int32_t best = -1;
        for (int32_t i = 0; i < n; i++) {
            const int32_t c = m->node[i].mark;
            if (own[c].to < 0 && (best < 0 || own[c].count > own[best].count)) best = c;
        }
        own[best].to = number;
    }
    for (int32_t i = 0; i < n; i++) cluster[i] = own[m->node[i].mark].to;
}

int32_t hg__kitnet_map_cut(hg__kitnet_map *m, int32_t most, int32_t *cluster) {
    find_edges(m);
    sort_edges(m->node, m->features - 1);
    join_edges(m);
    const int32_t clusters = mark_branches(m, most);
    number_clusters(m, clusters, cluster);
    return clusters;
}

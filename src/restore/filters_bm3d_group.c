// SPDX-License-Identifier: Apache-2.0
// filters_bm3d_group.c - one group of BM3D: alike patches as a block of three dimensions, shrunk there.
//
//   patch (i, j) ──search──> up to 16 or 32 patches ──T X T', Haar across──> block ──shrink──> back ──> sum, weight
//
// First step: biorthogonal wavelets 1.5 (8 x 8, three levels), what is below 2.7 sigma becomes 0. Second step: DCT, and
// each number is multiplied by b^2 / (b^2 + sigma^2), b: the same number of the first step's image. Of several planes the
// first alone says which patches are alike.
#include <string.h>

#include "restore/filters_bm3d.h"

enum { SIDE = HG_BM3D_SIDE, AREA = SIDE * SIDE, MOST = HG_BM3D_MOST, LANES = 8 };

typedef hg__bm3d_matrix matrix;

// ---- transforms ---------------------------------------------------------------------------------

#define R 0.707106781F
#define Q 0.353553391F
#define A 0.219417649F
#define B 0.449283758F
#define C 0.569359398F
#define D 0.402347308F
#define E 0.083506045F
static const matrix wavelet = {
    Q,  Q,  Q,  Q,  Q,  Q,  Q,  Q,  //
    A,  B,  B,  A,  -A, -B, -B, -A, //
    C,  D,  -D, -C, -E, E,  -E, E,  //
    -E, E,  -E, E,  C,  D,  -D, -C, //
    R,  -R, 0,  0,  0,  0,  0,  0,  //
    0,  0,  R,  -R, 0,  0,  0,  0,  //
    0,  0,  0,  0,  R,  -R, 0,  0,  //
    0,  0,  0,  0,  0,  0,  R,  -R,
};
#undef A
#undef B
#undef C
#undef D
#undef E
#define F 0.373858938F
#define G 0.514558556F
#define H 0.121533978F
static const matrix wavelet_back = {
    Q, F,  G,  0,  R,  -H, 0,  H,  //
    Q, F,  G,  0,  -R, -H, 0,  H,  //
    Q, F,  -G, 0,  H,  R,  -H, 0,  //
    Q, F,  -G, 0,  H,  -R, -H, 0,  //
    Q, -F, 0,  G,  0,  H,  R,  -H, //
    Q, -F, 0,  G,  0,  H,  -R, -H, //
    Q, -F, 0,  -G, -H, 0,  H,  R,  //
    Q, -F, 0,  -G, -H, 0,  H,  -R,
};
#undef F
#undef G
#undef H
#define A 0.490392640F
#define B 0.461939766F
#define C 0.415734806F
#define D 0.277785117F
#define E 0.191341716F
#define F 0.097545161F
static const matrix cosine = {
    Q, Q,  Q,  Q,  Q,  Q,  Q,  Q,  //
    A, C,  D,  F,  -F, -D, -C, -A, //
    B, E,  -E, -B, -B, -E, E,  B,  //
    C, -F, -A, -D, D,  A,  F,  -C, //
    Q, -Q, -Q, Q,  Q,  -Q, -Q, Q,  //
    D, -A, F,  C,  -C, -F, A,  -D, //
    E, -B, B,  -E, -E, B,  -B, E,  //
    F, -D, C,  -A, A,  -C, D,  -F,
};
#undef A
#undef B
#undef C
#undef D
#undef E
#undef F
#undef Q
#undef R

// Kaiser's window of 8 with beta 2: the weight of a pixel is the product of its line's and its column's.
static const float kaiser[SIDE] = {0.43867628F, 0.68132426F, 0.87683991F, 0.98582251F,
                                   0.98582251F, 0.87683991F, 0.68132426F, 0.43867628F};

static void turn(const float *from, float *to) {
    for (int k = 0; k < AREA; k++) to[k] = from[k % SIDE * SIDE + k / SIDE];
}

void hg__bm3d_set_transform(hg__bm3d_transform *t, bool is_first) {
    memcpy(t->there, is_first ? wavelet : cosine, sizeof t->there);
    turn(t->there, t->there_turned);
    if (is_first) {
        memcpy(t->back, wavelet_back, sizeof t->back);
    } else {
        turn(cosine, t->back);
    }
    turn(t->back, t->back_turned);
}

// y = a b; y is neither.
static void multiply(const float *restrict a, const float *restrict b, float *restrict y) {
    for (int r = 0; r < SIDE; r++) {
        float sum[SIDE] = {0};
        for (int k = 0; k < SIDE; k++) {
            const float w = a[r * SIDE + k];
            for (int c = 0; c < SIDE; c++) sum[c] += w * b[k * SIDE + c];
        }
        memcpy(y + r * SIDE, sum, sizeof sum);
    }
}

// Haar's transform across the patches of a group, count a power of two; x (count, 8, 8).
static void haar_there(matrix *x, int32_t count, matrix *half) {
    for (; count > 1; count /= 2) {
        for (int32_t k = 0; k < count / 2; k++) {
            float *a = x[2 * k], *b = x[2 * k + 1], *to = x[k];
            for (int p = 0; p < AREA; p++) {
                const float u = a[p], v = b[p];
                half[k][p] = (u - v) * 0.707106781F;
                to[p] = (u + v) * 0.707106781F;
            }
        }
        memcpy(x[count / 2], half, (size_t)count / 2 * sizeof *half);
    }
}

static void haar_back(matrix *x, int32_t count, matrix *half) {
    for (int32_t n = 2; n <= count; n *= 2) {
        memcpy(half, x[n / 2], (size_t)n / 2 * sizeof *half);
        for (int32_t k = n / 2 - 1; k >= 0; k--) {
            float *a = x[2 * k], *b = x[2 * k + 1];
            const float *from = x[k];
            for (int p = 0; p < AREA; p++) {
                const float u = from[p], v = half[k][p];
                a[p] = (u + v) * 0.707106781F;
                b[p] = (u - v) * 0.707106781F;
            }
        }
    }
}

// ---- which patches are alike --------------------------------------------------------------------

typedef struct found {
    float distance;
    int32_t i, j;
} found;

// Sums of squared differences between the patch at a and LANES neighbours, the first at b. Stops halfway where all are
// above `most` by then.
static void measure(const float *a, const float *b, size_t width, float most, float *to) {
    float sum[LANES] = {0};
    for (size_t r = 0; r < SIDE; r++) {
        for (size_t k = 0; k < SIDE; k++) {
            const float value = a[r * width + k];
            const float *x = b + r * width + k;
            for (int l = 0; l < LANES; l++) {
                const float d = x[l] - value;
                sum[l] += d * d;
            }
        }
        if (r != SIDE / 2 - 1) continue;
        float least = sum[0];
        for (int l = 1; l < LANES; l++) least = sum[l] < least ? sum[l] : least;
        if (least > most) break;
    }
    memcpy(to, sum, sizeof sum);
}

static void insert(found *list, int32_t *count, int32_t most, const found *f) {
    int32_t at = *count < most ? (*count)++ : most - 1;
    for (; at > 1 && list[at - 1].distance > f->distance; at--) list[at] = list[at - 1];
    list[at] = *f;
}

// Mean squared differences of 2500 and 400 where white is 255, and more where the noise alone makes as much.
static float near_of(const hg__bm3d_step *s) {
    const float sigma = s->sigma[0], own = s->basic ? 0 : 4 * sigma * sigma;
    const float usual = s->basic ? 400.0F / 65025 : 2500.0F / 65025;
    return AREA * (usual > own ? usual : own);
}

// The first and the last place of `length` where a patch may be that is in reach of the one at i.
static int32_t first_of(int32_t i) {
    return i > HG_BM3D_REACH ? i - HG_BM3D_REACH : 0;
}

static int32_t last_of(int32_t i, int32_t length) {
    return i + HG_BM3D_REACH < length - SIDE ? i + HG_BM3D_REACH : length - SIDE;
}

// The patch itself, then the others, the nearest first; as many as the largest power of two.
static int32_t search(const hg__bm3d_step *s, int32_t i, int32_t j, found *list) {
    const float near = near_of(s);
    const int32_t most = s->basic ? 32 : 16;
    const int32_t bottom = last_of(i, s->height), right = last_of(j, s->width);
    const size_t width = (size_t)s->width;
    const float *guide = s->basic ? s->basic : s->noisy, *own_patch = guide + (size_t)i * width + j;
    int32_t count = 1;
    list[0] = (found){0, i, j};
    for (int32_t y = first_of(i); y <= bottom; y++) {
        for (int32_t x = first_of(j); x <= right; x += LANES) {
            float distance[LANES], limit = count < most ? near : list[most - 1].distance;
            measure(own_patch, guide + (size_t)y * width + x, width, limit, distance);
            for (int32_t l = 0; l < LANES && x + l <= right; l++) {
                const found f = {distance[l], y, x + l};
                if (!(f.distance < limit) || (y == i && x + l == j)) continue;
                insert(list, &count, most, &f);
                limit = count < most ? near : list[most - 1].distance;
            }
        }
    }
    while (count & (count - 1)) count &= count - 1;
    return count;
}

// ---- what becomes of them -----------------------------------------------------------------------

// Patches of a plane as a block of coefficients.
static void gather(const hg__bm3d_step *s, const float *plane, const found *list, int32_t count,
                   matrix *to, matrix *half) {
    const size_t width = (size_t)s->width;
    for (int32_t n = 0; n < count; n++) {
        const float *from = plane + (size_t)list[n].i * width + list[n].j;
        matrix x, y;
        for (size_t r = 0; r < SIDE; r++) memcpy(x + r * SIDE, from + r * width, SIDE * sizeof *x);
        multiply(x, s->transform.there_turned, y);
        multiply(s->transform.there, y, to[n]);
    }
    haar_there(to, count, half);
}

// Both return what the group counts for: the less noise is left in it, the more.
static float shrink_by_threshold(float *x, int32_t count, float sigma) {
    const float threshold = 2.7F * sigma;
    int32_t kept = 0;
    for (int32_t k = 0; k < count * AREA; k++) {
        const bool is_large = x[k] > threshold || x[k] < -threshold;
        x[k] = is_large ? x[k] : 0;
        kept += is_large;
    }
    return 1 / (float)(kept > 1 ? kept : 1);
}

static float shrink_by_guide(float *x, const float *guide, int32_t count, float sigma) {
    const float variance = sigma * sigma;
    float sum = 0;
    for (int32_t k = 0; k < count * AREA; k++) {
        const float power = guide[k] * guide[k], w = power / (power + variance);
        x[k] *= w;
        sum += w * w;
    }
    return 1 / (sum > 1 ? sum : 1);
}

static void put_back(const hg__bm3d_step *s, size_t plane, const found *list, int32_t count,
                     const matrix *x, float weight) {
    const size_t width = (size_t)s->width, start = plane * (size_t)s->height * width;
    for (int32_t n = 0; n < count; n++) {
        const size_t at = start + (size_t)list[n].i * width + (size_t)list[n].j;
        matrix half, y;
        multiply(x[n], s->transform.back_turned, half);
        multiply(s->transform.back, half, y);
        for (size_t r = 0; r < SIDE; r++) {
            float *restrict sum = s->sum + at + r * width;
            float *restrict weights = s->weight + at + r * width;
            for (size_t c = 0; c < SIDE; c++) {
                const float w = weight * kaiser[r] * kaiser[c];
                sum[c] += w * y[r * SIDE + c];
                weights[c] += w;
            }
        }
    }
}

void hg__bm3d_add_group(const hg__bm3d_step *s, hg__bm3d_scratch *g, int32_t i, int32_t j) {
    found list[MOST];
    const size_t area = (size_t)s->height * (size_t)s->width;
    const int32_t count = search(s, i, j, list);
    for (int32_t p = 0; p < s->planes; p++) {
        float weight;
        gather(s, s->noisy + (size_t)p * area, list, count, g->x, g->half);
        if (s->basic) {
            gather(s, s->basic + (size_t)p * area, list, count, g->guide, g->half);
            weight = shrink_by_guide(g->x[0], g->guide[0], count, s->sigma[p]);
        } else {
            weight = shrink_by_threshold(g->x[0], count, s->sigma[p]);
        }
        haar_back(g->x, count, g->half);
        put_back(s, (size_t)p, list, count, g->x, weight);
    }
}
